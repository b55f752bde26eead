// SPDX-License-Identifier: MIT
#ifndef PYVENTDATETIME_H
#define PYVENTDATETIME_H

#include "pyventtime.h"

/*!
    A Python datetime.datetime: a date and a \l PyventTime with its microseconds, fold and time zone.
    Converts through QVariant to QDateTime and to QString (ISO).
*/
class PYVENT_EXPORT PyventDateTime
{
public:
    PyventDateTime() = default;
    PyventDateTime(QDate date, const PyventTime &time)
        : m_date(date)
        , m_time(time)
    {
    }
    /*! Local time becomes naive, every other time specification a fixed offset. */
    explicit PyventDateTime(const QDateTime &dateTime);

    /*! Whether Python can hold it: years 1 to 9999. */
    bool isValid() const { return m_date.isValid() && m_date.year() >= 1 && m_date.year() <= 9999 && m_time.isValid(); }
    QDate date() const { return m_date; }
    const PyventTime &time() const { return m_time; }

    /*!
        Milliseconds; local time if there is no time zone (Python's own reading of a naive datetime), UTC or a
       fixed offset for a datetime.timezone, the IANA zone for a zoneinfo.ZoneInfo that this system knows. A
       zone that only Python understands gives an invalid QDateTime and false in \a ok.
    */
    QDateTime toDateTime(bool *ok = nullptr) const;
    /*! As Python's isoformat(): "2024-01-02T03:04:05.000006+00:00"; without the offset if only Python knows
     * it. */
    QString toIsoString() const;
    /*! As Python's repr(): "datetime.datetime(2024, 1, 2, 3, 4, 5, 6)". */
    QString toString() const;
    static QString pythonType() { return QStringLiteral("datetime"); }

    friend bool operator==(const PyventDateTime &left, const PyventDateTime &right)
    {
        return left.m_date == right.m_date && left.m_time == right.m_time;
    }
    friend bool operator!=(const PyventDateTime &left, const PyventDateTime &right) { return !(left == right); }

private:
    QDate m_date;
    PyventTime m_time;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventDateTime &value);

Q_DECLARE_TYPEINFO(PyventDateTime, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventDateTime)

#endif
