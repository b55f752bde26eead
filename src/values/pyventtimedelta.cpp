// SPDX-License-Identifier: MIT
#include "pyventtimedelta.h"

#include <QtCore/qdebug.h>

#include <limits>

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 secondsPerDay = 86400;
constexpr qint64 microsPerSecond = 1000000;

// Moves whole multiples of \a unit out of \a part, rounding down; returns how many.
qint64 carry(qint64 *part, qint64 unit)
{
    qint64 whole = *part / unit;
    *part %= unit;
    if (*part < 0) {
        *part += unit;
        --whole;
    }
    return whole;
}

} // namespace

PyventTimeDelta::PyventTimeDelta(std::chrono::microseconds duration)
    : PyventTimeDelta(0, 0, duration.count())
{
}

PyventTimeDelta::PyventTimeDelta(qint64 days, qint64 seconds, qint64 microseconds)
{
    // Split before adding, so that no sum overflows.
    const qint64 moreSeconds = carry(&microseconds, microsPerSecond);
    days += carry(&seconds, secondsPerDay);
    qint64 total = seconds + moreSeconds;
    days += carry(&total, secondsPerDay);
    m_days = days;
    m_seconds = int(total);
    m_microseconds = int(microseconds);
}

double PyventTimeDelta::toSeconds() const
{
    bool isExact = false;
    const std::chrono::duration<double> duration = toMicroseconds(&isExact);
    return isExact ? duration.count()
                   : double(m_days * secondsPerDay + m_seconds) + double(m_microseconds) / double(microsPerSecond);
}

std::chrono::microseconds PyventTimeDelta::toMicroseconds(bool *ok) const
{
    // One day short of the limit on either side, so that the seconds fit as well.
    constexpr qint64 mostDays = std::numeric_limits<qint64>::max() / (secondsPerDay * microsPerSecond) - 1;
    const bool fits = m_days >= -mostDays && m_days <= mostDays;
    if (ok)
        *ok = fits;
    return std::chrono::microseconds(fits ? (m_days * secondsPerDay + m_seconds) * microsPerSecond + m_microseconds
                                          : 0);
}

qlonglong PyventTimeDelta::toMilliseconds(bool *ok) const
{
    const bool fits = isValid();
    if (ok)
        *ok = fits;
    return fits ? (m_days * secondsPerDay + m_seconds) * 1000 + m_microseconds / 1000 : 0;
}

QString PyventTimeDelta::toString() const
{
    QStringList parts;
    if (m_days)
        parts += u"days=%1"_s.arg(m_days);
    if (m_seconds)
        parts += u"seconds=%1"_s.arg(m_seconds);
    if (m_microseconds)
        parts += u"microseconds=%1"_s.arg(m_microseconds);
    return u"datetime.timedelta(%1)"_s.arg(parts.isEmpty() ? u"0"_s : parts.join(", "_L1));
}

QDebug operator<<(QDebug debug, const PyventTimeDelta &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
