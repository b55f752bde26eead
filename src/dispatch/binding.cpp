// SPDX-License-Identifier: MIT
#include "pyventbinding.h"

#include <QtCore/qmetaobject.h>

#include <cmath>
#include <optional>
#include <utility>

namespace PyventBinding {

using namespace Qt::StringLiterals;

namespace {

QString typeName(QMetaType type)
{
    return type.isValid() ? QString::fromLatin1(type.name()) : u"None"_s;
}

bool isInteger(QMetaType type)
{
    switch (type.id()) {
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
        return true;
    default:
        return false;
    }
}

// A whole number of either sign: the negative ones as they are, the others as unsigned.
struct Whole
{
    bool isNegative = false;
    quint64 bits = 0;
};

std::optional<Whole> toWhole(const QVariant &value)
{
    const auto fromSigned = [](qint64 n) { return Whole{n < 0, quint64(n)}; };
    const QMetaType type = value.metaType();
    if (type.id() == QMetaType::Double || type.id() == QMetaType::Float) {
        const double rounded = std::round(value.toDouble());
        if (!(rounded >= -0x1p63 && rounded < 0x1p64)) // not a number, either
            return {};
        return rounded < 0 ? fromSigned(qint64(rounded)) : Whole{false, quint64(rounded)};
    }
    bool fits = false;
    if (type.id() != QMetaType::ULongLong && type.id() != QMetaType::ULong) {
        if (const qint64 n = value.toLongLong(&fits); fits)
            return fromSigned(n);
    }
    const quint64 n = value.toULongLong(&fits);
    return fits ? std::optional(Whole{false, n}) : std::nullopt;
}

template <typename T>
bool storeIfItFits(const Whole &whole, void *storage)
{
    const bool fits = whole.isNegative ? std::in_range<T>(qint64(whole.bits)) : std::in_range<T>(whole.bits);
    if (fits)
        *static_cast<T *>(storage) = T(whole.bits);
    return fits;
}

// Qt's own conversion wraps a number around that does not fit.
bool assignInteger(const QVariant &value, QMetaType type, void *storage)
{
    const std::optional<Whole> whole = toWhole(value);
    if (!whole)
        return false;
    const bool isSigned = type.id() == QMetaType::Int || type.id() == QMetaType::Long
        || type.id() == QMetaType::LongLong || type.id() == QMetaType::Short || type.id() == QMetaType::Char
        || type.id() == QMetaType::SChar;
    switch (type.sizeOf()) {
    case 1:
        return isSigned ? storeIfItFits<signed char>(*whole, storage) : storeIfItFits<unsigned char>(*whole, storage);
    case 2:
        return isSigned ? storeIfItFits<qint16>(*whole, storage) : storeIfItFits<quint16>(*whole, storage);
    case 4:
        return isSigned ? storeIfItFits<qint32>(*whole, storage) : storeIfItFits<quint32>(*whole, storage);
    default:
        return isSigned ? storeIfItFits<qint64>(*whole, storage) : storeIfItFits<quint64>(*whole, storage);
    }
}

// Copies or converts \a value into \a storage, an object of \a type.
bool assign(const QVariant &value, QMetaType type, void *storage)
{
    if (type == QMetaType::fromType<QVariant>()) {
        *static_cast<QVariant *>(storage) = value;
        return true;
    }
    if (value.metaType() == type) {
        type.destruct(storage);
        return type.construct(storage, value.constData());
    }
    if (isInteger(type) && value.metaType().id() != QMetaType::Bool)
        return assignInteger(value, type, storage);
    return QMetaType::convert(value.metaType(), value.constData(), type, storage);
}

bool writeProperty(const QMetaProperty &property, void *gadget, const QVariant &argument)
{
    const QMetaType type = property.metaType();
    if (property.isEnumType() || type == QMetaType::fromType<QVariant>()) // Qt knows an enum's names, too
        return property.writeOnGadget(gadget, argument);
    QVariant value(type);
    return assign(argument, type, value.data()) && property.writeOnGadget(gadget, value);
}

} // namespace

bool bindArgument(const PyventEvent &event, const PyventParameter &parameter, QMetaType type, void *storage,
                  QString *why)
{
    const QString name = parameter.name();
    QVariant value;
    if (const auto argument = event.args.constFind(name); argument != event.args.cend()) {
        value = *argument;
    } else if (name == "sender"_L1) {
        value = event.sender;
    } else if (name == "signal"_L1) {
        value = event.name;
    } else if (parameter.hasDefault()) {
        value = parameter.defaultValue();
    } else {
        *why = u"the argument '%1' is missing and has no default"_s.arg(name);
        return false;
    }
    if (assign(value, type, storage))
        return true;
    *why = u"the argument '%1' is of type %2, which does not convert to %3"_s.arg(name, typeName(value.metaType()),
                                                                                  typeName(type));
    return false;
}

bool readGadget(const PyventEvent &event, const QMetaObject &type, void *gadget, QString *why)
{
    for (int i = 0; i < type.propertyCount(); ++i) {
        const QMetaProperty property = type.property(i);
        const auto argument = event.args.constFind(QString::fromUtf8(property.name()));
        if (argument == event.args.cend() || !property.isWritable())
            continue;
        if (!writeProperty(property, gadget, *argument)) {
            *why = u"the argument '%1' is of type %2, which does not convert to %3 of %4"_s.arg(
                QString::fromUtf8(property.name()), typeName(argument->metaType()), typeName(property.metaType()),
                QString::fromLatin1(type.className()));
            return false;
        }
    }
    return true;
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

QStringList argumentNames(const QMetaMethod &signal, qsizetype count)
{
    const QByteArrayList declared = signal.parameterNames();
    QStringList names;
    for (qsizetype i = 0; i < count; ++i) {
        const QByteArray name = declared.value(i);
        names.append(name.isEmpty() ? u"arg%1"_s.arg(i + 1) : QString::fromUtf8(name));
    }
    return names;
}

} // namespace PyventBinding
