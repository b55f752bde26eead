// SPDX-License-Identifier: MIT
#ifndef PYVENTTIMEDELTA_H
#define PYVENTTIMEDELTA_H

#include "pyventglobal.h"

#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

#include <chrono>

/*!
    A Python datetime.timedelta: microseconds over a range of 2.7 million years each way, which 64 bits don't
   hold. Converts through QVariant to double (seconds), qlonglong (milliseconds, rounded down),
   std::chrono::microseconds, std::chrono::milliseconds and QString.
*/
class PYVENT_EXPORT PyventTimeDelta
{
public:
    /*! The longest duration that Python can hold, in days each way. */
    static constexpr qint64 maximumDays = 999'999'999;

    PyventTimeDelta() = default;
    explicit PyventTimeDelta(std::chrono::microseconds duration);

    /*! Normalised as in Python: 0 <= seconds < 86400 and 0 <= microseconds < 1000000; the sign is that of the
     * days. */
    PyventTimeDelta(qint64 days, qint64 seconds, qint64 microseconds);

    qint64 days() const { return m_days; }
    int seconds() const { return m_seconds; }
    int microseconds() const { return m_microseconds; }
    /*! Whether Python can hold it: less than a thousand million days each way. */
    bool isValid() const { return m_days >= -maximumDays && m_days <= maximumDays; }

    double toSeconds() const;
    /*! \a ok is false, and the value 0, if it does not fit in 64 bits. */
    std::chrono::microseconds toMicroseconds(bool *ok = nullptr) const;
    qlonglong toMilliseconds(bool *ok = nullptr) const;
    /*! As Python's repr(): "datetime.timedelta(days=1, seconds=2)". */
    QString toString() const;
    static QString pythonType() { return QStringLiteral("timedelta"); }

    friend bool operator==(const PyventTimeDelta &left, const PyventTimeDelta &right)
    {
        return left.m_days == right.m_days && left.m_seconds == right.m_seconds
            && left.m_microseconds == right.m_microseconds;
    }
    friend bool operator!=(const PyventTimeDelta &left, const PyventTimeDelta &right) { return !(left == right); }

private:
    qint64 m_days = 0;
    int m_seconds = 0;
    int m_microseconds = 0;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventTimeDelta &value);

Q_DECLARE_TYPEINFO(PyventTimeDelta, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventTimeDelta)

#endif
