// SPDX-License-Identifier: MIT
#include "pyventbinding.h"

#include <QtCore/qmetaobject.h>

namespace PyventBinding {

using namespace Qt::StringLiterals;

namespace {

QString typeName(QMetaType type)
{
    return type.isValid() ? QString::fromLatin1(type.name()) : u"None"_s;
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
    return QMetaType::convert(value.metaType(), value.constData(), type, storage);
}

} // namespace

bool bindArgument(const PyventEvent &event, const PyventParameter &parameter, QMetaType type, void *storage,
                  QString *why)
{
    const QString name = parameter.name();
    QVariant value;
    if (const auto argument = event.args.constFind(name); argument != event.args.cend()) {
        value = *argument;
    } else if (parameter.hasDefault()) {
        value = parameter.defaultValue();
    } else if (name == "sender"_L1) {
        value = event.sender;
    } else if (name == "signal"_L1) {
        value = event.name;
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
        if (!property.writeOnGadget(gadget, *argument)) {
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
