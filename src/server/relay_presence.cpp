// SPDX-License-Identifier: MIT
// Who is on the bus, as far as nodes say so themselves, and what is told, and sent, where one is lost.
#include "server/relay.h"

#include "wire/frame.h"
#include "wire/topic.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

bool Relay::notePresence(Client *client, const Control::Message &message)
{
    const QUuid node = message.origin().value_or(QUuid());
    switch (message.kind) {
    case Control::Kind::Here: // also as an answer: nodes of earlier versions say it in no other way
        m_attendance.isHere(&client->guest, node);
        return true;
    case Control::Kind::Gone:
        if (const auto gone = Control::Gone::read(message.payload); !gone || gone->reason != Control::Gone::Left)
            return refuse(client, message.topic, Control::Refused::Impersonation,
                          node); // that one is lost is the server's word
        m_attendance.leaves(&client->guest, node);
        return true;
    case Control::Kind::Will:
        return takeWill(client, message);
    case Control::Kind::NoWill:
        m_attendance.setWill(&client->guest, node, {});
        return false;
    default:
        return false;
    }
}

// Returns false: it is for the server.
bool Relay::takeWill(Client *client, const Control::Message &message)
{
    const Frame event = parseFrame(message.payload);
    m_attendance.setWill(&client->guest, event.trailer.nodeId, {}); // the last one is void, whatever becomes of this
    if (isControlTopic(event.topic) || isReservedTopic(event.topic) || event.trailer.flags != Trailer::Will
        || event.trailer.sequence != 0 || event.trailer.nodeId.isNull())
        return refuse(client, event.topic, Control::Refused::Impersonation, event.trailer.nodeId);
    if (!maySend(client, event.topic))
        return false;
    if (m_attendance.setWill(&client->guest, event.trailer.nodeId, message.payload.toByteArray()))
        return false;
    return refuse(client, event.topic, Control::Refused::Other, {},
                  u"there is no room for it as a will of %1 bytes; one may have 64 KiB, those of a process 1 MiB, and "
                  u"those of a bus "
                  "64 MiB"_s.arg(message.payload.size()));
}

void Relay::tellLost(bool inAll)
{
    for (const Attendance::Lost &lost : m_attendance.takeLost(inAll)) {
        if (!lost.will.isEmpty())
            publishWill(lost.will);
        publish(nullptr, Control::Gone{lost.node, Control::Gone::Lost}.toFrame());
    }
}

// As an event of the node's, to all who may hear it.
void Relay::publishWill(const QByteArray &frame)
{
    findReceivers(frame);
    if (m_guard && std::any_of(m_receivers.begin(), m_receivers.end(), isStranger) && !m_guard->whyNot(frame).isEmpty())
        std::erase_if(m_receivers, isStranger);
    publishToReceivers(nullptr, frame);
    shareOut(nullptr, frame, nullptr);
}

} // namespace Pyvent::Internal
