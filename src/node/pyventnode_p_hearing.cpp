// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

using namespace Pyvent::Internal;

void PyventNodePrivate::add(const Lock &lock, std::shared_ptr<Receiver> receiver, const PyventReplay &replay, bool last)
{
    m_session(lock).add(std::move(receiver), replay, Clock::now(), last);
    wantService(lock);
}

void PyventNodePrivate::apply(const Lock &lock, const ReceiverTable::Removal &removal)
{
    std::shared_ptr<Receiver> &everything = m_feeds(lock).everything;
    if (std::find(removal.receivers.begin(), removal.receivers.end(), everything) != removal.receivers.end())
        everything.reset();
    for (const std::shared_ptr<Receiver> &receiver : removal.receivers)
        m_questions(lock).removed(receiver.get());
    m_session(lock).removed(removal);
}

void PyventNodePrivate::prune(const QSet<QString> &patterns)
{
    std::vector<ReceiverTable::Removal> removals; // destroyed after the lock is released
    const Lock lock = this->lock();
    for (const QString &pattern : patterns) {
        removals.push_back(removeFrom(lock, [&pattern](ReceiverTable &table) {
            return table.removeIf(pattern, [](const Receiver &receiver) { return !receiver.isWanted(); });
        }));
    }
    if (patterns.contains(everything()) && m_session(lock).isWatching()) {
        static const QMetaMethod appeared = QMetaMethod::fromSignal(&PyventNode::nodeAppeared);
        static const QMetaMethod vanished = QMetaMethod::fromSignal(&PyventNode::nodeVanished);
        const PyventNode *node = this->node();
        if (!node || (!node->isSignalConnected(appeared) && !node->isSignalConnected(vanished)))
            m_session(lock).unwatch();
    }
}

// From among all receivers, and among those that share events.
ReceiverTable::Removal PyventNodePrivate::removeFrom(const Lock &lock,
                                                     const std::function<ReceiverTable::Removal(ReceiverTable &)> &take)
{
    Session &session = m_session(lock);
    ReceiverTable::Removal removal = take(session.table());
    apply(lock, removal);
    if (session.hasMembers()) {
        const ReceiverTable::Removal members = take(session.members().table());
        session.removedMembers(members.receivers);
        removal.receivers.insert(removal.receivers.end(), members.receivers.begin(), members.receivers.end());
    }
    return removal;
}

qsizetype PyventNodePrivate::remove(const std::function<ReceiverTable::Removal(ReceiverTable &)> &take)
{
    const ReceiverTable::Removal removal = removeFrom(lock(), take);
    for (const std::shared_ptr<Receiver> &receiver : removal.receivers)
        receiver->end();
    return qsizetype(removal.receivers.size());
}

std::shared_ptr<Receiver> PyventNodePrivate::makeHandler(const QString &pattern, const PyventFilter &filter,
                                                         const QObject *context, PyventBinding::Callback callback,
                                                         Receiver::Hears hears, QMetaObject::Connection *connection)
{
    const std::weak_ptr<PyventNodePrivate> weak = weak_from_this();
    const auto handler = std::make_shared<HandlerReceiver>(
        pattern, filter.sender, context, std::move(callback),
        [weak](const QString &name, const QString &reason) {
            if (const auto self = weak.lock())
                self->handlerFailed(name, reason);
        },
        [weak](const PyventEvent &event) {
            if (const auto self = weak.lock())
                self->handlerMissed(event);
        },
        [weak, pattern] {
            if (const auto self = weak.lock())
                self->connectionsChanged(pattern);
        },
        node()->thread(), hears);
    hearNewest(handler, filter);
    *connection = handler->connection();
    return handler;
}

QMetaObject::Connection PyventNodePrivate::addHandler(const QString &pattern, const PyventFilter &filter,
                                                      const QObject *context, PyventBinding::Callback callback,
                                                      Receiver::Hears hears)
{
    if (!filter.share.isEmpty())
        return addSharingHandler(pattern, filter, context, std::move(callback), hears);
    QMetaObject::Connection connection;
    const auto handler = makeHandler(pattern, filter, context, std::move(callback), hears, &connection);
    Lock lock = this->lock();
    if (hears == Receiver::Hears::Frames) // a bridge may have others answer
        m_questions(lock).passesOn(handler.get());
    add(lock, handler, filter.replay, filter.last);
    start(lock);
    return connection;
}

// Before anybody else knows \a receiver.
template <typename AnyReceiver>
void PyventNodePrivate::hearNewest(const std::shared_ptr<AnyReceiver> &receiver, const PyventFilter &filter)
{
    if (!filter.latest && filter.atMostEvery <= std::chrono::milliseconds(0))
        return;
    receiver->hearNewest(
        filter.atMostEvery,
        [weak = weak_from_this(), own = std::weak_ptr<Receiver>(receiver)]() -> std::shared_ptr<const PyventEvent> {
            const auto self = weak.lock();
            const auto mine = own.lock();
            return self && mine ? self->takeNewest(mine) : nullptr;
        });
}

PyventSubscription *PyventNodePrivate::subscription(const QString &pattern, const PyventFilter &filter)
{
    Lock lock = this->lock();
    const PyventSender &sender = filter.sender;
    QPointer<PyventSubscription> &known =
        m_feeds(lock)
            .subscriptions[{pattern, sender.isAny() ? QString() : sender.name(), filter.replay.last,
                            filter.replay.since, filter.last, filter.latest, filter.atMostEvery, filter.share}];
    if (!known) {
        known = new PyventSubscription(pattern, sender);
        known->moveToThread(node()->thread());
        const QPointer<PyventSubscription> subscription = known;
        const auto hear = [subscription](const PyventEvent &event) {
            subscription->hear(event);
            return QString();
        };
        const quint32 member = filter.share.isEmpty() ? 0 : m_session(lock).members().newNumber();
        const auto receiver = std::make_shared<FunctionReceiver>(
            pattern, sender, [subscription] { return !subscription.isNull(); },
            member > 0 ? sharing(member, hear) : PyventBinding::Callback(hear));
        hearNewest(receiver, filter);
        if (member > 0)
            addMember(lock, member, receiver, filter.share);
        else
            add(lock, receiver, filter.replay, filter.last);
    }
    start(lock);
    return known;
}

void PyventNodePrivate::next(const QString &pattern, const PyventFilter &filter,
                             const std::shared_ptr<QPromise<PyventEvent>> &promise)
{
    const Lock lock = this->lock();
    add(lock,
        std::make_shared<FunctionReceiver>(
            pattern, filter.sender, [promise] { return !promise->future().isFinished() && !promise->isCanceled(); },
            [promise, pattern, weak = weak_from_this()](const PyventEvent &event) {
                promise->addResult(event);
                promise->finish();
                if (const auto self = weak.lock())
                    self->connectionsChanged(pattern);
            }),
        filter.replay, filter.last);
    start(lock);
}

void PyventNodePrivate::hearEverything()
{
    Lock lock = this->lock();
    std::shared_ptr<Receiver> &feed = m_feeds(lock).everything;
    if (!feed) {
        static const QMetaMethod eventReceived = QMetaMethod::fromSignal(&PyventNode::eventReceived);
        static const QMetaMethod received = QMetaMethod::fromSignal(&PyventNode::received);
        feed = std::make_shared<FunctionReceiver>(
            everything(), PyventSender::Any,
            [this] {
                const PyventNode *node = this->node();
                return node && (node->isSignalConnected(eventReceived) || node->isSignalConnected(received));
            },
            [this](const PyventEvent &event) {
                const QPointer<PyventNode> node = this->node();
                if (node)
                    Q_EMIT node->eventReceived(event.name, event.args);
                if (node)
                    Q_EMIT node->received(event);
            });
        add(lock, feed);
    }
    start(lock);
}
