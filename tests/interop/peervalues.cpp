// SPDX-License-Identifier: MIT
#include "peervalues.h"

#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventSet>
#include <PyventTime>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/qendian.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <bit>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

constexpr qint64 exactInJson = qint64(1) << 53;

const QString typeKey = u"$type"_s;

QJsonArray encodeItems(const QVariantList &items)
{
    QJsonArray array;
    for (const QVariant &item : items)
        array.append(encodeValue(item));
    return array;
}

QVariantList decodeItems(const QJsonArray &array)
{
    QVariantList items;
    for (const QJsonValue &item : array)
        items.append(decodeValue(item));
    return items;
}

QJsonValue encodeSet(const PyventSet &set)
{
    const auto text = [](const QJsonValue &value) {
        return QJsonDocument(QJsonArray({value})).toJson(QJsonDocument::Compact);
    };
    const QJsonArray items = encodeItems(set.items());
    QList<QJsonValue> sorted(items.begin(), items.end());
    std::sort(sorted.begin(), sorted.end(),
              [&](const QJsonValue &a, const QJsonValue &b) { return text(a) < text(b); });
    QJsonArray array;
    for (const QJsonValue &item : std::as_const(sorted))
        array.append(item);
    return typedValue(set.pythonType(), array);
}

QJsonValue encodePairs(const QList<PyventDict::Pair> &pairs)
{
    QJsonArray array;
    for (const auto &[key, value] : pairs)
        array.append(QJsonArray({encodeValue(key), encodeValue(value)}));
    return typedValue(u"dict"_s, array);
}

QJsonValue encodeMap(const QVariantMap &map)
{
    if (map.contains(typeKey)) {
        QList<PyventDict::Pair> pairs;
        for (auto item = map.cbegin(); item != map.cend(); ++item)
            pairs.emplaceBack(item.key(), item.value());
        return encodePairs(pairs);
    }
    QJsonObject object;
    for (auto item = map.cbegin(); item != map.cend(); ++item)
        object.insert(item.key(), encodeValue(item.value()));
    return object;
}

QJsonValue encodeInteger(qint64 value)
{
    if (value > -exactInJson && value < exactInJson)
        return value;
    return typedValue(u"int"_s, QString::number(value));
}

std::chrono::microseconds parseOffset(QStringView text) // "+01:00" or "+01:00:30"
{
    const int sign = text.startsWith(u'-') ? -1 : 1;
    const QTime offset = QTime::fromString(text.mid(1).toString(), text.size() > 6 ? u"HH:mm:ss"_s : u"HH:mm"_s);
    return std::chrono::milliseconds(sign * offset.msecsSinceStartOfDay());
}

PyventTime parseTime(QStringView text) // "03:04:05.000006+01:00"
{
    const auto isSign = [](QChar c) { return c == u'+' || c == u'-'; };
    const qsizetype offsetAt = std::find_if(text.begin(), text.end(), isSign) - text.begin();
    const QStringView clock = text.first(offsetAt);
    const QTime whole = QTime::fromString(clock.first(8).toString(), u"HH:mm:ss"_s);
    const auto micro = std::chrono::microseconds(clock.size() > 9 ? clock.mid(9).toInt() : 0);
    PyventTime time(std::chrono::milliseconds(whole.msecsSinceStartOfDay()) + micro);
    if (offsetAt < text.size())
        time.setUtcOffset(parseOffset(text.mid(offsetAt)));
    return time;
}

QVariant decodeInteger(const QString &digits)
{
    const PyventInteger integer = PyventInteger::fromString(digits);
    bool fits = false;
    if (const qlonglong value = integer.toLongLong(&fits); fits)
        return value;
    return QVariant::fromValue(integer);
}

QVariant decodeTyped(const QString &type, const QJsonValue &value)
{
    const QString text = value.toString();
    const QVariantList items = decodeItems(value.toArray());
    if (type == "int"_L1)
        return decodeInteger(text);
    if (type == "float"_L1)
        return std::bit_cast<double>(text.toULongLong(nullptr, 16));
    if (type == "bytes"_L1)
        return QByteArray::fromBase64(text.toLatin1());
    if (type == "tuple"_L1)
        return QVariant::fromValue(PyventTuple(items));
    if (type == "set"_L1)
        return QVariant::fromValue(PyventSet(items));
    if (type == "frozenset"_L1)
        return QVariant::fromValue(PyventSet(items, PyventSet::FrozenSet));
    if (type == "datetime"_L1) {
        const QDate date = QDate::fromString(text.first(10), Qt::ISODate);
        return QVariant::fromValue(PyventDateTime(date, parseTime(QStringView(text).mid(11))));
    }
    if (type == "date"_L1)
        return QDate::fromString(text, Qt::ISODate);
    if (type == "time"_L1)
        return QVariant::fromValue(parseTime(text));
    if (type == "timedelta"_L1)
        return QVariant::fromValue(
            PyventTimeDelta(items[0].toLongLong(), items[1].toLongLong(), items[2].toLongLong()));
    if (type == "UUID"_L1)
        return QUuid::fromString(text);
    if (type == "dict"_L1) {
        QList<PyventDict::Pair> pairs;
        for (const QJsonValue &pair : value.toArray())
            pairs.emplaceBack(decodeValue(pair[0]), decodeValue(pair[1]));
        return QVariant::fromValue(PyventDict(pairs));
    }
    qFatal("No value can be made of the type '%s'", qPrintable(type));
}

} // namespace

QJsonValue typedValue(const QString &type, const QJsonValue &value)
{
    return QJsonObject({{typeKey, type}, {u"value"_s, value}});
}

QJsonValue floatValue(double value)
{
    const quint64 bits = qToBigEndian(std::bit_cast<quint64>(value));
    const QByteArray bytes(reinterpret_cast<const char *>(&bits), sizeof bits);
    return typedValue(u"float"_s, QString::fromLatin1(bytes.toHex()));
}

QJsonValue encodeValue(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return QJsonValue::Null;
    case QMetaType::Bool:
        return value.toBool();
    case QMetaType::Int:
    case QMetaType::LongLong:
        return encodeInteger(value.toLongLong());
    case QMetaType::ULongLong: {
        const qulonglong number = value.toULongLong();
        return number < qulonglong(exactInJson) ? QJsonValue(qint64(number))
                                                : typedValue(u"int"_s, QString::number(number));
    }
    case QMetaType::Double:
        return floatValue(value.toDouble());
    case QMetaType::QString:
        return value.toString();
    case QMetaType::QByteArray:
        return typedValue(u"bytes"_s, QString::fromLatin1(value.toByteArray().toBase64()));
    case QMetaType::QVariantList:
        return encodeItems(value.toList());
    case QMetaType::QVariantMap:
        return encodeMap(value.toMap());
    case QMetaType::QDate:
        return typedValue(u"date"_s, value.toDate().toString(Qt::ISODate));
    case QMetaType::QUuid:
        return typedValue(u"UUID"_s, value.toUuid().toString(QUuid::WithoutBraces));
    default:
        break;
    }
    const QMetaType type = value.metaType();
    if (type == QMetaType::fromType<PyventInteger>())
        return typedValue(u"int"_s, value.value<PyventInteger>().toString());
    if (type == QMetaType::fromType<PyventTuple>())
        return typedValue(u"tuple"_s, encodeItems(value.value<PyventTuple>().items()));
    if (type == QMetaType::fromType<PyventSet>())
        return encodeSet(value.value<PyventSet>());
    if (type == QMetaType::fromType<PyventDict>())
        return encodePairs(value.value<PyventDict>().pairs());
    if (type == QMetaType::fromType<PyventDateTime>())
        return typedValue(u"datetime"_s, value.value<PyventDateTime>().toIsoString());
    if (type == QMetaType::fromType<PyventTime>())
        return typedValue(u"time"_s, value.value<PyventTime>().toIsoString());
    if (type == QMetaType::fromType<PyventTimeDelta>()) {
        const auto delta = value.value<PyventTimeDelta>();
        return typedValue(u"timedelta"_s, QJsonArray({delta.days(), delta.seconds(), delta.microseconds()}));
    }
    if (type == QMetaType::fromType<PyventObject>()) {
        const auto object = value.value<PyventObject>();
        return typedValue(object.pythonType(), object.toString());
    }
    return typedValue(QString::fromLatin1(type.name()), value.toString());
}

QVariant decodeValue(const QJsonValue &json)
{
    switch (json.type()) {
    case QJsonValue::Null:
    case QJsonValue::Undefined:
        return QVariant();
    case QJsonValue::Bool:
        return json.toBool();
    case QJsonValue::Double:
        return json.toInteger();
    case QJsonValue::String:
        return json.toString();
    case QJsonValue::Array:
        return decodeItems(json.toArray());
    case QJsonValue::Object:
        break;
    }
    const QJsonObject object = json.toObject();
    if (object.contains(typeKey))
        return decodeTyped(object[typeKey].toString(), object["value"_L1]);
    QVariantMap map;
    for (auto item = object.begin(); item != object.end(); ++item)
        map.insert(item.key(), decodeValue(item.value()));
    return map;
}

} // namespace PyventTests
