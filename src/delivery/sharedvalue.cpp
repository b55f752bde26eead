// SPDX-License-Identifier: MIT
#include "delivery/sharedvalue.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// Of many that have something to tell, one does so first, and the others hear it before they would.
constexpr int longestDelay = 20'000; // µs

// What was told may have been lost, so it is told again, until a server has answered that keeps values, and a few times at most.
constexpr auto firstRepeat = 500ms;
constexpr auto lastRepeat = 8s;

} // namespace

SharedValue::Clock::time_point SharedValue::soon(Clock::time_point now)
{
    return now + std::chrono::microseconds(std::uniform_int_distribution<int>(0, longestDelay)(m_random));
}

bool SharedValue::adopt(const Write &write)
{
    if (write.version <= m_write.version)
        return false;
    m_write = write;
    return true;
}

bool SharedValue::heardUnstamped(const Write &write, Clock::time_point now)
{
    if (m_isServed)
        return false;
    Write next = write;
    next.version = {m_write.version.stamp + 1, nobodysWriter(write.pickle)};
    const bool isNew = adopt(next);
    tellWrite(soon(now));
    return isNew;
}

bool SharedValue::heardFull(const Write &write, Clock::time_point now)
{
    const bool isNew = adopt(write);
    m_known = std::max(m_known, write.version);
    if (write.version < m_write.version) {
        tellWrite(soon(now)); // whoever told it is behind
    } else {
        m_tellWriteAt = never;
        if (m_write.version >= m_known && m_isServed)
            m_tellVersionAt = never;
    }
    return isNew;
}

void SharedValue::heardVersion(const ValueVersion &version, Clock::time_point now)
{
    m_known = std::max(m_known, version);
    if (version < m_write.version)
        tellWrite(soon(now));
    else if (version > m_write.version)
        tellVersion(soon(now)); // so that whoever has it tells it
}

void SharedValue::heardServer(const ValueVersion &version, Clock::time_point now)
{
    m_isServed = m_isReady;
    if (version < m_write.version)
        tellWrite(now);
    m_tellVersionAt = never;
}

void SharedValue::ready(Clock::time_point now)
{
    m_isReady = true;
    m_isServed = false;
    m_known = m_write.version;
    m_askAgainAfter = firstRepeat;
    m_tellVersionAt = now;
    m_tellWriteAt = never;
}

void SharedValue::lost()
{
    m_isReady = m_isServed = false;
    m_tellVersionAt = m_tellWriteAt = never;
}

SharedValue::Due SharedValue::takeDue(Clock::time_point now)
{
    Due due;
    if (!m_isReady)
        return due;
    if (m_tellWriteAt <= now) {
        m_tellWriteAt = never;
        due.write = bool(m_write.version);
    }
    if (m_tellVersionAt <= now) {
        due.version = true;
        m_tellVersionAt = never;
        if (!m_isServed && m_askAgainAfter <= lastRepeat)
            m_tellVersionAt = now + std::exchange(m_askAgainAfter, 4 * m_askAgainAfter);
    }
    return due;
}

} // namespace Pyvent::Internal
