// SPDX-License-Identifier: MIT
#include "objectvalue.h"

#include "decimal.h"
#include "isotime.h"

#include <QtCore/qregularexpression.h>

#include <PyventTuple>

#include <algorithm>

namespace Pyvent::Text {

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

// What can be called later only, and harmlessly: a defaultdict may make its values with them.
constexpr QStringView builtinTypes[] = {
    u"bool", u"bytes", u"bytearray", u"complex", u"dict", u"float", u"frozenset",
    u"int",  u"list",  u"object",    u"set",     u"str",  u"tuple",
};

PyventObject builtin(QStringView name)
{
    return {u"builtins"_s, name.toString()};
}

bool isBuiltinType(const PyventObject &object)
{
    return std::any_of(std::begin(builtinTypes), std::end(builtinTypes),
                       [&](QStringView name) { return object == builtin(name); });
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
    if (parts.size() != 2 || !whyTooLong(parts[0]).isEmpty() || !whyTooLong(parts[1]).isEmpty())
        return std::nullopt;
    const QVariantList integers{integerFromText(parts[0]), integerFromText(parts[1])};
    return integers[0].isValid() && integers[1].isValid() ? callWith(maker, integers) : std::nullopt;
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

// A deque that has a maximum is made from an empty tuple and that.
QVariant dequeItems(const PyventObject &object)
{
    const QVariantList arguments = object.arguments();
    if (arguments.isEmpty())
        return object.listItems();
    return QVariantMap{{u"items"_s, object.listItems()}, {u"maxlen"_s, arguments.value(1)}};
}

std::optional<PyventObject> fromBoundedItems(const PyventObject &maker, const QVariantMap &members)
{
    const QVariant maximum = members.value(u"maxlen"_s);
    const QVariant items = members.value(u"items"_s);
    if (members.size() != 2 || !isList(items) || maximum.typeId() != QMetaType::LongLong || maximum.toLongLong() < 0)
        return std::nullopt;
    PyventObject object = PyventObject::call(maker, {QVariant::fromValue(PyventTuple()), maximum});
    object.setListItems(items.toList());
    return object;
}

std::optional<PyventObject> fromDequeItems(const PyventObject &maker, const QVariant &value)
{
    if (value.typeId() == QMetaType::QVariantMap)
        return fromBoundedItems(maker, value.toMap());
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

QVariant factoryAndItems(const PyventObject &object)
{
    QVariant factory;
    if (!object.arguments().isEmpty()) {
        const auto type = firstArgument(object).value<PyventObject>();
        if (!isBuiltinType(type))
            return {};
        factory = type.qualifiedName();
    }
    return QVariantMap{{u"factory"_s, factory}, {u"pairs"_s, toPairs(object.dictItems())}};
}

std::optional<PyventObject> fromFactoryAndItems(const PyventObject &maker, const QVariant &value)
{
    const QVariantMap members = value.toMap();
    const std::optional<PyventDict> items = fromPairs(members.value(u"pairs"_s));
    const QVariant factory = members.value(u"factory"_s);
    const PyventObject type = builtin(factory.toString());
    if (members.size() != 2 || !members.contains(u"factory"_s) || !items || (factory.isValid() && !isBuiltinType(type)))
        return std::nullopt;
    PyventObject object =
        PyventObject::call(maker, factory.isValid() ? QVariantList{QVariant::fromValue(type)} : QVariantList());
    object.setDictItems(*items);
    return object;
}

// A Counter is made from a dict.
QVariant countedPairs(const PyventObject &object)
{
    const QVariant counts = firstArgument(object);
    if (counts.typeId() == QMetaType::QVariantMap)
        return toPairs(counts.toMap());
    const auto *dict = as<PyventDict>(counts);
    return dict ? QVariant(toPairs(*dict)) : QVariant();
}

std::optional<PyventObject> fromCountedPairs(const PyventObject &maker, const QVariant &value)
{
    const QVariant counts = dictFromPairs(value);
    return counts.isValid() ? callWith(maker, {counts}) : std::nullopt;
}

QVariant argumentList(const PyventObject &object)
{
    return object.arguments();
}

std::optional<PyventObject> fromThreeIntegers(const PyventObject &maker, const QVariant &value)
{
    const QVariantList parts = value.toList();
    const auto isInteger = [](const QVariant &part) {
        return part.typeId() == QMetaType::LongLong || part.typeId() == QMetaType::ULongLong || as<PyventInteger>(part);
    };
    const bool isRange =
        parts.size() == 3 && std::all_of(parts.begin(), parts.end(), isInteger) && parts[2] != QVariant(0);
    return isRange ? callWith(maker, parts) : std::nullopt;
}

QVariant offsetText(const PyventObject &object)
{
    const auto iso = offsetToIso(object);
    return iso ? QVariant(*iso) : QVariant();
}

std::optional<PyventObject> fromOffsetText(const PyventObject &, const QVariant &value)
{
    return isString(value) ? offsetFromIso(value.toString()) : std::nullopt;
}

QVariant zoneText(const PyventObject &object)
{
    const auto key = zoneInfoKey(object);
    return key ? QVariant(*key) : QVariant();
}

std::optional<PyventObject> fromZoneText(const PyventObject &, const QVariant &value)
{
    return isString(value) ? zoneInfoFromKey(value.toString()) : std::nullopt;
}

constexpr ValueClass valueClasses[] = {
    {u"decimal", u"Decimal", firstArgument, fromDecimalText},
    {u"fractions", u"Fraction", firstArgument, fromFractionText}, // the first one is for reading
    {u"fractions", u"Fraction", numeratorAndDenominator, fromNumeratorAndDenominator},
    {u"builtins", u"complex", argumentList, fromRealAndImaginary},
    {u"builtins", u"bytearray", base64OfBytes, fromBase64OfBytes},
    {u"pathlib", u"PosixPath", pathText, fromPathText},
    {u"pathlib", u"PurePosixPath", pathText, fromPathText},
    {u"pathlib", u"WindowsPath", pathText, fromPathOfOneString},
    {u"pathlib", u"PureWindowsPath", pathText, fromPathOfOneString},
    {u"collections", u"deque", dequeItems, fromDequeItems},
    {u"collections", u"OrderedDict", dictItems, fromDictItems},
    {u"collections", u"defaultdict", factoryAndItems, fromFactoryAndItems},
    {u"collections", u"Counter", countedPairs, fromCountedPairs},
    {u"builtins", u"range", argumentList, fromThreeIntegers},
    {u"datetime", u"timezone", offsetText, fromOffsetText},
    {u"zoneinfo", u"ZoneInfo", zoneText, fromZoneText},
};

PyventObject makerOf(const ValueClass &valueClass)
{
    return PyventObject(valueClass.module.toString(), valueClass.name.toString());
}

// The parts of a path differ from one version of Python to the next, and its text does not.
bool isSamePath(const PyventObject &left, const PyventObject &right)
{
    const auto isOfTexts = [](const PyventObject &path) {
        const QVariantList parts = path.arguments();
        return std::all_of(parts.begin(), parts.end(), isString) && !path.state().isValid()
            && path.listItems().isEmpty() && path.dictItems().size() == 0;
    };
    return left.moduleName() == "pathlib"_L1 && left.callable() == right.callable() && isOfTexts(left)
        && isOfTexts(right) && left.toText() == right.toText();
}

// The short form, if it tells everything of \a object.
std::optional<TypedValue> shortForm(const PyventObject &object)
{
    if (object.kind() != PyventObject::Call)
        return std::nullopt;
    if (const auto key = zoneInfoKey(object))
        return TypedValue{u"ZoneInfo"_s, *key};
    for (const ValueClass &valueClass : valueClasses) {
        const PyventObject maker = makerOf(valueClass);
        if (object.callable() != maker)
            continue;
        const QVariant value = valueClass.toValue(object);
        const auto made = valueClass.fromValue(maker, value);
        if (made && (*made == object || isSamePath(*made, object)))
            return TypedValue{maker.qualifiedName(), value};
    }
    return std::nullopt;
}

// What gets the member \a name of the Enum \a type, as Python sends one by its name.
PyventObject memberOf(const PyventObject &type, const QString &name)
{
    return PyventObject::call(builtin(u"getattr"_s), {QVariant::fromValue(type), name});
}

QVariantMap toMembers(const PyventObject &object)
{
    QVariantMap members;
    if (const PyventObject type(object.moduleName(), object.qualifiedName());
        object == memberOf(type, object.memberName()))
        return {
            {u"module"_s, type.moduleName()}, {u"name"_s, type.qualifiedName()}, {u"member"_s, object.memberName()}};
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

// What is done to an object after it was made. Takes what it knows from \a members; returns whether that can be.
bool takeChanges(QVariantMap *members, PyventObject *object)
{
    if (members->contains(u"state"_s)) {
        const QVariant state = members->take(u"state"_s);
        object->setState(state.isValid() ? state : QVariant::fromValue(nullptr));
    }
    const QVariant setter = members->take(u"setter"_s);
    const QVariant items = members->take(u"items"_s);
    const QVariant pairs = members->take(u"pairs"_s);
    object->setStateSetter(setter.value<PyventObject>());
    object->setListItems(items.toList());
    object->setDictItems(fromPairs(pairs).value_or(PyventDict()));
    return (!setter.isValid() || as<PyventObject>(setter)) && (!items.isValid() || isList(items))
        && (!pairs.isValid() || fromPairs(pairs));
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
        if (typed.type != valueClass.name)
            continue;
        if (auto object = valueClass.fromValue(makerOf(valueClass), typed.value))
            return object;
        break;
    }
    const QVariantMap members = typed.value.toMap();
    const PyventObject type(members.value(u"module"_s).toString(), members.value(u"name"_s).toString());
    return members.size() == 2 && isBuiltinType(type) ? std::optional(type) : std::nullopt;
}

bool isMembers(const QVariant &value)
{
    const QVariantMap members = value.toMap();
    const auto isName = [&](const QString &key) {
        return isString(members[key]) && !members[key].toString().isEmpty();
    };
    return (isName(u"module"_s) && isName(u"name"_s)) || as<PyventObject>(members[u"callable"_s]);
}

std::optional<PyventObject> objectFromMembers(const QVariant &value)
{
    if (!isMembers(value))
        return std::nullopt;
    QVariantMap members = value.toMap();
    const bool isNamed = members.contains(u"module"_s);
    const QVariant callable = members.take(u"callable"_s);
    const PyventObject maker(members.take(u"module"_s).toString(), members.take(u"name"_s).toString());
    if (isNamed && members.isEmpty() && !callable.isValid())
        return maker;
    if (const QVariant member = members.value(u"member"_s); isNamed && isString(member) && members.size() == 1)
        return memberOf(maker, member.toString());
    const bool isNew = members.contains(u"new"_s);
    const QVariant arguments = members.take(isNew ? u"new"_s : u"args"_s);
    const QVariant keywords = members.take(u"kwargs"_s);
    const bool hasKeywords = keywords.isValid();
    if (isNamed == callable.isValid() || !isList(arguments)
        || (hasKeywords && (!isNew || keywords.typeId() != QMetaType::QVariantMap)))
        return std::nullopt;

    const PyventObject made = isNamed ? maker : callable.value<PyventObject>();
    PyventObject object = isNew ? PyventObject::create(made, arguments.toList(), keywords.toMap())
                                : PyventObject::call(made, arguments.toList());
    return takeChanges(&members, &object) && members.isEmpty() ? std::optional(object) : std::nullopt;
}

QVariantList toPairs(const PyventDict &dict)
{
    QVariantList pairs;
    for (const auto &[key, value] : dict.pairs())
        pairs.append(QVariant(QVariantList{key, value}));
    return pairs;
}

QVariantList toPairs(const QVariantMap &map)
{
    QVariantList pairs;
    for (auto member = map.cbegin(); member != map.cend(); ++member)
        pairs.append(QVariant(QVariantList{member.key(), member.value()}));
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

QVariant dictFromPairs(const QVariant &pairs)
{
    const std::optional<PyventDict> dict = fromPairs(pairs);
    if (!dict)
        return QVariant();
    for (const auto &[key, ignored] : dict->pairs()) {
        if (!isString(key))
            return QVariant::fromValue(*dict);
    }
    return dict->toMap();
}

} // namespace Pyvent::Text
