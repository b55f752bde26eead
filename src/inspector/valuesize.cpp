// SPDX-License-Identifier: MIT
#include "valuesize.h"

#include "pythontext.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDict>
#include <PyventSet>
#include <PyventTuple>

#include <algorithm>
#include <numeric>

namespace Pyvent::Inspector {

using namespace Pyvent::Text;

namespace {

constexpr qsizetype numberSize = 8;

qsizetype utf8Size(const QString &text)
{
    return std::accumulate(text.begin(), text.end(), qsizetype(0), [](qsizetype sum, QChar c) {
        // Each half of a surrogate pair stands for two of its four bytes.
        return sum + (c.unicode() < 0x80 ? 1 : c.unicode() < 0x800 || c.isSurrogate() ? 2 : 3);
    });
}

qsizetype sumOf(const QVariantList &items)
{
    return std::accumulate(items.begin(), items.end(), qsizetype(0),
                           [](qsizetype sum, const QVariant &item) { return sum + valueSize(item); });
}

qsizetype sumOf(const QVariantMap &members)
{
    qsizetype sum = 0;
    for (auto member = members.cbegin(); member != members.cend(); ++member)
        sum += utf8Size(member.key()) + valueSize(member.value());
    return sum;
}

qsizetype sumOf(const PyventDict &dict)
{
    qsizetype sum = 0;
    for (const auto &[key, value] : dict.pairs())
        sum += valueSize(key) + valueSize(value);
    return sum;
}

} // namespace

qsizetype valueSize(const QVariant &value)
{
    if (const auto *array = as<PyventArray>(value))
        return array->data().size();
    if (const auto *tuple = as<PyventTuple>(value))
        return sumOf(tuple->items());
    if (const auto *set = as<PyventSet>(value))
        return sumOf(set->items());
    if (const auto *dict = as<PyventDict>(value))
        return sumOf(*dict);
    if (const auto *typed = as<TypedValue>(value))
        return valueSize(typed->value);
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return 0;
    case QMetaType::Bool:
        return 1;
    case QMetaType::QString:
        return utf8Size(value.toString());
    case QMetaType::QByteArray:
        return value.toByteArray().size();
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        return sumOf(value.toList());
    case QMetaType::QVariantMap:
        return sumOf(value.toMap());
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Float:
    case QMetaType::Double:
        return numberSize;
    default:
        return pythonText(value).size();
    }
}

} // namespace Pyvent::Inspector
