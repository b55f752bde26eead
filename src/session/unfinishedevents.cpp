// SPDX-License-Identifier: MIT
#include "session/unfinishedevents.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// Streams, and what is sent again in one turn.
constexpr std::size_t mostStreams = 1000;
constexpr qsizetype bytesAtOnce = qsizetype(256) * 1024;

// Of a message, beside the group and the event.
constexpr qsizetype besideTheEvent = 50;

// When it is looked again whether there is room for more; and how long a server may take to say that it has got what was sent again.
constexpr auto untilRoom = 10ms;
constexpr auto untilLeft = 5s;

// How often it is sent to a server of this module that does not.
constexpr int mostTries = 3;

} // namespace

void UnfinishedEvents::keep(Stream &stream, quint64 sequence, const QByteArray &frame)
{
    if (!stream.frames.emplace(sequence, frame).second)
        return;
    m_bytes += frame.size();
    while (m_bytes > mostBytes && !stream.frames.empty()) {
        m_bytes -= stream.frames.begin()->second.size();
        stream.frames.erase(stream.frames.begin());
    }
}

void UnfinishedEvents::drop(Stream &stream, quint64 first, quint64 last)
{
    if (first > last)
        return;
    const auto end = stream.frames.upper_bound(last);
    for (auto frame = stream.frames.lower_bound(first); frame != end; frame = stream.frames.erase(frame))
        m_bytes -= frame->second.size();
}

void UnfinishedEvents::forget(std::map<Key, Stream>::iterator stream)
{
    for (const auto &[sequence, frame] : stream->second.frames)
        m_bytes -= frame.size();
    m_streams.erase(stream);
}

void UnfinishedEvents::sent(const QByteArray &topic, quint64 sequence, const QByteArray &frame)
{
    for (auto stream = m_streams.lower_bound({topic, {}}); stream != m_streams.end() && stream->first.first == topic;
         ++stream)
        keep(stream->second, sequence, frame);
}

void UnfinishedEvents::heard(const Control::Unfinished &said, quint64 oldest, quint64 newest, const Find &find)
{
    const Key key(said.topic, said.group);
    auto known = m_streams.find(key);
    if (said.isEnd) {
        if (known != m_streams.end())
            forget(known);
        return;
    }
    if (known == m_streams.end()) {
        if (m_streams.size() >= mostStreams)
            std::erase_if(m_streams, [](const auto &entry) { return entry.second.frames.empty(); });
        if (m_streams.size() >= mostStreams || said.first == 0)
            return;
        known = m_streams.emplace(key, Stream()).first;
        const auto keepAll = [&](quint64 first, quint64 last) {
            for (quint64 sequence = std::max(first, oldest); sequence <= std::min(last, newest); ++sequence) {
                if (const QByteArray frame = find(said.topic, sequence); !frame.isNull())
                    keep(known->second, sequence, frame);
            }
        };
        for (const Control::Range &range : said.ranges)
            keepAll(std::max(range.first, said.first), range.last);
        keepAll(said.last + 1, newest);
    }
    Stream &stream = known->second;
    stream.isKnown = true;
    // What was sent before a group was there, and came again when it was, as what was not acknowledged.
    for (const Control::Range &range : said.ranges) {
        const quint64 last = std::min(range.last, newest);
        for (quint64 sequence = std::max(range.first, oldest);
             range.first < said.first && sequence <= last && !stream.frames.contains(sequence); ++sequence) {
            const QByteArray frame = find(said.topic, sequence);
            if (frame.isNull() || m_bytes + frame.size() > mostBytes)
                break;
            keep(stream, sequence, frame);
        }
    }
    quint64 finishedFrom = said.first;
    for (const Control::Range &range : said.ranges) {
        if (range.last < said.first || range.first > said.last || said.first == 0)
            continue;
        drop(stream, finishedFrom, range.first - 1);
        finishedFrom = range.last + 1;
    }
    if (said.first > 0)
        drop(stream, finishedFrom, said.last);
    for (const Control::Range &range : said.finished)
        drop(stream, range.first, range.last);
}

void UnfinishedEvents::ready(Clock::time_point now)
{
    for (auto &[key, stream] : m_streams) {
        stream.sentAgain = 0;
        stream.isKnown = false;
        stream.isToldOf = false;
    }
    m_sendAt = m_streams.empty() ? Clock::time_point::max() : now;
    m_giveUpAt = Clock::time_point::max();
    m_tries = 0;
}

void UnfinishedEvents::lost()
{
    m_sendAt = m_giveUpAt = Clock::time_point::max();
}

void UnfinishedEvents::clear()
{
    lost();
    m_streams.clear();
    m_bytes = 0;
}

// The group of a stream of which all is finished is told without an event, for the next one to be shared even if its members come later.
std::vector<QByteArray> UnfinishedEvents::takeMessages(const SendQueue::ControlRoom &room, Clock::time_point now)
{
    std::vector<QByteArray> messages;
    if (now < m_sendAt)
        return messages;
    qsizetype bytes = 0;
    const auto take = [&](const QByteArray &group, QByteArrayView frame) {
        const bool fits =
            room.fits(qsizetype(messages.size()) + 1, bytes + frame.size() + group.size() + besideTheEvent);
        if (!fits || bytes >= bytesAtOnce)
            return false;
        messages.push_back(Control::Again{group, frame}.toFrame());
        bytes += messages.back().size();
        return true;
    };
    for (auto &[key, stream] : m_streams) {
        const auto &[topic, group] = key;
        if (!stream.isToldOf && stream.frames.empty() && !take(group, topic + ' ')) {
            m_sendAt = messages.empty() ? now + untilRoom : now;
            return messages;
        }
        stream.isToldOf = true;
        for (auto frame = stream.frames.upper_bound(stream.sentAgain); frame != stream.frames.end(); ++frame) {
            if (!take(group, frame->second)) {
                m_sendAt = messages.empty() ? now + untilRoom : now;
                return messages;
            }
            stream.sentAgain = frame->first;
        }
    }
    m_sendAt = Clock::time_point::max();
    m_giveUpAt = now + untilLeft;
    return messages;
}

qsizetype UnfinishedEvents::count() const
{
    qsizetype count = 0;
    for (const auto &[key, stream] : m_streams)
        count += qsizetype(stream.frames.size());
    return count;
}

std::vector<UnfinishedEvents::Left> UnfinishedEvents::takeLeft(bool isOurs, Clock::time_point now)
{
    std::vector<Left> left;
    if (now < m_giveUpAt)
        return left;
    m_giveUpAt = Clock::time_point::max();
    if (isOurs && ++m_tries < mostTries) { // half of the connection may have broken, and come back unseen
        for (auto &[key, stream] : m_streams) {
            if (stream.isKnown)
                continue;
            stream.sentAgain = 0;
            stream.isToldOf = false;
            m_sendAt = now;
        }
        return left;
    }
    for (auto stream = m_streams.begin(); stream != m_streams.end();) {
        const auto next = std::next(stream);
        if (!stream->second.isKnown) {
            if (!stream->second.frames.empty())
                left.push_back({stream->first.first, stream->first.second, qsizetype(stream->second.frames.size())});
            forget(stream);
        }
        stream = next;
    }
    return left;
}

} // namespace Pyvent::Internal
