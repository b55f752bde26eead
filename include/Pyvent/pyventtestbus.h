// SPDX-License-Identifier: MIT
#ifndef PYVENTTESTBUS_H
#define PYVENTTESTBUS_H

#include "pyventevent.h"
#include "pyventnode.h"
#include "pyventoptions.h"

#include <QtCore/qlist.h>
#include <QtCore/qobject.h>
#include <QtCore/qprocess.h>

#include <chrono>
#include <functional>
#include <memory>

class PyventTestBusPrivate;

/*!
    A private bus for a test, as QTemporaryDir is a private folder: a server on ports of the loopback that no other test bus of
    this machine has, and a node that notes what others send.
    \code
    PyventTestBus bus;
    Kitchen kitchen(bus.options());                       // what is tested
    QVERIFY(kitchen.node()->waitForReady());
    bus.send("order-food", {{"food", "sushi"}});
    const auto ready = bus.waitFor("food-ready", {{"food", "sushi"}});
    QVERIFY2(ready, ready.why());                         // "'food-ready' with food='sushi' did not come … What came: …"
    QCOMPARE(ready->args["minutes"], 12);
    \endcode
    What is tested gets options(), or, where it is a program, environment(). All functions are for the bus's thread; those that
    wait run its event loop, as QTRY_VERIFY() does, so that what is tested may live in that thread, too.

    docs/testing.md shows more.
*/
class PYVENT_EXPORT PyventTestBus : public QObject
{
    Q_OBJECT
    Q_PROPERTY(int port READ port CONSTANT)
    Q_PROPERTY(bool serving READ isServing NOTIFY servingChanged)

public:
    /*! What waitFor() has found: an event, or why there is none. */
    class PYVENT_EXPORT Found
    {
    public:
        explicit operator bool() const noexcept { return m_isFound; }

        /*! What was waited for and what came instead, for QVERIFY2(); empty if an event was found. */
        const char *why() const noexcept { return m_why.constData(); }

        /*! The event; an empty one if none was found. */
        const PyventEvent &operator*() const noexcept { return m_event; }
        const PyventEvent *operator->() const noexcept { return &m_event; }

    private:
        friend class PyventTestBus;
        friend class PyventTestBusPrivate;
        bool m_isFound = false;
        PyventEvent m_event;
        QByteArray m_why;
    };

    /*! Starts a server. \a options are those of it and of options(); their port, address and security are the bus's own. */
    explicit PyventTestBus(QObject *parent = nullptr);
    explicit PyventTestBus(const PyventOptions &options, QObject *parent = nullptr);

    /*! Ends the server at once. */
    ~PyventTestBus() override;

    /*! Whether the bus has ports, and why not: errorText() is of the last call that failed. */
    bool isValid() const;
    QString errorText() const;

    /*! The port for PyventOptions::port and for Python's nodes. The address is 127.0.0.1. */
    int port() const;

    /*! The options for a node on this bus. It does not become the server, unless you set PyventOptions::server. */
    PyventOptions options(const QString &nodeId = QString()) const;

    /*! The environment for a program on this bus: this process's, with PYVENT_PORT and PYVENT_ADDRESS. Python's package does not
        read these by itself, but a script can. */
    QProcessEnvironment environment() const;

    /*! The bus's own node, for all that a node can do. It does not hear itself. */
    PyventNode *node() const;

    /*! Sends an event, and waits for \a timeout at most until the server has it. Returns whether it has. */
    bool send(QAnyStringView name, const QVariantMap &args = QVariantMap(),
              const PyventSendOptions &options = PyventSendOptions(),
              std::chrono::milliseconds timeout = std::chrono::seconds(5));

    /*! What others have sent since the last clear(), in order: what fits the name or glob \a name and has the arguments \a args,
        among others. The newest 100,000 events are kept. */
    QList<PyventEvent> heard(QAnyStringView name = "*", const QVariantMap &args = QVariantMap()) const;

    /*! Forgets what was heard so far. */
    void clear();

    /*!
        Waits, \a timeout at most, for an event that fits the name or glob \a name and has the arguments \a args, among others,
        and returns it. Each event is returned once: one that came before the call is found, too, unless another call has
        returned it, or clear() has forgotten it.
    */
    Found waitFor(QAnyStringView name, const QVariantMap &args = QVariantMap(),
                  std::chrono::milliseconds timeout = std::chrono::seconds(5));
    Found waitFor(QAnyStringView name, std::chrono::milliseconds timeout);

    /*! Waits for \a condition, \a timeout at most, and returns whether it holds. It is asked after each event of the thread, and
        100 times a second. */
    bool waitUntil(const std::function<bool()> &condition, std::chrono::milliseconds timeout = std::chrono::seconds(5));

    /*! Waits, \a timeout at most, until a node of this module, other than node(), listens to the name \a name or to a glob that
        it fits: what you send then, it hears. Python's nodes do not tell; have a script send an event when it is ready. */
    bool waitForListener(QAnyStringView name, std::chrono::milliseconds timeout = std::chrono::seconds(5));

    /*! The text that Found::why() would be, of an event that has not come. */
    QString whatCameInstead(QAnyStringView name, const QVariantMap &args = QVariantMap()) const;

    /*! Whether the bus's server runs. */
    bool isServing() const;

    /*! Ends the server at once. What it has taken and not passed on is gone, as with a crash; nodes keep what they send. */
    void killServer();

    /*! Starts it again, on the same ports. Returns false if a node under test has taken them. */
    bool startServer();

    /*! Both. */
    bool restartServer();

Q_SIGNALS:
    /*! Another node has sent the event \a event. */
    void eventHeard(const PyventEvent &event);

    void servingChanged(bool serving);

private:
    std::unique_ptr<PyventTestBusPrivate> d;
};

#endif
