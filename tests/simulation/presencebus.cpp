// SPDX-License-Identifier: MIT
#include "presencebus.h"

#include "dispatch/receiver.h"
#include "security/nodesecret.h"

#include <algorithm>
#include <set>

namespace PyventTests {

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

constexpr int nodes = 6; // at first
constexpr PresenceNetwork::Microseconds second = 1'000'000;

// All is known after that, whoever serves: who is not heard for 2.5 s is lost, and a server may hear of an end after 3 s.
constexpr PresenceNetwork::Microseconds untilAllIsKnown = 10 * second;

// Longer than anything is on its way.
constexpr PresenceNetwork::Microseconds moment = second / 10;

PresenceNetwork::Microseconds microsecondsOf(PresenceNetwork::Clock::time_point time)
{
    return time == PresenceNetwork::Clock::time_point::max()
        ? PresenceNetwork::never
        : std::chrono::ceil<std::chrono::microseconds>(time.time_since_epoch()).count();
}

} // namespace

PresenceBus::PresenceBus(quint32 seed)
    : PresenceNetwork(seed)
{
}

PresenceBus::~PresenceBus()
{
    for (const auto &node : m_nodes) {
        if (node->link)
            (void)node->session->leave(time());
        node->link.reset();
    }
}

QByteArray PresenceBus::run()
{
    startServer(happens(15));
    for (int i = 0; i < nodes; ++i)
        start();
    const Microseconds actions = 8 + below(22);
    for (Microseconds i = 0; i < actions && m_failure.isEmpty(); ++i) {
        pass(happens(40) ? below(5000) : below(happens(50) ? 400'000 : 2 * second));
        act();
    }
    joinAll();
    pass(untilAllIsKnown);
    check("after all was joined again");
    checkWills();
    checkEnds();
    return m_failure;
}

void PresenceBus::act()
{
    Node &node = anyNode();
    const Microseconds what = below(100);
    if (what < 16) {
        kill(node);
        start();
    } else if (what < 28) {
        leave(node);
    } else if (what < 43) {
        cut(node, below(happens(50) ? 200'000 : 5 * second));
    } else if (what < 55) { // another one takes over, at once or later
        endServer(anyServer());
        if (happens(50)) {
            kill(node);
            start();
        }
    } else if (what < 62) {
        divide();
    } else if (what < 68) { // the bus is joined again
        if (servers() > 1)
            endServer(anyServer());
    } else if (what < 84) {
        change(node);
    } else if (what < 92) {
        node.standsUntil = now() + below(2 * second);
    } else {
        start();
    }
    if (servers() == 0 && happens(70))
        startServer(happens(15));
}

// One that is not killed.
PresenceBus::Node &PresenceBus::anyNode()
{
    std::vector<Node *> alive;
    for (const auto &node : m_nodes) {
        if (!node->isKilled)
            alive.push_back(node.get());
    }
    return *alive[std::size_t(below(Microseconds(alive.size())))];
}

void PresenceBus::start()
{
    Node &node = *m_nodes.emplace_back(std::make_unique<Node>());
    QByteArray secret;
    for (qsizetype i = 0; i < NodeSecret::size; ++i)
        secret.append(char(number()));
    node.secret = secret;
    node.uuid = NodeSecret::read(secret)->node(number());
    node.session = std::make_unique<Session>(
        node.uuid, [this] { return now(); }, number());
    node.session->configure({});
    node.session->add(std::make_shared<FunctionReceiver>(
                          PyventPattern(u"will"_s), PyventSender::Any, [] { return true; },
                          [&node](const PyventEvent &event) { ++node.wills[event.nodeId]; }),
                      {}, time());
    node.session->watch(time());
    if (happens(60))
        node.hasWill = node.session->setWill(u"will"_s, {}, {}, time());
    node.settledFrom = now();
    join(node);
}

void PresenceBus::join(Node &node)
{
    node.link = std::make_unique<Link>([&](SendQueue &queue) {
        auto line = std::make_unique<PresenceLine>(static_cast<PresenceNetwork *>(this), queue, node.secret);
        node.line = line.get();
        return line;
    });
    node.isAway = false;
    node.actsAt = never;
    node.settledFrom = now();
    node.session->join(node.link.get(), time());
    service(node);
}

// A server that stays, and has had time for all that this node has told it, must send its will.
void PresenceBus::kill(Node &node)
{
    if (node.isKilled)
        return;
    const bool isSettled = isOn(node) && !node.isLeaving && node.session->state() == Session::State::Ready
        && std::max(node.settledFrom, node.standsUntil) + moment < now();
    if (isOn(node))
        ++node.losses;
    if (isSettled && node.hasWill && node.cuts == 0 && !isPython(node.line->server())) {
        node.killedAtServer = node.line->server();
        node.killedAt = now();
    }
    node.isKilled = true;
    node.actsAt = never;
    if (node.link)
        (void)node.session->leave(time());
    node.link.reset(); // of which nothing more is said on the bus
    node.line = nullptr;
}

void PresenceBus::leave(Node &node)
{
    if (!isOn(node) || node.isLeaving || node.standsUntil > now())
        return;
    node.isLeaving = node.hasLeft = true;
    if (!node.session->sayGone(time()))
        return isGone(node);
    node.actsAt = now() + second;
    service(node);
}

// It has left, and comes back, or does not.
void PresenceBus::isGone(Node &node)
{
    if (node.session->waiting().unacknowledged > 0)
        ++node.losses; // nobody may have heard that it leaves
    (void)node.session->leave(time());
    readNews(node);
    node.sees.clear();
    node.link.reset();
    node.line = nullptr;
    node.isLeaving = false;
    node.isAway = true;
    node.actsAt = !m_isEnding && happens(60) ? now() + below(3 * second) : never;
}

void PresenceBus::cut(Node &node, Microseconds down)
{
    if (!isOn(node))
        return;
    ++node.cuts;
    ++node.losses;
    node.line->cut(now() + down);
}

void PresenceBus::endServer(int server)
{
    if (server < 0)
        return;
    for (const auto &node : m_nodes) {
        if (isOn(*node) && node->line->server() == server)
            ++node->cuts;
    }
    killServer(server);
}

void PresenceBus::divide()
{
    const int other = startServer(happens(15));
    for (const auto &node : m_nodes) {
        if (!isOn(*node) || happens(50))
            continue;
        ++node->cuts;
        ++node->losses;
        node->line->cut(now(), other);
    }
}

// What a node says of itself, its will, or whether it watches.
void PresenceBus::change(Node &node)
{
    if (node.isKilled || node.standsUntil > now())
        return;
    node.settledFrom = now();
    switch (below(5)) {
    case 0:
        node.session->clearWill();
        node.hasWill = false;
        break;
    case 1:
    case 2:
        node.hasWill = node.session->setWill(u"will"_s, {}, {}, time());
        break;
    case 3:
        node.session->setAbout({{u"n"_s, number()}});
        break;
    default:
        readNews(node);
        node.session->unwatch();
        node.sees.clear();
        if (happens(70) || !isOn(node))
            node.session->watch(time());
    }
    if (isOn(node))
        service(node);
}

// Time

PresenceBus::Microseconds PresenceBus::dueAt(const Node &node) const
{
    if (!node.link)
        return node.actsAt;
    const Microseconds due = node.link->mayBeReadable() ? now() : microsecondsOf(node.link->deadline());
    return std::max(std::min(due, node.actsAt), node.standsUntil);
}

void PresenceBus::pass(Microseconds duration)
{
    const Microseconds end = now() + duration;
    for (int turns = 0; m_failure.isEmpty(); ++turns) {
        Microseconds next = nextArrival();
        for (const auto &node : m_nodes)
            next = std::min(next, dueAt(*node));
        if (next > end)
            break;
        if (turns > 200'000)
            m_failure = "it turns without end";
        arriveUntil(std::max(next, now()));
        for (const auto &node : m_nodes) {
            if (dueAt(*node) > now())
                continue;
            if (!node->isAway)
                service(*node);
            else
                join(*node);
        }
    }
    arriveUntil(end);
}

void PresenceBus::service(Node &node)
{
    node.link->receive(time());
    node.link->process(*node.session->seat(), time());
    Inbox::Arrivals finished;
    readNews(node);
    while (const auto turn = node.session->nextTurn(&finished)) {
        turn->receiver->deliver(*turn->event);
        readNews(node);
    }
    readNews(node);
    if (node.isLeaving && (node.session->waiting().unacknowledged == 0 || now() >= node.actsAt))
        isGone(node);
}

void PresenceBus::readNews(Node &node)
{
    while (const auto item = node.session->news().take()) {
        if (const auto *appeared = std::get_if<Roster::Appeared>(&*item)) {
            if (std::exchange(node.sees[appeared->node.uuid], true))
                fail(node, appeared->node.uuid, "has appeared twice");
        } else if (const auto *vanished = std::get_if<Roster::Vanished>(&*item)) {
            const QUuid &uuid = vanished->node.uuid;
            if (!std::exchange(node.sees[uuid], false))
                fail(node, uuid, "has vanished without having appeared");
            node.reasons[uuid] = vanished->reason;
            node.willsWhenVanished[uuid] = node.wills[uuid];
            const auto gone =
                std::find_if(m_nodes.begin(), m_nodes.end(), [&](const auto &one) { return one->uuid == uuid; });
            if (vanished->reason == Control::Gone::Left && !(*gone)->hasLeft)
                fail(node, uuid, "is said to have left, and has not");
        }
    }
}

// What must hold

void PresenceBus::fail(const Node &node, const QUuid &of, const char *what)
{
    const auto numberOf = [this](const QUuid &uuid) {
        const auto known =
            std::find_if(m_nodes.begin(), m_nodes.end(), [&](const auto &one) { return one->uuid == uuid; });
        return QByteArray::number(qint64(known - m_nodes.begin()));
    };
    if (m_failure.isEmpty())
        m_failure = "for node " + numberOf(node.uuid) + ", node " + numberOf(of) + ' ' + what + " at "
            + QByteArray::number(now() / 1000) + " ms";
}

void PresenceBus::joinAll()
{
    while (servers() > 1)
        endServer(anyServer());
    if (servers() == 0)
        startServer(happens(15));
}

// Who watches knows those who are there, and has been told of these.
void PresenceBus::check(const char *when)
{
    for (const auto &node : m_nodes) {
        if (!m_failure.isEmpty() || !isOn(*node) || !node->session->isWatching())
            continue;
        std::set<QUuid> known;
        for (const PyventNodeInfo &info : node->session->others())
            known.insert(info.uuid);
        for (const auto &other : m_nodes) {
            const bool isThere = isOn(*other) && other != node;
            if (known.contains(other->uuid) != isThere)
                fail(*node, other->uuid, isThere ? "is there, and not known" : "is known, and not there");
            else if (node->sees[other->uuid] != isThere)
                fail(*node, other->uuid, "is known by nobody's word");
        }
        if (!m_failure.isEmpty())
            m_failure += QByteArray(", ") + when;
    }
}

void PresenceBus::checkWills()
{
    for (const auto &node : m_nodes) {
        const int sent = wills(node->uuid);
        if (sent > node->losses)
            fail(*node, node->uuid, "has a will that was sent more often than it may have been lost");
        const int server = node->killedAtServer;
        if (server >= 0 && endOf(server) > node->killedAt + second / 2 && willsAt(server, node->uuid) != 1)
            fail(*node, node->uuid, "was killed, and its will was not sent once");
        for (const auto &other : m_nodes) {
            if (other->wills[node->uuid] > sent)
                fail(*other, node->uuid, "has a will that was heard more often than it was sent");
        }
    }
}

// One leaves, and one is killed, while all is quiet.
void PresenceBus::checkEnds()
{
    start();
    start();
    Node &leaver = *m_nodes[m_nodes.size() - 2];
    Node &killed = *m_nodes.back();
    for (Node *node : {&leaver, &killed})
        node->hasWill = node->session->setWill(u"will"_s, {}, {}, time());
    pass(untilAllIsKnown);
    const bool isPythons = isPython(killed.line->server());
    m_isEnding = true;
    leave(leaver);
    pass(moment);
    kill(killed);
    pass(untilAllIsKnown / 2);
    check("after the last ends");
    for (const auto &node : m_nodes) {
        if (!m_failure.isEmpty() || !isOn(*node))
            continue;
        if (node->wills[leaver.uuid] > 0)
            fail(*node, leaver.uuid, "has left, and has a will that was heard");
        if (node->wills[killed.uuid] != (isPythons ? 0 : 1))
            fail(*node, killed.uuid, "was killed, and has a will that was not heard once");
        if (!node->session->isWatching())
            continue;
        if (node->reasons[leaver.uuid] != Control::Gone::Left || node->reasons[killed.uuid] != Control::Gone::Lost)
            fail(*node, leaver.uuid, "has vanished for another reason");
        if (node->willsWhenVanished[killed.uuid] != node->wills[killed.uuid])
            fail(*node, killed.uuid, "is told lost before its will is heard");
    }
    checkWills();
}

} // namespace PyventTests
