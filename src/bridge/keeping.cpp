// SPDX-License-Identifier: MIT
#include "keeping.h"

#include "jsonarguments.h"

#include <QtCore/qdatetime.h>

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// What the bus is given goes past its queue of events, which has room for some thousand messages.
constexpr int giftsAtOnce = 200;
constexpr qsizetype giftBytesAtOnce = qsizetype(1) << 20;
constexpr auto giftPause = 20ms;
constexpr auto giveAgainAfter = 200ms;

// A server that was asked for what it keeps answers at once, unless it is Python's, or older, or has no room for the answer now.
constexpr auto keptWithin = 2s;
constexpr int mostAttempts = 3;
constexpr qsizetype muchWaits = qsizetype(16) << 20; // then no more is asked for

qint64 timeOfDay()
{
    return QDateTime::currentMSecsSinceEpoch() * 1000;
}

} // namespace

Keeping::Keeping(BusEnd *bus, EngineThread *engine, const Options &options)
    : m_bus(bus)
    , m_engine(engine)
    , m_options(options)
    , m_keeper(options.keeper)
    , m_timer(this)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &Keeping::work);
    connect(bus, &BusEnd::joined, this, &Keeping::busIsJoined);
    connect(bus, &BusEnd::keptEvents, this, &Keeping::takeKept);
    connect(bus, &BusEnd::lastEvent, this, [this](const QString &name, const QObject *asker, const BusEvent &event) {
        if (asker != this)
            return;
        m_keeper.told(name, !event.node.isNull() ? messageOf(event) : std::nullopt, timeOfDay(), Clock::now());
        work();
    });
    connect(engine, &EngineThread::keepingChanged, this, &Keeping::keepingIs);
    connect(engine, &EngineThread::stored, this, &Keeping::takeStored);
    connect(engine, &EngineThread::putRefused, this, &Keeping::takeRefusal);
    connect(engine, &EngineThread::putDone, this, [this](quint64 id, quint64 revision) {
        m_keeper.putIsDone(id, revision, Clock::now());
        soon();
    });
}

void Keeping::setActive(bool isActive)
{
    if (std::exchange(m_isActive, isActive) == isActive)
        return;
    m_walk = {};
    m_engine->setKeeping(isActive);
    if (!isActive)
        m_keeper.closed();
}

void Keeping::keepingIs(Engine::Keeping keeping)
{
    m_untaken = 0;
    switch (keeping) {
    case Engine::Keeping::Off:
        m_keeper.closed();
        break;
    case Engine::Keeping::Open:
        m_keeper.opened();
        break;
    case Engine::Keeping::Loaded:
        m_keeper.loaded();
        m_walk = {.isOn = m_isActive};
        break;
    }
    work();
}

void Keeping::takeStored(const QList<Engine::Stored> &stored)
{
    const auto now = Clock::now();
    for (const Engine::Stored &each : stored) {
        if (each.kept) {
            m_keeper.stored(*each.kept, each.revision, timeOfDay(), now);
            continue;
        }
        m_keeper.storedNothing(each.name, each.revision, !each.whyNot.isEmpty(), now);
        if (!each.whyNot.isEmpty())
            Q_EMIT problem(u"bucket's content"_s, each.whyNot);
    }
    ++m_untaken;
    work();
}

void Keeping::takeRefusal(quint64 id, Engine::PutRefusal refusal, quint64 actual, const QString &why)
{
    const auto now = Clock::now();
    if (refusal == Engine::PutRefusal::Conflict) {
        m_keeper.putHasConflict(id, actual, now);
    } else {
        const bool mayPass = refusal == Engine::PutRefusal::NotNow;
        const QString name = m_keeper.putIsRefused(id, mayPass, now);
        if (!name.isEmpty())
            Q_EMIT problem(u"put"_s, u"the bucket does not take the last event of '%1': %2"_s.arg(name, why));
        else if (mayPass && !why.isEmpty())
            Q_EMIT problem(u"put later"_s,
                           u"the bucket does not take last events now, and is asked again: %1"_s.arg(why));
    }
    soon();
}

// The bus

void Keeping::heard(const Message &message)
{
    if (!m_isActive)
        return;
    m_keeper.heard(message, timeOfDay(), Clock::now());
    soon();
}

void Keeping::arrived(const Message &message)
{
    if (!m_isActive)
        return;
    m_keeper.arrived(message, Clock::now());
    soon();
}

// Its server may be another one, which knows of nothing: so all that is in the bucket comes once more.
void Keeping::busIsJoined()
{
    m_keeper.busIsNew();
    m_walk = {};
    if (m_isActive)
        m_engine->setKeeping(true);
}

void Keeping::takeKept(const QList<BusEvent> &events, quint64 next)
{
    if (!m_isActive || !m_walk.isOn)
        return;
    for (const BusEvent &event : events) {
        if (const auto message = messageOf(event))
            m_keeper.keptByServer(*message, timeOfDay(), Clock::now());
    }
    m_walk = {.isOn = next > 0, .after = next};
    soon();
}

std::optional<Message> Keeping::messageOf(const BusEvent &event) const
{
    Message message{.name = event.name,
                    .sender = event.sender,
                    .node = event.node,
                    .number = event.number,
                    .time = event.time,
                    .bus = m_options.bus,
                    .payload = event.pickle,
                    .stamp = event.stamp};
    if (!m_options.asJson)
        return message;
    QString sender;
    QString why;
    const auto arguments = m_bus->arguments(event.pickle, &sender, &why);
    auto json = arguments ? argumentsToJson(*arguments) : std::nullopt;
    if (!json)
        return {};
    message.payload = std::move(*json);
    message.format = Message::Format::Json;
    return message;
}

void Keeping::askOn(Clock::time_point now)
{
    if (!m_walk.isOn || m_walk.until > now || m_keeper.waitingBytes() > muchWaits)
        return;
    if (m_walk.attempts++ >= mostAttempts) { // none that keeps anything
        m_walk = {};
        return;
    }
    m_walk.until = now + keptWithin;
    m_bus->askKept(m_walk.after);
}

void Keeping::give(Clock::time_point now)
{
    if (now < m_giveAt)
        return;
    qsizetype bytes = 0;
    for (int i = 0; i < giftsAtOnce && bytes < giftBytesAtOnce; ++i) {
        auto gift = m_keeper.takeGift();
        if (!gift)
            return;
        bytes += gift->size();
        if (!giveTo(*gift)) {
            m_keeper.giveLater(std::move(*gift));
            m_giveAt = now + giveAgainAfter;
            return;
        }
    }
    m_giveAt = now + giftPause;
}

// Returns false where the bus cannot be given anything now.
bool Keeping::giveTo(const Kept &kept)
{
    const Message &message = kept.message;
    BusEvent event{.name = message.name,
                   .sender = message.sender,
                   .pickle = message.payload,
                   .node = message.node,
                   .number = message.number,
                   .time = message.time,
                   .isForwarded = true,
                   .isPast = true,
                   .stamp = message.stamp};
    if (message.format == Message::Format::Json) {
        QString why;
        const auto arguments = argumentsFromJson(message.payload, &why);
        const auto pickle = arguments ? m_bus->pickle(*arguments, message.sender, &why) : std::nullopt;
        if (!pickle) {
            Q_EMIT problem(u"bucket's content"_s,
                           u"the last event of '%1' in the bucket is none: %2"_s.arg(message.name, why));
            return true;
        }
        event.pickle = *pickle;
    }
    switch (m_bus->keep(event)) {
    case BusEnd::Keeps::Yes:
        m_keeper.wasGiven();
        return true;
    case BusEnd::Keeps::NotNow:
        return false;
    case BusEnd::Keeps::Never:
        Q_EMIT problem(u"gift"_s,
                       u"the bus does not keep the last event of '%1': %2"_s.arg(message.name, m_bus->why()));
        return true;
    }
    return true;
}

void Keeping::soon()
{
    if (!std::exchange(m_isDue, true))
        m_timer.start(0);
}

void Keeping::work()
{
    m_isDue = false;
    const auto now = Clock::now();
    if (m_isActive) {
        for (const QString &name : m_keeper.takeQuestions(timeOfDay(), now))
            m_bus->askLast(name, this);
        QList<Engine::Put> puts;
        for (Keeper::Put &put : m_keeper.takePuts(now))
            puts += Engine::Put{put.id, std::move(put.kept), put.revision};
        if (!puts.isEmpty())
            m_engine->put(puts);
        give(now);
        askOn(now);
        if (m_keeper.takeWantsAgain())
            m_engine->setKeeping(true);
    }
    for (; m_untaken > 0 && !m_keeper.hasManyGifts(); --m_untaken)
        m_engine->takenStored();
    for (const QString &text : m_keeper.takeProblems())
        Q_EMIT problem(text, text);
    if (isDone())
        Q_EMIT done();

    auto deadline = m_keeper.deadline();
    if (m_keeper.hasGifts())
        deadline = std::min(deadline, m_giveAt);
    if (m_walk.isOn)
        deadline = std::min(deadline, std::max(m_walk.until, now + giftPause));
    if (m_isDue)
        return;
    if (deadline == Clock::time_point::max() || !m_isActive)
        m_timer.stop();
    else
        m_timer.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), 0ms));
}

} // namespace Pyvent::Bridge
