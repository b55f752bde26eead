// SPDX-License-Identifier: MIT
#include "pyventnode.h"

#include "dispatch/frameevent.h"
#include "dispatch/name.h"
#include "dispatch/slotcallback.h"
#include "node/filtercheck.h"
#include "node/noderegistry.h"
#include "node/pyventnode_p.h"

#include <QtCore/qmetaobject.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

PyventNode::PyventNode(QObject *parent)
    : PyventNode(PyventOptions(), parent)
{
}

PyventNode::PyventNode(const PyventOptions &options, QObject *parent)
    : QObject(parent)
    , d(std::make_shared<PyventNodePrivate>(this, options))
{
    NodeRegistry::add(this);
}

PyventNode::~PyventNode()
{
    d->nodeEnds();
    NodeRegistry::remove(this);
}

bool PyventNode::configure(const PyventOptions &options)
{
    const bool taken = d->setOptions(options);
    d->tell();
    return taken;
}

PyventOptions PyventNode::options() const
{
    return d->options(d->lock());
}

int PyventNode::port() const
{
    return options().port;
}

QString PyventNode::address() const
{
    return options().address;
}

QString PyventNode::nodeId() const
{
    return options().nodeId;
}

bool PyventNode::server() const
{
    return options().server;
}

void PyventNode::setPort(int port)
{
    PyventOptions changed = options();
    if (std::exchange(changed.port, port) != port)
        configure(changed);
}

void PyventNode::setAddress(const QString &address)
{
    PyventOptions changed = options();
    if (std::exchange(changed.address, address) != address)
        configure(changed);
}

void PyventNode::setNodeId(const QString &id)
{
    PyventOptions changed = options();
    if (std::exchange(changed.nodeId, id) != id)
        configure(changed);
}

void PyventNode::setServer(bool server)
{
    PyventOptions changed = options();
    if (std::exchange(changed.server, server) != server)
        configure(changed);
}

PyventNode::State PyventNode::state() const
{
    return d->state(d->lock());
}

bool PyventNode::isServer() const
{
    return d->isServing(d->lock());
}

qsizetype PyventNode::sendQueue() const
{
    return d->waiting(d->lock()).unsent;
}

qsizetype PyventNode::unacknowledged() const
{
    return d->waiting(d->lock()).unacknowledged;
}

quint64 PyventNode::accepted() const
{
    return d->accepted(d->lock());
}

quint64 PyventNode::acknowledged() const
{
    return d->acknowledged(d->lock());
}

QUuid PyventNode::uuid() const
{
    return d->uuid();
}

PyventError PyventNode::lastError() const
{
    return d->lastError(d->lock());
}

quint64 PyventNode::unreadableFrames() const
{
    return d->unreadable(d->lock()).count();
}

QMap<QString, quint64> PyventNode::unreadableByName() const
{
    return d->unreadable(d->lock()).byName();
}

bool PyventNode::tryStart()
{
    const bool started = d->start(d->lock());
    d->tell();
    return started;
}

bool PyventNode::startServer()
{
    const bool serves = d->startServer(d->lock());
    d->tell();
    return serves;
}

void PyventNode::stop(Parts parts)
{
    d->stop(parts);
    d->tell();
}

QFuture<void> PyventNode::whenReady()
{
    const QFuture<void> future = d->whenReady(d->lock());
    d->tell();
    return future;
}

bool PyventNode::waitForReady(std::chrono::milliseconds timeout)
{
    const auto deadline = PyventNodePrivate::after(timeout);
    auto lock = d->lock();
    if (!d->start(lock)) {
        lock.unlock();
        d->tell();
        return false;
    }
    d->waitUntil(lock, deadline, [&] { return d->state(lock) == Ready || d->state(lock) == Stopped; });
    return d->state(lock) == Ready;
}

// Hearing

QMetaObject::Connection PyventNode::on(QAnyStringView name, QObject *context, const char *slot)
{
    return on(name, PyventFilter(), context, slot);
}

QMetaObject::Connection PyventNode::on(QAnyStringView name, const PyventFilter &filter, QObject *context,
                                       const char *slot)
{
    QString why = context ? QString() : u"the context object is null"_s;
    PyventBinding::Callback callback;
    if (context)
        callback = slotCallback(context, slot, &why);
    if (callback)
        return addHandler(name, filter, context, std::move(callback));
    refuse(
        {PyventError::InvalidHandler, u"'%1' has no handler: %2"_s.arg(name.toString(), why), QString::fromUtf8(slot)});
    return {};
}

QMetaObject::Connection PyventNode::addHandler(QAnyStringView name, const PyventFilter &filter, const QObject *context,
                                               PyventBinding::Callback callback)
{
    const QString pattern = name.toString();
    if (!checkHandler(pattern, filter, context))
        return {};
    const QMetaObject::Connection connection = d->addHandler(pattern, filter, context, std::move(callback));
    d->tell();
    return connection;
}

bool PyventNode::checkHandler(const QString &pattern, const PyventFilter &filter, const QObject *context)
{
    if (!checkName(pattern) || !checkFilter(pattern, filter))
        return false;
    if (context)
        return true;
    refuse({PyventError::InvalidHandler,
            u"'%1' has no handler: the context object, in whose thread it would run, is null"_s.arg(pattern), pattern});
    return false;
}

QMetaObject::Connection PyventNode::onFrame(QAnyStringView name, const QObject *context,
                                            std::function<void(const PyventFrame &)> function)
{
    return onFrame(name, {.sender = PyventSender::Any}, context, std::move(function));
}

QMetaObject::Connection PyventNode::onFrame(QAnyStringView name, const PyventFilter &filter, const QObject *context,
                                            std::function<void(const PyventFrame &)> function)
{
    const QString pattern = name.toString();
    if (!checkHandler(pattern, filter, context))
        return {};
    if (!function) {
        refuse({PyventError::InvalidHandler, u"'%1' has no handler: the function is empty"_s.arg(pattern), pattern});
        return {};
    }
    const auto callback = [function = std::move(function)](const PyventEvent &event) {
        function(frameOf(event));
        return QString();
    };
    const QMetaObject::Connection connection =
        d->addHandler(pattern, filter, context, callback, Receiver::Hears::Frames);
    d->tell();
    return connection;
}

PyventSubscription *PyventNode::event(QAnyStringView name, const PyventFilter &filter)
{
    const QString pattern = name.toString();
    if (!checkName(pattern) || !checkFilter(pattern, filter))
        return nullptr;
    PyventSubscription *subscription = d->subscription(pattern, filter);
    d->tell();
    return subscription;
}

qsizetype PyventNode::off(QAnyStringView name, const QObject *context)
{
    if (!checkProcess())
        return 0;
    return d->removeIf(name.toString(), [context](const Receiver &receiver) { return receiver.isHandlerOf(context); });
}

qsizetype PyventNode::off(const QObject *context)
{
    return context && checkProcess()
        ? d->removeIf([context](const Receiver &receiver) { return receiver.isHandlerOf(context); })
        : 0;
}

void PyventNode::connectNotify(const QMetaMethod &signal)
{
    static const QMetaMethod eventReceived = QMetaMethod::fromSignal(&PyventNode::eventReceived);
    static const QMetaMethod received = QMetaMethod::fromSignal(&PyventNode::received);
    static const QMetaMethod acknowledged = QMetaMethod::fromSignal(&PyventNode::acknowledgedChanged);
    static const QMetaMethod described = QMetaMethod::fromSignal(&PyventNode::nodeDescribed);
    static const QMetaMethod appeared = QMetaMethod::fromSignal(&PyventNode::nodeAppeared);
    static const QMetaMethod vanished = QMetaMethod::fromSignal(&PyventNode::nodeVanished);
    if (signal == acknowledged)
        d->tellAcknowledged();
    if (signal == described)
        d->hearDescriptions();
    if ((signal == eventReceived || signal == received) && checkProcess())
        d->hearEverything();
    if ((signal == appeared || signal == vanished) && checkProcess())
        d->watchNodes();
}

void PyventNode::disconnectNotify(const QMetaMethod &)
{
    d->connectionsChanged(PyventNodePrivate::everything());
}

void PyventNode::customEvent(QEvent *)
{
    // The node may be gone when the turn ends.
    const std::shared_ptr<PyventNodePrivate> self = d;
    self->turn();
}

// Sending

bool PyventNode::send(QAnyStringView name, const QVariantMap &args, const PyventSendOptions &options)
{
    return d->sendAndTell(name, args, options);
}

bool PyventNode::send(QAnyStringView name, std::initializer_list<std::pair<QString, QVariant>> args,
                      const PyventSendOptions &options)
{
    return d->sendAndTell(name, args, options);
}

bool PyventNode::forward(const PyventFrame &frame)
{
    return d->forward(frame);
}

bool PyventNode::checkForward(const QObject *object, QAnyStringView name)
{
    if (object)
        return checkName(name.toString());
    refuse({PyventError::InvalidHandler,
            u"'%1' is not forwarded: the object whose signal it would follow is null"_s.arg(name.toString()),
            name.toString()});
    return false;
}

bool PyventNode::flush(std::chrono::milliseconds timeout)
{
    const auto deadline = PyventNodePrivate::after(timeout);
    if (!checkProcess())
        return false;
    auto lock = d->lock();
    const quint64 accepted = d->accepted(lock);
    if (accepted == 0)
        return true;
    d->waitUntil(lock, deadline, [&] { return d->isAcknowledged(lock, accepted) || d->state(lock) == Stopped; });
    return d->isAcknowledged(lock, accepted);
}

bool PyventNode::dispatch(QAnyStringView name, const QVariantMap &args, const QString &sender)
{
    const QString text = name.toString();
    if (!checkName(text) || (!sender.isEmpty() && !checkSender(sender)))
        return false;
    d->dispatch(text, args, sender);
    return true;
}

// Waiting

std::optional<PyventEvent> PyventNode::waitFor(QAnyStringView name, std::chrono::milliseconds timeout,
                                               const PyventWaitOptions &options)
{
    const auto deadline = PyventNodePrivate::after(timeout);
    const QString pattern = name.toString();
    if (!checkName(pattern) || !checkSender(options.sender))
        return {};
    const auto listening = std::make_shared<FunctionReceiver>(
        pattern, options.sender, [] { return true; }, [](const PyventEvent &) {});
    PyventNodePrivate::Waiter waiter{pattern, options.sender, {}};
    {
        auto lock = d->lock();
        d->add(lock, listening);
        d->start(lock);
        const auto isOver = [&] { return waiter.event || d->state(lock) == Stopped; };
        if (!options.send.isEmpty()) {
            // Nothing that came before the question can be the answer.
            d->waitUntil(lock, deadline, [&] { return d->state(lock) == Ready || isOver(); });
            d->addWaiter(lock, &waiter);
            if (d->state(lock) == Ready && d->send(lock, options.send, options.args, QString()))
                d->waitUntil(lock, deadline, isOver);
        } else {
            d->addWaiter(lock, &waiter);
            d->waitUntil(lock, deadline, isOver);
        }
        d->removeWaiter(lock, &waiter);
    }
    d->removeIf(pattern, [&](const Receiver &receiver) { return &receiver == listening.get(); });
    return waiter.event;
}

QFuture<PyventEvent> PyventNode::next(QAnyStringView name, const PyventFilter &filter)
{
    const auto promise = std::make_shared<QPromise<PyventEvent>>();
    promise->start();
    const QFuture<PyventEvent> future = promise->future();
    const QString pattern = name.toString();
    const bool isShared = !filter.share.isEmpty();
    if (isShared)
        refuse({PyventError::InvalidHandler, u"to wait for one event '%1' is not to share the work"_s.arg(pattern),
                pattern});
    if (isShared || !checkName(pattern) || !checkFilter(pattern, filter)) {
        promise->future().cancel();
        promise->finish();
        return future;
    }
    d->next(pattern, filter, promise);
    d->tell();
    return future;
}

QFuture<QList<PyventNodeInfo>> PyventNode::findNodes(std::chrono::milliseconds within)
{
    const auto future = d->findNodes(d->lock(), within);
    d->tell();
    return future;
}

bool PyventNode::setAbout(const QVariantMap &about)
{
    const bool isSet = d->setAbout(about);
    d->tell();
    return isSet;
}

void PyventNode::announce(const QUuid &node)
{
    d->announce(node, false);
}

bool PyventNode::keep(const PyventFrame &frame)
{
    return d->keep(frame);
}

bool PyventNode::askKept(quint64 after)
{
    return d->askKept(after);
}

bool PyventNode::askLast(QAnyStringView name)
{
    return d->askLast(name.toString());
}

void PyventNode::announceForwarder(const QUuid &node)
{
    d->announce(node, true);
}

QList<PyventNodeInfo> PyventNode::nodes() const
{
    return d->nodes(d->lock());
}

bool PyventNode::setWill(const QString &name, const QVariantMap &args, const PyventSendOptions &options)
{
    if (!checkProcess())
        return false;
    const bool isSet = d->setWill(name, args, options.sender);
    d->tell();
    return isSet;
}

void PyventNode::clearWill()
{
    if (checkProcess())
        d->clearWill();
}

QVariantMap PyventNode::about() const
{
    return d->about(d->lock());
}

// Checks

void PyventNode::refuse(const PyventError &error)
{
    d->fail(d->lock(), error);
    d->tell();
}

bool PyventNode::checkProcess()
{
    const bool isOwn = d->checkProcess(d->lock());
    if (!isOwn)
        d->tell();
    return isOwn;
}

// All that takes a name comes by here.
bool PyventNode::checkName(const QString &name)
{
    if (!checkProcess())
        return false;
    const QString why = whyNotAName(name);
    if (!why.isEmpty())
        refuse({PyventError::InvalidName, why, name});
    return why.isEmpty();
}

bool PyventNode::checkSender(const PyventSender &sender)
{
    const QString why = sender.whyInvalid();
    if (!why.isEmpty())
        refuse({PyventError::InvalidName, why, sender.name()});
    return why.isEmpty();
}

bool PyventNode::checkFilter(const QString &pattern, const PyventFilter &filter)
{
    if (!checkSender(filter.sender))
        return false;
    const QString why = whyNotHeardSo(pattern, filter);
    if (!why.isEmpty())
        refuse({PyventError::InvalidHandler, why, pattern});
    return why.isEmpty();
}
