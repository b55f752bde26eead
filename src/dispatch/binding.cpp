// SPDX-License-Identifier: MIT
#include "pyventbinding.h"

#include "values/typeregistry.h"

#include <QtCore/qmetaobject.h>

namespace PyventBinding {

using namespace Qt::StringLiterals;

namespace {

// What the event, or else the parameter, has for an argument; where that is no value yet, it is made in \a made. Null where there
// is none.
const QVariant *findArgument(const PyventEvent &event, const PyventParameter &parameter, QVariant *made)
{
    const QString name = parameter.name();
    if (const auto argument = event.args.constFind(name); argument != event.args.cend())
        return &*argument;
    if (name == "sender"_L1)
        *made = event.sender;
    else if (name == "signal"_L1)
        *made = event.name;
    else if (parameter.hasDefault())
        *made = parameter.defaultValue();
    else
        return nullptr;
    return made;
}

bool isMissing(const PyventParameter &parameter, const Conversion *conversion, QString *why)
{
    if (conversion && conversion->mayBeMissing())
        return false;
    *why = u"the argument '%1' is missing and has no default"_s.arg(parameter.name());
    return true;
}

} // namespace

bool bindArgument(const PyventEvent &event, const PyventParameter &parameter, QMetaType type, void *storage,
                  QString *why)
{
    QVariant made;
    const QVariant *const value = findArgument(event, parameter, &made);
    if (!value)
        return !isMissing(parameter, Pyvent::Internal::conversionFor(type), why);
    ValueReader reader;
    if (reader.read(*value, type, storage))
        return true;
    *why = reader.error(parameter.name());
    return false;
}

bool bindArgument(const PyventEvent &event, const PyventParameter &parameter, QMetaType type,
                  const Conversion &conversion, void *storage, QString *why)
{
    QVariant made;
    const QVariant *const value = findArgument(event, parameter, &made);
    if (!value)
        return !isMissing(parameter, &conversion, why);
    ValueReader reader;
    if (reader.read(*value, type, conversion, storage))
        return true;
    *why = reader.error(parameter.name());
    return false;
}

bool readGadget(const PyventEvent &event, const QMetaObject &type, void *gadget, QString *why)
{
    ValueReader reader;
    if (reader.readProperties(event.args, type, gadget))
        return true;
    *why = reader.error();
    return false;
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
