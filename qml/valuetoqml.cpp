// SPDX-License-Identifier: MIT
#include "valuetoqml.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/qdatetime.h>
#include <QtCore/quuid.h>

namespace Pyvent::Qml {

namespace {

// JavaScript's Number.MAX_SAFE_INTEGER: beyond, neighbours share a number.
constexpr qint64 maximumSafeInteger = (qint64(1) << 53) - 1;

template <typename T>
const T &as(const QVariant &value)
{
    return *static_cast<const T *>(value.constData());
}

template <typename T>
bool holds(const QVariant &value)
{
    return value.metaType() == QMetaType::fromType<T>();
}

QVariantList listToQml(const QVariantList &list)
{
    QVariantList result;
    result.reserve(list.size());
    for (const QVariant &item : list)
        result.append(valueToQml(item));
    return result;
}

QVariant dateTimeToQml(const PyventDateTime &dateTime)
{
    bool ok = false;
    const QDateTime moment = dateTime.toDateTime(&ok);
    return ok ? QVariant(moment) : QVariant(dateTime.toIsoString());
}

QVariant arrayToQml(const PyventArray &array)
{
    bool ok = false;
    if (array.isScalar()) {
        const QVariant element = array.size() == 1 ? array.at(0) : QVariant();
        return element.isValid() ? valueToQml(element) : QVariant(array.toString());
    }
    const QVariantList list = array.toList(&ok);
    return ok ? QVariant(listToQml(list)) : QVariant(array.toString());
}

// The first of the object's readings that keeps everything, else what Python prints.
QVariant objectToQml(const PyventObject &object)
{
    bool ok = false;
    if (const QByteArray bytes = object.toByteArray(&ok); ok)
        return bytes;
    if (const QVariantMap map = object.toMap(&ok); ok)
        return valuesToQml(map);
    if (const QVariantList list = object.toList(&ok); ok)
        return listToQml(list);
    if (const QString text = object.toText(&ok); ok)
        return text;
    if (const qlonglong whole = object.toLongLong(&ok); ok)
        return valueToQml(whole);
    if (const double number = object.toDouble(&ok); ok)
        return number;
    return object.toString();
}

QVariant timeDeltaToQml(const PyventTimeDelta &delta)
{
    constexpr double millisecondsPerDay = 86'400'000.0;
    return double(delta.days()) * millisecondsPerDay + delta.seconds() * 1000.0 + delta.microseconds() / 1000.0;
}

QVariant pyventValueToQml(const QVariant &value)
{
    if (holds<PyventTuple>(value))
        return listToQml(as<PyventTuple>(value).items());
    if (holds<PyventSet>(value))
        return listToQml(as<PyventSet>(value).items());
    if (holds<PyventDict>(value))
        return valuesToQml(as<PyventDict>(value).toMap());
    if (holds<PyventInteger>(value))
        return as<PyventInteger>(value).toString();
    if (holds<PyventDateTime>(value))
        return dateTimeToQml(as<PyventDateTime>(value));
    if (holds<PyventTime>(value))
        return as<PyventTime>(value).toIsoString();
    if (holds<PyventTimeDelta>(value))
        return timeDeltaToQml(as<PyventTimeDelta>(value));
    if (holds<PyventArray>(value))
        return arrayToQml(as<PyventArray>(value));
    if (holds<PyventObject>(value))
        return objectToQml(as<PyventObject>(value));
    return value; // a colour, a point, a URL: what QML knows itself
}

} // namespace

QVariant valueToQml(const QVariant &value)
{
    switch (value.metaType().id()) {
    case QMetaType::UnknownType: // JavaScript would see undefined
        return QVariant::fromValue(nullptr);
    case QMetaType::LongLong: {
        const qlonglong number = value.toLongLong();
        const bool isSafe = number <= maximumSafeInteger && number >= -maximumSafeInteger;
        return isSafe ? value : QVariant(QString::number(number));
    }
    case QMetaType::ULongLong: {
        const qulonglong number = value.toULongLong();
        return number <= qulonglong(maximumSafeInteger) ? value : QVariant(QString::number(number));
    }
    case QMetaType::QVariantList:
        return listToQml(as<QVariantList>(value));
    case QMetaType::QVariantMap:
        return valuesToQml(as<QVariantMap>(value));
    case QMetaType::QDate: // QML would take midnight in UTC, which is the day before in America
        return value.toDate().startOfDay();
    case QMetaType::QTime:
        return value.toTime().toString(Qt::ISODateWithMs);
    case QMetaType::QUuid:
        return value.toUuid().toString(QUuid::WithoutBraces);
    default:
        return value.metaType().id() < QMetaType::User ? value : pyventValueToQml(value);
    }
}

QVariantMap valuesToQml(const QVariantMap &values)
{
    QVariantMap result;
    for (auto it = values.cbegin(); it != values.cend(); ++it)
        result.insert(result.cend(), it.key(), valueToQml(it.value()));
    return result;
}

} // namespace Pyvent::Qml
