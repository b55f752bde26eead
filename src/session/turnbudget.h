// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_TURNBUDGET_H
#define PYVENT_SESSION_TURNBUDGET_H

#include <QtCore/qglobal.h>

#include <chrono>

namespace Pyvent::Internal {

// What may be decoded before the event loop gets its turn, for timers and painting: so many bytes, or for so long, whichever is first.
// What is begun is done, though: a single large event may take longer.
class TurnBudget
{
public:
    using Clock = std::chrono::steady_clock;

    static constexpr qsizetype maximumBytes = qsizetype(8) * 1024 * 1024; // as EventDecoder counts them
    static constexpr std::chrono::milliseconds maximumTime{3};

    // Without a time.
    TurnBudget() = default;

    // It begins \a now, and the time is asked of \a clock.
    TurnBudget(Clock::time_point now, Clock::time_point (*clock)())
        : m_end(now + maximumTime)
        , m_clock(clock)
    {
    }

    void spend(qsizetype bytes)
    {
        m_bytes += bytes;
        m_bytesSinceLook += bytes;
    }

    // The clock is only looked at after as much as takes some 0.2 ms: for a small event, that would cost a tenth of all else.
    bool isSpent()
    {
        if (m_bytes >= maximumBytes)
            return true;
        if (m_clock && m_bytesSinceLook >= enoughToLook) {
            m_bytesSinceLook = 0;
            m_isOver = m_isOver || m_clock() >= m_end;
        }
        return m_isOver;
    }

private:
    static constexpr qsizetype enoughToLook = qsizetype(64) * 1024;

    qsizetype m_bytes = 0;
    qsizetype m_bytesSinceLook = 0;
    bool m_isOver = false;
    Clock::time_point m_end;
    Clock::time_point (*m_clock)() = nullptr;
};

} // namespace Pyvent::Internal

#endif
