// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_DECLAREDSIGNAL_H
#define PYVENT_QML_DECLAREDSIGNAL_H

#include <PyventEvent>

#include <QtCore/qmetaobject.h>

class QJSEngine;

namespace Pyvent::Qml {

// A signal that QML declares on an element, as a handler of the event that it is named for.
class DeclaredSignal
{
public:
    // Those that \a element has beyond \a builtIn, its class in C++, without the change signals of its properties.
    static QList<DeclaredSignal> of(const QObject *element, const QMetaObject &builtIn);

    QString name() const { return QString::fromUtf8(m_signal.name()); }

    // The names of the events that it hears.
    QStringList eventNames() const;

    // Emits it with the event's arguments. Returns why it could not; empty if it did.
    QString emitFor(QObject *element, const PyventEvent &event, QJSEngine *engine) const;

private:
    explicit DeclaredSignal(const QMetaMethod &signal);

    bool bind(const PyventEvent &event, int parameter, QJSEngine *engine, QVariant *value, QString *why) const;

    QMetaMethod m_signal;
    QList<QStringList> m_parameters; // each with its spellings
};

} // namespace Pyvent::Qml

#endif
