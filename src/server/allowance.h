// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ALLOWANCE_H
#define PYVENT_SERVER_ALLOWANCE_H

#include <QtCore/qglobal.h>

#include <algorithm>
#include <chrono>

namespace Pyvent::Internal {

// So much of something within a second (a token bucket). What is taken beyond that has to be waited for.
class Allowance
{
public:
    using Clock = std::chrono::steady_clock;

    // \a atOnce may be taken at once, and after that \a perSecond; 0: any number.
    Allowance(qsizetype perSecond, qsizetype atOnce)
        : m_perSecond(double(perSecond))
        , m_atOnce(double(atOnce))
        , m_left(double(atOnce))
    {
    }

    // Takes it, though there may not be so much left. Returns when something may be taken again.
    Clock::time_point take(quint64 count, Clock::time_point now)
    {
        if (m_perSecond <= 0)
            return now;
        const std::chrono::duration<double> since = now - m_lastTime;
        m_left = std::min(m_atOnce, m_left + since.count() * m_perSecond);
        m_lastTime = now;
        m_left -= double(count);
        if (m_left >= 0)
            return now;
        return now + std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(-m_left / m_perSecond));
    }

private:
    double m_perSecond;
    double m_atOnce;
    double m_left;
    Clock::time_point m_lastTime;
};

} // namespace Pyvent::Internal

#endif
