// SPDX-License-Identifier: MIT
// What a value of a C++ type is by its parts.
#include "valuereader_p.h"

#include "pyventarray.h"
#include "pyventobject.h"
#include "pyventset.h"
#include "typeregistry.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcbormap.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>

namespace Pyvent::Internal {

namespace {

// A value of one of Qt's classes for JSON and CBOR as other values are.
QVariant withoutJson(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::QJsonValue:
        return value.toJsonValue().toVariant();
    case QMetaType::QJsonArray:
        return value.toJsonArray().toVariantList();
    case QMetaType::QJsonObject:
        return value.toJsonObject().toVariantMap();
    case QMetaType::QJsonDocument:
        return value.toJsonDocument().toVariant();
    case QMetaType::QCborValue:
        return value.value<QCborValue>().toVariant();
    case QMetaType::QCborArray:
        return value.value<QCborArray>().toVariantList();
    case QMetaType::QCborMap:
        return value.value<QCborMap>().toVariantMap();
    default:
        return value;
    }
}

bool pairsOf(const QVariantMap &map, QList<PyventDict::Pair> *pairs)
{
    pairs->reserve(map.size());
    for (auto it = map.cbegin(); it != map.cend(); ++it)
        pairs->emplaceBack(it.key(), it.value());
    return true;
}

} // namespace

QVariant plainValue(const QVariant &value)
{
    if (const QVariant plain = withoutJson(value); plain.metaType() != value.metaType())
        return plain;
    if (value.typeId() < QMetaType::User && value.typeId() != QMetaType::QStringList
        && value.typeId() != QMetaType::QByteArrayList && value.typeId() != QMetaType::QVariantPair)
        return QVariant();
    if (value.metaType().flags() & QMetaType::IsEnumeration)
        return value.toLongLong();
    if (value.metaType().flags() & QMetaType::IsGadget)
        return PyventBinding::gadgetArguments(*value.metaType().metaObject(), value.constData());
    const PyventBinding::Conversion *conversion = conversionFor(value.metaType());
    QVariant plain = conversion ? conversion->toValue(value.constData()) : QVariant();
    return plain.metaType() == value.metaType() ? QVariant() : plain;
}

bool itemsOf(const QVariant &value, QVariantList *items)
{
    bool isList = true;
    if (value.typeId() == QMetaType::QVariantList)
        *items = *static_cast<const QVariantList *>(value.constData());
    else if (const auto *tuple = as<PyventTuple>(value))
        *items = tuple->items();
    else if (const auto *set = as<PyventSet>(value))
        *items = set->items();
    else if (const auto *array = as<PyventArray>(value))
        *items = array->toList(&isList);
    else if (const auto *object = as<PyventObject>(value))
        *items = object->toList(&isList);
    else
        isList = false;
    return isList;
}

bool pairsOf(const QVariant &value, QList<PyventDict::Pair> *pairs)
{
    if (value.typeId() == QMetaType::QVariantMap || value.typeId() == QMetaType::QVariantHash)
        return pairsOf(value.toMap(), pairs);
    if (const auto *dict = as<PyventDict>(value)) {
        *pairs = dict->pairs();
        return true;
    }
    const auto *object = as<PyventObject>(value);
    if (!object)
        return false;
    *pairs = object->dictItems().pairs();
    bool isMap = true;
    return !pairs->isEmpty() || (pairsOf(object->toMap(&isMap), pairs) && isMap);
}

} // namespace Pyvent::Internal
