// SPDX-License-Identifier: MIT
#include "isotime.h"

#include <PyventObject>
#include <PyventTimeDelta>

#include <QtCore/qregularexpression.h>
#include <QtCore/qtimezone.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QString foldSuffix(const PyventTime &time)
{
    return time.fold() == 0 ? QString() : u"[fold=%1]"_s.arg(time.fold());
}

bool hasNamedZone(const PyventTime &time)
{
    return time.timeZone().isValid() && !time.utcOffset();
}

// "+01:00" with optional seconds and microseconds, or "Z".
std::optional<std::chrono::microseconds> offsetFromIso(QStringView text)
{
    if (text == u"Z")
        return 0us;
    const auto time = timeFromIso(text.sliced(1));
    if (!time)
        return std::nullopt;
    return text.startsWith(u'-') ? -time->sinceMidnight() : time->sinceMidnight();
}

int toFraction(QString digits)
{
    return digits.leftJustified(6, u'0').toInt();
}

// ZoneInfo.__reduce__() goes by a private function. This makes an equal one.
QVariant zoneNamed(const QString &name)
{
    return QVariant::fromValue(PyventObject::call(PyventObject(u"zoneinfo"_s, u"ZoneInfo"_s), {name}));
}

} // namespace

std::optional<QString> toIso(const PyventDateTime &dateTime)
{
    QString zone;
    if (hasNamedZone(dateTime.time())) {
        bool isKnown = false;
        const QDateTime zoned = dateTime.toDateTime(&isKnown);
        if (!isKnown)
            return std::nullopt;
        zone = u'[' + QString::fromUtf8(zoned.timeZone().id()) + u']';
    }
    return dateTime.toIsoString() + zone + foldSuffix(dateTime.time());
}

std::optional<QString> toIso(const PyventTime &time)
{
    if (hasNamedZone(time))
        return std::nullopt; // which is told of a day only
    return time.toIsoString() + foldSuffix(time);
}

QDate dateFromIso(QStringView text)
{
    static const QRegularExpression form(u"\\A[0-9]{4}-[0-9]{2}-[0-9]{2}\\z"_s);
    return form.match(text.toString()).hasMatch() ? QDate::fromString(text.toString(), Qt::ISODate) : QDate();
}

std::optional<PyventTime> timeFromIso(QStringView text)
{
    static const QRegularExpression form(u"\\A([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\\.([0-9]{1,6}))?)?"
                                         "([-+][0-9:.]+|Z)?(?:\\[([A-Za-z0-9_+/-]+)\\])?(?:\\[fold=([01])\\])?\\z"_s);
    const QRegularExpressionMatch match = form.match(text.toString());
    if (!match.hasMatch() || (match.hasCaptured(5) && match.hasCaptured(6)))
        return std::nullopt;
    const int hour = match.captured(1).toInt();
    const int minute = match.captured(2).toInt();
    const int second = match.captured(3).toInt();
    if (hour > 23 || minute > 59 || second > 59)
        return std::nullopt;
    PyventTime time(std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second)
                        + std::chrono::microseconds(toFraction(match.captured(4))),
                    match.captured(7).toInt());
    if (match.hasCaptured(5)) {
        const auto offset = offsetFromIso(match.capturedView(5));
        if (!offset)
            return std::nullopt;
        time.setUtcOffset(*offset);
    }
    if (match.hasCaptured(6))
        time.setTimeZone(zoneNamed(match.captured(6)));
    return time;
}

std::optional<PyventDateTime> dateTimeFromIso(QStringView text)
{
    constexpr qsizetype dateLength = 10;
    if (text.size() <= dateLength || (text[dateLength] != u'T' && text[dateLength] != u' '))
        return std::nullopt;
    const QDate date = dateFromIso(text.first(dateLength));
    const auto time = timeFromIso(text.sliced(dateLength + 1));
    if (!date.isValid() || !time)
        return std::nullopt;
    const PyventDateTime dateTime(date, *time);
    return dateTime.isValid() ? std::optional(dateTime) : std::nullopt;
}

} // namespace Pyvent::Cli
