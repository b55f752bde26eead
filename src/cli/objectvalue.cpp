// SPDX-License-Identifier: MIT
#include "objectvalue.h"

#include "decimal.h"

#include <QtCore/qregularexpression.h>

#include <iterator>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

bool isString(const QVariant &value)
{
    return value.typeId() == QMetaType::QString;
}

bool isList(const QVariant &value)
{
    return value.typeId() == QMetaType::QVariantList;
}

// A class of the standard library whose objects have a short form.
struct ValueClass
{
    QStringView module;
    QStringView name;
    QVariant (*toValue)(const PyventObject &object); // invalid if there is none
    std::optional<PyventObject> (*fromValue)(const PyventObject &maker, const QVariant &value);
};

QVariant firstArgument(const PyventObject &object)
{
    return object.arguments().value(0);
}

std::optional<PyventObject> callWith(const PyventObject &maker, const QVariantList &arguments)
{
    return PyventObject::call(maker, arguments);
}

std::optional<PyventObject> fromDecimalText(const PyventObject &maker, const QVariant &value)
{
    static const QRegularExpression form(
        u"\\A[-+]?(?:(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][-+]?[0-9]+)?|Infinity|s?NaN[0-9]*)\\z"_s);
    return isString(value) && form.match(value.toString()).hasMatch() ? callWith(maker, {value}) : std::nullopt;
}

std::optional<PyventObject> fromFractionText(const PyventObject &maker, const QVariant &value)
{
    static const QRegularExpression form(u"\\A[-+]?[0-9]+(?:/0*[1-9][0-9]*)?\\z"_s);
    return isString(value) && form.match(value.toString()).hasMatch() ? callWith(maker, {value}) : std::nullopt;
}

// Before Python 3.12 a Fraction is pickled as two integers.
QVariant numeratorAndDenominator(const PyventObject &object)
{
    const QVariantList parts = object.arguments();
    return parts.size() == 2 ? parts[0].toString() + u'/' + parts[1].toString() : QVariant();
}

std::optional<PyventObject> fromNumeratorAndDenominator(const PyventObject &maker, const QVariant &value)
{
    const QStringList parts = value.toString().split(u'/');
    return parts.size() == 2 ? callWith(maker, {integerFromText(parts[0]), integerFromText(parts[1])}) : std::nullopt;
}

std::optional<PyventObject> fromRealAndImaginary(const PyventObject &maker, const QVariant &value)
{
    const auto isFloat = [](const QVariant &part) { return part.typeId() == QMetaType::Double; };
    const QVariantList parts = value.toList();
    return parts.size() == 2 && isFloat(parts[0]) && isFloat(parts[1]) ? callWith(maker, parts) : std::nullopt;
}

QVariant base64OfBytes(const PyventObject &object)
{
    bool isBytes = false;
    const QByteArray bytes = object.toByteArray(&isBytes);
    return isBytes ? QVariant(QString::fromLatin1(bytes.toBase64())) : QVariant();
}

std::optional<PyventObject> fromBase64OfBytes(const PyventObject &maker, const QVariant &value)
{
    const auto bytes = bytesFromBase64(value);
    return bytes ? callWith(maker, {*bytes}) : std::nullopt;
}

QVariant pathText(const PyventObject &object)
{
    return object.toText();
}

// Path.__reduce__() has the parts, of which the first is the root of an absolute one.
std::optional<PyventObject> fromPathText(const PyventObject &maker, const QVariant &value)
{
    if (!isString(value))
        return std::nullopt;
    QVariantList parts;
    if (value.toString().startsWith(u'/'))
        parts.append(u"/"_s);
    for (const QString &part : value.toString().split(u'/', Qt::SkipEmptyParts)) {
        if (part != u"."_s)
            parts.append(part);
    }
    return callWith(maker, parts);
}

std::optional<PyventObject> fromPathOfOneString(const PyventObject &maker, const QVariant &value)
{
    return isString(value) ? callWith(maker, {value}) : std::nullopt;
}

QVariant listItems(const PyventObject &object)
{
    return object.listItems();
}

std::optional<PyventObject> fromListItems(const PyventObject &maker, const QVariant &value)
{
    if (!isList(value))
        return std::nullopt;
    PyventObject object = PyventObject::call(maker, {});
    object.setListItems(value.toList());
    return object;
}

QVariant dictItems(const PyventObject &object)
{
    return toPairs(object.dictItems());
}

std::optional<PyventObject> fromDictItems(const PyventObject &maker, const QVariant &value)
{
    const std::optional<PyventDict> items = fromPairs(value);
    if (!items)
        return std::nullopt;
    PyventObject object = PyventObject::call(maker, {});
    object.setDictItems(*items);
    return object;
}

constexpr ValueClass valueClasses[] = {
    {u"decimal", u"Decimal", firstArgument, fromDecimalText},
    {u"fractions", u"Fraction", firstArgument, fromFractionText}, // the first one is for reading
    {u"fractions", u"Fraction", numeratorAndDenominator, fromNumeratorAndDenominator},
    {u"builtins", u"complex", [](const PyventObject &object) { return QVariant(object.arguments()); },
     fromRealAndImaginary},
    {u"builtins", u"bytearray", base64OfBytes, fromBase64OfBytes},
    {u"pathlib", u"PosixPath", pathText, fromPathText},
    {u"pathlib", u"PurePosixPath", pathText, fromPathText},
    {u"pathlib", u"WindowsPath", firstArgument, fromPathOfOneString},
    {u"pathlib", u"PureWindowsPath", firstArgument, fromPathOfOneString},
    {u"collections", u"deque", listItems, fromListItems},
    {u"collections", u"OrderedDict", dictItems, fromDictItems},
};

PyventObject makerOf(const ValueClass &valueClass)
{
    return PyventObject(valueClass.module.toString(), valueClass.name.toString());
}

// The short form, if it tells everything of \a object.
std::optional<TypedValue> shortForm(const PyventObject &object)
{
    if (object.kind() != PyventObject::Call)
        return std::nullopt;
    for (const ValueClass &valueClass : valueClasses) {
        const PyventObject maker = makerOf(valueClass);
        if (object.callable() != maker)
            continue;
        const QVariant value = valueClass.toValue(object);
        if (valueClass.fromValue(maker, value) == object)
            return TypedValue{maker.qualifiedName(), value};
    }
    return std::nullopt;
}

QVariantMap toMembers(const PyventObject &object)
{
    QVariantMap members;
    const PyventObject maker = object.kind() == PyventObject::Global ? object : object.callable();
    if (maker.kind() == PyventObject::Global) {
        members[u"module"_s] = maker.moduleName();
        members[u"name"_s] = maker.qualifiedName();
    } else {
        members[u"callable"_s] = QVariant::fromValue(maker);
    }
    if (object.kind() == PyventObject::Call)
        members[u"args"_s] = object.arguments();
    if (object.kind() == PyventObject::New)
        members[u"new"_s] = object.arguments();
    if (!object.keywordArguments().isEmpty())
        members[u"kwargs"_s] = object.keywordArguments();
    if (object.state().isValid())
        members[u"state"_s] = object.state();
    if (!object.stateSetter().isNull())
        members[u"setter"_s] = QVariant::fromValue(object.stateSetter());
    if (!object.listItems().isEmpty())
        members[u"items"_s] = object.listItems();
    if (object.dictItems().size() > 0)
        members[u"pairs"_s] = toPairs(object.dictItems());
    return members;
}

} // namespace

TypedValue objectToTyped(const PyventObject &object)
{
    if (object.isNull())
        return {u"NoneType"_s, QVariant()};
    if (const auto typed = shortForm(object))
        return *typed;
    return {object.pythonType(), toMembers(object)};
}

std::optional<PyventObject> objectFromTyped(const TypedValue &typed)
{
    for (const ValueClass &valueClass : valueClasses) {
        if (typed.type == valueClass.name)
            return valueClass.fromValue(makerOf(valueClass), typed.value);
    }
    return std::nullopt;
}

QVariantList toPairs(const PyventDict &dict)
{
    QVariantList pairs;
    for (const auto &[key, value] : dict.pairs())
        pairs.append(QVariant(QVariantList{key, value}));
    return pairs;
}

std::optional<PyventDict> fromPairs(const QVariant &pairs)
{
    if (!isList(pairs))
        return std::nullopt;
    QList<PyventDict::Pair> result;
    for (const QVariant &pair : pairs.toList()) {
        if (!isList(pair) || pair.toList().size() != 2)
            return std::nullopt;
        result.append({pair.toList().at(0), pair.toList().at(1)});
    }
    return PyventDict(result);
}

} // namespace Pyvent::Cli
