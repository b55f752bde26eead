// SPDX-License-Identifier: MIT
#include "inbound.h"

#include "jsonarguments.h"

#include <QtCore/qdatetime.h>

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

// If nobody tells that there is room.
constexpr std::chrono::milliseconds tryAgainAfter{100};

qint64 wallTime()
{
    return QDateTime::currentMSecsSinceEpoch() * 1000;
}

} // namespace

Inbound::Inbound(BusEnd *bus, const RecentSet<QUuid> *ownNodes, const Options &options)
    : m_bus(bus)
    , m_ownNodes(ownNodes)
    , m_options(options)
    , m_keeper(options.limits)
    , m_taken(bus->accepted())
{
    connect(bus, &BusEnd::acceptedChanged, this, [this] {
        takeAccepted();
        drain();
    });
}

void Inbound::take(const QList<Engine::Arrival> &arrivals)
{
    const auto now = m_options.clock();
    for (const Engine::Arrival &arrival : arrivals) {
        ++m_counters.received;
        m_tracker.begin(arrival.token, !arrival.isDirect);
        sort(arrival, now);
    }
    holdNotTooMuchUp();
    drain();
}

// Whatever the bus does not take of it, nobody waits for.
void Inbound::takePast(const QList<Engine::Arrival> &arrivals)
{
    for (const Engine::Arrival &arrival : arrivals) {
        const Message &message = arrival.message;
        if (!arrival.whyNot.isEmpty() || message.node.isNull() || message.bus == m_options.bus || !isWanted(message)
            || m_ownNodes->contains(message.node))
            continue;
        Item item{message, 0};
        BusEvent event;
        if (!toEvent(item, &event))
            continue;
        event.isPast = true;
        m_bus->forward(event);
    }
}

bool Inbound::isWanted(const Message &message) const
{
    return std::ranges::any_of(m_options.names,
                               [&](const PyventPattern &pattern) { return pattern.matches(message.name); });
}

void Inbound::sort(const Engine::Arrival &arrival, Clock::time_point now)
{
    const Message &message = arrival.message;
    if (!arrival.whyNot.isEmpty()) {
        tellUnreadable(arrival.whyNot);
    } else if (!message.bus.isEmpty() && message.bus == m_options.bus) {
        ++m_counters.own;
    } else if (!isWanted(message)) {
        ++m_counters.unwanted;
    } else if (arrival.isDirect && (message.node.isNull() || m_ownNodes->contains(message.node))) {
        // no bridge says the one, and the engine's own copy of the other tells of it
    } else if (arrival.isDirect) {
        if (m_keeper.takeDirect({message, arrival.token}, now)) {
            ++m_counters.direct;
            return;
        }
    } else if (message.node.isNull()) { // some other program's
        m_queue.push_back({message, arrival.token});
        return;
    } else if (m_ownNodes->contains(message.node)) {
        ++m_counters.looped;
    } else {
        const bool isHeld = m_keeper.take({message, arrival.token}, now);
        if (!isHeld || !m_options.forgetsHeld)
            return;
    }
    m_tracker.done(arrival.token);
}

// Otherwise the engine would give nothing more as long as something is waited for, which may be behind that.
void Inbound::holdNotTooMuchUp()
{
    if (m_options.forgetsHeld)
        return;
    for (auto held = m_keeper.longestHeld(); held && m_tracker.heldUpBy(*held) > m_options.mostHeldUp;
         held = m_keeper.longestHeld())
        m_keeper.giveUpLongestHeld();
}

void Inbound::drain()
{
    if (std::exchange(m_isDraining, true)) // forward() may tell at once that there is room
        return;
    m_tryAgainAt = Clock::time_point::max();
    for (Item &item : m_keeper.takeReady())
        m_queue.push_back(std::move(item));
    for (const quint64 token : m_keeper.takeDoubles()) {
        ++m_counters.doubled;
        doneAfterOthers(token);
    }
    for (const OrderKeeper::Loss &loss : m_keeper.takeLosses()) {
        m_counters.lost += loss.count;
        Q_EMIT problem(u"lost"_s,
                       u"%1 events '%2' did not come by the engine, and are lost here"_s.arg(
                           QString::number(loss.count), loss.name));
    }
    while (!m_queue.empty() && forward(m_queue.front()))
        m_queue.pop_front();
    m_isDraining = false;
    takeAccepted();
}

// Returns false if there is no room now.
bool Inbound::forward(Item &item)
{
    BusEvent event;
    if (!toEvent(item, &event)) {
        m_tracker.done(item.token);
        return true;
    }
    switch (m_bus->forward(event)) {
    case BusEnd::Outcome::Taken:
        ++m_counters.forwarded;
        m_underWay.push_back({item.token, ++m_taken});
        if (event.node == m_voice.node())
            m_voice.used(item.message);
        Q_EMIT forwarded(item.message);
        return true;
    case BusEnd::Outcome::NoRoom:
        m_tryAgainAt = m_options.clock() + tryAgainAfter;
        return false;
    case BusEnd::Outcome::Known:
        ++m_counters.doubled;
        doneAfterOthers(item.token);
        return true;
    case BusEnd::Outcome::FromHere:
        ++m_counters.looped;
        break;
    case BusEnd::Outcome::Refused:
        ++m_counters.refused;
        Q_EMIT problem(BusEnd::refusedKind(), u"the bus does not take '%1': %2"_s.arg(event.name, m_bus->why()));
        break;
    }
    m_tracker.done(item.token);
    return true;
}

bool Inbound::toEvent(Item &item, BusEvent *event)
{
    Message &message = item.message;
    const bool isForeign = message.node.isNull() || message.node == m_voice.node();
    *event = {.name = message.name, .sender = message.sender, .pickle = message.payload};
    if (message.format == Message::Format::Json) {
        QString why;
        auto arguments = argumentsFromJson(message.payload, &why);
        if (arguments && isForeign) {
            // As in Python, it may say whose it is.
            if (const QVariant sender = arguments->take(u"sender"_s); sender.typeId() == QMetaType::QString)
                event->sender = sender.toString();
        }
        if (event->sender.isEmpty() && isForeign)
            event->sender = m_options.foreignSender;
        const auto pickle = arguments ? m_bus->pickle(*arguments, event->sender, &why) : std::nullopt;
        if (!pickle) {
            tellUnreadable(u"the message '%1' is no event: %2"_s.arg(message.name, why));
            return false;
        }
        event->pickle = *pickle;
    }
    if (isForeign) {
        m_voice.identify(&message);
        message.time = wallTime();
    }
    event->node = message.node;
    event->number = message.number;
    event->time = message.time;
    event->stamp = message.stamp;
    return true;
}

// What had come before may be under way still: only when that has arrived, the engine may forget it.
void Inbound::doneAfterOthers(quint64 token)
{
    if (m_underWay.empty())
        m_tracker.done(token);
    else
        m_underWay.push_back({token, 0});
}

// The bus may tell of it before forward() has returned.
void Inbound::takeAccepted()
{
    for (const quint64 accepted = m_bus->accepted(); !m_underWay.empty() && m_underWay.front().acceptedAs <= accepted;
         m_underWay.pop_front())
        m_tracker.done(m_underWay.front().token);
    settle();
}

void Inbound::settle()
{
    if (const auto token = m_tracker.takeDone())
        Q_EMIT acknowledge(*token);
}

void Inbound::restart()
{
    m_tracker.clear();
    if (!m_options.forgetsHeld) // otherwise they do not come again
        m_keeper.forgetHeld();
    for (; !m_queue.empty(); m_queue.pop_back())
        m_keeper.takeBack(m_queue.back().message);
}

void Inbound::heard(const Stream &stream, quint64 number)
{
    m_keeper.heard(stream, number);
    drain();
}

void Inbound::process(Clock::time_point now)
{
    m_keeper.process(now);
    drain();
}

Inbound::Clock::time_point Inbound::deadline() const
{
    return std::min(m_keeper.deadline(), m_tryAgainAt);
}

void Inbound::tellUnreadable(const QString &what)
{
    ++m_counters.unreadable;
    Q_EMIT problem(u"unreadable"_s, what);
}

} // namespace Pyvent::Bridge
