// SPDX-License-Identifier: MIT
#ifndef PYVENT_H
#define PYVENT_H

#include "pyventnode.h"

/*!
    The same verbs as PyventNode's, as functions on one node of the process. It is made at first use, lives in the
    thread of the application object, and delivers what was sent when the application object ends, or, without one,
    when the program does.

    All of them may be called from any thread.
*/
namespace pyvent {

/*! The process-wide node, for its signals and properties. */
PYVENT_EXPORT PyventNode &node();

template <typename Context, typename Function>
QMetaObject::Connection on(QAnyStringView name, Context *context, Function &&function)
{
    return node().on(name, context, std::forward<Function>(function));
}
template <typename Context, typename Function>
QMetaObject::Connection on(QAnyStringView name, const PyventFilter &filter, Context *context, Function &&function)
{
    return node().on(name, filter, context, std::forward<Function>(function));
}
template <typename Context, typename Function, std::size_t Count>
QMetaObject::Connection on(QAnyStringView name, const PyventParameter (&parameters)[Count], const Context *context,
                           Function &&function)
{
    return node().on(name, parameters, context, std::forward<Function>(function));
}
template <typename Context, typename Function, std::size_t Count>
QMetaObject::Connection on(QAnyStringView name, const PyventParameter (&parameters)[Count], const PyventFilter &filter,
                           const Context *context, Function &&function)
{
    return node().on(name, parameters, filter, context, std::forward<Function>(function));
}
template <PyventBinding::Gadget T, typename Context, typename Function>
QMetaObject::Connection on(QAnyStringView name, Context *context, Function &&function)
{
    return node().on<T>(name, context, std::forward<Function>(function));
}
template <PyventBinding::Gadget T, typename Context, typename Function>
QMetaObject::Connection on(QAnyStringView name, const PyventFilter &filter, Context *context, Function &&function)
{
    return node().on<T>(name, filter, context, std::forward<Function>(function));
}
inline QMetaObject::Connection onFrame(QAnyStringView name, const QObject *context,
                                       std::function<void(const PyventFrame &)> function)
{
    return node().onFrame(name, context, std::move(function));
}
inline QMetaObject::Connection onFrame(QAnyStringView name, const PyventFilter &filter, const QObject *context,
                                       std::function<void(const PyventFrame &)> function)
{
    return node().onFrame(name, filter, context, std::move(function));
}
inline PyventSubscription *event(QAnyStringView name, const PyventFilter &filter = PyventFilter())
{
    return node().event(name, filter);
}
inline qsizetype off(QAnyStringView name, const QObject *context = nullptr)
{
    return node().off(name, context);
}
inline qsizetype off(const QObject *context)
{
    return node().off(context);
}
inline bool send(QAnyStringView name, const QVariantMap &args = QVariantMap(),
                 const PyventSendOptions &options = PyventSendOptions())
{
    return node().send(name, args, options);
}
inline bool send(QAnyStringView name, std::initializer_list<std::pair<QString, QVariant>> args,
                 const PyventSendOptions &options = PyventSendOptions())
{
    return node().send(name, args, options);
}
template <PyventBinding::Gadget T>
bool send(QAnyStringView name, const T &gadget, const PyventSendOptions &options = PyventSendOptions())
{
    return node().send(name, gadget, options);
}
template <typename Object, typename Signal>
QMetaObject::Connection forward(const Object *object, Signal signal, QAnyStringView name,
                                const PyventSendOptions &options = PyventSendOptions())
{
    return node().forward(object, signal, name, options);
}
inline bool forward(const PyventFrame &frame)
{
    return node().forward(frame);
}
inline QFuture<PyventAnswer> ask(QAnyStringView name, const QVariantMap &args = QVariantMap(),
                                 const PyventAskOptions &options = PyventAskOptions())
{
    return node().ask(name, args, options);
}
inline QFuture<PyventAnswer> askAll(QAnyStringView name, const QVariantMap &args = QVariantMap(),
                                    const PyventAskOptions &options = PyventAskOptions())
{
    return node().askAll(name, args, options);
}
template <typename Context, typename Function>
QMetaObject::Connection answer(QAnyStringView name, Context *context, Function &&function)
{
    return node().answer(name, context, std::forward<Function>(function));
}
template <typename Context, typename Function>
QMetaObject::Connection answer(QAnyStringView name, const PyventFilter &filter, Context *context, Function &&function)
{
    return node().answer(name, filter, context, std::forward<Function>(function));
}
template <typename Context, typename Function, std::size_t Count>
QMetaObject::Connection answer(QAnyStringView name, const PyventParameter (&parameters)[Count], const Context *context,
                               Function &&function)
{
    return node().answer(name, parameters, context, std::forward<Function>(function));
}
template <typename Context, typename Function, std::size_t Count>
QMetaObject::Connection answer(QAnyStringView name, const PyventParameter (&parameters)[Count],
                               const PyventFilter &filter, const Context *context, Function &&function)
{
    return node().answer(name, parameters, filter, context, std::forward<Function>(function));
}
template <PyventBinding::Gadget T, typename Context, typename Function>
QMetaObject::Connection answer(QAnyStringView name, Context *context, Function &&function)
{
    return node().answer<T>(name, context, std::forward<Function>(function));
}
template <PyventBinding::Gadget T, typename Context, typename Function>
QMetaObject::Connection answer(QAnyStringView name, const PyventFilter &filter, Context *context, Function &&function)
{
    return node().answer<T>(name, filter, context, std::forward<Function>(function));
}
inline bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(1))
{
    return node().flush(timeout);
}
inline bool dispatch(QAnyStringView name, const QVariantMap &args = QVariantMap(), const QString &sender = QString())
{
    return node().dispatch(name, args, sender);
}
inline std::optional<PyventEvent> waitFor(QAnyStringView name, std::chrono::milliseconds timeout,
                                          const PyventWaitOptions &options = PyventWaitOptions())
{
    return node().waitFor(name, timeout, options);
}
inline QFuture<PyventEvent> next(QAnyStringView name, const PyventFilter &filter = PyventFilter())
{
    return node().next(name, filter);
}
inline QFuture<QList<PyventNodeInfo>> findNodes(std::chrono::milliseconds within = std::chrono::milliseconds(500))
{
    return node().findNodes(within);
}
inline bool setWill(const QString &name, const QVariantMap &args = QVariantMap(),
                    const PyventSendOptions &options = PyventSendOptions())
{
    return node().setWill(name, args, options);
}
inline void clearWill()
{
    node().clearWill();
}
inline bool configure(const PyventOptions &options)
{
    return node().configure(options);
}
inline bool startServer()
{
    return node().startServer();
}
inline bool isServer()
{
    return node().isServer();
}
inline bool tryStart()
{
    return node().tryStart();
}
/*! Stops the client, the server, or both, as Python's function does. */
inline void stop(bool client = true, bool server = true)
{
    node().stop((client ? PyventNode::Client : PyventNode::Parts())
                | (server ? PyventNode::Server : PyventNode::Parts()));
}

} // namespace pyvent

#endif
