// SPDX-License-Identifier: MIT
// What the relay keeps for those who come late: the newest event of each name, and, of shared values, the write that holds. It is one more
// that holds all values, and the one that gives a stamp to writes that have none. wire/PROTOCOL.md, "Shared values" and "The last event".
#include "server/relay.h"

#include "pickle/picklereader.h"
#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// What a write without a stamp has at most: it is read, to see whether it is one.
constexpr qsizetype largestUnstamped = qsizetype(1024) * 1024;

// How many bytes of answers count as one control message more.
constexpr qsizetype bytesOfAMessage = 4096;

// So many of what it keeps are looked at for one question.
constexpr int mostLooks = 1000;

// For so long a server waits for those who know a value that it does not.
constexpr qint64 learningTime = 2'000'000; // µs

} // namespace

void Relay::setWallClock(std::function<qint64()> clock)
{
    m_wallClock = std::move(clock);
    m_since = m_wallClock();
}

// What is kept

// An event of another name than the one before, of a shared value, or what is no event.
bool Relay::keepFirst(QByteArrayView body, qsizetype size)
{
    if (isControlTopic(body) || isReservedTopic(body))
        return true;
    keepNoted();
    const QByteArrayView name = topicOf(body);
    if (endsWithFlag(Trailer::Value, body) || m_last.isValue(name))
        return false;
    m_last.keep(name, body, size);
    return true;
}

void Relay::keepNoted()
{
    if (const QByteArrayView noted = std::exchange(m_noted, {}); !noted.isNull())
        m_last.keep(topicOf(noted), noted, noted.size());
}

// It was passed on.
void Relay::keepWrite(Client *client, QByteArrayView body, qsizetype size)
{
    const Frame frame = parseFrame(body);
    const bool isStamped = frame.trailerState == TrailerState::Read && frame.trailer.stamp > 0;
    if (!isStamped) {
        if (size == body.size() && size <= largestUnstamped && hasValue(frame.payload))
            publishStamped(frame);
    } else if (m_last.keepWrite(frame, body, size, m_wallClock()) == LastValues::Order::Older) {
        tellStrangers(client, frame.topic);
    }
}

// Whether the arguments have a value, so that holders take them for a write.
bool Relay::hasValue(QByteArrayView payload)
{
    PickleReader reader;
    QVariantMap arguments;
    QVariant sender;
    return reader.readArguments(payload, &arguments, &sender) && arguments.contains(QStringLiteral("value"));
}

void Relay::publishStamped(const Frame &frame)
{
    const qint64 now = m_wallClock();
    QByteArray event = frame.topic.toByteArray() + ' ' + frame.payload.toByteArray();
    const bool isForwarded = frame.trailerState == TrailerState::Read && frame.trailer.flags & Trailer::Forwarded;
    Trailer trailer{.nodeId = nobodysWriter(frame.payload),
                    .time = now,
                    .flags = Trailer::Value,
                    .stamp = isForwarded ? m_last.stampOfForwarded(frame.topic, frame.trailer.time, now)
                                         : m_last.nextStamp(now)};
    if (frame.trailerState == TrailerState::Read) {
        trailer.time = frame.trailer.time;
        trailer.sender = frame.trailer.sender;
    }
    appendTrailer(trailer, &event);
    m_last.keepWrite(parseFrame(event), event, event.size(), now);
    publish(nullptr, valueTopic(frame.topic) + event);
}

// Python's nodes know no stamps. What they heard last was passed on late, and does not hold, so they hear once more what does.
void Relay::tellStrangers(Client *from, QByteArrayView name)
{
    const LastValues::Entry *entry = hasStrangers() ? m_last.find(name) : nullptr;
    if (!entry || entry->frame.isEmpty())
        return;
    const QByteArray frame = entry->frame;
    findReceivers(frame, from);
    std::erase_if(m_receivers, std::not_fn(isStranger));
    publishToReceivers(nullptr, frame);
}

void Relay::countHolder(QByteArrayView prefix, bool isOne)
{
    if (!prefix.startsWith(valuePrefix) || !prefix.endsWith(' '))
        return;
    const QByteArrayView name = prefix.sliced(valuePrefix.size()).chopped(1);
    if (isOne)
        m_last.isHeld(name);
    else
        m_last.isHeldNoMore(name);
}

// What is asked

bool Relay::mayHear(const Client &client, QByteArrayView name) const
{
    return !client.m_rules || client.m_rules->mayHear(AskedName(name));
}

// Whoever does not read its answers gets no more of them.
void Relay::answer(Client *client, const QByteArray &frame)
{
    client->m_nodeMessages += quint64(frame.size() / bytesOfAMessage);
    if (!isFull() && client->output.cost() <= m_limits.waitingBytes / 2)
        sendTo(client, frame);
}

// A message about a shared value, or for the server. Returns whether it is passed on.
bool Relay::judgeValue(Client *client, const Control::Message &message)
{
    endRun(); // what has come before goes before the answer
    if (message.kind == Control::Kind::Server) {
        takeForServer(client, message);
        return false;
    }
    const QByteArrayView name = valueNameOf(message.topic);
    if (name.isEmpty())
        return false;
    if (isValueWrite(message.payload))
        return takeWrite(client, name, message.payload);
    const auto held = Control::ValueHeld::read(message.payload);
    return held && mayHear(*client, name) && takeHeld(client, name, *held);
}

bool Relay::takeHeld(Client *client, QByteArrayView name, const Control::ValueHeld &held)
{
    const LastValues::Entry *entry = m_last.find(name);
    // It was written before anybody held it, as an event like any.
    if (entry && !entry->version && held.version == ValueVersion() && hasValue(parseFrame(entry->frame).payload)) {
        const QByteArray write = entry->frame;
        publishStamped(parseFrame(write));
        entry = m_last.find(name);
    }
    const ValueVersion known = entry ? entry->version : ValueVersion();
    // Who may not write is not asked for what he has.
    const bool isWanted = known < held.version && (!client->m_rules || client->m_rules->maySend(AskedName(name)));
    const Control::ValueAtServer said{held.node, name.toByteArray(), isWanted ? known : std::max(known, held.version)};
    answer(client, said.toFrame());
    const bool isAskedForMore = known == ValueVersion() && held.version == ValueVersion();
    if (known <= held.version)
        return isAskedForMore;
    if (entry->frame.isEmpty())
        return true; // others may have it
    answer(client, valueTopic(name) + entry->frame);
    return false;
}

bool Relay::takeWrite(Client *client, QByteArrayView name, QByteArrayView body)
{
    const Frame frame = parseFrame(body);
    if (frame.trailerState != TrailerState::Read || frame.topic != name || frame.trailer.stamp == 0)
        return false;
    if (client->m_rules && !client->m_rules->maySend(AskedName(name)))
        return false;
    const qsizetype size = std::max(m_size, body.size());
    switch (m_last.keepWrite(frame, body, size, m_wallClock())) {
    case LastValues::Order::Newer:
        return true;
    case LastValues::Order::Same: // who was behind has had it already, unless it is too large for that
        return size > LastValues::Limits().frameBytes;
    case LastValues::Order::Older:
        if (const LastValues::Entry *entry = m_last.find(name); entry && !entry->frame.isEmpty()) {
            answer(client, valueTopic(name) + entry->frame);
            return false;
        }
        return true;
    case LastValues::Order::Implausible:
        break;
    }
    return false;
}

void Relay::takeForServer(Client *client, const Control::Message &message)
{
    const QByteArrayView topic(message.topic.data(), message.topic.size() + 1); // with the space
    if (topic == Control::SetValue::topic) {
        if (const auto question = Control::SetValue::read(message.payload))
            set(client, *question);
    } else if (topic == Control::Finished::topic) {
        if (const auto said = Control::Finished::read(message.payload))
            m_sharing.finished(*said);
    } else if (topic == Control::AtWork::topic) {
        if (const auto said = Control::AtWork::read(message.payload))
            m_sharing.atWork(*said);
    } else if (topic == Control::AskLast::topic) {
        const auto question = Control::AskLast::read(message.payload);
        if (!question || !mayHear(*client, question->name))
            return;
        const LastValues::Entry *const entry = m_last.find(question->name);
        answer(client,
               Control::LastEvent{question->node, question->name, entry ? entry->frame : QByteArray()}.toFrame());
    } else if (topic == Control::KeepPast::topic) {
        if (const auto past = Control::KeepPast::read(message.payload))
            keepPast(client, past->frame);
    } else if (topic == Control::AskKept::topic) {
        if (const auto question = Control::AskKept::read(message.payload))
            tellKept(client, *question);
    }
}

// An event that a bridge knows to be the last one of its name, as it was on some bus.
void Relay::keepPast(Client *client, QByteArrayView body)
{
    const Frame frame = parseFrame(body);
    const bool isEvent = frame.trailerState == TrailerState::Read && frame.trailer.flags == Trailer::Forwarded
        && !frame.topic.isEmpty() && !isControlTopic(frame.topic) && !isReservedTopic(frame.topic);
    if (isEvent && maySpeak(client, frame.trailer.nodeId, frame.topic, frame.trailer.flags)
        && maySend(client, frame.topic))
        m_last.keepPast(frame, body);
}

void Relay::tellKept(Client *client, const Control::AskKept &question)
{
    Control::KeptEvents said{.node = question.node, .after = question.after};
    qsizetype bytes = 0;
    int looks = 0;
    said.next = m_last.walk(question.after, [&](const LastValues::Entry &entry) {
        if (++looks > mostLooks || said.frames.size() >= std::size_t(Control::KeptEvents::most))
            return false;
        if (entry.frame.isEmpty() || !mayHear(*client, entry.name))
            return true;
        if (bytes > 0 && bytes + entry.frame.size() > Control::KeptEvents::mostBytes)
            return false;
        bytes += entry.frame.size();
        said.frames.push_back(entry.frame);
        return true;
    });
    answer(client, said.toFrame());
}

void Relay::set(Client *client, const Control::SetValue &question)
{
    using Outcome = Control::ValueIsSet;
    Control::ValueIsSet said{.node = question.node, .number = question.number};
    const Frame frame = parseFrame(question.frame);
    const bool isWrite = frame.trailerState == TrailerState::Read && frame.trailer.flags & Trailer::Value
        && frame.trailer.nodeId == question.node && frame.trailer.sequence == 0 && frame.payload.size() > 0
        && !isControlTopic(frame.topic) && !isReservedTopic(frame.topic)
        && frame.trailer.stamp > question.expected.stamp;
    if (!isWrite || question.frame.size() > LastValues::Limits().frameBytes || !maySend(client, frame.topic)) {
        answer(client, said.toFrame());
        return;
    }
    const LastValues::Entry *const entry = m_last.find(frame.topic);
    const qint64 now = m_wallClock();
    said.version = entry ? entry->version : ValueVersion();
    if (!said.version && now - m_since < learningTime) {
        said.outcome = Outcome::IsNotKnownYet;
    } else if (said.version != question.expected) {
        said.outcome = Outcome::IsAnother;
    } else {
        if (m_last.keepWrite(frame, question.frame, question.frame.size(), now) == LastValues::Order::Newer) {
            said.outcome = Outcome::Done;
            said.version = {frame.trailer.stamp, question.node};
            findReceivers(question.frame, client);
            passOn(client, m_receivers, Block(Zmtp::frame(0, question.frame), &m_bytes), 1);
        }
    }
    answer(client, said.toFrame());
}

} // namespace Pyvent::Internal
