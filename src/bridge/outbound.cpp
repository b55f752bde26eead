// SPDX-License-Identifier: MIT
#include "outbound.h"

#include "jsonarguments.h"

#include <QtCore/qdatetime.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

Outbound::Outbound(BusEnd *bus, Outbox *outbox, Inbound *inbound, RecentSet<QUuid> *ownNodes, const Options &options)
    : m_bus(bus)
    , m_outbox(outbox)
    , m_inbound(inbound)
    , m_ownNodes(ownNodes)
    , m_options(options)
{
    connect(bus, &BusEnd::heard, this, &Outbound::hear);
    connect(bus, &BusEnd::lastEvent, this, [this](const QString &name, const QObject *asker, const BusEvent &last) {
        if (asker != this)
            return;
        const auto now = m_options.clock();
        m_unstamped.told(name, last, now);
        process(now);
    });
    connect(bus, &BusEnd::joined, this, [this] {
        m_unstamped.busIsNew();
        process(m_options.clock());
    });
}

// What was forwarded to this bus has got its stamp on its own one, or no bridge knows it.
void Outbound::hear(const BusEvent &event)
{
    const auto now = m_options.clock();
    if (event.isForwarded || !m_unstamped.take(event, now))
        take(event);
    askServer();
}

void Outbound::askServer()
{
    for (QStringList names = m_unstamped.takeQuestions(); !names.isEmpty(); names = m_unstamped.takeQuestions()) {
        for (const QString &name : std::as_const(names)) {
            if (!m_bus->askLast(name, this))
                m_unstamped.told(name, {}, m_options.clock());
        }
    }
    for (const BusEvent &event : m_unstamped.takeReady(m_options.clock()))
        take(event);
}

void Outbound::process(Outbox::Clock::time_point now)
{
    for (const BusEvent &event : m_unstamped.takeReady(now))
        take(event);
    askServer();
}

void Outbound::setRole(bool isActive, bool hasOtherLinks)
{
    m_isActive = isActive;
    m_hasOtherLinks = hasOtherLinks;
}

// What has none of its node's: an event of Python's, and a write of a shared value that was compared and set.
static bool hasNoNumber(const BusEvent &event)
{
    return event.node.isNull() || event.number == 0;
}

bool Outbound::isToGo(const BusEvent &event)
{
    if (hasNoNumber(event)) {
        if (!event.node.isNull() && !event.isForwarded)
            m_ownNodes->insert(event.node);
        if (m_isActive)
            return true;
        ++m_counters.leftToPeer; // both would make two events of it
        return false;
    }
    if (!event.isForwarded) {
        m_ownNodes->insert(event.node);
        return true;
    }
    // Without another link, it can only be from this one, by a bridge that has worked before this one does.
    const Stream stream{event.node, event.name};
    if (m_hasOtherLinks && !m_inbound->has(stream, event.number))
        return true;
    if (!m_hasOtherLinks)
        m_inbound->heard(stream, event.number);
    ++m_counters.returned;
    return false;
}

void Outbound::take(const BusEvent &event)
{
    ++m_counters.heard;
    if (!isToGo(event))
        return;
    Message message{.name = event.name,
                    .sender = event.sender,
                    .node = event.node,
                    .number = event.number,
                    .time = event.time,
                    .bus = m_options.bus,
                    .payload = event.pickle,
                    .stamp = event.stamp};
    const bool isPythons = event.node.isNull();
    if ((m_options.asJson || isPythons) && !readArguments(event, &message))
        return;
    if (isPythons)
        message.time = QDateTime::currentMSecsSinceEpoch() * 1000;
    const bool isOwn = hasNoNumber(event);
    if (!isPythons)
        Q_EMIT passes(message);
    if (isOwn) {
        m_voice.identify(&message);
        m_voice.used(message);
    }
    if (isPythons)
        Q_EMIT passes(message);
    if (!m_outbox->append(std::move(message), isOwn, m_options.clock())) {
        Q_EMIT problem(u"full"_s,
                       u"there is no room for '%1': %2 events wait for the engine, %3 of its bytes; it is lost "
                       "beyond this bus"_s.arg(event.name, QString::number(m_outbox->waiting()),
                                               QString::number(m_outbox->waitingBytes())));
        return;
    }
    Q_EMIT appended();
}

// An event of Python names its sender in its arguments.
bool Outbound::readArguments(const BusEvent &event, Message *message)
{
    QString why;
    QString sender;
    const auto arguments = m_bus->arguments(event.pickle, &sender, &why);
    if (!arguments) {
        if (!m_options.asJson)
            return true; // whoever gets it may read it
        ++m_counters.unreadable;
        Q_EMIT problem(u"outgoing"_s, u"'%1' cannot be read, and does not go out: %2"_s.arg(event.name, why));
        return false;
    }
    if (event.node.isNull())
        message->sender = sender;
    if (!m_options.asJson)
        return true;
    if (auto json = argumentsToJson(*arguments)) {
        message->payload = std::move(*json);
        message->format = Message::Format::Json;
    }
    return true;
}

} // namespace Pyvent::Bridge
