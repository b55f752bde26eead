// SPDX-License-Identifier: MIT
#include "pythonprinter.h"

#include "typedvalue.h"

#include <PyventDict>
#include <PyventSet>
#include <PyventTuple>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

QString PythonPrinter::print(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::QStringList:
    case QMetaType::QVariantList:
        return u'[' + listed(value.toList()) + u']';
    case QMetaType::QVariantMap:
        return printMap(value.toMap());
    default:
        return value.typeId() < QMetaType::User ? printItem(value) : printClass(value);
    }
}

QString PythonPrinter::listed(const QVariantList &items)
{
    QStringList texts;
    texts.reserve(items.size());
    for (const QVariant &item : items)
        texts.append(print(item));
    return texts.join(u", "_s);
}

QString PythonPrinter::printMap(const QVariantMap &map)
{
    QStringList texts;
    for (auto member = map.cbegin(); member != map.cend(); ++member)
        texts.append(plainText(member.key()) + ": "_L1 + print(member.value()));
    return u'{' + texts.join(u", "_s) + u'}';
}

QString PythonPrinter::printClass(const QVariant &value)
{
    if (const auto *tuple = as<PyventTuple>(value))
        return u'(' + listed(tuple->items()) + (tuple->size() == 1 ? u",)"_s : u")"_s);
    if (const auto *set = as<PyventSet>(value)) {
        if (set->size() == 0)
            return set->pythonType() + "()"_L1;
        const QString items = u'{' + listed(set->items()) + u'}';
        return set->isFrozen() ? u"frozenset("_s + items + u')' : items;
    }
    if (const auto *dict = as<PyventDict>(value)) {
        QStringList texts;
        for (const auto &[key, item] : dict->pairs())
            texts.append(print(key) + ": "_L1 + print(item));
        return u'{' + texts.join(u", "_s) + u'}';
    }
    return printItem(value);
}

bool isPlain(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
    case QMetaType::Bool:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Float:
    case QMetaType::Double:
    case QMetaType::QString:
    case QMetaType::QByteArray:
    case QMetaType::QDate:
    case QMetaType::QTime:
    case QMetaType::QDateTime:
    case QMetaType::QUuid:
        return true;
    default:
        return false;
    }
}

QString plainText(const QVariant &value)
{
    const int type = value.typeId();
    if (type == QMetaType::LongLong || type == QMetaType::Int) // which most are, and there is one way to write them
        return value.toString();
    QString text = PyventTuple({value}).toString(); // "(…,)": the library prints values within its own classes
    text.chop(2);
    return text.remove(0, 1);
}

} // namespace Pyvent::Text
