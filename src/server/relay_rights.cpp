// SPDX-License-Identifier: MIT
// Whether a client may say what it says: a frame that speaks for a node is passed on only if that node is the client's. Readers look at the
// very same places for whom a frame is from: wire/frame.h, and Control::Message::origin().
#include "server/relay.h"

#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

// Of what the log says of a name.
static constexpr qsizetype longestName = 200;

// A connection that proves what it has subscribed to has a UUID as well.
static QUuid provenConnection(QByteArrayView topic)
{
    constexpr qsizetype begin = 7; // "\2proof/"
    constexpr qsizetype uuidSize = 36;
    return topic.size() < begin + uuidSize ? QUuid()
                                           : QUuid::fromString(QLatin1StringView(topic.sliced(begin, uuidSize)));
}

Relay::Verdict Relay::judge(Client *client, QByteArrayView body)
{
    if (isControlTopic(body))
        return judgeControl(client, body);
    const QByteArrayView node = nodeBytesOf(body);
    const bool isItsOwn = node.isNull() || client->speaker.isLast(node);
    if (isItsOwn && !client->rules && !isReservedTopic(body))
        return Verdict::Pass;
    const Frame frame = parseFrame(body);
    if (frame.topic == serverDisconnectTopic) { // Python's nodes would believe it
        refuse(client, frame.topic, Control::Refused::Impersonation);
        return Verdict::Drop;
    }
    if (!isItsOwn && frame.trailerState == TrailerState::Read && !maySpeak(client, frame.trailer.nodeId, frame.topic))
        return Verdict::Drop;
    return maySend(client, frame.topic) ? Verdict::Pass : Verdict::Drop;
}

Relay::Verdict Relay::judgeControl(Client *client, QByteArrayView body)
{
    const QByteArrayView topic = topicOf(body);
    if (isProofTopic(topic)) {
        const QUuid connection = provenConnection(topic);
        return connection.isNull() || maySpeak(client, connection, {}) ? Verdict::Pass : Verdict::Drop;
    }
    const auto message = Control::Message::of(body);
    if (!message)
        return Verdict::Pass; // of a version to come
    const bool isEvent = message->kind == Control::Kind::Repair || message->kind == Control::Kind::Replay;
    if (!isEvent)
        ++(message->isForAll() ? client->m_commonMessages : client->m_nodeMessages);
    if (message->kind == Control::Kind::Refused) {
        refuse(client, topic, Control::Refused::Impersonation);
        return Verdict::Drop;
    }
    const QByteArrayView ofEvent = isEvent ? topicOf(message->payload) : QByteArrayView();
    const auto node = message->origin();
    if (!node || (!node->isNull() && !maySpeak(client, *node, ofEvent)))
        return Verdict::Drop;
    if (!client->rules)
        return Verdict::Pass;
    if (isEvent)
        return maySend(client, ofEvent) ? Verdict::Pass : Verdict::Drop;
    return judgeTopics(client, *message);
}

// What a sender says of topics that it may not send would have receivers miss what they cannot have.
Relay::Verdict Relay::judgeTopics(Client *client, const Control::Message &message)
{
    const auto maySay = [client](const QByteArray &topic) { return client->rules->maySend(AskedName(topic)); };
    const auto verdict = [&](const auto &said) { return said && maySay(said->topic) ? Verdict::Pass : Verdict::Drop; };
    switch (message.kind) {
    case Control::Kind::Answer:
        return verdict(Control::Answer::read(message.payload));
    case Control::Kind::Withheld:
        return verdict(Control::Withheld::read(message.payload));
    case Control::Kind::Kept:
        return verdict(Control::Kept::read(message.payload));
    case Control::Kind::Heads:
        break;
    default:
        return Verdict::Pass;
    }
    auto heads = Control::Heads::read(message.payload);
    if (!heads)
        return Verdict::Drop;
    const auto removed =
        std::erase_if(heads->heads, [&](const Control::Heads::Head &head) { return !maySay(head.topic); });
    if (removed == 0)
        return Verdict::Pass;
    if (heads->heads.empty())
        return Verdict::Drop;
    m_instead = message.isForAll() ? heads->toFrame() : heads->toFrame(message.node());
    return Verdict::Replace;
}

bool Relay::maySend(Client *client, QByteArrayView topic)
{
    if (!client->rules || isReservedTopic(topic) || client->rules->maySend(AskedName(topic)))
        return true;
    return refuse(client, topic, Control::Refused::NotPermitted, {}, client->rules->whyNot(Right::Send, topic));
}

bool Relay::maySpeak(Client *client, const QUuid &node, QByteArrayView topic)
{
    return m_speaksFor.maySpeak(&client->speaker, node)
        || (client->rules && client->rules->maySpeakForOthers(AskedName(topic)))
        || refuse(client, topic, Control::Refused::Impersonation, node);
}

bool Relay::refuse(Client *client, QByteArrayView topic, Control::Refused::Reason reason, const QUuid &as,
                   const QString &text)
{
    ++client->m_refused;
    m_refusals.add(client->speaker.last(), topic, reason, as, text.toUtf8());
    m_lastRefusal = text.isEmpty()
        ? u"they speak for nodes of others, or for the server"_s
        : u"'%1': %2"_s.arg(QString::fromUtf8(topic.first(std::min(topic.size(), longestName))), text);
    return false;
}

void Relay::publish(Client *from, const QByteArray &frame)
{
    findReceivers(frame);
    if (!m_receivers.empty())
        passOn(from, m_receivers, Block(Zmtp::frame(0, frame), &m_bytes), 1);
}

void Relay::tellSenders()
{
    for (Control::Refused &refused : m_refusals.takeFirst()) {
        if (isOnBus(refused.node))
            publish(nullptr, refused.toFrame(refused.node));
        else
            m_refusals.keep(std::move(refused));
    }
}

void Relay::tellRefused()
{
    for (const Control::Refused &refused : m_refusals.take())
        publish(nullptr, refused.toFrame());
}

// Of what is not harmless to those that run what they read; who has a node of this module's is none of these.
void Relay::keepNodes(QByteArrayView body, Client *from, const Block *whole)
{
    const auto isNode = [](const Client *client) { return client->isLane || !client->m_nodes.isEmpty(); };
    if (std::all_of(m_receivers.begin(), m_receivers.end(), isNode))
        return;
    // Of a file, the body is only its ends. Where these have other bytes between them by now, there is no event.
    const Block all = whole ? whole->whole() : Block();
    const auto header = Zmtp::readHeader(all.bytes());
    const QString why = !whole ? m_guard->whyNot(body)
        : header               ? m_guard->whyNot(all.bytes().sliced(header->size))
                               : u"its bytes were changed while it was passed on"_s;
    if (why.isEmpty())
        return;
    std::erase_if(m_receivers, [&](const Client *client) { return !isNode(client); });
    refuse(from, topicOf(body), Control::Refused::UnsafePickle, {}, why);
}

// Of those that have subscribed to it.
void Relay::keepWhoMayHear(QByteArrayView body)
{
    QByteArrayView topic = topicOf(body);
    if (isControlTopic(body)) {
        const auto message = Control::Message::of(body);
        if (message && message->kind == Control::Kind::Heads) {
            if (const auto heads = Control::Heads::read(message->payload))
                keepWhoMayHearHeads(*heads);
            return;
        }
        if (!message || (message->kind != Control::Kind::Repair && message->kind != Control::Kind::Replay))
            return;
        topic = topicOf(message->payload);
    }
    if (isReservedTopic(topic))
        return;
    const AskedName name(topic);
    std::erase_if(m_receivers, [&name](Client *client) { return client->rules && !client->rules->mayHear(name); });
}

// Who may hear a part of what they tell of hears that part.
void Relay::keepWhoMayHearHeads(const Control::Heads &heads)
{
    std::erase_if(m_receivers, [&](Client *client) {
        if (!client->rules)
            return false;
        Control::Heads part{.node = heads.node, .heads = {}, .asOf = heads.asOf};
        for (const Control::Heads::Head &head : heads.heads) {
            if (client->rules->mayHear(AskedName(head.topic)))
                part.heads.push_back(head);
        }
        if (part.heads.size() == heads.heads.size())
            return false;
        if (!part.heads.empty())
            sendTo(client, part.toFrame());
        return true;
    });
}

} // namespace Pyvent::Internal
