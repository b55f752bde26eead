// SPDX-License-Identifier: MIT
// Whether a client may say what it says: a frame that speaks for a node is passed on only if that node is the client's. Readers look at the
// very same places for whom a frame is from: wire/frame.h, and Control::Message::origin().
#include "server/relay.h"

#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

namespace Pyvent::Internal {

// A connection that proves what it has subscribed to has a UUID as well.
static QUuid provenConnection(QByteArrayView topic)
{
    constexpr qsizetype begin = 7; // "\2proof/"
    constexpr qsizetype uuidSize = 36;
    return topic.size() < begin + uuidSize ? QUuid()
                                           : QUuid::fromString(QLatin1StringView(topic.sliced(begin, uuidSize)));
}

bool Relay::mayPass(Client *client, QByteArrayView body)
{
    if (isControlTopic(body))
        return mayPassControl(client, body);
    const QByteArrayView node = nodeBytesOf(body);
    if (node.isNull() || client->speaker.isLast(node))
        return true;
    const Frame frame = parseFrame(body);
    return frame.trailerState != TrailerState::Read || maySpeak(client, frame.trailer.nodeId, frame.topic);
}

bool Relay::mayPassControl(Client *client, QByteArrayView body)
{
    const QByteArrayView topic = topicOf(body);
    if (isProofTopic(topic)) {
        const QUuid connection = provenConnection(topic);
        return connection.isNull() || maySpeak(client, connection, topic);
    }
    const auto message = Control::Message::of(body);
    if (!message)
        return true; // of a version to come
    const bool isEvent = message->kind == Control::Kind::Repair || message->kind == Control::Kind::Replay;
    if (!isEvent)
        ++(message->isForAll ? client->m_commonMessages : client->m_nodeMessages);
    if (message->kind == Control::Kind::Refused)
        return refuse(client, topic, Control::Refused::Impersonation);
    const auto node = message->origin();
    return node && (node->isNull() || maySpeak(client, *node, isEvent ? topicOf(message->payload) : topic));
}

bool Relay::maySpeak(Client *client, const QUuid &node, QByteArrayView topic)
{
    return m_speaksFor.maySpeak(&client->speaker, node) || refuse(client, topic, Control::Refused::Impersonation, node);
}

bool Relay::refuse(Client *client, QByteArrayView topic, Control::Refused::Reason reason, const QUuid &as)
{
    ++client->m_refused;
    m_refusals.add(client->speaker.last(), topic, reason, as);
    return false;
}

void Relay::tellRefused()
{
    for (const Control::Refused &refused : m_refusals.take()) {
        const QByteArray frame = refused.toFrame();
        findReceivers(frame);
        passOn(nullptr, m_receivers, Block(Zmtp::frame(0, frame), &m_bytes), 1);
    }
}

} // namespace Pyvent::Internal
