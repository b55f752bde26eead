// SPDX-License-Identifier: MIT
#include "declaredsignal.h"

#include "spelling.h"
#include "valuetoqml.h"

#include <PyventNode>

#include <QtQml/qjsengine.h>
#include <QtQml/qjsvalue.h>

#include <vector>

namespace Pyvent::Qml {

using namespace Qt::StringLiterals;

namespace {

bool isChangeSignal(const QMetaObject *type, int method)
{
    for (int i = 0; i < type->propertyCount(); ++i) {
        if (type->property(i).notifySignalIndex() == method)
            return true;
    }
    return false;
}

} // namespace

QList<DeclaredSignal> DeclaredSignal::of(const QObject *element, const QMetaObject &builtIn)
{
    QList<DeclaredSignal> declared;
    const QMetaObject *type = element->metaObject();
    for (int i = builtIn.methodCount(); i < type->methodCount(); ++i) {
        if (type->method(i).methodType() == QMetaMethod::Signal && !isChangeSignal(type, i))
            declared.append(DeclaredSignal(type->method(i)));
    }
    return declared;
}

DeclaredSignal::DeclaredSignal(const QMetaMethod &signal)
    : m_signal(signal)
    , m_parameters()
{
    for (const QByteArray &parameter : signal.parameterNames())
        m_parameters.append(spellings(QString::fromUtf8(parameter)));
}

QStringList DeclaredSignal::eventNames() const
{
    return spellings(name());
}

bool DeclaredSignal::bind(const PyventEvent &event, int parameter, QJSEngine *engine, QVariant *value,
                          QString *why) const
{
    const QStringList &names = m_parameters[parameter];
    const auto isGiven = [&](const QString &name) { return event.args.contains(name); };
    const auto given = std::find_if(names.cbegin(), names.cend(), isGiven);
    const PyventParameter argument(given == names.cend() ? names.first() : *given);

    const QMetaType type = m_signal.parameterMetaType(parameter);
    const bool takesAnything = type == QMetaType::fromType<QVariant>() || type == QMetaType::fromType<QJSValue>();
    if (!takesAnything) {
        *value = QVariant(type);
        return PyventBinding::bindArgument(event, argument, type, value->data(), why);
    }
    QVariant any;
    if (!PyventBinding::bindArgument(event, argument, QMetaType::fromType<QVariant>(), &any, why))
        return false;
    any = valueToQml(any);
    *value = type == QMetaType::fromType<QVariant>() ? any : QVariant::fromValue(engine->toScriptValue(any));
    return true;
}

QString DeclaredSignal::emitFor(QObject *element, const PyventEvent &event, QJSEngine *engine) const
{
    const int count = int(m_parameters.size());
    std::vector<QVariant> values(static_cast<size_t>(count));
    std::vector<void *> arguments{nullptr};
    for (int i = 0; i < count; ++i) {
        QVariant &value = values[size_t(i)];
        QString why;
        if (!bind(event, i, engine, &value, &why))
            return why;
        const bool isVariant = m_signal.parameterMetaType(i) == QMetaType::fromType<QVariant>();
        arguments.push_back(isVariant ? static_cast<void *>(&value) : value.data());
    }
    QMetaObject::metacall(element, QMetaObject::InvokeMetaMethod, m_signal.methodIndex(), arguments.data());
    return {};
}

} // namespace Pyvent::Qml
