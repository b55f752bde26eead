// SPDX-License-Identifier: MIT
#ifndef PYVENTBRIDGE_H
#define PYVENTBRIDGE_H

#include <Pyvent/PyventOptions>

#include <QtCore/qobject.h>
#include <QtCore/qstringlist.h>

#include <chrono>
#include <memory>

#if defined(PYVENT_BUILDING_BRIDGE)
#    define PYVENT_BRIDGE_EXPORT Q_DECL_EXPORT
#else
#    define PYVENT_BRIDGE_EXPORT Q_DECL_IMPORT
#endif

class PyventNode;

/*!
    What a PyventBridge joins its bus to. As a designated initializer, it needs no more than what differs:
    \code
    PyventBridgeOptions options{.engine = "nats://a,nats://b,nats://c", .prefix = "harbour", .names = {"crane.*"}};
    \endcode
    A file is named by a path that begins at the process's current folder, if not at the root.
*/
struct PyventBridgeOptions
{
    /*! Where the engine is: "nats://HOST[:PORT]", "tls://…" for NATS with TLS, "mqtt://…" or "mqtts://…". Several servers of one cluster stand
        with commas between them. */
    QString engine = {};

    /*! What all subjects or topics begin with: 1 to 64 letters, digits, '-' and '_', in levels with '.' (NATS) or '/' (MQTT) between them. All buses
        that are to be one have the same. */
    QString prefix = {};

    /*! The names and globs of events that cross, as in PyventPattern: in both directions, or only in to this bus, or only out of it. Where
        none of the three says anything, all events cross; where one does, only those cross that it names. */
    QStringList names = {};
    QStringList namesIn = {};  /*!< See names. */
    QStringList namesOut = {}; /*!< See names. */

    /*! The bus's name at the engine: 1 to 32 letters, digits, '-' and '_', different for each bus and the same for all of its bridges. What it says
        by itself is made from the machine's id and the port, so it has to be given where the server is on another machine and two bridges reach it by
        different addresses. */
    QString bus = {};

    /*! Whether events are sent as JSON, which any program reads, instead of pickle. What comes is read either way. */
    bool json = false;

    /*! NATS: whether the newest event of each name, which handlers with PyventFilter::last hear first, and shared values (PyventValue) are kept in a key-value
        bucket of the engine, "pyvent-" and the prefix. There they outlive the bus, and all buses whose bridges do so come to have the same ones. The names
        are those that cross, in that direction. An event of up to 60 KiB is kept, of 100,000 names. */
    bool values = false;

    QString user = {};            /*!< A name to log in with; the password is passwordFile's. */
    QString passwordFile = {};    /*!< A file with the password alone, which nobody else may read. */
    QString credentialsFile = {}; /*!< NATS: a file of credentials, as nsc makes it. */
    QString nkeyFile = {};        /*!< NATS: a file with an nkey's seed. */
    QString caFile = {};          /*!< Whom to trust, PEM; else the system's authorities. */
    QString certificateFile = {}; /*!< The bridge's own certificate, PEM, and */
    QString keyFile = {};         /*!< its secret key. */

    /*! A folder in which events wait for the engine, so that they outlive the process; empty: they wait in memory. */
    QString spoolFolder = {};

    /*! How many bytes may wait; 0: 64 MiB, or 1 GiB with a spoolFolder. What is beyond is lost to the other buses, counted and told. */
    qsizetype spoolBytes = 0;

    /*! For how long the engine keeps events for a bus that does not come, and how many bytes of them at most. With NATS, who makes the stream decides. */
    std::chrono::seconds keep = std::chrono::hours(24);
    qint64 keepBytes = qint64(1) << 30; /*!< See keep. */

    /*! The time that stop() and the end may take to have the engine take what waits. */
    std::chrono::milliseconds linger = std::chrono::seconds(1);
};

/*!
    Joins a bus to a cluster of NATS servers with JetStream, or to an MQTT 5 broker, and so to all other buses that are joined to it: an event that
    a node sends on one is heard on all, once and in order, as if it had been sent there.

    It has a node of its own on the bus, and works in the event loop of its thread; the engine's library works in a thread of its own. It never
    waits but in its destructor, for PyventBridgeOptions::linger at most. Events wait while the engine or the bus is away. Several bridges of one bus
    agree on who works, and take over within some seconds. The server of the bus has to let it speak for others: PyventNode::forward().

    The program pyvent-bridge, which "pyvent bridge" starts, is one of these.
    \code
    PyventBridge bridge({.engine = "nats://localhost", .prefix = "harbour"});
    connect(&bridge, &PyventBridge::problem, [](const QString &line) { qWarning() << line; });
    if (!bridge.start())
        qWarning() << bridge.whyNot();
    \endcode
    All functions are to be called in its thread.
*/
class PYVENT_BRIDGE_EXPORT PyventBridge : public QObject
{
    Q_OBJECT
    Q_PROPERTY(State state READ state NOTIFY stateChanged)
    Q_PROPERTY(QString statusText READ statusText NOTIFY statusChanged)
    Q_PROPERTY(qsizetype waiting READ waiting)

public:
    enum State {
        Stopped,
        Connecting, /*!< It does not reach the engine. Events wait. */
        StandingBy, /*!< Another bridge of this bus works. */
        Working
    };
    Q_ENUM(State)

    /*! \a bus says which bus, as of any node; so it may serve, too. */
    explicit PyventBridge(const PyventBridgeOptions &options, const PyventOptions &bus = PyventOptions(),
                          QObject *parent = nullptr);

    /*! Stops, and waits until it has: PyventBridgeOptions::linger at most, and for what the engine's library does. */
    ~PyventBridge() override;

    /*! Joins the bus, and tries to reach the engine from then on. Returns false if the options are wrong, or there is nothing to do it with; whyNot() says
        why. */
    bool start();

    /*! Why start() has returned false, in a line for people. */
    QString whyNot() const;

    /*! Whether it is the options that are wrong, so that start() will never be able to with them. */
    bool hasWrongOptions() const;

    /*! Hears no more, and lets the engine take what waits. finished() tells that it is done. */
    void stop();

    State state() const;

    /*! The number of events that the engine has not acknowledged yet, in memory and in the spool. */
    qsizetype waiting() const;

    /*! How it is, in a line for people: "joins 'bus-12ab' to nats:harbour at nats://a:4222, 12 events wait". */
    QString statusText() const;

    /*! Counters and gauges in Prometheus' text format 0.0.4; their names begin with "pyvent_bridge_". */
    QByteArray metrics() const;

    /*! The bridge's node. What is sent by it goes to this bus only. */
    PyventNode *node() const;

Q_SIGNALS:
    /*! Something is wrong at the engine or the bus, in a line for people that says what to do. Of many of a kind, it says so once in half a minute. */
    void problem(const QString &line);

    /*! Something is worth to be told: where the engine was reached, who works. */
    void notice(const QString &line);

    void stateChanged(PyventBridge::State state);
    void statusChanged();
    void finished();

private:
    class Private;
    const std::unique_ptr<Private> d;
};

#endif
