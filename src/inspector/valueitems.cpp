// SPDX-License-Identifier: MIT
#include "valueitems.h"

#include "pythontext.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDict>
#include <PyventObject>
#include <PyventSet>
#include <PyventTuple>

namespace Pyvent::Inspector {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

// The items of what is a sequence here; nothing for anything else.
QVariantList sequence(const QVariant &value)
{
    if (const auto *tuple = as<PyventTuple>(value))
        return tuple->items();
    if (const auto *set = as<PyventSet>(value))
        return set->items();
    if (const auto *object = as<PyventObject>(value)) {
        bool isList = false;
        const QVariantList items = object->toList(&isList);
        return isList ? items : QVariantList();
    }
    if (value.typeId() == QMetaType::QVariantList || value.typeId() == QMetaType::QStringList)
        return value.toList();
    return {};
}

// The members of what is a map here.
QVariantMap mapping(const QVariant &value)
{
    if (value.typeId() == QMetaType::QVariantMap)
        return value.toMap();
    if (const auto *object = as<PyventObject>(value)) {
        bool isMap = false;
        const QVariantMap members = object->toMap(&isMap);
        return isMap ? members : QVariantMap();
    }
    return {};
}

// An array of more than one dimension has arrays as its items, as in Python.
QVariant row(const PyventArray &array, qsizetype index)
{
    const QList<qsizetype> shape = array.shape();
    if (shape.size() <= 1)
        return array.at(index);
    const QList<qsizetype> rest = shape.sliced(1);
    qsizetype elements = 1;
    for (const qsizetype length : rest)
        elements *= length;
    const qsizetype step = array.itemSize();
    if (array.order() == PyventArray::RowMajor) {
        return QVariant::fromValue(
            PyventArray(array.dtype(), rest, array.data().sliced(index * elements * step, elements * step)));
    }
    QByteArray data;
    for (qsizetype i = 0; i < elements; ++i)
        data += array.data().sliced((index + i * shape.first()) * step, step);
    return QVariant::fromValue(PyventArray(array.dtype(), rest, data, PyventArray::ColumnMajor));
}

} // namespace

qsizetype itemCount(const QVariant &value)
{
    if (const auto *array = as<PyventArray>(value))
        return array->isScalar() || array->size() == 0 || array->shape().isEmpty() ? 0 : array->shape().first();
    if (const auto *dict = as<PyventDict>(value))
        return dict->size();
    if (const auto *typed = as<TypedValue>(value))
        return itemCount(typed->value);
    const qsizetype items = sequence(value).size();
    return items > 0 ? items : mapping(value).size();
}

Item itemAt(const QVariant &value, qsizetype index)
{
    const QString number = QString::number(index);
    if (const auto *array = as<PyventArray>(value))
        return {number, row(*array, index)};
    if (const auto *dict = as<PyventDict>(value))
        return {pythonText(dict->pairs().at(index).first), dict->pairs().at(index).second};
    if (const auto *typed = as<TypedValue>(value))
        return itemAt(typed->value, index);
    if (const QVariantList items = sequence(value); !items.isEmpty())
        return {number, items.value(index)};
    const QVariantMap members = mapping(value);
    const auto member = std::next(members.cbegin(), index);
    return {printable(member.key()), member.value()};
}

} // namespace Pyvent::Inspector
