// SPDX-License-Identifier: MIT
#ifndef PYVENTNODE_H
#define PYVENTNODE_H

#include "pyventbinding.h"
#include "pyventerror.h"
#include "pyventevent.h"
#include "pyventnodeinfo.h"
#include "pyventoptions.h"
#include "pyventparameter.h"
#include "pyventsender.h"
#include "pyventsubscription.h"

#include <QtCore/qanystringview.h>
#include <QtCore/qfuture.h>
#include <QtCore/qmap.h>
#include <QtCore/qobject.h>
#include <QtCore/quuid.h>

#include <chrono>
#include <memory>
#include <optional>

class PyventNodePrivate;

/*! How send() sends. */
struct PyventSendOptions
{
    QString sender = {}; /*!< Replaces the node's own sender, "pyvent" or "pyvent.{id}". */
};

/*! What PyventNode::waitFor() waits for, and what it sends first. */
struct PyventWaitOptions
{
    PyventSender sender = {}; /*!< The sender that the event must have. */
    QString send = {};        /*!< The name of an event to send as soon as the answer would be heard; empty: none. */
    QVariantMap args = {};    /*!< The arguments of the event that is sent. */
};

/*!
    A place on the bus: it hears events by their name and sends them, to and from any process on the same port.

    \code
    PyventNode node;
    node.on("order-food", this, [](const QVariantMap &args) { qDebug() << args; });
    node.send("order-food", {{"food", "sushi"}, {"drink", "sake"}});
    \endcode

    The first use, one of on(), event(), send(), waitFor(), next(), tryStart(), startServer(), or connecting
    eventReceived() or received(), starts the node: where PyventOptions::server allows it and nobody serves yet, it
    becomes the server, on a thread of its own. Nothing here blocks the event loop; what must wait says so and takes a
    time-out.

    Handlers run in the thread of their context object, one event after the other, in the order of arrival; signals are
    emitted in the node's thread. Handlers need an event loop in these threads. Unless stated otherwise every function
    may be called from any thread.

    A refused call returns false (an invalid connection, an empty value), tells why in lastError(), and emits
    errorOccurred().
*/
class PYVENT_EXPORT PyventNode : public QObject
{
    Q_OBJECT
    Q_PROPERTY(int port READ port WRITE setPort NOTIFY portChanged)
    Q_PROPERTY(QString address READ address WRITE setAddress NOTIFY addressChanged)
    Q_PROPERTY(QString nodeId READ nodeId WRITE setNodeId NOTIFY nodeIdChanged)
    Q_PROPERTY(bool server READ server WRITE setServer NOTIFY serverChanged)
    Q_PROPERTY(State state READ state NOTIFY stateChanged)
    Q_PROPERTY(bool serving READ isServer NOTIFY servingChanged)
    Q_PROPERTY(qsizetype sendQueue READ sendQueue NOTIFY sendQueueChanged)
    Q_PROPERTY(qsizetype unacknowledged READ unacknowledged NOTIFY unacknowledgedChanged)
    Q_PROPERTY(quint64 unreadableFrames READ unreadableFrames NOTIFY unreadableFramesChanged)

public:
    /*! How far a node is. */
    enum State {
        Stopped,     /*!< Not used yet, or stopped. */
        Connecting,  /*!< No server answers (yet). What is sent is kept and goes out when one does. */
        Subscribing, /*!< A server answers; the newest subscriptions are not yet proven active. */
        Ready        /*!< Every subscription made so far is active: whatever anyone sends from now on is heard. */
    };
    Q_ENUM(State)

    /*! The halves of a node, for stop(). */
    enum Part { Client = 1, Server = 2 };
    Q_DECLARE_FLAGS(Parts, Part)
    Q_FLAG(Parts)

    /*! A node that is not started yet. Options that are out of range are an error at every use, until configure()
        sets others. */
    explicit PyventNode(QObject *parent = nullptr);
    explicit PyventNode(const PyventOptions &options, QObject *parent = nullptr);

    /*! Delivers what was accepted, as stop() does, then ends. Its handlers are not called any more. */
    ~PyventNode() override;

    /*!
        Sets all options at once. Only before first use, or after stop(): otherwise nothing is changed, and the error is
        PyventError::ConfiguredTooLate. An option that is out of range is PyventError::InvalidOption.
        Returns whether the options were taken.
    */
    bool configure(const PyventOptions &options);
    PyventOptions options() const;

    int port() const;
    QString address() const;
    QString nodeId() const;
    bool server() const;
    void setPort(int port);
    void setAddress(const QString &address);
    void setNodeId(const QString &id);
    void setServer(bool server);

    State state() const;

    /*! Whether this node serves the bus right now. */
    bool isServer() const;

    /*! How many events wait here to go out: there is no server, or it has not taken those before them yet. */
    qsizetype sendQueue() const;

    /*! How many events no server has acknowledged yet: those in sendQueue(), and those on their way. send() accepts up to
        PyventOptions::sendQueueEvents of them. Like sendQueue(), it is told of once in a turn of the event loop at most. */
    qsizetype unacknowledged() const;

    /*! Identifies this node on the bus: PyventEvent::nodeId of what it sends. New for each node. */
    QUuid uuid() const;

    /*! What went wrong most recently, in any thread; PyventError::NoError if nothing did. */
    PyventError lastError() const;

    /*! How many frames were received that are no events, or whose trailer cannot be read, since the node was made.
        errorOccurred() tells of the first one of each sending node, name and kind, of 1,000 at most; all Python nodes are
        one. Like sendQueue(), it is told of once in a turn of the event loop at most. */
    quint64 unreadableFrames() const;

    /*! How many of the unreadableFrames() had which name; an empty one where it could not be an event's. After 1,000 names,
        those of further ones are not among them. */
    QMap<QString, quint64> unreadableByName() const;

    /*! Starts the node as the first use does: the server if needed and allowed, then the client. Returns false only if
        the constructor's options were refused. */
    bool tryStart();

    /*!
        Becomes the server, whatever PyventOptions::server says. Returns whether this node serves now; if another
        process does, the error is PyventError::PortTaken, and this node is its client.
    */
    bool startServer();

    /*!
        Delivers what was accepted and leaves the bus. Handlers stay, and the next use starts the node again.
        Waits for the server's acknowledgements and for connected receivers, PyventOptions::linger at most; what is not
        delivered by then is reported as PyventError::EventsNotDelivered.
    */
    void stop(Parts parts = Parts(Client | Server));

    /*!
        Finishes as soon as every subscription made so far is active, and is canceled by stop() and the node's end.
        state() is Ready from then on, until the next subscription.
    */
    QFuture<void> whenReady();

    /*! Waits until whenReady() would finish, \a timeout at most, without running the event loop. */
    bool waitForReady(std::chrono::milliseconds timeout = std::chrono::seconds(5));

    // Hearing

    /*!
        Calls \a function for each event of the name \a name, in the thread of \a context and as long as that lives.

        \a name may be a glob: "order-*", "*"; '?' stands for one character. \a function is a lambda, a function, or a
        member function of \a context, and takes nothing, a QVariantMap of the keyword arguments, or a PyventEvent. A
        filter, {.sender = "customer-manager"}, chooses other senders than the default "pyvent".

        Returns a connection that QObject::disconnect() ends, invalid where the name was refused. What \a function
        throws is reported by handlerFailed().
    */
    template <typename Context, PyventBinding::NotASlotName Function>
    QMetaObject::Connection on(QAnyStringView name, Context *context, Function &&function)
    {
        return on(name, PyventFilter(), context, std::forward<Function>(function));
    }
    template <typename Context, PyventBinding::NotASlotName Function>
    QMetaObject::Connection on(QAnyStringView name, const PyventFilter &filter, Context *context, Function &&function)
    {
        return addHandler(name, filter, context, PyventBinding::plain(context, std::forward<Function>(function)));
    }

    /*!
        Calls \a function with the keyword arguments that \a parameters name, in their order, converted to its types.
        Arguments that it does not name are ignored. One that is missing and has no default, or that does not convert,
        is reported by handlerFailed(), and \a function is not called.
        \code
        node.on("order-food", {"food", {"drink", "water"}}, this, [](const QString &food, const QString &drink) {});
        \endcode
    */
    template <typename Context, PyventBinding::NotASlotName Function, std::size_t Count>
    QMetaObject::Connection on(QAnyStringView name, const PyventParameter (&parameters)[Count], const Context *context,
                               Function &&function)
    {
        // The context is a pointer to const here, and not above, because GCC before 14 takes {.sender = "x"} for a list
        // of parameters, too; the better match of the other function's context settles it.
        return on(name, parameters, PyventFilter(), context, std::forward<Function>(function));
    }
    template <typename Context, PyventBinding::NotASlotName Function, std::size_t Count>
    QMetaObject::Connection on(QAnyStringView name, const PyventParameter (&parameters)[Count],
                               const PyventFilter &filter, const Context *context, Function &&function)
    {
        static_assert(Count == PyventBinding::arity<Function>,
                      "Pyvent: as many parameters must be named as the function has");
        return addHandler(name, filter, context,
                          PyventBinding::keywords(PyventParameters(parameters, parameters + Count), context,
                                                  std::forward<Function>(function)));
    }

    /*!
        Calls \a function with a Q_GADGET whose properties are the keywords. A property without an argument keeps the
        value that a new T has; one whose argument does not convert is reported by handlerFailed().
    */
    template <PyventBinding::Gadget T, typename Context, typename Function>
    QMetaObject::Connection on(QAnyStringView name, Context *context, Function &&function)
    {
        return on<T>(name, PyventFilter(), context, std::forward<Function>(function));
    }
    template <PyventBinding::Gadget T, typename Context, typename Function>
    QMetaObject::Connection on(QAnyStringView name, const PyventFilter &filter, Context *context, Function &&function)
    {
        return addHandler(name, filter, context, PyventBinding::gadget<T>(context, std::forward<Function>(function)));
    }

    /*!
        Calls the slot or invokable method \a slot of \a context. Its parameters' names are the keywords, and its C++
        default arguments are the defaults; a slot whose only parameter is a QVariantMap or a PyventEvent gets all.
        \a slot is a name, "order", or, where several slots have it, a signature, "order(QString,QString)".
    */
    QMetaObject::Connection on(QAnyStringView name, QObject *context, const char *slot);
    QMetaObject::Connection on(QAnyStringView name, const PyventFilter &filter, QObject *context, const char *slot);

    /*!
        The name \a name as a QObject for QObject::connect(), the same one for each call with this name and filter.
        It lives as long as the node. Returns nullptr where the name was refused.
        \code
        QObject::connect(node.event("order-food"), &PyventSubscription::received, label, &Label::show);
        \endcode
    */
    PyventSubscription *event(QAnyStringView name, const PyventFilter &filter = PyventFilter());
    using QObject::event;

    /*! Removes the handlers of the name \a name: all, or those of \a context. Returns how many. */
    qsizetype off(QAnyStringView name, const QObject *context = nullptr);

    /*! Removes all handlers of \a context. Returns how many. */
    qsizetype off(const QObject *context);

    // Sending

    /*!
        Sends the event \a name with the keyword arguments \a args. Never waits: the event is kept until the server
        has acknowledged it, also while there is no server. It leaves at once; only of many in a row, in a thread that
        keeps returning to its event loop, the last few may wait for the next return, or for flush().

        Returns false, and sends nothing, where the event was not taken: a bad name, a value that cannot be sent, an
        event that is too large, or a full queue.
    */
    bool send(QAnyStringView name, const QVariantMap &args = QVariantMap(),
              const PyventSendOptions &options = PyventSendOptions());

    /*! Sends the properties of \a gadget as keyword arguments. */
    template <PyventBinding::Gadget T>
    bool send(QAnyStringView name, const T &gadget, const PyventSendOptions &options = PyventSendOptions())
    {
        return send(name, PyventBinding::gadgetArguments(T::staticMetaObject, &gadget), options);
    }

    /*!
        Sends the event \a name each time that \a object emits \a signal, whose parameters' names are the keywords.
        Ends with \a object, the node, or the connection that it returns.
    */
    template <typename Object, typename Base, typename Result, typename... Arguments>
    QMetaObject::Connection forward(const Object *object, Result (Base::*signal)(Arguments...), QAnyStringView name,
                                    const PyventSendOptions &options = PyventSendOptions())
    {
        if (!checkForward(object, name))
            return {};
        const QStringList names = PyventBinding::argumentNames(QMetaMethod::fromSignal(signal), sizeof...(Arguments));
        return QObject::connect(object, signal, this,
                                [this, names, name = name.toString(), options](const Arguments &...arguments) {
                                    send(name, PyventBinding::signalArguments(names, arguments...), options);
                                });
    }

    /*!
        Waits until the server has acknowledged every event that was sent so far, \a timeout at most, without running
        the event loop. Returns whether it has.
    */
    bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(1));

    /*!
        Calls the handlers of this process only, as if \a sender had sent the event. The handlers of this thread have
        run when it returns. Returns false where the name was refused.
    */
    bool dispatch(QAnyStringView name, const QVariantMap &args = QVariantMap(), const QString &sender = QString());

    // Waiting

    /*!
        Waits for the next event of the name \a name, \a timeout at most, without running the event loop: no handler
        runs meanwhile, and what else arrives is handled afterwards. With {.send = "order-food", .args = {…}} that
        event is sent first, as soon as the answer cannot be missed.
        \code
        if (auto event = node.waitFor("food-ready", 1s)) use(event->args);
        \endcode
    */
    std::optional<PyventEvent> waitFor(QAnyStringView name, std::chrono::milliseconds timeout,
                                       const PyventWaitOptions &options = PyventWaitOptions());

    /*! The next event of the name \a name. The future is canceled by the node's end. */
    QFuture<PyventEvent> next(QAnyStringView name, const PyventFilter &filter = PyventFilter());

    /*!
        Asks all nodes of this module who they are, this one included, and gathers the answers for \a within. The
        future is canceled where no server was reached by then, and by stop() and the node's end. Python nodes cannot
        answer: if none of the nodes serves, a Python process does.
    */
    QFuture<QList<PyventNodeInfo>> findNodes(std::chrono::milliseconds within = std::chrono::milliseconds(500));

Q_SIGNALS:
    /*! An event was heard. Connecting this signal subscribes the node to all events of all senders. */
    void eventReceived(const QString &name, const QVariantMap &args);

    /*! The same, with everything that is known of the event. */
    void received(const PyventEvent &event);

    /*! Something went wrong: see PyventError::Code. A refused call emits it before it returns, if it was made in the
        node's thread. */
    void errorOccurred(const PyventError &error);

    /*! A handler of the event \a name could not be called, or threw. The other handlers were called. */
    void handlerFailed(const QString &name, const QString &reason);

    /*! \a count events of the name \a name from the node \a nodeId were sent and will not arrive any more: nobody keeps them,
        they are larger than PyventOptions::maximumEventSize, or a handler does not hear them because its thread is
        100,000 events behind. \a nodeId is null where the sender is a Python node. */
    void eventsLost(const QString &name, const QUuid &nodeId, quint64 count);

    void stateChanged(PyventNode::State state);
    void servingChanged(bool serving);
    void sendQueueChanged(qsizetype events);
    void unacknowledgedChanged(qsizetype events);
    void unreadableFramesChanged(quint64 frames);
    void portChanged(int port);
    void addressChanged(const QString &address);
    void nodeIdChanged(const QString &nodeId);
    void serverChanged(bool server);

protected:
    void connectNotify(const QMetaMethod &signal) override;
    void disconnectNotify(const QMetaMethod &signal) override;
    void customEvent(QEvent *event) override;

private:
    QMetaObject::Connection addHandler(QAnyStringView name, const PyventFilter &filter, const QObject *context,
                                       PyventBinding::Callback callback);
    bool checkForward(const QObject *object, QAnyStringView name);
    bool checkProcess();
    bool checkName(const QString &name);
    bool checkSender(const PyventSender &sender);
    bool checkFilter(const QString &pattern, const PyventFilter &filter);
    void refuse(const PyventError &error);

    friend class PyventNodePrivate;
    std::shared_ptr<PyventNodePrivate> d;
};

Q_DECLARE_OPERATORS_FOR_FLAGS(PyventNode::Parts)

#endif
