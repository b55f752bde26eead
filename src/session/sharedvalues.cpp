// SPDX-License-Identifier: MIT
#include "session/sharedvalues.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// A server that has just begun may not know a value yet: it is asked again.
constexpr auto askAgainAfter = 100ms;

// A queue has room for a few thousand messages. Who holds more values tells of them bit by bit.
constexpr qsizetype mostAtOnce = 500;
constexpr auto pauseAfterThat = 10ms;

// So long after this node is Ready, a server that keeps values has said so.
constexpr auto servedWithin = 2s;

} // namespace

SharedValues::Write SharedValues::writeOf(const Frame &frame)
{
    Write write;
    write.pickle = frame.payload.toByteArray();
    if (frame.trailerState != TrailerState::Read)
        return write;
    if (frame.trailer.flags & Trailer::Value)
        write.version.stamp = frame.trailer.stamp;
    write.version.node = frame.trailer.nodeId;
    write.sender = frame.trailer.sender.toByteArray();
    write.time = frame.trailer.time;
    return write;
}

QByteArray SharedValues::toFrame(QByteArrayView name, const Write &write)
{
    QByteArray frame = name.toByteArray() + ' ' + write.pickle;
    appendTrailer({.nodeId = write.version.node,
                   .time = write.time,
                   .flags = Trailer::Value,
                   .sender = write.sender,
                   .stamp = write.version.stamp},
                  &frame);
    return frame;
}

// Who holds

std::shared_ptr<SharedValues::Holder> SharedValues::hold(const QByteArray &name)
{
    std::shared_ptr<Holder> &holder = m_holders[name];
    if (!holder)
        holder.reset(new Holder(name, m_seed++));
    ++holder->m_count;
    return holder;
}

bool SharedValues::release(const std::shared_ptr<Holder> &holder)
{
    if (--holder->m_count > 0)
        return false;
    m_due.erase({holder->m_dueAt, holder.get()});
    std::erase(m_new, holder);
    m_holders.erase(holder->m_name);
    return true;
}

std::shared_ptr<SharedValues::Holder> SharedValues::find(QByteArrayView name) const
{
    const auto found = m_holders.find(QByteArray::fromRawData(name.data(), name.size()));
    return found == m_holders.end() ? nullptr : found->second;
}

QByteArrayList SharedValues::names() const
{
    QByteArrayList names;
    for (const auto &[name, holder] : m_holders)
        names.append(name);
    return names;
}

void SharedValues::schedule(Holder &holder)
{
    const Clock::time_point at = holder.m_value.deadline();
    if (at == holder.m_dueAt)
        return;
    m_due.erase({holder.m_dueAt, &holder});
    holder.m_dueAt = at;
    if (at != Clock::time_point::max())
        m_due.insert({at, &holder});
}

void SharedValues::hasChanged(const std::shared_ptr<Holder> &holder, bool isNew, Clock::time_point since)
{
    if (isNew)
        holder->m_since = since;
    if (isNew && !std::exchange(holder->m_isNew, true))
        m_new.push_back(holder);
    schedule(*holder);
}

std::vector<std::shared_ptr<SharedValues::Holder>> SharedValues::takeNew()
{
    for (const auto &holder : m_new)
        holder->m_isNew = false;
    return std::exchange(m_new, {});
}

// What is written and heard

bool SharedValues::isPlausible(QByteArrayView name, const Write &write)
{
    if (HybridClock::isPlausible(write.version.stamp, m_wallClock())) {
        m_clock.hear(write.version.stamp);
        return true;
    }
    ++m_implausible.count;
    m_implausible.name = name.toByteArray();
    m_implausible.stamp = write.version.stamp;
    return false;
}

void SharedValues::wrote(QByteArrayView bytes, Clock::time_point now)
{
    const Frame frame = parseFrame(bytes);
    if (const auto holder = find(frame.topic))
        hasChanged(holder, holder->m_value.wrote(writeOf(frame)), now);
}

void SharedValues::heard(QByteArrayView name, const Write &write, Clock::time_point now)
{
    const auto holder = find(name);
    if (!holder)
        return;
    if (!write.version) {
        if (holder->m_value.isServed() || (m_isWrite && !m_isWrite(write.pickle)))
            return;
        const bool isNew = holder->m_value.heardUnstamped(write, now);
        m_clock.hear(holder->m_value.version().stamp);
        hasChanged(holder, isNew, now);
    } else if (isPlausible(name, write)) {
        hasChanged(holder, holder->m_value.heard(write), now);
    }
}

void SharedValues::receive(const Control::Message &message, Clock::time_point now)
{
    if (message.kind == Control::Kind::ValueIsSet) {
        if (const auto said = Control::ValueIsSet::read(message.payload))
            hear(*said, now);
        return;
    }
    if (message.kind == Control::Kind::ValueAtServer) {
        const auto said = Control::ValueAtServer::read(message.payload);
        const auto holder = said ? find(said->name) : nullptr;
        if (!holder)
            return;
        holder->m_value.heardServer(said->version, now);
        schedule(*holder);
        return;
    }
    const QByteArrayView name = valueNameOf(message.topic);
    const auto holder = find(name);
    if (!holder)
        return;
    if (!isValueWrite(message.payload)) {
        const auto held = Control::ValueHeld::read(message.payload);
        if (!held || held->node == m_node)
            return;
        // One who says that he has what nobody can have is not asked for it.
        if (held->version.stamp == 0 || HybridClock::isPlausible(held->version.stamp, m_wallClock()))
            holder->m_value.heardVersion(held->version, now);
        schedule(*holder);
        return;
    }
    const Frame frame = parseFrame(message.payload);
    const Write write = writeOf(frame);
    if (frame.topic != name || !isPlausible(name, write))
        return;
    // Who joins hears of what was written long ago.
    const auto ago =
        std::chrono::microseconds(std::clamp<qint64>(m_wallClock() - write.time, 0, HybridClock::farthestAhead));
    hasChanged(holder, holder->m_value.heardFull(write, now), now - ago);
}

// What is told

void SharedValues::ready(Clock::time_point now)
{
    for (const auto &[name, holder] : m_holders) {
        if (holder->m_value.isReady())
            continue;
        holder->m_value.ready(now);
        schedule(*holder);
    }
    if (std::exchange(m_isReady, true))
        return;
    for (Question &question : m_questions) {
        question.deadline = std::max(question.deadline, now + servedWithin);
        question.sendAt = now;
    }
}

void SharedValues::lost(Clock::time_point)
{
    m_isReady = false;
    for (const auto &[name, holder] : m_holders) {
        holder->m_value.lost();
        schedule(*holder);
    }
    std::erase_if(m_questions, [this](const Question &question) {
        if (question.isSent) // nobody knows whether it was done
            m_answers.push_back({question.number, Answer::ServerLost});
        return question.isSent;
    });
}

void SharedValues::leave(Clock::time_point now)
{
    lost(now);
    for (const Question &question : std::exchange(m_questions, {}))
        m_answers.push_back({question.number, Answer::NoServer});
}

QByteArrayList SharedValues::takeOutgoing(Clock::time_point now)
{
    QByteArrayList messages;
    while (!m_due.empty() && m_due.begin()->first <= now && now >= m_goesOnAt) {
        if (messages.size() >= mostAtOnce)
            m_goesOnAt = now + pauseAfterThat;
        Holder &holder = *m_due.begin()->second;
        const SharedValue::Due due = holder.m_value.takeDue(now);
        if (due.version)
            messages.append(Control::ValueHeld{m_node, holder.m_value.version()}.toFrame(holder.m_name));
        if (due.write)
            messages.append(valueTopic(holder.m_name) + toFrame(holder.m_name, holder.m_value.write()));
        schedule(holder);
    }
    askServer(now, &messages);
    return messages;
}

SharedValues::Clock::time_point SharedValues::deadline() const
{
    Clock::time_point earliest = m_due.empty() ? Clock::time_point::max() : std::max(m_due.begin()->first, m_goesOnAt);
    for (const Question &question : m_questions) {
        earliest = std::min(earliest, question.deadline);
        if (m_isReady && !question.isSent)
            earliest = std::min(earliest, question.sendAt);
    }
    return earliest;
}

// Compare and set

quint64 SharedValues::ask(const QByteArray &name, const ValueVersion &expected, const QByteArray &frame,
                          Clock::time_point deadline, Clock::time_point now)
{
    const quint64 number = ++m_lastNumber;
    m_questions.push_back({.number = number,
                           .name = name,
                           .message = Control::SetValue{m_node, number, expected, frame}.toFrame(),
                           .deadline = deadline,
                           .sendAt = now});
    return number;
}

void SharedValues::askServer(Clock::time_point now, QByteArrayList *messages)
{
    std::erase_if(m_questions, [&](Question &question) {
        const auto holder = find(question.name);
        if (now >= question.deadline || !holder) {
            const bool isServed = holder && holder->m_value.isServed();
            m_answers.push_back({question.number, isServed ? Answer::NotKnown : Answer::NoServer});
            return true;
        }
        if (!m_isReady || question.isSent || now < question.sendAt)
            return false;
        question.isSent = holder->m_value.isServed();
        if (question.isSent)
            messages->append(question.message);
        else
            question.sendAt = now + askAgainAfter;
        return false;
    });
}

void SharedValues::hear(const Control::ValueIsSet &said, Clock::time_point now)
{
    const auto question = std::find_if(m_questions.begin(), m_questions.end(), [&](const Question &known) {
        return known.number == said.number && known.isSent;
    });
    if (question == m_questions.end())
        return;
    Answer::Result result = Answer::Refused;
    switch (said.outcome) {
    case Outcome::IsNotKnownYet:
        question->isSent = false;
        question->sendAt = now + askAgainAfter;
        return;
    case Outcome::Done:
        result = Answer::Done;
        if (const auto asked =
                Control::SetValue::read(QByteArrayView(question->message).sliced(Control::SetValue::topic.size()))) {
            wrote(asked->frame, now);
        }
        break;
    case Outcome::IsAnother:
        result = Answer::IsAnother;
        break;
    case Outcome::Refused:
        break;
    }
    m_answers.push_back({said.number, result});
    m_questions.erase(question);
}

} // namespace Pyvent::Internal
