// SPDX-License-Identifier: MIT
#include "pyventqmltestbus.h"

#include "valuefromjs.h"

#include <QtQml/qjsengine.h>

using namespace Pyvent::Qml;
using namespace Qt::StringLiterals;

PyventQmlTestBus::PyventQmlTestBus(QObject *parent)
    : QObject(parent)
    , m_warnings(this)
    , m_bus()
    , m_failure(m_bus.errorText())
{
    connect(&m_bus, &PyventTestBus::servingChanged, this, &PyventQmlTestBus::servingChanged);
    connect(&m_bus, &PyventTestBus::eventHeard, this, [this](const PyventEvent &event) {
        const PyventQmlEvent heard(event);
        Q_EMIT eventHeard(heard.args(), heard);
    });
    if (!m_bus.isValid())
        m_warnings.warn(u"has no bus: "_s + m_failure);
}

// What the bus says of its last call.
bool PyventQmlTestBus::say(bool succeeded)
{
    return say(succeeded, m_bus.errorText());
}

bool PyventQmlTestBus::say(bool succeeded, const QString &failure)
{
    const QString now = succeeded ? QString() : failure;
    if (std::exchange(m_failure, now) != now)
        Q_EMIT failureChanged();
    return succeeded;
}

bool PyventQmlTestBus::read(const QJSValue &value, QVariantMap *args)
{
    ValueFromJs reader(qjsEngine(this));
    const bool isRead = reader.readArguments(value, args);
    if (!isRead)
        m_warnings.warn(reader.problem());
    return say(isRead, reader.problem());
}

bool PyventQmlTestBus::send(const QString &name, const QJSValue &args, const QString &sender)
{
    QVariantMap arguments;
    return read(args, &arguments) && say(m_bus.send(name, arguments, {.sender = sender}));
}

QVariantList PyventQmlTestBus::heard(const QString &name, const QJSValue &args)
{
    QVariantMap arguments;
    QVariantList found;
    if (read(args, &arguments)) {
        for (const PyventEvent &event : m_bus.heard(name, arguments))
            found.append(QVariant::fromValue(PyventQmlEvent(event)));
    }
    return found;
}

QVariant PyventQmlTestBus::waitFor(const QString &name, const QJSValue &args, int timeout)
{
    QVariantMap arguments;
    if (!read(args, &arguments))
        return QVariant::fromValue(nullptr);
    const PyventTestBus::Found found = m_bus.waitFor(name, arguments, std::chrono::milliseconds(timeout));
    return say(bool(found), QString::fromUtf8(found.why())) ? QVariant::fromValue(PyventQmlEvent(*found))
                                                            : QVariant::fromValue(nullptr);
}

bool PyventQmlTestBus::waitForListener(const QString &name, int timeout)
{
    return say(m_bus.waitForListener(name, std::chrono::milliseconds(timeout)));
}

bool PyventQmlTestBus::startServer()
{
    return say(m_bus.startServer());
}

bool PyventQmlTestBus::restartServer()
{
    return say(m_bus.restartServer());
}
