// SPDX-License-Identifier: MIT
#include "campaign.h"

#include "support/waituntil.h"

#include <QtCore/qtextstream.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <utility>

using namespace Qt::StringLiterals;

namespace PyventFaults {

using PyventTests::ChildProcess;
using PyventTests::waitUntil;

namespace {

constexpr int servers = 2;            // nodes that only serve
constexpr int startPatience = 30'000; // milliseconds
constexpr qint64 inFlight = 100'000;  // microseconds: how long before a fault its victims were sent
constexpr int quitPatience = 10'000;
constexpr int underWay = 50; // milliseconds: until something is

// Prints a line when it serves, and ends with its input.
const QString pythonServer = uR"(import sys, time
sys.path.insert(0, sys.argv[1])
import pyvent_peer
node = pyvent_peer.Node(port=int(sys.argv[2]))
node.high_water_mark = 100000
if not node.start_server():
    sys.exit(1)
print('state Ready', time.time_ns() // 1000)
print('serving 1', time.time_ns() // 1000, flush=True)
for line in sys.stdin:
    if line.strip() == 'quit':
        break
node.stop()
)"_s;

qint64 now()
{
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return qint64(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

} // namespace

Campaign::Campaign(const CampaignOptions &options)
    : m_options(options)
    , m_random(options.seed)
{
    m_clock.start();
}

Campaign::~Campaign() = default;

QStringList Campaign::kinds()
{
    return {u"kill"_s,        u"stop"_s, u"restart"_s, u"kill-receiver"_s, u"kill-sender"_s, u"stop-receiver"_s,
            u"stop-sender"_s, u"cut"_s,  u"reset"_s,   u"stall"_s,         u"refuse"_s,      u"delay"_s};
}

void Campaign::log(const QString &text)
{
    QTextStream(stdout) << u"%1  "_s.arg(double(m_clock.elapsed()) / 1000, 8, 'f', 3) << text << Qt::endl;
}

void Campaign::trouble(const QString &text)
{
    log(u"TROUBLE: "_s + text);
    m_result.troubles.append(text);
}

// Where some take the lane, it is one of each kind: of the servers, of the others that may serve, of the senders, of the receivers, and of
// those behind the proxy.
bool Campaign::usesLane(Role role, int index) const
{
    if (m_options.way != Way::Mixed)
        return m_options.way == Way::Lane;
    if (role == Role::Sender)
        return index == m_options.senders - 1 || index % 2 == 1;
    return index % 2 == 0 && (role == Role::Server || index != m_options.receivers - 1);
}

// The last sender and the last receiver reach the server through the proxy; of the others, each second one may serve.
Campaign::Node *Campaign::start(Role role, int index)
{
    const int count = role == Role::Sender ? m_options.senders : m_options.receivers;
    const bool proxied = role != Role::Server && index == count - 1;
    const bool mayServe = role == Role::Server || (!proxied && index % 2 == 0);
    const int generation = ++m_generations[{role, index}];
    Node &node = *m_nodes.emplace_back(std::make_unique<Node>());
    node.role = role;
    node.index = index;
    node.id = ++m_lastId;
    node.label = (role == Role::Server       ? u"server-"_s
                      : role == Role::Sender ? u"sender-"_s
                                             : u"receiver-"_s)
        + QString::number(index) + (generation > 1 ? u"."_s + QString::number(generation) : QString());
    QStringList arguments{u"--id"_s,    QString::number(node.id),
                          u"--names"_s, QString::number(m_options.names),
                          u"--port"_s,  QString::number(proxied ? m_proxyPorts.port() : m_ports.port())};
    node.hasLane = usesLane(role, index);
    if (!node.hasLane)
        arguments << u"--tcp"_s;
    if (mayServe)
        arguments << u"--serve"_s;
    if (role == Role::Sender)
        arguments << u"--rate"_s << QString::number(double(m_options.rate) / m_options.senders);
    const bool listens = role == Role::Receiver || (role == Role::Sender && index == 0);
    if (listens)
        arguments << (index % 2 == 1 ? u"--glob"_s : u"--listen"_s);
    m_judge.addNode(node.id, node.label, listens);
    launch(&node, QStringLiteral(PYVENT_FAULT_NODE), arguments);
    if (m_underLoad)
        node.child->writeLine("go");
    log(u"started %1, process %2, by %3%4%5"_s.arg(node.label)
            .arg(node.child->pid())
            .arg(node.hasLane ? u"the lane"_s : u"TCP"_s, mayServe ? u", may serve"_s : QString(),
                 proxied ? u", through the proxy"_s : QString()));
    return &node;
}

void Campaign::launch(Node *node, const QString &program, const QStringList &arguments)
{
    node->child = std::make_unique<ChildProcess>(program, arguments);
    ChildProcess *const child = node->child.get();
    QObject::connect(child, &ChildProcess::outputChanged, child, [this, child, id = node->id] {
        for (const QByteArray &line : child->takeLines())
            read(id, line.split(' '));
    });
}

void Campaign::startPythonServer()
{
    Node &node = *m_nodes.emplace_back(std::make_unique<Node>());
    node.role = Role::Server;
    node.id = ++m_lastId;
    node.label = u"python-server"_s;
    node.isPython = true;
    m_judge.addNode(node.id, node.label, false);
    launch(&node, QStringLiteral(PYVENT_TEST_PYTHON),
           {u"-c"_s, pythonServer, QStringLiteral(PYVENT_TEST_PEER_FOLDER), QString::number(m_ports.port())});
    log(u"started %1, process %2"_s.arg(node.label).arg(node.child->pid()));
}

Campaign::Node *Campaign::find(int id)
{
    for (const auto &node : m_nodes) {
        if (node->id == id)
            return node.get();
    }
    return nullptr;
}

Campaign::Node *Campaign::server()
{
    for (const auto &node : m_nodes) {
        if (node->serving)
            return node.get();
    }
    return nullptr;
}

QList<Campaign::Node *> Campaign::all(Role role)
{
    QList<Node *> nodes;
    for (const auto &node : m_nodes) {
        if (node->role == role)
            nodes.append(node.get());
    }
    // Not in the order of their starts, which depends on who took over: a seed's choice stays the same.
    std::sort(nodes.begin(), nodes.end(), [](const Node *a, const Node *b) { return a->index < b->index; });
    return nodes;
}

Campaign::Node *Campaign::any(Role role)
{
    const QList<Node *> nodes = all(role);
    return nodes[m_random.bounded(int(nodes.size()))];
}

// One line that a node wrote.
void Campaign::read(int id, const QByteArrayList &words)
{
    const auto number = [&](qsizetype i) { return words.value(i).toLongLong(); };
    const QByteArray &what = words.first();
    if (what == "heard") {
        m_judge.heard(id, int(number(1)), words.value(2), number(3), number(4));
        return;
    }
    if (what == "sent") {
        m_judge.sent(id, words.value(1), number(2), number(3), number(4));
        return;
    }
    Node *const node = find(id);
    if (what == "acked") {
        m_judge.acknowledged(id, words.value(1), number(2));
    } else if (what == "uuid") {
        m_judge.setUuid(id, QUuid::fromString(QString::fromLatin1(words.value(1))));
    } else if (what == "lost") {
        m_judge.toldLost(id, words.value(1), QUuid::fromString(QString::fromLatin1(words.value(2))), number(3));
        log(u"%1 was told that %2 events are lost"_s.arg(node->label).arg(number(3)));
    } else if (what == "error") {
        ++m_result.errors[QString::fromUtf8(words.value(1))];
        log(u"%1 reports %2"_s.arg(node->label, QString::fromUtf8(words.mid(1).join(' '))));
    } else if (what == "way" && node) {
        node->way = words.value(1);
    } else if (what == "state" && node) {
        node->state = words.value(1);
        if (node->state == "Ready")
            m_judge.ready(id, number(2));
    } else if (what == "serving" && node) {
        node->serving = number(1) == 1;
        log(u"%1 %2"_s.arg(node->label, node->serving ? u"serves"_s : u"serves no more"_s));
        if (node->serving && m_serverEnded > 0) {
            m_result.takeOvers.append(std::max(number(2) - m_serverEnded, qint64(0)));
            m_serverEnded = 0;
        }
    }
}

// Which node is not ready, as text; empty: all are, and one of them serves.
QString Campaign::notReady()
{
    for (const auto &node : m_nodes) {
        if (!node->child->isRunning())
            return u"%1 has ended %2"_s.arg(node->label, node->child->howItEnded());
        if (node->state != "Ready")
            return u"%1 is %2"_s.arg(node->label, QString::fromLatin1(node->state));
    }
    return server() ? QString() : u"nobody serves"_s;
}

bool Campaign::waitForAll(const QString &after)
{
    if (waitUntil([this] { return notReady().isEmpty(); }, startPatience))
        return true;
    trouble(u"After %1, %2"_s.arg(after, notReady()));
    return false;
}

bool Campaign::makeProxies()
{
    const int near = m_proxyPorts.port();
    const int far = m_ports.port();
    if (m_options.way != Way::Lane) {
        m_requestProxy = std::make_unique<Proxy>(near, far);
        m_eventProxy = std::make_unique<Proxy>(near + 1, far + 1);
    }
    if (m_options.way != Way::Tcp)
        m_laneProxy = std::make_unique<Proxy>(Proxy::End::lane(near), Proxy::End::lane(far));
    for (const Proxy *proxy : {m_requestProxy.get(), m_eventProxy.get(), m_laneProxy.get()}) {
        if (proxy && !proxy->isListening()) {
            trouble(u"The proxy cannot listen on port %1 or the next one, or at the lane %2"_s.arg(near).arg(
                QString::fromLocal8Bit(Proxy::End::lane(near).path())));
            return false;
        }
    }
    return true;
}

// How many nodes are on which way.
QMap<QString, int> Campaign::askForWays()
{
    for (const auto &node : m_nodes) {
        node->way.clear();
        node->child->writeLine("way");
    }
    const auto haveTold = [this] {
        return std::all_of(m_nodes.begin(), m_nodes.end(),
                           [](const auto &node) { return node->isPython || !node->way.isEmpty(); });
    };
    if (!waitUntil(haveTold, startPatience))
        trouble(u"Not every node says which way it takes"_s);
    QMap<QString, int> ways;
    for (const auto &node : m_nodes) {
        if (!node->isPython)
            ++ways[QString::fromLatin1(node->way)];
    }
    return ways;
}

CampaignResult Campaign::run()
{
    if (!makeProxies())
        return m_result;
    if (m_options.pythonFirst)
        startPythonServer();
    else
        start(Role::Server, 0);
    if (!waitForAll(u"starting the first server"_s))
        return m_result;
    for (int i = m_options.pythonFirst ? 0 : 1; i < servers; ++i)
        start(Role::Server, i);
    for (int i = 0; i < m_options.receivers; ++i)
        start(Role::Receiver, i);
    for (int i = 0; i < m_options.senders; ++i)
        start(Role::Sender, i);
    if (!waitForAll(u"starting"_s))
        return m_result;

    // Otherwise it would be another way that is tried. Where Python's server is the first, there is no lane yet.
    m_result.ways = askForWays();
    for (const auto &node : m_nodes) {
        const QByteArray way = node->hasLane && !m_options.pythonFirst ? "lane" : "tcp";
        if (!node->isPython && node->way != way)
            trouble(u"%1 is by '%2' here, not by '%3'"_s.arg(node->label, QString::fromLatin1(node->way),
                                                             QString::fromLatin1(way)));
    }

    m_underLoad = true;
    for (Node *sender : all(Role::Sender))
        sender->child->writeLine("go");
    hold();
    for (int i = 1; i <= m_options.rounds && (m_options.keepGoing || m_result.troubles.isEmpty()); ++i) {
        const QString kind = m_options.kinds[m_random.bounded(int(m_options.kinds.size()))];
        // So that a fault hits at any moment; and what it takes away was sent shortly before.
        waitUntil([] { return false; }, 150 + m_random.bounded(100));
        log(u"round %1: %2"_s.arg(i).arg(kind));
        ++m_result.rounds[kind];
        m_judge.beginKind(kind, now() - inFlight);
        round(kind);
        waitForAll(kind);
        const auto mark = m_judge.sentSoFar();
        if (!waitUntil([&] { return m_judge.behind(mark).isEmpty(); }, m_options.settle * 1000))
            trouble(u"After %1, %2"_s.arg(kind, m_judge.behind(mark)));
    }
    m_result.waysAtTheEnd = askForWays();
    finish();
    m_result.verdict = m_judge.verdict();
    return m_result;
}

void Campaign::round(const QString &kind)
{
    Node *const serving = server();
    if (!serving)
        return; // which is a trouble that has been told
    if (kind == "kill"_L1)
        kill(serving);
    else if (kind == "stop"_L1)
        freeze(serving);
    else if (kind == "kill-receiver"_L1)
        kill(any(Role::Receiver));
    else if (kind == "kill-sender"_L1)
        kill(any(Role::Sender));
    else if (kind == "stop-receiver"_L1)
        freeze(any(Role::Receiver));
    else if (kind == "stop-sender"_L1)
        freeze(any(Role::Sender));
    else if (kind == "restart"_L1)
        restartAll();
    else
        disturb(kind);
}

void Campaign::hold()
{
    const int milliseconds = m_random.bounded(m_options.shortestHold, m_options.longestHold + 1);
    waitUntil([] { return false; }, milliseconds);
}

void Campaign::kill(Node *node)
{
    log(u"killing %1"_s.arg(node->label));
    if (node->serving)
        m_serverEnded = now();
    node->child->sendSignal(SIGKILL);
    node->child->waitForEnd(quitPatience);
    m_judge.ended(node->id, Judge::End::Killed);
    const Node was{node->role, node->index, node->id, node->label, node->isPython, node->serving, 0, {}, {}};
    std::erase_if(m_nodes, [node](const auto &each) { return each.get() == node; });
    if (was.serving)
        waitUntil([this] { return server() != nullptr; }, startPatience);
    if (!was.isPython) // which cannot take the port from a node that serves by now
        start(was.role, was.index);
}

void Campaign::freeze(Node *node)
{
    log(u"stopping %1 (SIGSTOP)"_s.arg(node->label));
    node->child->sendSignal(SIGSTOP);
    hold();
    node->child->sendSignal(SIGCONT);
    log(u"continuing %1"_s.arg(node->label));
}

// Quits in good order. A sender's events only last as long as it does, so that they are heard first.
void Campaign::restart(Node *node)
{
    if (node->role == Role::Sender) {
        node->child->writeLine("pause");
        const int id = node->id;
        waitUntil([] { return false; }, 100); // what it said before it read this
        const auto caughtUp = [&] { return m_judge.behind(m_judge.sentSoFar(), id).isEmpty(); };
        if (!waitUntil(caughtUp, m_options.settle * 1000))
            trouble(u"Before a restart, %1"_s.arg(m_judge.behind(m_judge.sentSoFar(), id)));
    }
    log(u"restarting %1"_s.arg(node->label));
    if (node->serving)
        m_serverEnded = now();
    node->child->writeLine("quit");
    if (!node->child->waitForEnd(quitPatience))
        trouble(u"%1 did not quit within %2 s"_s.arg(node->label).arg(quitPatience / 1000));
    m_judge.ended(node->id, Judge::End::Quit);
    const Node was{node->role, node->index, node->id, node->label, node->isPython, false, 0, {}, {}};
    std::erase_if(m_nodes, [node](const auto &each) { return each.get() == node; });
    if (!was.isPython) // which cannot take the port from a node that serves by now
        start(was.role, was.index);
}

void Campaign::restartAll()
{
    QList<int> ids;
    for (const auto &node : m_nodes)
        ids.append(node->id);
    for (const int id : std::as_const(ids)) {
        restart(find(id));
        if (!waitForAll(u"a restart"_s))
            return;
    }
}

// What the network can do to the nodes behind the proxy: on one of the two connections by TCP, or on both; and on the lane.
void Campaign::disturb(const QString &kind)
{
    int which = m_random.bounded(3);
    if (m_options.way == Way::Mixed && kind == "refuse"_L1)
        which = 2; // whoever cannot have the lane would take TCP, and stay there
    QList<Proxy *> proxies;
    if (which != 1 && m_requestProxy)
        proxies.append(m_requestProxy.get());
    if (which != 0 && m_eventProxy)
        proxies.append(m_eventProxy.get());
    if (m_laneProxy)
        proxies.append(m_laneProxy.get());
    log(u"%1: %2%3"_s.arg(kind,
                          !m_requestProxy  ? QString()
                              : which == 0 ? u"the sending connections"_s
                              : which == 1 ? u"the hearing connections"_s
                                           : u"all TCP connections of the proxy"_s,
                          !m_laneProxy         ? QString()
                              : m_requestProxy ? u", and the lane"_s
                                               : u"the lane"_s));
    if (kind == "reset"_L1 && m_laneProxy) { // a lane tells both ends of one if something is left that was not read
        m_laneProxy->setStalled(true);
        waitUntil([] { return false; }, underWay);
    }
    for (Proxy *proxy : std::as_const(proxies)) {
        if (kind == "stall"_L1)
            proxy->setStalled(true);
        else if (kind == "delay"_L1)
            proxy->setDelay(std::chrono::milliseconds(200));
        else if (kind == "refuse"_L1)
            proxy->setRefusing(true);
        if (kind == "cut"_L1 || kind == "refuse"_L1) {
            proxy->drop();
        } else if (kind == "reset"_L1) {
            proxy->reset();
            proxy->setStalled(false);
        }
    }
    hold();
    for (Proxy *proxy : std::as_const(proxies)) {
        proxy->setStalled(false);
        proxy->setRefusing(false);
        proxy->setDelay(std::chrono::milliseconds(0));
    }
}

// Lets everything arrive that still can.
void Campaign::finish()
{
    for (Node *sender : all(Role::Sender))
        sender->child->writeLine("pause");
    log(u"sending ends"_s);
    hold(); // what the senders said before they read this
    const auto mark = m_judge.sentSoFar();
    const bool complete =
        waitUntil([&] { return m_judge.behind(mark).isEmpty() && m_judge.isComplete(); }, m_options.settle * 1000);
    log(complete ? u"everything was heard"_s : u"not everything was heard within %1 s"_s.arg(m_options.settle));
    for (const auto &node : m_nodes) {
        if (!node->child->isRunning())
            trouble(u"%1 has ended %2"_s.arg(node->label, node->child->howItEnded()));
    }
    m_result.verdict = m_judge.verdict(); // before the nodes leave
    for (const auto &node : m_nodes)
        node->child->writeLine("quit");
    for (const auto &node : m_nodes) {
        if (!node->child->waitForEnd(quitPatience))
            trouble(u"%1 did not quit within %2 s"_s.arg(node->label).arg(quitPatience / 1000));
    }
}

} // namespace PyventFaults
