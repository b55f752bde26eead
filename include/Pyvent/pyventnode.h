// SPDX-License-Identifier: MIT
#ifndef PYVENTNODE_H
#define PYVENTNODE_H

#include "pyventanswer.h"
#include "pyventanswering.h"
#include "pyventbinding.h"
#include "pyventerror.h"
#include "pyventevent.h"
#include "pyventframe.h"
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
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

class PyventNodePrivate;

/*! Options of PyventNode::send(). */
struct PyventSendOptions
{
    QString sender = {}; /*!< Replaces the node's own sender, "pyvent" or "pyvent.{id}". */
};

/*! Options of PyventNode::waitFor(): the sender to wait for, and an event to send first. */
struct PyventWaitOptions
{
    PyventSender sender = {}; /*!< The sender that the event must have. */
    QString send = {};        /*!< The name of an event to send as soon as the answer cannot be missed; empty: none. */
    QVariantMap args = {};    /*!< The arguments of that event. */
};

/*!
    A place on the bus: a node hears events by their names, and sends events, from and to any process on the same port.

    \code
    PyventNode node;
    node.on("order-food", this, [](const QVariantMap &args) { qDebug() << args; });
    node.send("order-food", {{"food", "sushi"}, {"drink", "sake"}});
    \endcode

    The first use, one of on(), event(), send(), waitFor(), next(), tryStart(), startServer(), or connecting
    eventReceived() or received(), starts the node. If no process serves the bus yet and PyventOptions::server allows it,
    the node becomes the server, in a thread of its own. No function blocks the event loop, unless its documentation says
    that it waits; such a function takes a time-out.

    Handlers run in the thread of their context object, one event after the other, in the order of arrival, and need an
    event loop there. The node emits its signals in its own thread. You may call any function from any thread, unless its
    documentation says otherwise.

    The node's work on the bus does not need an event loop: a thread of the library does it while the node's thread is
    blocked or runs none. Nodes that are made in the same thread, with the same
    address, port and maximumEventSize, share their connections.

    A refused call returns false (or an invalid connection, a canceled future, or an empty value), gives the reason in
    lastError(), and emits errorOccurred(). In a child of fork(), a node of the parent's refuses every call, with
    PyventError::UsedAfterFork; stop() does nothing there.
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
    Q_PROPERTY(quint64 acknowledged READ acknowledged NOTIFY acknowledgedChanged)
    Q_PROPERTY(quint64 unreadableFrames READ unreadableFrames NOTIFY unreadableFramesChanged)

public:
    /*! The states of a node on its way to the bus. */
    enum State {
        Stopped,     /*!< Not used yet, or stopped. */
        Connecting,  /*!< No server answers yet. The node keeps sent events until one does. */
        Subscribing, /*!< A server answers; the newest subscriptions are not yet proven active. */
        Ready        /*!< Every subscription made so far is active: the node hears all events sent from now on. */
    };
    Q_ENUM(State)

    /*! The halves of a node, for stop(). */
    enum Part { Client = 1, Server = 2 };
    Q_DECLARE_FLAGS(Parts, Part)
    Q_FLAG(Parts)

    /*! Why a node is not on the bus any more: nodeVanished(). */
    enum Reason {
        Left = 1, /*!< It has said so: stop(), or its end. */
        Lost =
            2 /*!< Its process was killed or ended without its nodes' end, or its machine cannot be reached any more. */
    };
    Q_ENUM(Reason)

    /*! Makes a node that is not started yet. If \a options are out of range, every use fails until configure() sets
        others. */
    explicit PyventNode(QObject *parent = nullptr);
    explicit PyventNode(const PyventOptions &options, QObject *parent = nullptr);

    /*! Delivers the accepted events, as stop() does, and ends. Calls no handlers any more. */
    ~PyventNode() override;

    /*!
        Sets all options at once, before the first use or after stop(). At other times it changes nothing and fails with
        PyventError::ConfiguredTooLate; for an option that is out of range, it fails with PyventError::InvalidOption.
        Returns whether it has set the options.
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

    /*! The number of events that wait to go out, because there is no server or because it has not taken earlier ones. */
    qsizetype sendQueue() const;

    /*! The number of events that no server has acknowledged yet: those in sendQueue(), and those on their way. send()
        accepts up to PyventOptions::sendQueueEvents of them. The signal, as that of sendQueue(), is emitted at most once in
        a turn of the event loop. */
    qsizetype unacknowledged() const;

    /*!
        The number of events that this node has taken to be sent since it was started last, by send() and forward(), and the number
        of those that a server has acknowledged: it does so in the order in which they were taken. Whoever notes accepted() after
        an event was taken knows, from when acknowledged() has come so far, that the bus has this event and all before it; then a
        bridge acknowledges it to where it has it from. Both begin with 0 when the node is started again.

        An event that the server refuses is acknowledged all the same, and errorOccurred() tells of it: PyventError::EventRefused.
        As the other counts' signals, acknowledgedChanged() is emitted at most once in a turn of the event loop.
    */
    quint64 accepted() const;
    quint64 acknowledged() const;

    /*! Identifies this node on the bus: the PyventEvent::nodeId of its events. New for each node. */
    QUuid uuid() const;

    /*! The most recent error, of any thread; PyventError::NoError if there was none. */
    PyventError lastError() const;

    /*! The number of frames received since the node was made that are no events, or whose trailer cannot be read.
        errorOccurred() reports the first one of each sending node, name and kind, and 1,000 in all; all Python nodes
        count as one sender. Like sendQueueChanged(), unreadableFramesChanged() is emitted once in a turn of the event
        loop at most. */
    quint64 unreadableFrames() const;

    /*! The number of unreadableFrames() for each name; the empty name stands for all names that are invalid. Names after
        the first 1,000 are not counted here. */
    QMap<QString, quint64> unreadableByName() const;

    /*! Starts the node as the first use does: the server if needed and allowed, then the client. Returns false only if
        the constructor's options are out of range. */
    bool tryStart();

    /*!
        Becomes the server, even if PyventOptions::server is false. Returns whether this node serves now; if another
        process serves, the error is PyventError::PortTaken, and this node is its client.
    */
    bool startServer();

    /*!
        Delivers the accepted events and leaves the bus. Handlers stay, and the next use starts the node again.
        Waits for the server's acknowledgements and for connected receivers, PyventOptions::linger at most, and reports
        events that are not delivered by then as PyventError::EventsNotDelivered.
    */
    void stop(Parts parts = Parts(Client | Server));

    /*!
        Returns a future that finishes as soon as every subscription made so far is active; stop() and the node's end
        cancel it. state() is Ready from then on, until the next subscription.
    */
    QFuture<void> whenReady();

    /*! Waits until whenReady() would finish, \a timeout at most, without running the event loop. */
    bool waitForReady(std::chrono::milliseconds timeout = std::chrono::seconds(5));

    // Hearing

    /*!
        Calls \a function for each event of the name \a name, in the thread of \a context and as long as \a context lives.

        \a name may be a glob, as in PyventPattern: "order-*", "*". \a function is a lambda, a function, or a member function
        of \a context, and takes nothing, a QVariantMap of the keyword arguments, or a PyventEvent. A filter,
        {.sender = "customer-manager"}, chooses other senders than the default "pyvent".

        Returns a connection that QObject::disconnect() ends; it is invalid if the name was refused. handlerFailed() reports
        an exception of \a function.
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
        Calls \a function with the keyword arguments that \a parameters name, in their order, converted to its types. Other
        arguments are ignored. If an argument is missing and has no default, or does not convert, handlerFailed() reports it
        and \a function is not called.
        \code
        node.on("order-food", {"food", {"drink", "water"}}, this, [](const QString &food, const QString &drink) {});
        node.on("plot", {"points", "limit"}, this, [](const std::vector<Point> &points, std::optional<int> limit) {});
        \endcode
        A parameter may be a number, text, bytes, a date, a duration, an enum, a value of Qt's or of this module, a Q_GADGET, a
        QVariant, or a list, set, map, pair, tuple or std::optional of these, in any depth; the README's section "Values" lists
        what each takes. A std::optional is empty if its argument is missing or None. handlerFailed() names the element that does
        not fit: "the argument 'points[3].x' is of type QString, which does not convert to double of Point". A parameter of a type
        that nothing converts to does not compile.
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
        value that a new T has; handlerFailed() reports an argument that does not convert, with its place. Properties may have
        the types that parameters may have. Some types, such as std::tuple or std::optional<Point>, need one call of
        pyvent::registerType(), because a property is known to Qt's meta-type system only; handlerFailed() says so.
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
        default arguments are the defaults; a slot whose only parameter is a QVariantMap or a PyventEvent gets everything.
        \a slot is a name, "order", or, if several slots have that name, a signature, "order(QString,QString)".
        Its types are subject to the same rule as a Q_GADGET's properties above. A slot with a parameter that nothing converts
        to, and that has no default, is refused.
    */
    QMetaObject::Connection on(QAnyStringView name, QObject *context, const char *slot);
    QMetaObject::Connection on(QAnyStringView name, const PyventFilter &filter, QObject *context, const char *slot);

    /*!
        Calls \a function for each event of the name \a name, which may be a glob, with its arguments undecoded: for a bridge
        between buses, or a recorder. As with on(), events come in order and once each, in the thread of \a context and as long as
        it lives, and what was lost on the way is asked for again; off() ends it, too. What is unreadable comes as well, and no
        handler's events are decoded for it.

        Without a filter, it hears every sender; with one, those that the filter has, which are the default ones if it says nothing
        else. For events of nodes of this module that is the sender in PyventFrame::sender. Where a filter chooses Python's nodes by
        their sender, their arguments are read for that.

        A node does not hear what it has itself forwarded, by this or by on(). dispatch() does not call \a function.

        As it may have others answer on another bus, it is only known by the time-out, while it listens, that nobody answers questions of
        these names. A program that only looks on, and does not need the bytes, hears them by on().

        Returns a connection that QObject::disconnect() ends; it is invalid if the name was refused. handlerFailed() reports an
        exception of \a function. Any thread may call it.
        \code
        // A cable: what is heard at one port is heard at the other, too.
        one.onFrame("*", &other, [&other](const PyventFrame &frame) { other.forward(frame); });
        \endcode
    */
    QMetaObject::Connection onFrame(QAnyStringView name, const QObject *context,
                                    std::function<void(const PyventFrame &)> function);
    QMetaObject::Connection onFrame(QAnyStringView name, const PyventFilter &filter, const QObject *context,
                                    std::function<void(const PyventFrame &)> function);

    /*!
        Returns the name \a name as a QObject for QObject::connect(), the same one for each call with this name and filter.
        It lives as long as the node. Returns nullptr if the name was refused.
        \code
        QObject::connect(node.event("order-food"), &PyventSubscription::received, label, &Label::show);
        \endcode
    */
    PyventSubscription *event(QAnyStringView name, const PyventFilter &filter = PyventFilter());
    using QObject::event;

    /*! Removes the handlers of the name \a name: all, or those of \a context. Returns their number. */
    qsizetype off(QAnyStringView name, const QObject *context = nullptr);

    /*! Removes all handlers of \a context. Returns their number. */
    qsizetype off(const QObject *context);

    // Sending

    /*!
        Sends the event \a name with the keyword arguments \a args; pyvent::argument() makes one of a value that QVariant has no
        constructor for, such as a std::vector<Point>. Never waits: the event is kept until the server
        has acknowledged it, even while there is no server. It leaves at once; only of many in a row, in a thread that
        keeps returning to its event loop, the last few may wait for the next return, or for flush().

        Returns false, and sends nothing, if it refuses the event: for a bad name, a value that cannot be sent, an event that
        is too large, or a full queue.
    */
    bool send(QAnyStringView name, const QVariantMap &args = QVariantMap(),
              const PyventSendOptions &options = PyventSendOptions());

    /*! The same with arguments that are written in place, which saves making a map of them:
        \c {send("order-food", {{"food", "sushi"}, {"count", 2}})}. */
    bool send(QAnyStringView name, std::initializer_list<std::pair<QString, QVariant>> args,
              const PyventSendOptions &options = PyventSendOptions());

    /*! Sends the properties of \a gadget as keyword arguments: what on<T>() hears as an equal gadget. */
    template <PyventBinding::Gadget T>
    bool send(QAnyStringView name, const T &gadget, const PyventSendOptions &options = PyventSendOptions())
    {
        return send(name, PyventBinding::gadgetArguments(T::staticMetaObject, &gadget), options);
    }

    /*!
        Sends the event \a name each time that \a object emits \a signal, whose parameters' names are the keywords.
        Ends with \a object, with the node, or with the connection that it returns.
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
        Sends an event that was heard on another bus, in the name of the node that sent it there first, and with its number: so
        receivers know it as that event, hear it once, however many bridges bring it, and in order. This node stands in for that one
        on this bus from then on: it keeps the events, as far as PyventOptions::replayEvents, replayBytes and replayAge say for all
        that it forwards together, tells receivers which ones there are, and sends them what they miss, and late joiners the past.

        Never waits, as send(). Returns whether the event is on its way; also true, and nothing is sent, where there is nothing to
        do:
        - It is of the past, which PyventFrame::replayed says: then it is kept for late joiners, and for nobody else.
        - This node has forwarded it before, or one of the same node and name with a higher number. Numbers of a stream have to go up;
          those that are left out are lost to this bus.
        - Its node is on this bus itself, so it has come back by other bridges. The first time, errorOccurred() tells:
          PyventError::ForwardingLoop.

        Returns false, and sends nothing, if it refuses the event: for a null PyventFrame::nodeId, as Python's events have it; a
        number, name, sender or pickle that is none; an event that is too large; a full queue (PyventError::QueueFull); or since the
        server has refused such a one less than 5 s ago (PyventError::EventRefused). The text of errorOccurred() says what to do.

        A server of this module lets a program speak for nodes of others only where its rules give it the right "speak-for-others",
        for the event's name. One without rules lets programs of its own user, and root's, on its machine, for nodes that are not on its
        bus. A server of Python's package knows no rights, and lets everybody.

        This node stands in for at most 10,000 nodes with 100,000 streams, and forgets those that it was longest ago that something
        came of; errorOccurred() tells: PyventError::OriginForgotten. When it leaves the bus it forgets them all.
    */
    bool forward(const PyventFrame &frame);

    /*!
        Has the server keep \a frame as the last event of its name, which handlers with PyventFilter::last hear first; or, where it has a
        PyventFrame::stamp, as a write of the shared value of that name, which whoever holds that hears of. Nobody hears it as an event, and
        nothing changes where the server has a later one. For a bridge that has stored what its bus had.

        Never waits. Returns false, and says nothing, if this node is not Ready, or \a frame has no node, a bad name, or more than about 60 KiB. Nothing
        acknowledges it: whoever is Ready again after a server was lost says it again. The server takes a plain event only from who may speak for
        its node, as with forward(), and a write from who may send events of that name. A server of Python's keeps nothing, and passes a write on to those who hold the
        value. May be called from any thread.
    */
    bool keep(const PyventFrame &frame);

    /*!
        Asks the server for some of what it keeps so, of all names that this node may hear, behind the place \a after in its order; 0: from the
        beginning. keptEvents() has the answer, and the place to ask for next. Returns false, and asks nothing, if this node is not Ready. There is no answer if the
        server is lost, or is Python's, or older. May be called from any thread.
    */
    bool askKept(quint64 after = 0);

    /*! The same for the last event of the name \a name, for which lastEvent() has the answer. */
    bool askLast(QAnyStringView name);

    /*!
        Waits until the server has acknowledged every event sent so far, \a timeout at most, without running the event
        loop. Returns whether it has.
    */
    bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(1));

    /*!
        Calls only the handlers of this process, as if \a sender had sent the event. The handlers of this thread have run
        when it returns. Returns false if the name was refused.
    */
    bool dispatch(QAnyStringView name, const QVariantMap &args = QVariantMap(), const QString &sender = QString());

    // Asking and answering

    /*!
        Asks whoever answers questions of the name \a name, on this bus and by answer(), or in Python, and returns a future of what the first
        of them says.

        The future always ends, in any case after PyventAskOptions::timeout: with a value, or with a PyventAskError. With a server of
        this module it is known within one round trip that nobody answers, and at once that whoever was to answer has left the bus. A node that
        joins in the moment of a take-over may be told so of those who are about to come back.
        What ends it runs in the node's thread if its event loop runs, and else in one of the library's, so that a thread may wait for
        it: QFuture::result(). Give then() a context to have a continuation run in that object's thread.

        To cancel() the future has the answerer's work canceled as well, where the answerer has returned a QFuture. A question that is
        refused, as send() refuses events, ends at once with PyventAskError::NotSent. Where there is no server yet, the question
        waits for one. May be called from any thread.
        \code
        node.ask("price-of", {{"dish", "sushi"}}, {.timeout = 2s}).then(this, [this](const PyventAnswer &answer) {
            answer ? show(answer.value().toDouble()) : warn(answer.error().text);
        });
        \endcode
    */
    QFuture<PyventAnswer> ask(QAnyStringView name, const QVariantMap &args = QVariantMap(),
                              const PyventAskOptions &options = PyventAskOptions());

    /*!
        The same with the answers of all who answer: values, and what they refuse with. The future ends when all have answered that a
        server of this module knows of, else with the timeout. It has no result where nobody has answered, and one with an error where
        the question was refused, no server was reached, or the node has stopped.
    */
    QFuture<PyventAnswer> askAll(QAnyStringView name, const QVariantMap &args = QVariantMap(),
                                 const PyventAskOptions &options = PyventAskOptions());

    /*!
        Answers questions of the name \a name, which may be a glob, with what \a function returns: a value, as it could be an argument
        of send(); a QVariantMap or a Q_GADGET, which travel as a dict; a PyventRefusal, or a PyventAnswer, which is one of both; nothing,
        which is None; or a QFuture of one of these, for work that takes longer. Otherwise it is as on(): \a function takes what functions
        there take, in the thread of \a context and as long as that lives, and off() or QObject::disconnect() end it.

        What \a function throws, or an argument that it lacks, is an error for the asker, with its text; handlerFailed() reports it here,
        too, but for a PyventRefusal. A future that \a function has returned is canceled when nobody waits for the answer any more,
        which QPromise::isCanceled() says in the work; its continuation is used up. That is so when the asker has canceled his, when his time is over, when he
        leaves the bus, and when he is lost: within 0.5 s where a server of this module serves, 5 s where that has ended with him, and 7 s
        where Python's serves, which asks him each second. What becomes of Python nodes that have asked is not known.

        Each question is answered, when it is asked: a filter with replay, last, latest or atMostEvery is refused.

        An event without the argument "reply_to" asks nothing: \a function is called, and what it returns is dropped. If
        another node's answer came first, handlerFailed() says so.
        \code
        node.answer("price-of", {"dish"}, this, [this](const QString &dish) { return prices[dish]; });
        node.answer("render", {"scene"}, this, [](const QString &scene) { return QtConcurrent::run(render, scene); });
        \endcode
    */
    template <typename Context, PyventBinding::NotASlotName Function>
    QMetaObject::Connection answer(QAnyStringView name, Context *context, Function &&function)
    {
        return answer(name, PyventFilter(), context, std::forward<Function>(function));
    }
    template <typename Context, PyventBinding::NotASlotName Function>
    QMetaObject::Connection answer(QAnyStringView name, const PyventFilter &filter, Context *context,
                                   Function &&function)
    {
        return addAnswerer(name, filter, context,
                           PyventBinding::plainAnswering(context, std::forward<Function>(function)));
    }

    /*! The same for a function of the keyword arguments that \a parameters name, as on() has it. */
    template <typename Context, PyventBinding::NotASlotName Function, std::size_t Count>
    QMetaObject::Connection answer(QAnyStringView name, const PyventParameter (&parameters)[Count],
                                   const Context *context, Function &&function)
    {
        return answer(name, parameters, PyventFilter(), context, std::forward<Function>(function));
    }
    template <typename Context, PyventBinding::NotASlotName Function, std::size_t Count>
    QMetaObject::Connection answer(QAnyStringView name, const PyventParameter (&parameters)[Count],
                                   const PyventFilter &filter, const Context *context, Function &&function)
    {
        static_assert(Count == PyventBinding::arity<Function>,
                      "Pyvent: as many parameters must be named as the function has");
        return addAnswerer(name, filter, context,
                           PyventBinding::keywordsAnswering(PyventParameters(parameters, parameters + Count), context,
                                                            std::forward<Function>(function)));
    }

    /*! The same for a function of a Q_GADGET whose properties are the keywords, as on() has it. */
    template <PyventBinding::Gadget T, typename Context, typename Function>
    QMetaObject::Connection answer(QAnyStringView name, Context *context, Function &&function)
    {
        return answer<T>(name, PyventFilter(), context, std::forward<Function>(function));
    }
    template <PyventBinding::Gadget T, typename Context, typename Function>
    QMetaObject::Connection answer(QAnyStringView name, const PyventFilter &filter, Context *context,
                                   Function &&function)
    {
        return addAnswerer(name, filter, context,
                           PyventBinding::gadgetAnswering<T>(context, std::forward<Function>(function)));
    }

    /*! The same for the slot or invokable method \a slot of \a context, as on() has it. Of futures, one may return a
        QFuture<PyventAnswer> or a QFuture<QVariant>. */
    QMetaObject::Connection answer(QAnyStringView name, QObject *context, const char *slot);
    QMetaObject::Connection answer(QAnyStringView name, const PyventFilter &filter, QObject *context, const char *slot);

    // Waiting

    /*!
        Waits for the next event of the name \a name, \a timeout at most, without running the event loop: no handler runs
        meanwhile, and other events are handled afterwards. With {.send = "order-food", .args = {…}} it sends that event
        first, as soon as the answer cannot be missed. Returns nothing after the time-out, or if the call was refused.
        \code
        if (auto event = node.waitFor("food-ready", 1s)) use(event->args);
        \endcode
    */
    std::optional<PyventEvent> waitFor(QAnyStringView name, std::chrono::milliseconds timeout,
                                       const PyventWaitOptions &options = PyventWaitOptions());

    /*! Returns a future of the next event of the name \a name. The node's end cancels it. */
    QFuture<PyventEvent> next(QAnyStringView name, const PyventFilter &filter = PyventFilter());

    /*!
        Asks all nodes of this module, this one included, to describe themselves, and gathers the answers for \a within.
        The future is canceled if no server was reached by then, and by stop() and the node's end. Python nodes cannot
        answer: if none of the nodes serves, a Python process serves.
    */
    QFuture<QList<PyventNodeInfo>> findNodes(std::chrono::milliseconds within = std::chrono::milliseconds(500));

    /*!
        Says of this node what findNodes() tells of it beside the rest, as PyventNodeInfo::about: a version, a role, a state. Values become what
        CBOR has for them.

        Returns false, and changes nothing, if \a about takes more than 8 KiB: PyventError::InvalidArgument. May be called from any
        thread.
    */
    bool setAbout(const QVariantMap &about);
    QVariantMap about() const;

    /*!
        The other nodes that this one knows to be on the bus, in no order, as far as nodeAppeared() and nodeVanished() have told or are about to
        tell; none where neither is connected.
    */
    QList<PyventNodeInfo> nodes() const;

    /*!
        Has the server send the event \a name, with \a args, in this node's name when this node is lost: when its process is killed, or its
        machine cannot be reached any more, as nodeVanished() has it, and not when it leaves. It comes behind all events that the node has sent; its
        PyventEvent::sequence is 0, and its time that at which it was set. It is no event of the past, and nobody is asked for it again.

        Another one replaces it, and clearWill() takes it back. It is kept beyond stop(), and does not start the node. Returns false,
        and changes nothing, for what send() refuses, and for more than 64 KiB: PyventError::EventTooLarge. The server keeps 1 MiB for the
        nodes of a thread; where it refuses a will, errorOccurred() tells: PyventError::EventRefused. A Python server, or one of an earlier version
        of this module, keeps none: then errorOccurred() tells within some seconds of the node's being Ready, PyventError::NotSupported.
        A node that serves has its will at its own server: nobody sends it when that process is killed.

        Any thread may call both.
    */
    bool setWill(const QString &name, const QVariantMap &args = QVariantMap(),
                 const PyventSendOptions &options = PyventSendOptions());
    void clearWill();

    /*!
        Tells the node \a node what this one is, with what setAbout() has said: nodeDescribed() there. Without a node, it tells all, which wakes
        their processes, and does so again whenever this node is Ready after it was not. May be called from any thread.
    */
    void announce(const QUuid &node = QUuid());

    /*!
        The same for a node that forwards: the server passes it on only if this node may forward events of other nodes, so that nodeDescribed()
        there has PyventNodeInfo::forwarder set. By that bridges believe each other. A server of Python's passes it on for everybody. May be called from any thread.
    */
    void announceForwarder(const QUuid &node = QUuid());

Q_SIGNALS:
    /*! An event was heard. Connecting this signal subscribes the node to all events of all senders. */
    void eventReceived(const QString &name, const QVariantMap &args);

    /*! As eventReceived(), with all that is known of the event. */
    void received(const PyventEvent &event);

    /*! An error occurred: see PyventError::Code. A call in the node's thread that is refused emits it before the call
        returns. */
    void errorOccurred(const PyventError &error);

    /*! A handler of the event \a name could not be called, or threw. The other handlers were called. */
    void handlerFailed(const QString &name, const QString &reason);

    /*! \a count events of the name \a name from the node \a nodeId were sent and will not arrive any more: no node keeps
        them, they are larger than PyventOptions::maximumEventSize, or a handler does not hear them because its thread is
        100,000 events behind. \a nodeId is null for events of a Python node. */
    void eventsLost(const QString &name, const QUuid &nodeId, quint64 count);

    /*! The server did not pass on \a count events or messages of the name \a name that the node \a nodeId has sent; \a why is for
        people. Every node is told, so that a program that looks at the bus can show it; the node itself has errorOccurred() as well.
        \a nodeId is null where it is not known, as it is of a Python node. Only a server of this module's tells. */
    void eventsRefused(const QString &name, const QUuid &nodeId, quint64 count, const QString &why);

    /*! Another node has said what it is: by announce(), or since this node has asked by findNodes(). Its process claims it, and nothing checks it but PyventNodeInfo::uuid. */
    void nodeDescribed(const PyventNodeInfo &node);

    /*! The answer to askKept(): some events that the server keeps, and the place to ask for \a next; 0: there are no more. A write of a shared value has
        a PyventFrame::stamp, and its PyventFrame::nodeId may be no node's. */
    void keptEvents(const QList<PyventFrame> &frames, quint64 next);

    /*! The answer to askLast(). Where the server has none, \a frame has no name. */
    void lastEvent(const QString &name, const PyventFrame &frame);

    /*!
        Another node is on the bus: it has come, or was there when this node began to watch. Connecting this signal, or
        nodeVanished(), starts the node, and has it watch; whatever comes and goes is told until both are disconnected. Python's nodes say
        nothing of themselves, and are not told of; nor is this node itself. nodeDescribed() tells what changes of a node.

        5,000 nodes are told of; where there are more, errorOccurred() says so: PyventError::OutOfResources.
    */
    void nodeAppeared(const PyventNodeInfo &node);

    /*!
        A node that nodeAppeared() has told of is not on the bus any more. That it leaves is known at once, and that it is lost within 3 s: where
        its process ends, after 0.3 s; where its machine cannot be reached any more, after 3 s; where the server's process has ended with
        it, 2 s after this node has another server. A server of Python's, or of an earlier version, does not tell: then this node asks all
        nodes once a second. A process that stands still, but has not ended, is not lost.

        It is told behind the handlers, in this node's thread, of all that has come from the node, and of its will; but not where events are missing before that.

        A node that has made its connection anew is not told of where that took less than 0.15 s; else it was lost, and appears again. While this
        node has no server, it knows nothing, and nobody vanishes; with stop() it forgets whom it knows, and nobody is told.
    */
    void nodeVanished(const PyventNodeInfo &node, PyventNode::Reason reason);

    void stateChanged(PyventNode::State state);
    void servingChanged(bool serving);
    void sendQueueChanged(qsizetype events);
    void unacknowledgedChanged(qsizetype events);
    void acknowledgedChanged(quint64 events);
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
    QMetaObject::Connection addAnswerer(QAnyStringView name, const PyventFilter &filter, const QObject *context,
                                        PyventBinding::Answering function);
    bool checkQuestion(const QString &name, const QVariantMap &args, const PyventAskOptions &options);
    bool checkHandler(const QString &pattern, const PyventFilter &filter, const QObject *context);
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
