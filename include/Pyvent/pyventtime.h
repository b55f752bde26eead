// SPDX-License-Identifier: MIT
#ifndef PYVENTTIME_H
#define PYVENTTIME_H

#include "pyventglobal.h"

#include <QtCore/qdatetime.h>
#include <QtCore/qvariant.h>

#include <chrono>
#include <optional>

/*!
    A Python datetime.time: a time of day in microseconds, its fold (1 for the second pass of an hour that a
   clock change repeats), and its time zone if it has one. Converts through QVariant to QTime, which drops all
   but milliseconds, and to QString (ISO).
*/
class PYVENT_EXPORT PyventTime
{
public:
    PyventTime() = default;
    /*! Midnight plus \a sinceMidnight, which must be less than a day. */
    explicit PyventTime(std::chrono::microseconds sinceMidnight, int fold = 0)
        : m_sinceMidnight(sinceMidnight)
        , m_fold(fold)
    {
    }
    explicit PyventTime(QTime time)
        : m_sinceMidnight(std::chrono::milliseconds(time.msecsSinceStartOfDay()))
    {
    }

    bool isValid() const { return m_sinceMidnight.count() >= 0 && m_sinceMidnight < std::chrono::hours(24); }
    int hour() const { return int(m_sinceMidnight / std::chrono::hours(1)); }
    int minute() const { return int(m_sinceMidnight / std::chrono::minutes(1) % 60); }
    int second() const { return int(m_sinceMidnight / std::chrono::seconds(1) % 60); }
    int microsecond() const { return int(m_sinceMidnight.count() % 1000000); }
    int fold() const { return m_fold; }
    std::chrono::microseconds sinceMidnight() const { return m_sinceMidnight; }

    /*!
        What Python's tzinfo holds: invalid if there is none, a PyventTimeDelta for a plain datetime.timezone,
       a PyventObject for anything else, which is sent back unchanged.
    */
    QVariant timeZone() const { return m_timeZone; }
    void setTimeZone(const QVariant &timeZone) { m_timeZone = timeZone; }
    /*! The offset of a datetime.timezone; nothing where there is no zone or only Python can tell its offset.
     */
    std::optional<std::chrono::microseconds> utcOffset() const;
    void setUtcOffset(std::chrono::microseconds offset);

    QTime toTime() const;
    /*! As Python's isoformat(): "03:04:05.000006+00:00". */
    QString toIsoString() const;
    /*! As Python's repr(): "datetime.time(3, 4, 5, 6)". */
    QString toString() const;
    static QString pythonType() { return QStringLiteral("time"); }

    friend bool operator==(const PyventTime &left, const PyventTime &right)
    {
        return left.m_sinceMidnight == right.m_sinceMidnight && left.m_fold == right.m_fold
            && left.m_timeZone == right.m_timeZone;
    }
    friend bool operator!=(const PyventTime &left, const PyventTime &right) { return !(left == right); }

private:
    std::chrono::microseconds m_sinceMidnight{0};
    int m_fold = 0;
    QVariant m_timeZone;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventTime &value);

Q_DECLARE_TYPEINFO(PyventTime, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventTime)

#endif
