// SPDX-License-Identifier: MIT
#include "pythontype.h"

#include "typedvalue.h"

#include <PyventArray>
#include <PyventObject>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

QString pythonType(const QVariant &value)
{
    if (const auto *array = as<PyventArray>(value))
        return array->pythonType();
    if (const auto *object = as<PyventObject>(value))
        return object->pythonType();
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return u"NoneType"_s;
    case QMetaType::Bool:
        return u"bool"_s;
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
        return u"int"_s;
    case QMetaType::Float:
    case QMetaType::Double:
        return u"float"_s;
    case QMetaType::QString:
        return u"str"_s;
    case QMetaType::QByteArray:
        return u"bytes"_s;
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        return u"list"_s;
    case QMetaType::QVariantMap:
        return u"dict"_s;
    default:
        return toTyped(value).type;
    }
}

} // namespace Pyvent::Text
