// SPDX-License-Identifier: MIT
// What kind of type is wanted, what is in a container, and what is said of a value that does not fit. Numbers and text
// are read in valuereader_plain.cpp, enums in valuereader_enums.cpp, JSON and CBOR in valuereader_json.cpp.
#include "valuereader_p.h"

#include "converters.h"
#include "pythonrepr.h"
#include "pyventarray.h"
#include "pyventinteger.h"
#include "pyventobject.h"
#include "pyventset.h"
#include "typeregistry.h"

#include <cmath>

namespace Pyvent::Internal {

QString quoted(const QVariant &value)
{
    constexpr qsizetype longest = 60;
    const bool isText = value.typeId() == QMetaType::QString;
    const QString text = pythonRepr(isText ? QVariant(value.toString().left(longest)) : value);
    return text.size() <= longest ? text : text.first(longest - 1) + u'…';
}

} // namespace Pyvent::Internal

namespace PyventBinding {

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

QString describe(const QVariant &value)
{
    if (const auto *object = as<PyventObject>(value))
        return u"PyventObject (%1)"_s.arg(object->pythonType());
    return readableName(value.metaType());
}

} // namespace

bool ValueReader::read(const QVariant &value, QMetaType type, void *object)
{
    registerConverters();
    if (type == QMetaType::fromType<QVariant>()) {
        *static_cast<QVariant *>(object) = value;
        return true;
    }
    if (value.metaType() == type) {
        type.destruct(object);
        return type.construct(object, value.constData());
    }
    switch (type.id()) {
    case QMetaType::Bool:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::ULong:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Float:
    case QMetaType::Double:
        return readNumber(value, type, object);
    case QMetaType::QString:
    case QMetaType::QByteArray:
    case QMetaType::QChar:
    case QMetaType::Char16:
    case QMetaType::Char32:
        return readText(value, type, object);
    case QMetaType::QJsonValue:
    case QMetaType::QJsonArray:
    case QMetaType::QJsonObject:
    case QMetaType::QJsonDocument:
    case QMetaType::QCborValue:
    case QMetaType::QCborArray:
    case QMetaType::QCborMap:
        return readJson(value, type, object);
    case QMetaType::QVariantList:
        return items(value, type, static_cast<QVariantList *>(object));
    default:
        return readClass(value, type, object);
    }
}

bool ValueReader::read(const QVariant &value, QMetaType type, const Conversion &conversion, void *object)
{
    if (value.metaType() != type)
        return conversion.fromValue(value, object, *this);
    type.destruct(object);
    return type.construct(object, value.constData());
}

bool ValueReader::readClass(const QVariant &value, QMetaType type, void *object)
{
    // What somebody registered for just these two types comes first.
    if (!isNone(value) && QMetaType::hasRegisteredConverterFunction(value.metaType(), type)
        && QMetaType::convert(value.metaType(), value.constData(), type, object))
        return true;
    if (type.flags() & QMetaType::IsEnumeration)
        return readEnum(value, type, enumeratorOf(type), object);
    if (type.flags() & QMetaType::IsGadget && type.id() >= QMetaType::User)
        return readGadget(value, type, object);
    if (const Conversion *conversion = conversionFor(type))
        return conversion->fromValue(value, object, *this);
    if (isNone(value)) {
        // As what they are sent as.
        const int id = type.id();
        const bool mayBeInvalid = id == QMetaType::QDate || id == QMetaType::QTime || id == QMetaType::QDateTime;
        if (!mayBeInvalid && id != QMetaType::Nullptr)
            return doesNotConvert(value, type);
        type.destruct(object);
        return type.construct(object);
    }
    return readValueClass(value, type, object) || (m_reason.isEmpty() && readPlain(value, type, object));
}

// What the classes of this module hold arrives in another form where there is a simpler one.
bool ValueReader::readValueClass(const QVariant &value, QMetaType type, void *object)
{
    if (type == QMetaType::fromType<PyventDict>()) {
        QList<PyventDict::Pair> found;
        if (!pairs(value, type, &found))
            return false;
        *static_cast<PyventDict *>(object) = PyventDict(found);
        return true;
    }
    const bool isTuple = type == QMetaType::fromType<PyventTuple>();
    if (isTuple || type == QMetaType::fromType<PyventSet>()) {
        QVariantList found;
        if (!items(value, type, &found))
            return false;
        if (isTuple)
            *static_cast<PyventTuple *>(object) = PyventTuple(found);
        else
            *static_cast<PyventSet *>(object) = PyventSet(found);
        return true;
    }
    if (type == QMetaType::fromType<PyventTimeDelta>())
        return duration(value, type, static_cast<PyventTimeDelta *>(object));
    if (type == QMetaType::fromType<PyventInteger>() && value.typeId() == QMetaType::ULongLong) {
        *static_cast<PyventInteger *>(object) = PyventInteger(quint64(value.toULongLong()));
        return true;
    }
    if (type == QMetaType::fromType<PyventInteger>()) {
        qint64 number;
        if (!read(value, QMetaType::fromType<qint64>(), &number))
            return false;
        *static_cast<PyventInteger *>(object) = PyventInteger(number);
        return true;
    }
    return false;
}

// The last attempt: Qt's own conversions, and those of what \a value would have been if it came from elsewhere.
bool ValueReader::readPlain(const QVariant &value, QMetaType type, void *object)
{
    if (!isNone(value) && QMetaType::convert(value.metaType(), value.constData(), type, object))
        return true;
    const QVariant plain = plainValue(value);
    return plain.isValid() ? read(plain, type, object) : doesNotConvert(value, type);
}

bool ValueReader::readGadget(const QVariant &value, QMetaType type, void *gadget)
{
    QVariant map(QMetaType::fromType<QVariantMap>());
    if (isNone(value) || !QMetaType::convert(value.metaType(), value.constData(), map.metaType(), map.data())) {
        map = plainValue(value);
        if (map.typeId() != QMetaType::QVariantMap)
            return doesNotConvert(value, type);
    }
    return readProperties(*static_cast<const QVariantMap *>(map.constData()), *type.metaObject(), gadget);
}

bool ValueReader::readProperties(const QVariantMap &arguments, const QMetaObject &type, void *gadget)
{
    for (int i = 0; i < type.propertyCount(); ++i) {
        const QMetaProperty property = type.property(i);
        const QString name = QString::fromUtf8(property.name());
        const auto argument = arguments.constFind(name);
        if (argument == arguments.cend() || !property.isWritable())
            continue;
        if (!readProperty(*argument, property, gadget)) {
            if (m_place.isEmpty() && !property.isEnumType())
                m_reason += u" of "_s + QString::fromLatin1(type.className());
            return failedAt(QVariant(name));
        }
    }
    return true;
}

bool ValueReader::readProperty(const QVariant &value, const QMetaProperty &property, void *gadget)
{
    const QMetaType type = property.metaType();
    if (type == QMetaType::fromType<QVariant>())
        return property.writeOnGadget(gadget, value);
    // A gadget in a gadget keeps what it has, too, where nothing else was sent.
    const bool isGadget = type.flags() & QMetaType::IsGadget && property.isReadable();
    QVariant object = isGadget ? property.readOnGadget(gadget) : QVariant(type);
    if (!object.isValid())
        return doesNotConvert(value, type);
    const bool isRead = property.isEnumType() ? readEnum(value, type, property.enumerator(), object.data())
                                              : read(value, type, object.data());
    return isRead && (property.writeOnGadget(gadget, object) || doesNotConvert(value, type));
}

bool ValueReader::items(const QVariant &value, QMetaType type, QVariantList *items)
{
    return itemsOf(value, items) || itemsOf(plainValue(value), items) || doesNotConvert(value, type);
}

bool ValueReader::items(const QVariant &value, QMetaType type, qsizetype count, QVariantList *items)
{
    if (!this->items(value, type, items))
        return false;
    if (items->size() == count)
        return true;
    return fail(u"has %1 items, and %2 takes %3"_s.arg(QString::number(items->size()), readableName(type),
                                                       QString::number(count)));
}

bool ValueReader::pairs(const QVariant &value, QMetaType type, QList<PyventDict::Pair> *pairs)
{
    return pairsOf(value, pairs) || pairsOf(plainValue(value), pairs) || doesNotConvert(value, type);
}

bool ValueReader::duration(const QVariant &value, QMetaType type, PyventTimeDelta *duration)
{
    const QVariant plain = plainValue(value);
    if (const auto *delta = as<PyventTimeDelta>(plain.isValid() ? plain : value)) {
        *duration = *delta;
        return delta->isValid() || doesNotFit(value, type);
    }
    const auto *array = as<PyventArray>(value);
    if (!isNumber(value) && !(array && array->isScalar()))
        return doesNotConvert(value, type);
    constexpr double secondsPerDay = 86'400;
    constexpr double microsPerSecond = 1e6;
    const double seconds = value.toDouble();
    if (!(std::abs(seconds) < PyventTimeDelta::maximumDays * secondsPerDay)) // not a number, either
        return doesNotFit(value, type);
    const double whole = std::floor(seconds);
    *duration = PyventTimeDelta(0, qint64(whole), std::llround((seconds - whole) * microsPerSecond));
    return true;
}

bool ValueReader::fail(const QString &reason)
{
    m_reason = reason;
    return false;
}

bool ValueReader::doesNotConvert(const QVariant &value, QMetaType type)
{
    const auto *object = as<PyventObject>(value);
    const QString what = object && !object->memberName().isEmpty()
        ? u"is Python's %1, sent by its name and without its value"_s.arg(object->toString())
        : u"is of type "_s + describe(value);
    const QString advice = registrationAdvice(type);
    return fail(u"%1, which does not convert to %2%3"_s.arg(what, readableName(type),
                                                            advice.isEmpty() ? advice : u"; "_s + advice));
}

bool ValueReader::doesNotFit(const QVariant &value, QMetaType type)
{
    return fail(u"is %1, which does not fit into %2"_s.arg(quoted(value), readableName(type)));
}

bool ValueReader::isThereTwice(const QVariant &key, QMetaType type)
{
    return fail(u"has the key %1 twice once its keys are those of %2"_s.arg(quoted(key), readableName(type)));
}

bool ValueReader::keyFailed(const QVariant &key)
{
    m_place.clear();
    return fail(u"has the key %1, which "_s.arg(quoted(key)) + m_reason);
}

bool ValueReader::failedAt(qsizetype index)
{
    m_place.prepend(u'[' + QString::number(index) + u']');
    return false;
}

bool ValueReader::failedAt(const QVariant &key)
{
    m_place.prepend(key.typeId() == QMetaType::QString ? u'.' + key.toString() : u'[' + quoted(key) + u']');
    return false;
}

QString ValueReader::error(const QString &name) const
{
    const bool isProperty = name.isEmpty() && m_place.startsWith(u'.');
    return u"the argument '%1' %2"_s.arg(name + (isProperty ? m_place.sliced(1) : m_place), m_reason);
}

QVariantMap gadgetArguments(const QMetaObject &type, const void *gadget)
{
    QVariantMap arguments;
    for (int i = 0; i < type.propertyCount(); ++i) {
        const QMetaProperty property = type.property(i);
        if (property.isReadable())
            arguments.insert(QString::fromUtf8(property.name()), property.readOnGadget(gadget));
    }
    return arguments;
}

} // namespace PyventBinding
