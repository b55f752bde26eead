// SPDX-License-Identifier: MIT
// Whether a client may say what it says: a frame that speaks for a node is passed on only if that node is the client's. Readers look at the
// very same places for whom a frame is from: wire/frame.h, and Control::Message::origin().
#include "server/relay.h"

#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/uuidtext.h"
#include "wire/zmtp.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

// A connection that proves what it has subscribed to has a UUID as well.
static QUuid provenConnection(QByteArrayView topic)
{
    return readUuid(topic.sliced(proofPrefix.size()));
}

bool Relay::judge(Client *client, QByteArrayView body)
{
    m_instead.clear();
    if (isControlTopic(body))
        return judgeControl(client, body);
    const Frame frame = parseFrame(body);
    if (frame.topic == serverDisconnectTopic) // Python's nodes would believe it
        return refuse(client, frame.topic, Control::Refused::Impersonation);
    if (frame.trailerState == TrailerState::Read
        && !maySpeak(client, frame.trailer.nodeId, frame.topic, frame.trailer.flags))
        return false;
    return maySend(client, frame.topic);
}

bool Relay::judgeControl(Client *client, QByteArrayView body)
{
    const QByteArrayView topic = topicOf(body);
    if (isProofTopic(topic)) {
        const QUuid connection = provenConnection(topic);
        return connection.isNull() || maySpeak(client, connection, {});
    }
    const auto message = Control::Message::of(body);
    if (!message)
        return !isForServer(topic); // of a version to come
    const bool isEvent = message->kind == Control::Kind::Repair || message->kind == Control::Kind::Replay
        || message->kind == Control::Kind::Again
        || (message->kind == Control::Kind::Value && isValueWrite(message->payload));
    if (!isEvent)
        ++(message->isForAll() || message->isForWatchers() ? client->m_commonMessages : client->m_nodeMessages);
    if (message->isServers())
        return refuse(client, topic, Control::Refused::Impersonation);
    if (isEvent && message->kind == Control::Kind::Value)
        return judgeValue(client, *message);
    const auto again = message->kind == Control::Kind::Again ? Control::Again::read(message->payload) : std::nullopt;
    const Frame event = isEvent ? parseFrame(again ? again->frame : message->payload) : Frame();
    const auto node = message->origin();
    if (!node)
        return false;
    if (isEvent && !maySpeak(client, *node, event.topic, event.trailer.flags))
        return false;
    if (!isEvent && !node->isNull() && !m_speaksFor.isOwn(&client->speaker, *node)) {
        if (judgeForOthers(client, *message))
            return true;
        if (!m_instead.isEmpty())
            return false;
        if (!m_speaksFor.claim(&client->speaker, *node))
            return refuse(client, firstTopicOf(*message), Control::Refused::Impersonation, *node);
    }
    if (message->kind
        == Control::Kind::Forwarder) // who may not need not be told: the first event that it forwards is refused
        return mayForward(client);
    if (again) {
        if (!isControlTopic(event.topic) && !isReservedTopic(event.topic) && maySend(client, event.topic))
            m_sharing.offerAgain(*again);
        return false;
    }
    if (message->kind == Control::Kind::Value || message->kind == Control::Kind::Server)
        return judgeValue(client, *message);
    if (message->kind == Control::Kind::Here || message->isForWatchers() || isForServer(topic))
        return notePresence(client, *message);
    if (!client->m_rules)
        return true;
    return isEvent ? maySend(client, event.topic) : judgeTopics(client, *message, Right::Send);
}

static bool isAnswer(Control::Kind kind)
{
    return kind == Control::Kind::Heads || kind == Control::Kind::Answer || kind == Control::Kind::Withheld
        || kind == Control::Kind::Kept;
}

// What a bridge says for nodes of other buses is about their events.
bool Relay::judgeForOthers(Client *client, const Control::Message &message)
{
    if (!isAnswer(message.kind))
        return false;
    if (!client->m_rules)
        return maySpeakForAbsent(*client, *message.origin());
    return judgeTopics(client, message, Rights(Right::Send) | Right::SpeakForOthers);
}

QByteArray Relay::firstTopicOf(const Control::Message &message)
{
    const auto topicIn = [](const auto &said) { return said ? said->topic : QByteArray(); };
    switch (message.kind) {
    case Control::Kind::Answer:
        return topicIn(Control::Answer::read(message.payload));
    case Control::Kind::Withheld:
        return topicIn(Control::Withheld::read(message.payload));
    case Control::Kind::Kept:
        return topicIn(Control::Kept::read(message.payload));
    case Control::Kind::Heads:
        if (const auto heads = Control::Heads::read(message.payload); heads && !heads->heads.empty())
            return heads->heads.front().topic;
        return {};
    default:
        return {};
    }
}

// What a sender says of topics that it may not send would have receivers miss what they cannot have.
bool Relay::judgeTopics(Client *client, const Control::Message &message, Rights needed)
{
    const auto maySay = [&](const QByteArray &topic) {
        return (client->m_rules->rightsFor(AskedName(topic)) & needed) == needed;
    };
    const auto isAllowed = [&](const auto &said) { return said && maySay(said->topic); };
    switch (message.kind) {
    case Control::Kind::Answer:
        return isAllowed(Control::Answer::read(message.payload));
    case Control::Kind::Withheld:
        return isAllowed(Control::Withheld::read(message.payload));
    case Control::Kind::Kept:
        return isAllowed(Control::Kept::read(message.payload));
    case Control::Kind::Heads:
        break;
    default:
        return true;
    }
    auto heads = Control::Heads::read(message.payload);
    if (!heads)
        return false;
    const auto removed =
        std::erase_if(heads->heads, [&](const Control::Heads::Head &head) { return !maySay(head.topic); });
    if (heads->heads.empty() && needed & Right::SpeakForOthers)
        return false;
    if (removed == 0)
        return true;
    if (!heads->heads.empty())
        m_instead = message.isForAll() ? heads->toFrame() : heads->toFrame(message.node());
    return false;
}

void Relay::publishInstead(Client *client)
{
    if (!m_instead.isEmpty())
        publish(client, m_instead);
}

void Relay::setRules(Client *client, std::shared_ptr<PeerRules> rules)
{
    m_ruled += qsizetype(bool(rules)) - qsizetype(bool(client->m_rules));
    client->m_rules = std::move(rules);
    m_answerers.strangersChanged({}); // or who may answer
}

// One that may get something, and runs what it reads, as far as is known. Called where any of that may have changed.
void Relay::countStranger(Client *client)
{
    const bool isOne =
        !client->isLane && client->m_nodes.isEmpty() && !client->m_prefixes.isEmpty() && !client->m_hasLeft;
    if (isOne == client->m_isStranger)
        return;
    m_strangers += isOne ? 1 : -1;
    client->m_isStranger = isOne;
    m_answerers.strangersChanged({});
}

bool Relay::maySend(Client *client, QByteArrayView topic)
{
    if (!client->m_rules || isReservedTopic(topic) || client->m_rules->maySend(AskedName(topic)))
        return true;
    return refuse(client, topic, Control::Refused::NotPermitted, {}, client->m_rules->whyNot(Right::Send, topic));
}

bool Relay::maySpeak(Client *client, const QUuid &node, QByteArrayView topic, quint16 flags)
{
    if (m_speaksFor.isOwn(&client->speaker, node))
        return true;
    if (flags & Trailer::Forwarded && maySpeakForAbsent(*client, node))
        return true;
    PeerRules *const rules = topic.isEmpty() ? nullptr : client->m_rules.get();
    return (rules && rules->maySpeakForOthers(AskedName(topic))) || m_speaksFor.claim(&client->speaker, node)
        || refuse(client, topic, Control::Refused::Impersonation, node,
                  rules ? rules->whyNot(Right::SpeakForOthers, topic) : QString());
}

// Without rules, a bridge of the server's own user needs nobody's permission; but whoever is here speaks for himself.
bool Relay::maySpeakForAbsent(const Client &client, const QUuid &node) const
{
    return !client.m_rules && client.isOwners && !m_nodesHere.contains(node);
}

// Whether it may speak for any others, whoever they are.
bool Relay::mayForward(const Client *client) const
{
    return client->m_rules ? client->m_rules->maySpeakForSome() : client->isOwners;
}

void Relay::forgetNodeHere(const QUuid &node)
{
    if (const auto here = m_nodesHere.find(node); here != m_nodesHere.end() && --*here <= 0)
        m_nodesHere.erase(here);
}

bool Relay::refuse(Client *client, QByteArrayView topic, Control::Refused::Reason reason, const QUuid &as,
                   const QString &text)
{
    ++client->m_refused;
    m_refusals.add(client->speaker.last(), topic, reason, as, text.toUtf8());
    return false;
}

void Relay::publish(Client *from, const QByteArray &frame)
{
    findReceivers(frame);
    publishToReceivers(from, frame);
}

// To those that were found.
void Relay::publishToReceivers(Client *from, const QByteArray &frame)
{
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

// Of what is not harmless to strangers, who run what they read.
void Relay::keepNodes(QByteArrayView body, Client *from, const Block *whole)
{
    if (std::none_of(m_receivers.begin(), m_receivers.end(), isStranger))
        return;
    // Of a file, the body is only its ends. Where these have other bytes between them by now, there is no event.
    const Block all = whole ? whole->whole() : Block();
    const auto header = Zmtp::readHeader(all.bytes());
    const QString why = !whole ? m_guard->whyNot(body)
        : header               ? m_guard->whyNot(all.bytes().sliced(header->size))
                               : u"its bytes were changed while it was passed on"_s;
    if (why.isEmpty())
        return;
    std::erase_if(m_receivers, isStranger);
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
        if (message && message->kind == Control::Kind::Value)
            topic = valueNameOf(message->topic);
        else if (message && (message->kind == Control::Kind::Repair || message->kind == Control::Kind::Replay))
            topic = topicOf(message->payload);
        else
            return;
    }
    if (isReservedTopic(topic))
        return;
    const AskedName name(topic);
    std::erase_if(m_receivers, [&name](Client *client) { return client->m_rules && !client->m_rules->mayHear(name); });
}

// Who may hear a part of what they tell of hears that part.
void Relay::keepWhoMayHearHeads(const Control::Heads &heads)
{
    std::erase_if(m_receivers, [&](Client *client) {
        if (!client->m_rules)
            return false;
        Control::Heads part{.node = heads.node, .heads = {}, .asOf = heads.asOf};
        for (const Control::Heads::Head &head : heads.heads) {
            if (client->m_rules->mayHear(AskedName(head.topic)))
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
