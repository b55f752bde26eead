// SPDX-License-Identifier: MIT
#include "pyventtime.h"

#include "pythonrepr.h"
#include "pyventobject.h"
#include "pyventtimedelta.h"
#include "timespelling.h"

#include <QtCore/qdebug.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

std::optional<std::chrono::microseconds> PyventTime::utcOffset() const
{
    QVariant offset = m_timeZone;
    if (offset.metaType() == QMetaType::fromType<PyventObject>()) {
        // timezone(offset, name): a fixed offset that has a name as well
        const auto zone = offset.value<PyventObject>();
        if (!zone.isA("datetime"_L1, "timezone"_L1) || zone.arguments().isEmpty())
            return {};
        offset = zone.arguments().constFirst();
    }
    if (offset.metaType() != QMetaType::fromType<PyventTimeDelta>())
        return {};
    bool ok = false;
    const auto value = offset.value<PyventTimeDelta>().toMicroseconds(&ok);
    // Python's own bound. What is beyond it comes from no datetime.timezone.
    const bool isOffset = ok && value > std::chrono::hours(-24) && value < std::chrono::hours(24);
    return isOffset ? std::optional(value) : std::nullopt;
}

void PyventTime::setUtcOffset(std::chrono::microseconds offset)
{
    m_timeZone = QVariant::fromValue(PyventTimeDelta(offset));
}

QTime PyventTime::toTime() const
{
    return QTime(hour(), minute(), second(), microsecond() / 1000);
}

QString PyventTime::toIsoString() const
{
    const QLatin1Char zero('0');
    QString text = u"%1:%2:%3"_s.arg(hour(), 2, 10, zero).arg(minute(), 2, 10, zero).arg(second(), 2, 10, zero);
    if (microsecond())
        text += u".%1"_s.arg(microsecond(), 6, 10, zero);
    const auto offset = utcOffset();
    return offset ? text + isoOffset(*offset) : text;
}

QString PyventTime::toString() const
{
    return u"datetime.time(%1)"_s.arg(timeArguments(*this));
}

QDebug operator<<(QDebug debug, const PyventTime &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
