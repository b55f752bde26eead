// SPDX-License-Identifier: MIT
// Qt's classes for JSON and CBOR.
#include "valuereader_p.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcbormap.h>
#include <QtCore/qcborvalue.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>

namespace PyventBinding {

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

template <typename T>
bool assign(void *object, const T &value)
{
    *static_cast<T *>(object) = value;
    return true;
}

} // namespace

bool ValueReader::readJson(const QVariant &value, QMetaType type, void *object)
{
    const int id = type.id();
    const bool isJson = id == QMetaType::QJsonValue || id == QMetaType::QJsonArray || id == QMetaType::QJsonObject
        || id == QMetaType::QJsonDocument;
    QCborValue cbor;
    if (!readCbor(value, type, isJson, &cbor))
        return false;
    switch (id) {
    case QMetaType::QJsonValue:
        return assign(object, cbor.toJsonValue());
    case QMetaType::QCborValue:
        return assign(object, cbor);
    case QMetaType::QJsonArray:
        return cbor.isArray() ? assign(object, cbor.toArray().toJsonArray()) : doesNotConvert(value, type);
    case QMetaType::QCborArray:
        return cbor.isArray() ? assign(object, cbor.toArray()) : doesNotConvert(value, type);
    case QMetaType::QJsonObject:
        return cbor.isMap() ? assign(object, cbor.toMap().toJsonObject()) : doesNotConvert(value, type);
    case QMetaType::QCborMap:
        return cbor.isMap() ? assign(object, cbor.toMap()) : doesNotConvert(value, type);
    default: // QJsonDocument
        if (cbor.isArray())
            return assign(object, QJsonDocument(cbor.toArray().toJsonArray()));
        return cbor.isMap() ? assign(object, QJsonDocument(cbor.toMap().toJsonObject())) : doesNotConvert(value, type);
    }
}

// \a type is what is wanted in the end, for JSON has less than CBOR.
bool ValueReader::readCbor(const QVariant &value, QMetaType type, bool isJson, QCborValue *cbor)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return assign(cbor, QCborValue(nullptr));
    case QMetaType::Bool:
        return assign(cbor, QCborValue(value.toBool()));
    case QMetaType::Float:
    case QMetaType::Double:
        return assign(cbor, QCborValue(value.toDouble()));
    case QMetaType::QString:
        return assign(cbor, QCborValue(value.toString()));
    case QMetaType::QByteArray:
        return isJson ? doesNotConvert(value, type) : assign(cbor, QCborValue(value.toByteArray()));
    default:
        break;
    }
    if (isNumber(value)) {
        qint64 number = 0;
        const bool fits = storeInteger(value, sizeof number, true, &number) == Stored::Yes;
        return assign(cbor, fits ? QCborValue(number) : QCborValue(value.toDouble()));
    }
    if (QList<PyventDict::Pair> entries; pairsOf(value, &entries) || pairsOf(plainValue(value), &entries))
        return readCborMap(entries, type, isJson, cbor);
    if (QVariantList list; itemsOf(value, &list) || itemsOf(plainValue(value), &list))
        return readCborArray(list, type, isJson, cbor);
    if (const QVariant plain = plainValue(value); plain.isValid())
        return readCbor(plain, type, isJson, cbor);
    if (double real = 0; QMetaType::convert(value.metaType(), value.constData(), QMetaType::fromType<double>(), &real))
        return assign(cbor, QCborValue(real));
    if (QString text; QMetaType::convert(value.metaType(), value.constData(), QMetaType::fromType<QString>(), &text))
        return assign(cbor, QCborValue(text));
    return doesNotConvert(value, type);
}

bool ValueReader::readCborArray(const QVariantList &items, QMetaType type, bool isJson, QCborValue *cbor)
{
    QCborArray array;
    for (qsizetype i = 0; i < items.size(); ++i) {
        QCborValue item;
        if (!readCbor(items.at(i), type, isJson, &item))
            return failedAt(i);
        array.append(item);
    }
    return assign(cbor, QCborValue(array));
}

bool ValueReader::readCborMap(const QList<PyventDict::Pair> &entries, QMetaType type, bool isJson, QCborValue *cbor)
{
    QCborMap map;
    for (const auto &[key, value] : entries) {
        QCborValue item;
        if (!readCbor(value, type, isJson, &item))
            return failedAt(key);
        if (isJson) {
            QString name;
            if (!read(key, QMetaType::fromType<QString>(), &name))
                return keyFailed(key);
            map.insert(name, item);
        } else {
            QCborValue name;
            if (!readCbor(key, type, isJson, &name))
                return keyFailed(key);
            map.insert(name, item);
        }
    }
    return assign(cbor, QCborValue(map));
}

} // namespace PyventBinding
