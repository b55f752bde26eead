// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLTESTBUS_H
#define PYVENT_QML_PYVENTQMLTESTBUS_H

#include "pyventqmlvalues.h"
#include "warnings.h"

#include <PyventTestBus>

#include <QtCore/qobject.h>
#include <QtQml/qjsvalue.h>
#include <QtQml/qqmlregistration.h>

/*!
    A private bus for a test, as PyventTestBus of C++: for Qt Quick Test.
    \qml
    TestCase {
        PyventTestBus { id: bus }
        Pyvent { id: node; port: bus.port; server: false }
        function test_order() {
            bus.send("order-food", { food: "sushi" })
            const ready = bus.waitFor("food-ready", { food: "sushi" })
            verify(ready, bus.failure)
            compare(ready.args.minutes, 12)
        }
    }
    \endqml
*/
class PyventQmlTestBus : public QObject
{
    Q_OBJECT
    Q_PROPERTY(int port READ port CONSTANT FINAL)
    Q_PROPERTY(bool serving READ isServing NOTIFY servingChanged FINAL)
    Q_PROPERTY(QString failure READ failure NOTIFY failureChanged FINAL)
    QML_NAMED_ELEMENT(PyventTestBus)

public:
    explicit PyventQmlTestBus(QObject *parent = nullptr);

    /*! The bus's port, for Pyvent elements and for programs. */
    int port() const { return m_bus.port(); }

    /*! Whether the bus's server runs. */
    bool isServing() const { return m_bus.isServing(); }

    /*! Why the last call that failed has: for verify(). */
    QString failure() const { return m_failure; }

    /*! Sends an event, and waits until the server has it, 5 s at most. */
    Q_INVOKABLE bool send(const QString &name, const QJSValue &args = QJSValue(), const QString &sender = QString());

    /*! What others have sent, since the last clear(), of the name or glob \a name, with the arguments \a args among others. */
    Q_INVOKABLE QVariantList heard(const QString &name = QStringLiteral("*"), const QJSValue &args = QJSValue());

    /*! Forgets it. */
    Q_INVOKABLE void clear() { m_bus.clear(); }

    /*! Waits, \a timeout milliseconds at most, for such an event, and returns it, or null. Each is returned once. Runs the event loop, as
        TestCase.wait() does. */
    Q_INVOKABLE QVariant waitFor(const QString &name, const QJSValue &args = QJSValue(), int timeout = 5000);

    /*! Waits, \a timeout milliseconds at most, until a node of another process, or another element, listens to \a name. */
    Q_INVOKABLE bool waitForListener(const QString &name, int timeout = 5000);

    /*! Ends the server as a crash would, starts it again, and both. */
    Q_INVOKABLE void killServer() { m_bus.killServer(); }
    Q_INVOKABLE bool startServer();
    Q_INVOKABLE bool restartServer();

Q_SIGNALS:
    /*! Another node has sent an event. */
    void eventHeard(const QVariantMap &args, const PyventQmlEvent &event);
    void servingChanged();
    void failureChanged();

private:
    bool read(const QJSValue &value, QVariantMap *args);
    bool say(bool succeeded);
    bool say(bool succeeded, const QString &failure);

    Pyvent::Qml::Warnings m_warnings;
    PyventTestBus m_bus;
    QString m_failure;
};

#endif
