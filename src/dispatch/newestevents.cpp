// SPDX-License-Identifier: MIT
#include "dispatch/newestevents.h"

#include <algorithm>
#include <cstring>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t fewSlots = 1024;

// Memory that is kept for the next frame of a name and node that has none waiting.
constexpr qsizetype mostSpare = 4096;

// A time that can be added to now.
constexpr std::chrono::milliseconds longestPeriod = 24h * 365;

} // namespace

NewestEvents::NewestEvents(std::chrono::milliseconds period, const NewestLimits &limits)
    : m_period(std::clamp<std::chrono::milliseconds>(period, 0ms, longestPeriod))
    , m_limits(limits)
    , m_lookAgainAt(fewSlots)
{
}

NewestEvents::Slots::value_type *NewestEvents::find(QByteArrayView topic, const QUuid &node)
{
    const KeyView key{topic, node};
    if (m_last && KeyEqual()(m_last->first, key))
        return m_last;
    const auto found = m_slots.find(key);
    return found == m_slots.end() ? nullptr : m_last = &*found;
}

NewestEvents::Slot *NewestEvents::slotFor(QByteArrayView topic, const QUuid &node, Clock::time_point now)
{
    if (Slots::value_type *known = find(topic, node))
        return &known->second;
    if (m_slots.size() >= m_lookAgainAt)
        forgetIdle(now);
    m_last = &*m_slots.try_emplace({topic.toByteArray(), node}).first;
    return &m_last->second;
}

// Names and nodes may be ever new ones.
void NewestEvents::forgetIdle(Clock::time_point now)
{
    m_last = nullptr;
    std::erase_if(m_slots, [now](const auto &entry) { return !entry.second.waits && entry.second.notBefore <= now; });
    m_lookAgainAt = std::max(fewSlots, 2 * m_slots.size());
}

bool NewestEvents::put(QByteArrayView topic, const QUuid &node, QByteArrayView frame, Clock::time_point now)
{
    const Slots::value_type *known = find(topic, node);
    const bool waits = known && known->second.waits;
    const qsizetype before = waits ? known->second.frame.size() : 0;
    if (m_bytes - before + frame.size() > m_limits.bytes && m_bytes - before > 0)
        return false;
    if (!waits && m_waiting >= m_limits.events)
        return false;
    // The next ones of those that rest may come early then, which is less than lost.
    if (!known && m_slots.size() >= 2 * m_limits.events)
        forgetIdle(Clock::time_point::max());

    Slot *const slot = slotFor(topic, node, now);
    slot->frame.resize(frame.size()); // its memory is mostly large enough
    std::memcpy(slot->frame.data(), frame.data(), std::size_t(frame.size()));
    m_bytes += frame.size() - before;
    if (waits) {
        ++slot->skipped;
        return true;
    }
    slot->waits = true;
    ++m_waiting;
    if (slot->notBefore <= now)
        m_due.push_back(slot);
    else
        m_resting.emplace(slot->notBefore, slot);
    return true;
}

void NewestEvents::ripen(Clock::time_point now)
{
    const auto end = m_resting.upper_bound(now);
    for (auto ripe = m_resting.begin(); ripe != end; ++ripe)
        m_due.push_back(ripe->second);
    m_resting.erase(m_resting.begin(), end);
}

bool NewestEvents::isDue(Clock::time_point now)
{
    ripen(now);
    return !m_due.empty();
}

NewestEvents::Clock::time_point NewestEvents::nextDue() const
{
    return m_resting.empty() ? Clock::time_point::max() : m_resting.begin()->first;
}

bool NewestEvents::take(Clock::time_point now, QByteArray *frame, quint64 *skipped)
{
    if (!isDue(now))
        return false;
    Slot *const slot = m_due.front();
    m_due.pop_front();
    m_bytes -= slot->frame.size();
    --m_waiting;
    slot->waits = false;
    slot->notBefore = now + m_period;
    std::swap(*frame, slot->frame);
    if (slot->frame.capacity() > mostSpare)
        slot->frame = QByteArray();
    *skipped = std::exchange(slot->skipped, 0);
    return true;
}

void NewestEvents::clear()
{
    m_slots.clear();
    m_last = nullptr;
    m_due.clear();
    m_resting.clear();
    m_bytes = 0;
    m_waiting = 0;
    m_lookAgainAt = fewSlots;
}

} // namespace Pyvent::Internal
