// SPDX-License-Identifier: MIT
#include "isotime.h"

#include <PyventTimeDelta>

#include <QtCore/qregularexpression.h>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A zone's name that can stand in brackets, and be shown.
const QString zoneNameForm = u"[^\\[\\]\\p{C}]+"_s;

QString foldSuffix(const PyventTime &time)
{
    return time.fold() == 0 ? QString() : u"[fold=%1]"_s.arg(time.fold());
}

// "+01:00" with optional seconds and microseconds, or "Z".
std::optional<std::chrono::microseconds> microsecondsFromIso(QStringView text)
{
    if (text == u"Z")
        return 0us;
    const bool hasSign = text.startsWith(u'+') || text.startsWith(u'-');
    const auto time = hasSign ? timeFromIso(text.sliced(1)) : std::nullopt;
    if (!time || time->timeZone().isValid() || time->fold() != 0)
        return std::nullopt;
    return text.startsWith(u'-') ? -time->sinceMidnight() : time->sinceMidnight();
}

int toFraction(QString digits)
{
    return digits.leftJustified(6, u'0').toInt();
}

// What \a object is called with, if that makes all of it; nothing otherwise.
std::optional<QVariantList> onlyArguments(const PyventObject &object)
{
    const bool isCall = object.kind() == PyventObject::Call && !object.state().isValid() && object.listItems().isEmpty()
        && object.dictItems().size() == 0;
    return isCall ? std::optional(object.arguments()) : std::nullopt;
}

bool isText(const QVariant &value)
{
    return value.typeId() == QMetaType::QString;
}

PyventObject timezoneClass()
{
    return {u"datetime"_s, u"timezone"_s};
}

// The name that a datetime.timezone has beside its offset; empty if none, nothing if \a zone is no timezone, or if the
// name cannot stand in brackets.
std::optional<QString> offsetName(const PyventObject &zone)
{
    const auto arguments = onlyArguments(zone);
    if (!arguments || zone.callable() != timezoneClass())
        return std::nullopt;
    if (arguments->size() == 1)
        return QString();
    static const QRegularExpression form(u"\\A"_s + zoneNameForm + u"\\z"_s);
    if (arguments->size() != 2 || !isText(arguments->at(1)) || !form.match(arguments->at(1).toString()).hasMatch())
        return std::nullopt;
    return arguments->at(1).toString();
}

QString nameSuffix(const QString &name)
{
    return name.isEmpty() ? QString() : u"[tzname=%1]"_s.arg(name);
}

// A datetime.timezone; one without a name as times keep it.
QVariant zoneOf(std::chrono::microseconds offset, const QString &name)
{
    const QVariant delta = QVariant::fromValue(PyventTimeDelta(offset));
    return name.isEmpty() ? delta : QVariant::fromValue(PyventObject::call(timezoneClass(), {delta, name}));
}

// What stands behind the time and its offset; nothing where only Python knows the zone.
std::optional<QString> zoneSuffix(const PyventTime &time)
{
    if (time.timeZone().metaType() != QMetaType::fromType<PyventObject>())
        return QString();
    const auto zone = time.timeZone().value<PyventObject>();
    if (const auto key = zoneInfoKey(zone))
        return u'[' + *key + u']';
    const auto name = offsetName(zone);
    return name && time.utcOffset() ? std::optional(nameSuffix(*name)) : std::nullopt;
}

PyventTime withoutZone(PyventTime time)
{
    time.setTimeZone(QVariant());
    return time;
}

} // namespace

std::optional<QString> toIso(const PyventDateTime &dateTime)
{
    const auto zone = zoneSuffix(dateTime.time());
    return zone ? std::optional(dateTime.toIsoString() + *zone + foldSuffix(dateTime.time())) : std::nullopt;
}

std::optional<QString> toIso(const PyventTime &time)
{
    const auto zone = zoneSuffix(time);
    return zone ? std::optional(time.toIsoString() + *zone + foldSuffix(time)) : std::nullopt;
}

QString toLocalIso(const PyventDateTime &dateTime)
{
    return PyventDateTime(dateTime.date(), withoutZone(dateTime.time())).toIsoString() + foldSuffix(dateTime.time());
}

QString toLocalIso(const PyventTime &time)
{
    return withoutZone(time).toIsoString() + foldSuffix(time);
}

std::optional<QString> offsetToIso(const PyventObject &zone)
{
    const auto name = offsetName(zone);
    if (!name)
        return std::nullopt;
    PyventTime midnight;
    midnight.setTimeZone(QVariant::fromValue(zone));
    if (!midnight.utcOffset())
        return std::nullopt;
    return midnight.toIsoString().sliced(QStringView(u"00:00:00").size()) + nameSuffix(*name);
}

std::optional<PyventObject> offsetFromIso(QStringView text)
{
    static const QRegularExpression form(u"\\A([-+][0-9:.]+)(?:\\[tzname=("_s + zoneNameForm + u")\\])?\\z"_s);
    const QRegularExpressionMatch match = form.match(text.toString());
    const auto offset = match.hasMatch() ? microsecondsFromIso(match.capturedView(1)) : std::nullopt;
    if (!offset)
        return std::nullopt;
    QVariantList arguments{QVariant::fromValue(PyventTimeDelta(*offset))};
    if (match.hasCaptured(2))
        arguments.append(match.captured(2));
    return PyventObject::call(timezoneClass(), arguments);
}

// ZoneInfo.__reduce__() goes by the private function; a call of the class makes an equal one.
std::optional<QString> zoneInfoKey(const PyventObject &zone)
{
    const auto arguments = onlyArguments(zone);
    if (!arguments || arguments->isEmpty() || !isText(arguments->constFirst()))
        return std::nullopt;
    const PyventObject maker = zone.callable();
    const bool isUnpickled = maker == PyventObject(u"zoneinfo"_s, u"ZoneInfo._unpickle"_s) && arguments->size() == 2;
    const bool isCalled = maker == PyventObject(u"zoneinfo"_s, u"ZoneInfo"_s) && arguments->size() == 1;
    const QString key = arguments->constFirst().toString();
    return (isUnpickled || isCalled) && zoneInfoFromKey(key) ? std::optional(key) : std::nullopt;
}

std::optional<PyventObject> zoneInfoFromKey(const QString &key)
{
    static const QRegularExpression form(u"\\A[A-Za-z0-9_+/-]+\\z"_s);
    if (!form.match(key).hasMatch())
        return std::nullopt;
    return PyventObject::call(PyventObject(u"zoneinfo"_s, u"ZoneInfo"_s), {key});
}

QDate dateFromIso(QStringView text)
{
    static const QRegularExpression form(u"\\A[0-9]{4}-[0-9]{2}-[0-9]{2}\\z"_s);
    return form.match(text.toString()).hasMatch() ? QDate::fromString(text.toString(), Qt::ISODate) : QDate();
}

std::optional<PyventTime> timeFromIso(QStringView text)
{
    static const QRegularExpression form(u"\\A([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\\.([0-9]{1,6}))?)?"
                                         "(?:([-+][0-9:.]+|Z)(?:\\[tzname=("_s
                                         + zoneNameForm
                                         + u")\\])?|\\[([A-Za-z0-9_+/-]+)\\])?"
                                           "(?:\\[fold=([01])\\])?\\z"_s);
    const QRegularExpressionMatch match = form.match(text.toString());
    if (!match.hasMatch())
        return std::nullopt;
    const int hour = match.captured(1).toInt();
    const int minute = match.captured(2).toInt();
    const int second = match.captured(3).toInt();
    if (hour > 23 || minute > 59 || second > 59)
        return std::nullopt;
    PyventTime time(std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second)
                        + std::chrono::microseconds(toFraction(match.captured(4))),
                    match.captured(8).toInt());
    if (match.hasCaptured(5)) {
        const auto offset = microsecondsFromIso(match.capturedView(5));
        if (!offset)
            return std::nullopt;
        time.setTimeZone(zoneOf(*offset, match.captured(6)));
    }
    if (match.hasCaptured(7))
        time.setTimeZone(QVariant::fromValue(*zoneInfoFromKey(match.captured(7))));
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

} // namespace Pyvent::Text
