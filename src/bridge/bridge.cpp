// SPDX-License-Identifier: MIT
#include "bridge.h"

#include <QtCore/qcryptographichash.h>
#include <QtCore/qdatetime.h>

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr qsizetype defaultMemory = qsizetype(64) << 20;
constexpr qsizetype defaultDisk = qsizetype(1) << 30;
constexpr qsizetype mostOwnNodes = 100'000;

// One that stands by keeps what the active bridge has carried for so long, since that may hear a little later.
constexpr auto keptLonger = 5s;

// A bridge for which nothing is acknowledged for so long leaves the work to another one. A cluster takes up to 10 s for a new leader, for all bridges.
constexpr auto stuckTooLong = 12s;

// Where somebody else reads in this bus's name.
constexpr auto readAgainAfter = 5s;

// Bytes that are said past the engine's store: some seconds of a busy bus.
constexpr qsizetype mostSaid = qsizetype(8) << 20;

// What is said to all wakes all nodes. Bridges tell each other in between.
constexpr auto announceAfter = 30s;

QString linkOf(const EngineOptions &options)
{
    return (options.dialect == Dialect::Nats ? u"nats:%1"_s : u"mqtt:%1"_s).arg(options.prefix);
}

QList<PyventPattern> orAll(const QList<PyventPattern> &names)
{
    return names.isEmpty() ? QList<PyventPattern>{PyventPattern(u"*"_s)} : names;
}

// Whether all that another bridge forwards is heard.
bool hearsWhatComesIn(const BridgeOptions &options)
{
    return options.carriesOut && (options.out.isEmpty() || options.out == options.in);
}

Outbox::Limits limitsOf(const BridgeOptions &options)
{
    Outbox::Limits limits;
    const bool isOnDisk = !options.spoolFolder.isEmpty();
    limits.bytes = options.spoolLimit > 0 ? options.spoolLimit : isOnDisk ? defaultDisk : defaultMemory;
    limits.memory = std::min(limits.memory, limits.bytes);
    if (options.engine.dialect == Dialect::Nats) // a cluster without a leader
        limits.said = mostSaid;
    return limits;
}

QString spoolName(const BridgeOptions &options)
{
    const QByteArray what = (linkOf(options.engine) + u'\n' + options.engine.bus).toUtf8();
    return u"pyvent-bridge-%1.sqlite"_s.arg(
        QLatin1StringView(QCryptographicHash::hash(what, QCryptographicHash::Sha256).toHex().first(16)));
}

qint64 microseconds(std::chrono::microseconds time)
{
    return time.count();
}

qint64 wallTime()
{
    return QDateTime::currentMSecsSinceEpoch() * 1000;
}

} // namespace

Bridge::Bridge(BusEnd *bus, std::unique_ptr<Engine> engine, const BridgeOptions &options)
    : m_bus(bus)
    , m_options(options)
    , m_spool(options.spoolFolder.isEmpty() ? nullptr : std::make_unique<DiskSpool>())
    , m_ownNodes(mostOwnNodes)
    , m_outbox(limitsOf(options), m_spool.get())
    , m_inbound(bus, &m_ownNodes,
                {.bus = options.engine.bus.toUtf8(),
                 .names = orAll(options.in),
                 .foreignSender = options.engine.dialect == Dialect::Nats ? u"pyvent.nats"_s : u"pyvent.mqtt"_s,
                 .forgetsHeld = options.engine.dialect == Dialect::Mqtt})
    , m_outbound(bus, &m_outbox, &m_inbound, &m_ownNodes,
                 {.bus = options.engine.bus.toUtf8(), .asJson = options.asJson})
    , m_election(bus->id(),
                 {.link = linkOf(options.engine), .engine = options.engine.text(), .bus = options.engine.bus})
    , m_engine(std::make_unique<EngineThread>(std::move(engine)))
{
    m_outbox.setForgetsFor(m_engine->forgetsFor());
    m_outbox.setHoldingBack(true); // until it is known who works
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    m_readAgain.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Bridge::work);
    connect(&m_beat, &QTimer::timeout, this, &Bridge::beat);
    connect(&m_readAgain, &QTimer::timeout, this, [this] {
        if (m_isActive && m_options.carriesIn)
            m_engine->setReading(true);
    });
    connect(bus, &BusEnd::announced, this, &Bridge::heardPeer);
    connect(bus, &BusEnd::vanished, this, [this](const QUuid &bridge) {
        m_election.vanished(bridge);
        decide();
    });
    connect(bus, &BusEnd::problem, this, &Bridge::tell);
    connect(bus, &BusEnd::lost, this, [this](const QString &name, const QUuid &node, quint64 count) {
        if (m_inbound.has({node, name}, 1)) // what comes by the engine does not have to go out
            return;
        tell(u"bus lost"_s,
             u"%1 events '%2' of this bus were lost before the bridge had heard them"_s.arg(QString::number(count),
                                                                                            name));
    });
    connect(bus, &BusEnd::hearing, this, [this] { m_hearsSince = Clock::now(); });
    connect(&m_inbound, &Inbound::problem, this, &Bridge::tell);
    connect(&m_outbound, &Outbound::problem, this, &Bridge::tell);
    // Many events come in one turn of the loop, and go out together.
    connect(&m_outbound, &Outbound::appended, this, [this] {
        if (!std::exchange(m_isWorkDue, true))
            m_timer.start(0);
    });
    connect(&m_inbound, &Inbound::forwarded, this, [this](const Message &message) {
        if (message.stamp > 0)
            m_outbound.isValue(message.name);
    });
    connectEngine();
    if (m_options.engine.hasValues)
        makeKeeping();
    if (m_spool) {
        connect(m_spool.get(), &DiskSpool::loaded, this, [this](const QList<StoredMessage> &messages, bool isAll) {
            m_outbox.loaded(messages, isAll, Clock::now());
            work();
        });
        connect(m_spool.get(), &DiskSpool::failed, this, &Bridge::spoolFailed);
    }
}

Bridge::~Bridge() = default;

void Bridge::connectEngine()
{
    connect(m_engine.get(), &EngineThread::up, this, &Bridge::engineIsUp);
    connect(m_engine.get(), &EngineThread::down, this, &Bridge::engineIsDown);
    connect(m_engine.get(), &EngineThread::readingChanged, this, &Bridge::readingIs);
    connect(m_engine.get(), &EngineThread::askedAgain, this, &Bridge::repeat);
    connect(m_engine.get(), &EngineThread::missedSome, &m_inbound, &Inbound::missedSome);
    connect(m_engine.get(), &EngineThread::problem, this, &Bridge::tell);
    connect(m_engine.get(), &EngineThread::published, this, [this](const QList<quint64> &ids) {
        m_outbox.published(ids, Clock::now());
        work();
    });
    connect(
        m_engine.get(), &EngineThread::refused, this, [this](quint64 id, Engine::Refusal refusal, const QString &why) {
            const QString name = m_outbox.refused(id, refusal, Clock::now());
            if (refusal == Engine::Refusal::NotNow)
                tell(u"not now"_s, u"the engine does not take events now, and is asked again: %1"_s.arg(why));
            else if (!name.isEmpty())
                tell(u"never"_s, u"the engine does not take '%1', which is lost beyond this bus: %2"_s.arg(name, why));
            work();
        });
    connect(m_engine.get(), &EngineThread::received, this, [this](const QList<Engine::Arrival> &arrivals) {
        m_inbound.take(arrivals);
        schedule();
    });
    connect(m_engine.get(), &EngineThread::past, &m_inbound, &Inbound::takePast);
    connect(&m_inbound, &Inbound::acknowledge, m_engine.get(), &EngineThread::acknowledge);
}

void Bridge::makeKeeping()
{
    m_keeping = std::make_unique<Keeping>(
        m_bus, m_engine.get(),
        Keeping::Options{.keeper = {.in = m_options.carriesIn ? orAll(m_options.in) : QList<PyventPattern>(),
                                    .out = m_options.carriesOut ? orAll(m_options.out) : QList<PyventPattern>()},
                         .bus = m_options.engine.bus.toUtf8(),
                         .asJson = m_options.asJson});
    connect(&m_outbound, &Outbound::passes, m_keeping.get(), &Keeping::heard);
    connect(&m_inbound, &Inbound::forwarded, m_keeping.get(), &Keeping::arrived);
    connect(m_keeping.get(), &Keeping::problem, this, &Bridge::tell);
    connect(m_keeping.get(), &Keeping::done, this, [this] {
        if (m_isStopping)
            work();
    });
}

QString Bridge::start()
{
    if (m_spool) {
        if (const QString why = openSpool(); !why.isEmpty())
            return why;
    }
    m_hearsSince = Clock::now();
    m_engine->setPast(m_options.past);
    m_engine->start();
    if (m_options.carriesOut)
        m_bus->hear(orAll(m_options.out));
    announce(true);
    m_beat.start(Election::beat);
    schedule();
    return {};
}

QString Bridge::openSpool()
{
    if (const QString why = m_spool->open(m_options.spoolFolder, spoolName(m_options)); !why.isEmpty())
        return why;
    const DiskSpool::Contents &contents = m_spool->contents();
    m_outbox.setStored(contents.count, contents.bytes, contents.lastId);
    if (contents.count > 0)
        Q_EMIT notice(u"%1 events of an earlier run wait in the spool"_s.arg(contents.count));
    return {};
}

void Bridge::spoolFailed(const QString &why)
{
    const qsizetype count = m_outbox.storeFailed();
    tell(u"spool"_s,
         u"%1; what comes from now on waits in memory%2"_s.arg(
             why, count > 0 ? u", and %1 events wait in the file for the next start"_s.arg(count) : QString()));
    work();
}

void Bridge::stop()
{
    if (std::exchange(m_isStopping, true))
        return;
    m_bus->stopHearing();
    m_engine->setReading(false);
    m_beat.stop();
    m_stopAt = Clock::now() + m_options.linger;
    work();
}

void Bridge::engineIsUp(const QString &where, const QString &store)
{
    m_isEngineUp = true;
    ++m_connections;
    m_problems.forget(u"connection"_s);
    Q_EMIT notice(u"at %1"_s.arg(where));
    const auto now = Clock::now();
    m_outbox.setUp(true, now);
    tellElection(now);
    m_election.setStore(store);
    m_election.setUp(true, wallTime() - microseconds(m_outbox.oldestAge(now)), now);
    announce(true);
    decide();
    Q_EMIT changed();
}

void Bridge::engineIsDown()
{
    m_isEngineUp = false;
    const auto now = Clock::now();
    m_outbox.setUp(false, now);
    m_election.setUp(false, wallTime(), now);
    readingIs(Engine::Reading::Off);
    announce();
    decide();
    Q_EMIT changed();
}

void Bridge::readingIs(Engine::Reading reading)
{
    const bool isOn = reading == Engine::Reading::On;
    if (isOn)
        m_inbound.restart();
    if (reading == Engine::Reading::Elsewhere) {
        tell(u"elsewhere"_s,
             u"somebody else reads from the engine as the bus '%1': another bridge takes over, or another bus has the "
             u"same "
             "name"_s.arg(m_options.engine.bus));
        m_readAgain.start(readAgainAfter);
    }
    if (std::exchange(m_isReading, isOn) != isOn)
        Q_EMIT changed();
    schedule();
}

void Bridge::repeat()
{
    m_outbox.askToRepeat();
    work();
}

void Bridge::heardPeer(const QUuid &bridge, const QVariantMap &map)
{
    const auto words = Election::Words::fromMap(map);
    if (!words)
        return;
    const auto now = Clock::now();
    const bool wantsAnswer = m_election.heard(bridge, *words, now);
    for (const QString &text : m_election.takeProblems())
        tell(u"bus's name"_s, text);
    decide();
    if (wantsAnswer)
        announce(false, bridge);
    const bool worksForBoth = m_election.isPeer(*words) && words->bus == m_options.engine.bus && words->isActive;
    if (worksForBoth && !m_isActive) {
        m_hasOtherRead = true;
        // One that reaches the engine, too, had time to work before.
        const auto since = m_isEngineUp ? Clock::time_point::min() : Election::hearsSince(*words, now);
        m_olderThanOthers = m_outbox.dropHeard(since, now - words->oldestAge - keptLonger);
    }
    work();
}

void Bridge::decide()
{
    const qsizetype known = m_election.known().size();
    m_election.process(Clock::now());
    if (m_election.known().size() < known)
        announce(true); // it may have been silent because it was told nothing
    m_outbound.setRole(m_election.isActive(), m_election.hasOtherLinks());
    const bool isActive = m_election.isActive();
    const bool standsBy = m_election.standsBy();
    if (!std::exchange(m_standsBy, standsBy) && standsBy && !m_isStopping)
        Q_EMIT notice(u"stands by: another bridge joins the bus '%1' to %2"_s.arg(m_options.engine.bus,
                                                                                  linkOf(m_options.engine)));
    if (m_isStopping || std::exchange(m_isActive, isActive) == isActive)
        return;
    m_outbox.setHoldingBack(!isActive);
    if (m_keeping)
        m_keeping->setActive(isActive);
    if (isActive && std::exchange(m_hasOtherRead, false)
        && (!hearsWhatComesIn(m_options) || m_election.hasOtherLinks()))
        m_inbound.othersHaveRead();
    m_engine->setReading(isActive && m_options.carriesIn);
    if (const qsizetype count = std::exchange(m_olderThanOthers, 0); isActive && count > 0) {
        tell(u"late"_s,
             u"%1 events have waited here since before the bridge that worked meanwhile was started; those of streams "
             "that it has gone on with come too late for other buses"_s.arg(count));
    }
    if (isActive)
        Q_EMIT notice(u"joins the bus '%1' to %2"_s.arg(m_options.engine.bus, linkOf(m_options.engine)));
    announce();
    Q_EMIT changed();
    work();
}

void Bridge::tellElection(Clock::time_point now)
{
    m_election.setWaiting(m_outbox.waiting(), m_outbox.oldestAge(now));
    m_election.setHearsFor(std::chrono::duration_cast<std::chrono::milliseconds>(now - m_hearsSince));
}

void Bridge::describe(Clock::time_point now, bool wantsAnswer)
{
    tellElection(now);
    m_bus->describe(m_election.words(wantsAnswer).toMap());
}

void Bridge::announce(bool wantsAnswer, const QUuid &to)
{
    const auto now = Clock::now();
    describe(now, wantsAnswer);
    if (to.isNull())
        m_announcedAt = now;
    m_bus->announce(to);
}

void Bridge::beat()
{
    const auto now = Clock::now();
    const bool mayDoBetter = m_election.peers() > 0; // another one
    m_election.setUp(m_isEngineUp && !(mayDoBetter && m_outbox.stuckFor(now) > stuckTooLong), wallTime(), now);
    if (now - m_announcedAt >= announceAfter) {
        announce();
    } else {
        describe(now);
        for (const QUuid &bridge : m_election.known())
            m_bus->announce(bridge);
    }
    decide();
}

void Bridge::tell(const QString &kind, const QString &text)
{
    if (const auto line = m_problems.tell(kind, text, Clock::now()))
        Q_EMIT problem(*line);
    schedule();
}

void Bridge::work()
{
    m_isWorkDue = false;
    const auto now = Clock::now();
    m_outbox.process(now);
    if (const auto publications = m_outbox.takePublications(now); !publications.isEmpty())
        m_engine->publish(publications);
    if (const auto sayings = m_outbox.takeSayings(now); !sayings.isEmpty())
        m_engine->say(sayings);
    m_inbound.process(now);
    m_outbound.process(now);
    if (m_election.deadline() <= now)
        decide();
    for (const QString &line : m_problems.process(now))
        Q_EMIT problem(line);
    finishIfDone();
    schedule();
}

void Bridge::schedule()
{
    if (m_isWorkDue || m_isFinished)
        return;
    auto deadline = std::min({m_outbox.deadline(), m_inbound.deadline(), m_outbound.deadline(), m_election.deadline(),
                              m_problems.deadline()});
    if (m_isStopping)
        deadline = std::min(deadline, m_stopAt);
    if (deadline == Clock::time_point::max()) {
        m_timer.stop();
        return;
    }
    m_timer.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()), 0ms));
}

void Bridge::finishIfDone()
{
    if (!m_isStopping || m_isFinished)
        return;
    const bool isOthers = !m_isActive && m_election.peers() > 0; // what waits here is theirs to carry
    const bool isDone = m_outbox.isEmpty() && (!m_keeping || m_keeping->isDone());
    if (!isDone && !isOthers && Clock::now() < m_stopAt)
        return;
    m_isFinished = true;
    m_timer.stop();
    const qsizetype count = m_outbox.waiting();
    if (count > 0 && m_spool)
        Q_EMIT notice(u"%1 events wait in the spool for the next start"_s.arg(count));
    else if (count > 0 && !isOthers)
        Q_EMIT problem(
            u"%1 events that the engine has not taken are lost beyond this bus: with --spool they would wait"_s.arg(
                count));
    m_election.setUp(false, wallTime(), Clock::now()); // so that another one need not wait for this one's silence
    announce();
    m_engine->stop();
    Q_EMIT finished();
}

BridgeStatus Bridge::status() const
{
    const auto now = Clock::now();
    return {.link = linkOf(m_options.engine),
            .engine = m_options.engine.text(),
            .bus = m_options.engine.bus,
            .isUp = m_isEngineUp,
            .isActive = m_isActive,
            .isReading = m_isReading,
            .peers = m_election.peers(),
            .waiting = m_outbox.waiting(),
            .waitingBytes = m_outbox.waitingBytes(),
            .oldestAge = m_outbox.oldestAge(now),
            .waitingIn = m_inbound.waiting(),
            .connections = m_connections,
            .outbox = m_outbox.counters(),
            .out = m_outbound.counters(),
            .in = m_inbound.counters(),
            .kept = m_keeping ? BridgeStatus::Kept{.isOn = true,
                                                   .isLoaded = m_keeping->isLoaded(),
                                                   .names = m_keeping->keeper().names(),
                                                   .waiting = m_keeping->keeper().waiting(),
                                                   .waitingBytes = m_keeping->keeper().waitingBytes(),
                                                   .counters = m_keeping->keeper().counters()}
                              : BridgeStatus::Kept()};
}

} // namespace Pyvent::Bridge
