// SPDX-License-Identifier: MIT
#include "timespelling.h"

#include "pythonrepr.h"
#include "pyventtimedelta.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

QString isoOffset(std::chrono::microseconds offset)
{
    const QLatin1Char zero('0');
    const QLatin1String sign(offset.count() < 0 ? "-" : "+");
    const qint64 micros = std::abs(offset.count());
    const qint64 seconds = micros / 1000000;
    QString text = sign + u"%1:%2"_s.arg(seconds / 3600, 2, 10, zero).arg(seconds / 60 % 60, 2, 10, zero);
    if (micros % 60000000)
        text += u":%1"_s.arg(seconds % 60, 2, 10, zero);
    if (micros % 1000000)
        text += u".%1"_s.arg(micros % 1000000, 6, 10, zero);
    return text;
}

QString timeArguments(const PyventTime &time)
{
    QString text = u"%1, %2"_s.arg(time.hour()).arg(time.minute());
    if (time.second() || time.microsecond())
        text += u", %1"_s.arg(time.second());
    if (time.microsecond())
        text += u", %1"_s.arg(time.microsecond());
    if (time.fold())
        text += u", fold=1"_s;
    const QVariant zone = time.timeZone();
    if (!zone.isValid())
        return text;
    if (zone.metaType() != QMetaType::fromType<PyventTimeDelta>())
        return text + ", tzinfo="_L1 + pythonRepr(zone);
    const auto offset = zone.value<PyventTimeDelta>();
    if (offset == PyventTimeDelta())
        return text + ", tzinfo=datetime.timezone.utc"_L1;
    return text + u", tzinfo=datetime.timezone(%1)"_s.arg(offset.toString());
}

} // namespace Pyvent::Internal
