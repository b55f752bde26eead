// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_HYBRIDCLOCK_H
#define PYVENT_DELIVERY_HYBRIDCLOCK_H

#include <QtCore/qglobal.h>

#include <algorithm>

namespace Pyvent::Internal {

// A hybrid logical clock (Kulkarni and others, 2014): its stamps are close to the time of day, and whoever has heard a stamp makes only
// later ones, whatever his clock says. Plain logic, without a clock. Not thread-safe.
class HybridClock
{
public:
    // A stamp is the milliseconds since 1970 in its upper 48 bits, and below them a counter, which runs over into them. 0 is none.
    static constexpr quint64 stampOf(qint64 microseconds)
    {
        return quint64(std::max(microseconds, qint64(0)) / 1000) << counterBits;
    }
    static constexpr qint64 microsecondsOf(quint64 stamp) { return qint64(stamp >> counterBits) * 1000; }

    // What is farther ahead than this is nobody's time: with it, a clock would never come back to the time of day.
    static constexpr qint64 farthestAhead = qint64(366) * 24 * 3600 * 1'000'000;

    // Whether \a stamp may be one, at \a time by the own clock, in µs since 1970.
    static constexpr bool isPlausible(quint64 stamp, qint64 time)
    {
        return stamp > 0 && stamp <= stampOf(std::max(time, qint64(0)) + farthestAhead);
    }

    // The next stamp, later than all that were made or heard.
    quint64 next(qint64 time) { return m_last = std::max(m_last + 1, stampOf(time)); }

    // \a stamp was heard, and is plausible.
    void hear(quint64 stamp) { m_last = std::max(m_last, stamp); }

private:
    static constexpr int counterBits = 16;

    quint64 m_last = 0;
};

} // namespace Pyvent::Internal

#endif
