// SPDX-License-Identifier: MIT
#include "bridge/killingturn.h"

#include <QtCore/qfile.h>

#include <algorithm>
#include <ctime>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

constexpr int askEvery = 200;          // milliseconds: asking costs those who are asked
constexpr qint64 inFlight = 100'000;   // microseconds before a kill, of what it may hit
constexpr qint64 noticeable = 300;     // milliseconds without an event
constexpr int startPatience = 120'000; // milliseconds: a cluster that has just begun elects, and may do so twice

const QString busNames[] = {u"a"_s, u"b"_s, u"c"_s};
constexpr int firstListener = 10; // what nodes are called: senders from 0 on, and listeners

qint64 wallTime()
{
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return qint64(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

} // namespace

KillingTurn::KillingTurn(KillableServers *servers, const Options &options)
    : m_servers(servers)
    , m_options(options)
    , m_random(options.seed)
{
    m_clock.start();
}

void KillingTurn::log(const QString &text)
{
    m_log += u"%1  %2"_s.arg(double(m_clock.elapsed()) / 1000, 8, 'f', 3).arg(text);
    if (m_options.isTalkative)
        fprintf(stderr, "%s\n", qPrintable(m_log.constLast()));
}

bool KillingTurn::trouble(const QString &text)
{
    log(u"TROUBLE: "_s + text);
    return false;
}

bool KillingTurn::waitFor(const QString &what, const Condition &whyNot, qint64 longer)
{
    QElapsedTimer asked;
    QString why;
    const auto isSo = [&] {
        if (asked.isValid() && !asked.hasExpired(askEvery))
            return false;
        asked.start();
        why = whyNot();
        return why.isEmpty();
    };
    return waitUntil(isSo, startPatience + int(longer)) || trouble(u"waited in vain for %1: %2"_s.arg(what, why));
}

bool KillingTurn::run()
{
    if (!startAll())
        return false;
    m_isFlowing = true;
    const qint64 begin = m_clock.elapsed();
    for (auto &[id, node] : m_nodes) {
        if (node.isSender)
            node.process->writeLine("go");
    }
    const bool isDone = areReady(true) && killAll() && finish();
    m_seconds = (m_clock.elapsed() - begin) / 1000;
    m_verdict = m_judge.verdict();
    return isDone;
}

bool KillingTurn::startAll()
{
    const QString rules = m_folder.filePath(u"rules"_s);
    QFile file(rules);
    if (!file.open(QIODevice::WriteOnly)
        || file.write("allow user " + QByteArray::number(::geteuid()) + " anything\n") <= 0)
        return trouble(u"the rules cannot be written"_s);
    file.close();
    if (!m_servers->start() || !waitFor(u"the servers"_s, [this] {
            const QString why = m_servers->notReady();
            return m_servers->canDoWithout() ? why : QString();
        }))
        return trouble(u"the servers do not start"_s);
    for (const QString &name : busNames) {
        JoinedBus *const bus = m_buses.emplace_back(std::make_unique<JoinedBus>(name, rules, m_servers->url())).get();
        connect(bus, &JoinedBus::said, this,
                [this](const QString &who, const QString &line) { log(who + u": "_s + line); });
        if (!bus->startRelay())
            return trouble(u"a relay does not start"_s);
        bus->startBridge(0);
    }
    if (!areReady(false))
        return false;
    for (const auto &bus : m_buses)
        bus->startBridge(1);
    for (int bus = 0; bus < int(m_buses.size()); ++bus) {
        startNode(false, bus);
        startNode(true, bus);
    }
    const auto isReady = [](const auto &node) { return node.second.isReady; };
    return areReady(false) && waitFor(u"the nodes"_s, [&] {
               return std::ranges::all_of(m_nodes, isReady) ? QString() : u"not all are ready"_s;
           });
}

void KillingTurn::startNode(bool isSender, int bus)
{
    const int id = isSender ? bus : firstListener + bus;
    Node &node = m_nodes[id];
    node.label = (isSender ? u"sender "_s : u"listener "_s) + busNames[bus];
    node.isSender = isSender;
    QStringList arguments{u"--port"_s,  QString::number(m_buses[size_t(bus)]->port()),
                          u"--id"_s,    QString::number(id),
                          u"--names"_s, u"2"_s};
    if (isSender)
        arguments << u"--rate"_s << QString::number(m_options.rate) << u"--payload"_s << u"100"_s;
    else
        arguments << u"--listen"_s;
    m_judge.addNode(id, node.label, !isSender);
    node.process = std::make_unique<ChildProcess>(QStringLiteral(PYVENT_FAULT_NODE), arguments);
    ChildProcess *const process = node.process.get();
    connect(process, &ChildProcess::outputChanged, this, [this, process, id] {
        for (const QByteArray &line : process->takeLines())
            read(id, line.split(' '));
    });
}

// One line that a node wrote.
void KillingTurn::read(int id, const QByteArrayList &words)
{
    Node &node = m_nodes[id];
    const auto number = [&](qsizetype i) { return words.value(i).toLongLong(); };
    const auto uuid = [&](qsizetype i) { return QUuid::fromString(QString::fromLatin1(words.value(i))); };
    const QByteArray &what = words.first();
    if (what == "heard") {
        m_judge.heard(id, int(number(1)), words.value(2), number(3), number(4));
        heard(id, int(number(1)));
    } else if (what == "sent") {
        m_judge.sent(id, words.value(1), number(2), number(3), number(4));
        m_sent += number(3) - number(2) + 1;
    } else if (what == "acked") {
        m_judge.acknowledged(id, words.value(1), number(2));
    } else if (what == "uuid") {
        m_judge.setUuid(id, uuid(1));
    } else if (what == "lost") {
        m_judge.toldLost(id, words.value(1), uuid(2), number(3));
        log(u"%1 was told that %2 events '%3' are lost"_s.arg(node.label)
                .arg(number(3))
                .arg(QString::fromUtf8(words.value(1))));
    } else if (what == "error") {
        ++m_errors[QString::fromUtf8(words.value(1))];
        log(u"%1 reports %2"_s.arg(node.label, QString::fromUtf8(words.mid(1).join(' '))));
    } else if (what == "state" && words.value(1) == "Ready") {
        node.isReady = true;
        m_judge.ready(id, number(2));
    } else if (what == "paused") {
        node.isPaused = true;
    }
}

void KillingTurn::heard(int listener, int sender)
{
    const qint64 now = m_clock.elapsed();
    const auto known = m_heardAt.find({listener, sender});
    if (known == m_heardAt.end()) {
        m_heardAt.insert({listener, sender}, now);
        return;
    }
    const qint64 gap = now - std::exchange(*known, now);
    if (gap < noticeable || !m_isFlowing)
        return;
    log(u"%1 heard nothing of %2 for %3 ms"_s.arg(m_nodes[listener].label, m_nodes[sender].label).arg(gap));
    qint64 &longest = m_gaps[listener - firstListener];
    longest = std::max(longest, gap);
    Kind &kind = m_kinds[m_kind];
    kind.gap = std::max(kind.gap, gap);
}

bool KillingTurn::areReady(bool hear)
{
    return waitFor(u"the bridges"_s, [this, hear] {
        for (const auto &bus : m_buses) {
            if (const QString why = bus->notReady(hear); !why.isEmpty())
                return why;
        }
        return QString();
    });
}

bool KillingTurn::killAll()
{
    std::vector<std::function<bool()>> kills;
    const auto bus = [&] { return m_buses[m_random.bounded(int(m_buses.size()))].get(); };
    if (m_options.rounds == 0) {
        JoinedBus *const one = bus();
        JoinedBus *const other = bus();
        kills = {[this] { return killServer(m_servers->kinds().constFirst()); },
                 [this, one] { return killBridge(one); }, [this, other] { return killRelay(other); }};
        return std::ranges::all_of(kills, [](const auto &kill) { return kill(); });
    }
    for (int round = 1; round <= m_options.rounds; ++round) {
        log(u"round %1: %2 events were sent"_s.arg(round).arg(m_sent));
        kills.clear();
        for (const QString &kind : m_servers->kinds())
            kills.push_back([this, kind] { return killServer(kind); });
        for (const auto &each : m_buses) {
            kills.push_back([this, &each] { return killBridge(each.get()); });
            kills.push_back([this, &each] { return killRelay(each.get()); });
        }
        std::shuffle(kills.begin(), kills.end(), m_random);
        if (!std::ranges::all_of(kills, [](const auto &kill) { return kill(); }))
            return false;
    }
    return true;
}

// It may hit at any moment.
void KillingTurn::beginKill(const QString &kind, const QString &which)
{
    log(u"kill %1: %2"_s.arg(kind, which));
    m_kind = kind;
    ++m_kinds[kind].kills;
    m_judge.beginKind(kind, wallTime() - inFlight);
}

// Waits until everybody has heard what was sent so far.
bool KillingTurn::catchUp()
{
    const auto mark = m_judge.sentSoFar();
    const qint64 begin = m_clock.elapsed();
    if (!waitUntil([&] { return m_judge.behind(mark).isEmpty(); }, startPatience))
        return trouble(m_judge.behind(mark));
    Kind &kind = m_kinds[m_kind];
    kind.caughtUp = std::max(kind.caughtUp, m_clock.elapsed() - begin);
    log(u"all was heard after %1 ms"_s.arg(m_clock.elapsed() - begin));
    return true;
}

bool KillingTurn::killServer(const QString &kind)
{
    const auto isReady = [this] { return waitFor(u"the servers"_s, [this] { return m_servers->notReady(); }); };
    if (!isReady())
        return false;
    waitUntil([] { return false; }, 150 + m_random.bounded(500));
    const QString which = m_servers->kill(kind, &m_random);
    if (which.isEmpty())
        return trouble(u"there is no "_s + kind);
    beginKill(kind, which);
    const bool isAwayForLong = m_servers->canDoWithout() && m_random.bounded(2) == 0;
    if (isAwayForLong && !catchUp())
        return false;
    for (const QString &line : m_servers->news()) // before its own is gone
        log(line);
    if (!m_servers->restart())
        return trouble(u"the server does not start again"_s);
    const bool isGood = catchUp() && isReady() && areReady(true);
    for (const QString &line : m_servers->news())
        log(line);
    return isGood;
}

bool KillingTurn::killBridge(JoinedBus *bus)
{
    std::optional<int> active;
    if (!waitFor(u"a bridge that works"_s, [&] {
            active = bus->active();
            return active ? QString() : u"none does"_s;
        }))
        return false;
    waitUntil([] { return false; }, 150 + m_random.bounded(500));
    bus->killBridge(*active);
    beginKill(u"bridge"_s, u"%1 of %2"_s.arg(*active).arg(bus->name()));
    bus->startBridge(*active);
    // What was sent before the new one hears has only the other one.
    return catchUp() && areReady(true) && catchUp();
}

bool KillingTurn::killRelay(JoinedBus *bus)
{
    waitUntil([] { return false; }, 150 + m_random.bounded(500));
    bus->killRelay();
    beginKill(u"relay"_s, bus->name());
    if (!bus->startRelay())
        return trouble(u"a relay does not start again"_s);
    return catchUp() && areReady(true);
}

// All that are to be sent, and heard.
bool KillingTurn::finish()
{
    const auto areSent = [this] { return m_sent >= m_options.events ? QString() : u"%1 were sent"_s.arg(m_sent); };
    const qint64 left =
        std::max<qint64>(m_options.events - m_sent, 0) * 1000 / (m_options.rate * qint64(m_buses.size()));
    if (!waitFor(u"the events"_s, areSent, 2 * left))
        return false;
    for (auto &[id, node] : m_nodes) {
        if (node.isSender)
            node.process->writeLine("pause");
    }
    const auto isPaused = [](const auto &node) { return !node.second.isSender || node.second.isPaused; };
    if (!waitUntil([&] { return std::ranges::all_of(m_nodes, isPaused); }))
        return trouble(u"a sender does not pause"_s);
    const bool isHeard = catchUp();
    m_isFlowing = false;
    // What would come twice is with the bridges still.
    return isHeard && waitFor(u"the bridges' end"_s, [this] {
               const bool isDone = std::ranges::all_of(m_buses, [](const auto &bus) { return bus->isDone(); });
               return isDone ? QString() : u"something waits"_s;
           });
}

qint64 KillingTurn::longestGap() const
{
    return *std::ranges::max_element(m_gaps);
}

QString KillingTurn::report() const
{
    const PyventFaults::Tally &all = m_verdict.all;
    QString text =
        u"%1 events sent in %2 s, %3 to be heard: %4 lost, %5 told lost, %6 told wrongly, %7 doubled, %8 out of order\n"_s
            .arg(m_verdict.sent)
            .arg(m_seconds)
            .arg(all.owed)
            .arg(all.lost)
            .arg(all.toldLost)
            .arg(all.toldWrongly)
            .arg(all.doubled)
            .arg(all.outOfOrder);
    for (auto kind = m_kinds.cbegin(); kind != m_kinds.cend(); ++kind) {
        if (kind->kills > 0)
            text += u"%1 killed %2 times: longest gap %3 ms, all heard after %4 ms at most\n"_s.arg(kind.key())
                        .arg(kind->kills)
                        .arg(kind->gap)
                        .arg(kind->caughtUp);
    }
    text += u"longest gap at a, b, c: %1, %2, %3 ms\n"_s.arg(m_gaps[0]).arg(m_gaps[1]).arg(m_gaps[2]);
    for (auto error = m_errors.cbegin(); error != m_errors.cend(); ++error)
        text += u"%1 times %2\n"_s.arg(*error).arg(error.key());
    for (const auto &bus : m_buses) {
        text += u"bridges of "_s + bus->name() + u':';
        const auto counters = bus->counters();
        for (auto counter = counters.cbegin(); counter != counters.cend(); ++counter)
            text += u" %1 %2"_s.arg(QString::fromLatin1(counter.key())).arg(*counter);
        text += u'\n';
    }
    for (const QString &defect : m_verdict.defects)
        text += defect + u'\n';
    return text;
}

} // namespace PyventTests
