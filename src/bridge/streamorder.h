// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_STREAMORDER_H
#define PYVENT_BRIDGE_STREAMORDER_H

#include <QtCore/qglobal.h>

#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace Pyvent::Bridge {

// The messages of a numbered store in their order, which gives again what was not acknowledged in time, and meanwhile others: as when the one who read
// before was killed. Numbers may be missing, because the store has dropped what was old; then the next one is waited for in vain, for \a patience.
// Plain logic, without a clock.
template <typename Message>
class StreamOrder
{
public:
    using Clock = std::chrono::steady_clock;

    explicit StreamOrder(std::chrono::milliseconds patience)
        : m_patience(patience)
    {
    }

    // The message \a next is the next one. If there may be any numbers in between, nothing is waited for.
    void begin(quint64 next, bool isContiguous)
    {
        m_next = next;
        m_isContiguous = isContiguous;
        m_held.clear();
        m_ready.clear(); // they come again, and with another address to acknowledge them
    }

    enum class Verdict { Taken, Known };

    // Known: it was there before, and \a message is left as it is.
    Verdict take(quint64 number, Message &&message, Clock::time_point now)
    {
        if (number < m_next)
            return Verdict::Known;
        if (!m_isContiguous || (number == m_next && m_held.empty())) { // as nearly all do
            m_next = number + 1;
            m_ready.emplace_back(number, std::move(message));
            return Verdict::Taken;
        }
        if (m_held.empty())
            m_since = now;
        m_held.insert_or_assign(number, std::move(message)); // what came later has the newer address to acknowledge it
        release(now);
        return Verdict::Taken;
    }

    void process(Clock::time_point now)
    {
        if (m_held.empty() || now - m_since < m_patience)
            return;
        m_next = m_held.begin()->first;
        release(now);
    }

    Clock::time_point deadline() const { return m_held.empty() ? Clock::time_point::max() : m_since + m_patience; }

    std::vector<std::pair<quint64, Message>> takeReady() { return std::exchange(m_ready, {}); }

    quint64 next() const { return m_next; }

    // There is no such message any more.
    void skip(quint64 number, Clock::time_point now)
    {
        if (number != m_next)
            return;
        ++m_next;
        release(now);
    }

    // Since when the next one is waited for, if something is held.
    Clock::time_point since() const { return m_since; }

    // The first message that waits for others; there is one.
    const std::pair<const quint64, Message> &firstHeld() const { return *m_held.begin(); }
    std::size_t held() const { return m_held.size(); }

private:
    void release(Clock::time_point now)
    {
        while (!m_held.empty() && m_held.begin()->first == m_next) {
            m_ready.emplace_back(m_next++, std::move(m_held.begin()->second));
            m_held.erase(m_held.begin());
            m_since = now;
        }
    }

    const std::chrono::milliseconds m_patience;
    quint64 m_next = 1;
    bool m_isContiguous = true;
    std::map<quint64, Message> m_held;
    Clock::time_point m_since;
    std::vector<std::pair<quint64, Message>> m_ready;
};

} // namespace Pyvent::Bridge

#endif
