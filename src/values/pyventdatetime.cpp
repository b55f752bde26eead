// SPDX-License-Identifier: MIT
#include "pyventdatetime.h"

#include "pyventobject.h"
#include "timespelling.h"

#include <QtCore/qdebug.h>
#include <QtCore/qtimezone.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

PyventDateTime::PyventDateTime(const QDateTime &dateTime)
    : m_date(dateTime.date())
    , m_time(dateTime.time())
{
    if (dateTime.timeSpec() != Qt::LocalTime)
        m_time.setUtcOffset(std::chrono::seconds(dateTime.offsetFromUtc()));
}

QDateTime PyventDateTime::toDateTime(bool *ok) const
{
    QDateTime result;
    const QTime time = m_time.toTime();
    if (!m_time.timeZone().isValid()) {
        result = QDateTime(m_date, time, Qt::LocalTime);
    } else if (const auto offset = m_time.utcOffset()) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(*offset);
        result = seconds.count() == 0 ? QDateTime(m_date, time, Qt::UTC)
                                      : QDateTime(m_date, time, Qt::OffsetFromUTC, int(seconds.count()));
    } else {
        const auto zone = m_time.timeZone().value<PyventObject>();
        const QVariantList arguments = zone.arguments();
        if (zone.moduleName() == "zoneinfo"_L1 && !arguments.isEmpty()) {
            const QByteArray id = arguments.constFirst().toString().toUtf8();
            if (QTimeZone::isTimeZoneIdAvailable(id))
                result = QDateTime(m_date, time, QTimeZone(id));
        }
    }
    if (ok)
        *ok = result.isValid();
    return result;
}

QString PyventDateTime::toIsoString() const
{
    return m_date.toString(u"yyyy-MM-dd"_s) + u'T' + m_time.toIsoString();
}

QString PyventDateTime::toString() const
{
    return u"datetime.datetime(%1, %2, %3, "_s.arg(m_date.year()).arg(m_date.month()).arg(m_date.day())
        + timeArguments(m_time) + u')';
}

QDebug operator<<(QDebug debug, const PyventDateTime &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
