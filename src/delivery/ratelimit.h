// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_RATELIMIT_H
#define PYVENT_DELIVERY_RATELIMIT_H

#include <QtCore/qglobal.h>

#include <algorithm>
#include <chrono>

namespace Pyvent::Internal {

// How much may be done for others, whoever they are and however often they ask: a token bucket. Without a clock.
class RateLimit
{
public:
    using Clock = std::chrono::steady_clock;

    // \a perSecond on average, and \a atOnce after a rest.
    RateLimit(qint64 perSecond, qint64 atOnce)
        : m_perSecond(perSecond)
        , m_atOnce(atOnce)
        , m_left(atOnce)
    {
    }

    // Whether something may be done now. What is allowed may cost more than is left: then nothing is, until that is made up
    // for.
    bool allows(Clock::time_point now)
    {
        const Clock::duration passed = std::clamp<Clock::duration>(now - m_since, std::chrono::seconds(0), longestRest);
        const qint64 gained =
            std::chrono::duration_cast<std::chrono::microseconds>(passed).count() * m_perSecond / 1'000'000;
        if (gained > 0) {
            m_left = std::min(m_left + gained, m_atOnce);
            m_since = now;
        }
        return m_left > 0;
    }

    void spend(qint64 cost) { m_left -= cost; }

    // Whether it is as if nothing had been done.
    bool isRested(Clock::time_point now) { return allows(now) && m_left == m_atOnce; }

private:
    static constexpr Clock::duration longestRest = std::chrono::hours(1); // that counts

    const qint64 m_perSecond;
    const qint64 m_atOnce;
    qint64 m_left;
    Clock::time_point m_since;
};

} // namespace Pyvent::Internal

#endif
