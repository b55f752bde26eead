// SPDX-License-Identifier: MIT
#include "server/lastvalues.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// What an entry takes beside its bytes, about.
constexpr qsizetype overhead = 320;

// A buffer is used again, if it is not much larger than what it is to have.
constexpr qsizetype mostWasted = 4;

// What a bridge may take to hear an event, so that it gives it a later time than the server has given it.
constexpr qint64 slowestWay = 1'000'000; // µs

} // namespace

void LastValues::isHeldNoMore(QByteArrayView name)
{
    if (const auto held = m_held.find(name.toByteArray()); held != m_held.end() && --*held <= 0)
        m_held.erase(held);
}

bool LastValues::isValue(QByteArrayView name) const
{
    const auto entry = m_byName.find(name);
    return (entry != m_byName.end() && (*entry)->version)
        || (!m_held.isEmpty() && m_held.contains(QByteArray::fromRawData(name.data(), name.size())));
}

qsizetype LastValues::costOf(const Entry &entry)
{
    return overhead + entry.name.capacity() + entry.frame.capacity();
}

LastValues::Entry &LastValues::entryOf(QByteArrayView name)
{
    if (const auto known = m_byName.find(name); known != m_byName.end()) {
        m_entries.splice(m_entries.begin(), m_entries, *known);
    } else {
        m_entries.push_front({++m_lastNumber, name.toByteArray(), {}, {}});
        m_byName.insert(m_entries.front().name, m_entries.begin());
        m_byNumber.emplace(m_lastNumber, m_entries.begin());
        m_bytes += costOf(m_entries.front());
    }
    m_plain.clear();
    return m_entries.front();
}

void LastValues::assign(Entry &entry, QByteArrayView body, qsizetype size)
{
    m_bytes -= costOf(entry);
    if (size > m_limits.frameBytes) {
        entry.frame = {};
    } else if (entry.frame.capacity() >= size && entry.frame.capacity() <= mostWasted * size) {
        entry.frame.resize(0);
        entry.frame.append(body);
    } else {
        entry.frame = body.toByteArray();
    }
    m_bytes += costOf(entry);
    makeRoom();
}

void LastValues::keep(QByteArrayView name, QByteArrayView body, qsizetype size)
{
    const bool isFirst = !m_plain.isEmpty() && m_plain.size() == name.size() + 1 && m_plain.startsWith(name);
    if (name.size() > m_limits.nameBytes)
        return;
    if (size > m_limits.frameBytes) { // an older one is not the last one
        if (const auto known = m_byName.find(name); known != m_byName.end())
            forget(*known);
        return;
    }
    Entry &entry = isFirst ? m_entries.front() : entryOf(name);
    assign(entry, body, size);
    if (!isFirst && !m_entries.empty() && !entry.version)
        m_plain = entry.name + ' ';
}

LastValues::Order LastValues::keepWrite(const Frame &frame, QByteArrayView body, qsizetype size, qint64 time)
{
    const ValueVersion version{frame.trailer.stamp, frame.trailer.nodeId};
    if (!HybridClock::isPlausible(version.stamp, time) || frame.topic.size() > m_limits.nameBytes)
        return Order::Implausible;
    m_clock.hear(version.stamp);
    Entry &entry = entryOf(frame.topic);
    if (version <= entry.version)
        return version == entry.version ? Order::Same : Order::Older;
    entry.version = version;
    assign(entry, body, size);
    return Order::Newer;
}

quint64 LastValues::stampOfForwarded(QByteArrayView name, qint64 sentAt, qint64 time)
{
    const auto known = m_byName.find(name);
    const quint64 newest = known == m_byName.end() ? 0 : (*known)->version.stamp;
    const quint64 stamp = std::max({newest + 1, HybridClock::stampOf(std::min(sentAt, time) - slowestWay), quint64(1)});
    m_clock.hear(stamp);
    return stamp;
}

bool LastValues::keepPast(const Frame &frame, QByteArrayView body)
{
    if (isValue(frame.topic) || frame.topic.size() > m_limits.nameBytes || body.size() > m_limits.frameBytes)
        return false;
    if (const auto known = m_byName.find(frame.topic); known != m_byName.end()) {
        const Frame present = parseFrame((*known)->frame);
        const bool isOlder = present.trailerState == TrailerState::Read && present.trailer.time < frame.trailer.time;
        if (!isOlder)
            return false;
    }
    assign(entryOf(frame.topic), body, body.size());
    return true;
}

const LastValues::Entry *LastValues::find(QByteArrayView name)
{
    return m_byName.contains(name) ? &entryOf(name) : nullptr;
}

void LastValues::forget(Entries::iterator entry)
{
    if (entry == m_entries.begin())
        m_plain.clear();
    m_byName.remove(entry->name);
    m_byNumber.erase(entry->number);
    m_bytes -= costOf(*entry);
    m_entries.erase(entry);
}

// The first one stays: it is the one for which there has to be room.
void LastValues::makeRoom()
{
    while (m_entries.size() > 1 && (m_bytes > m_limits.allBytes || names() > m_limits.names))
        forget(std::prev(m_entries.end()));
}

} // namespace Pyvent::Internal
