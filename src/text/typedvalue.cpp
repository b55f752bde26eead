// SPDX-License-Identifier: MIT
#include "typedvalue.h"

#include "decimal.h"
#include "isotime.h"
#include "numpyvalue.h"
#include "objectvalue.h"
#include "pythontext.h"

#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTime>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/quuid.h>

#include <limits>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

template <typename Time>
TypedValue timeToTyped(const Time &time, const PyventTime &withZone)
{
    if (const auto iso = toIso(time))
        return {Time::pythonType(), *iso};
    return {Time::pythonType(), QVariantMap{{u"iso"_s, toLocalIso(time)}, {u"tzinfo"_s, withZone.timeZone()}}};
}

TypedValue deltaToTyped(const PyventTimeDelta &delta)
{
    return {PyventTimeDelta::pythonType(),
            QVariantList{qlonglong(delta.days()), qlonglong(delta.seconds()), qlonglong(delta.microseconds())}};
}

TypedValue qtValueToTyped(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::QVariantMap:
        return {u"dict"_s, toPairs(value.toMap())};
    case QMetaType::QDate:
        return {u"date"_s, value.toDate().toString(Qt::ISODate)};
    case QMetaType::QTime:
        return toTyped(QVariant::fromValue(PyventTime(value.toTime())));
    case QMetaType::QDateTime:
        return toTyped(QVariant::fromValue(PyventDateTime(value.toDateTime())));
    case QMetaType::QUuid:
        return {u"UUID"_s, value.toUuid().toString(QUuid::WithoutBraces)};
    default:
        return {QString::fromLatin1(value.metaType().name()), qtText(value)};
    }
}

// The readers return an invalid value for what is none of their type.

QVariant readFloat(const QVariant &value)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const QString text = value.toString();
    if (text == u"nan"_s)
        return std::numeric_limits<double>::quiet_NaN();
    return text == u"inf"_s ? QVariant(infinity) : text == u"-inf"_s ? QVariant(-infinity) : QVariant();
}

QVariant readInteger(const QVariant &value)
{
    return integerFromText(value.toString());
}

QVariant readBytes(const QVariant &value)
{
    const auto bytes = bytesFromBase64(value);
    return bytes ? QVariant(*bytes) : QVariant();
}

QVariant readTuple(const QVariant &value)
{
    return value.typeId() == QMetaType::QVariantList ? QVariant::fromValue(PyventTuple(value.toList())) : QVariant();
}

template <PyventSet::Kind Kind>
QVariant readSet(const QVariant &value)
{
    return value.typeId() == QMetaType::QVariantList ? QVariant::fromValue(PyventSet(value.toList(), Kind))
                                                     : QVariant();
}

QVariant readDate(const QVariant &value)
{
    const QDate date = dateFromIso(value.toString());
    return date.isValid() ? QVariant(date) : QVariant();
}

// The tzinfo beside a time; invalid if \a value is a time alone. Sets \a iso to the time.
QVariant takeZone(const QVariant &value, QString *iso)
{
    const QVariantMap members = value.toMap();
    const QVariant zone = members.value(u"tzinfo"_s);
    const bool isPair = members.size() == 2 && zone.isValid();
    *iso = isPair ? members.value(u"iso"_s).toString() : value.toString();
    return isPair ? zone : QVariant();
}

QVariant readTime(const QVariant &value)
{
    QString iso;
    const QVariant zone = takeZone(value, &iso);
    std::optional<PyventTime> time = timeFromIso(iso);
    if (!time)
        return QVariant();
    if (zone.isValid())
        time->setTimeZone(zone);
    return QVariant::fromValue(*time);
}

QVariant readDateTime(const QVariant &value)
{
    QString iso;
    const QVariant zone = takeZone(value, &iso);
    const std::optional<PyventDateTime> dateTime = dateTimeFromIso(iso);
    if (!dateTime)
        return QVariant();
    PyventTime time = dateTime->time();
    if (zone.isValid())
        time.setTimeZone(zone);
    return QVariant::fromValue(PyventDateTime(dateTime->date(), time));
}

QVariant readTimeDelta(const QVariant &value)
{
    const QVariantList parts = value.toList();
    if (value.typeId() != QMetaType::QVariantList || parts.size() != 3)
        return QVariant();
    for (const QVariant &part : parts) {
        // Python's own limit, and small enough to add up.
        constexpr qlonglong most = 999'999'999'999'999'999;
        if (part.typeId() != QMetaType::LongLong || part.toLongLong() > most || part.toLongLong() < -most)
            return QVariant();
    }
    const PyventTimeDelta delta(parts[0].toLongLong(), parts[1].toLongLong(), parts[2].toLongLong());
    return delta.isValid() ? QVariant::fromValue(delta) : QVariant();
}

QVariant readUuid(const QVariant &value)
{
    const QUuid uuid = QUuid::fromString(value.toString());
    const bool isNil = value.toString() == QUuid().toString(QUuid::WithoutBraces);
    return uuid.isNull() && !isNil ? QVariant() : QVariant(uuid);
}

struct Reader
{
    QStringView type;
    QVariant (*read)(const QVariant &value);
};

constexpr Reader readers[] = {
    {u"float", readFloat},
    {u"int", readInteger},
    {u"bytes", readBytes},
    {u"tuple", readTuple},
    {u"set", readSet<PyventSet::Set>},
    {u"frozenset", readSet<PyventSet::FrozenSet>},
    {u"dict", dictFromPairs},
    {u"date", readDate},
    {u"time", readTime},
    {u"datetime", readDateTime},
    {u"timedelta", readTimeDelta},
    {u"UUID", readUuid},
};

} // namespace

TypedValue toTyped(const QVariant &value)
{
    if (const auto *typed = as<TypedValue>(value))
        return *typed;
    if (const auto *tuple = as<PyventTuple>(value))
        return {tuple->pythonType(), tuple->items()};
    if (const auto *set = as<PyventSet>(value))
        return {set->pythonType(), set->items()};
    if (const auto *dict = as<PyventDict>(value))
        return {dict->pythonType(), toPairs(*dict)};
    if (const auto *dateTime = as<PyventDateTime>(value))
        return timeToTyped(*dateTime, dateTime->time());
    if (const auto *time = as<PyventTime>(value))
        return timeToTyped(*time, *time);
    if (const auto *delta = as<PyventTimeDelta>(value))
        return deltaToTyped(*delta);
    if (const auto *integer = as<PyventInteger>(value))
        return {integer->pythonType(), integer->toString()};
    if (const auto *object = as<PyventObject>(value))
        return objectToTyped(*object);
    if (const auto *array = as<PyventArray>(value))
        return numpyToTyped(*array);
    return qtValueToTyped(value);
}

QVariant fromTyped(const TypedValue &typed, Objects objects, QString *error)
{
    for (const Reader &reader : readers) {
        if (typed.type != reader.type)
            continue;
        if (QVariant value = reader.read(typed.value); value.isValid())
            return value;
    }
    if (QVariant value = numpyFromTyped(typed); value.isValid())
        return value;
    if (const auto object = objectFromTyped(typed))
        return QVariant::fromValue(*object);
    const auto object = objects == Objects::Made ? objectFromMembers(typed.value) : std::nullopt;
    if (object)
        return QVariant::fromValue(*object);
    if (objects == Objects::Refused && isMembers(typed.value)) {
        *error =
            u"this is an object of Python's class '%1', which a Python receiver would call; 'pyvent send --from-json' "
            "sends it"_s.arg(typed.type);
    } else if (typed.type == u"int"_s && !whyTooLong(typed.value.toString()).isEmpty()) {
        *error = whyTooLong(typed.value.toString());
    } else {
        *error = u"this is not what 'pyvent listen --json' prints for the type '%1'"_s.arg(typed.type);
    }
    return QVariant();
}

std::optional<QByteArray> bytesFromBase64(const QVariant &text)
{
    if (text.typeId() != QMetaType::QString)
        return std::nullopt;
    const QByteArray base64 = text.toString().toLatin1();
    // Qt overlooks what is missing at the end.
    const auto bytes = QByteArray::fromBase64Encoding(base64, QByteArray::AbortOnBase64DecodingErrors);
    return bytes && bytes.decoded.toBase64() == base64 ? std::optional(bytes.decoded) : std::nullopt;
}

} // namespace Pyvent::Text
