// SPDX-License-Identifier: MIT
#include "server/lastvalues.h"

namespace Pyvent::Internal {

namespace {

// What an entry takes beside its bytes, about.
constexpr qsizetype overhead = 240;

// A buffer is used again, if it is not much larger than what it is to have.
constexpr qsizetype mostWasted = 4;

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
        m_entries.push_front({name.toByteArray(), {}, {}});
        m_byName.insert(m_entries.front().name, m_entries.begin());
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

const LastValues::Entry *LastValues::find(QByteArrayView name)
{
    return m_byName.contains(name) ? &entryOf(name) : nullptr;
}

void LastValues::forget(Entries::iterator entry)
{
    if (entry == m_entries.begin())
        m_plain.clear();
    m_byName.remove(entry->name);
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
