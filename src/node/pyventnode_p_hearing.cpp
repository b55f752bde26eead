// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

using namespace Pyvent::Internal;

void PyventNodePrivate::add(const Lock &, std::shared_ptr<Receiver> receiver, const PyventReplay &replay)
{
    if (!replay.isNone()) {
        const auto joiner = std::make_shared<LateJoiner>(std::move(receiver));
        m_replays.add(*joiner, replay);
        receiver = joiner;
        if (m_link)
            m_link->touch(m_seat);
    }
    const QByteArray prefix = m_table.add(std::move(receiver));
    if (prefix.isNull() || !m_link)
        return;
    subscribe(prefix);
    updateState();
    m_link->touch(m_seat);
}

void PyventNodePrivate::subscribe(const QByteArray &prefix)
{
    m_recovery.received().listen(prefix);
    m_link->subscribe(m_seat, prefix);
}

void PyventNodePrivate::apply(const Lock &, const ReceiverTable::Removal &removal)
{
    if (std::find(removal.receivers.begin(), removal.receivers.end(), m_everything) != removal.receivers.end())
        m_everything.reset();
    if (!m_link)
        return;
    for (const QByteArray &prefix : removal.prefixes) {
        m_link->unsubscribe(m_seat, prefix);
        m_recovery.received().ignore(prefix);
    }
    for (const std::shared_ptr<Receiver> &receiver : removal.receivers) {
        const PyventPattern &pattern = receiver->pattern();
        const QByteArray name = pattern.text().toUtf8();
        if (pattern.isGlob()) {
            m_recovery.received().forgetIf(pattern.prefix().toUtf8(),
                                           [this](const QByteArray &topic) { return !m_table.match(topic); });
        } else if (!m_table.match(name)) {
            m_recovery.received().forget(name);
        }
    }
}

void PyventNodePrivate::prune(const QSet<QString> &patterns)
{
    std::vector<ReceiverTable::Removal> removals; // destroyed after the lock is released
    const Lock lock = this->lock();
    for (const QString &pattern : patterns) {
        removals.push_back(m_table.removeIf(pattern, [](const Receiver &receiver) { return !receiver.isWanted(); }));
        apply(lock, removals.back());
    }
}

qsizetype PyventNodePrivate::remove(const std::function<ReceiverTable::Removal(ReceiverTable &)> &removeFrom)
{
    ReceiverTable::Removal removal;
    {
        const Lock lock = this->lock();
        removal = removeFrom(m_table);
        apply(lock, removal);
    }
    for (const std::shared_ptr<Receiver> &receiver : removal.receivers)
        receiver->end();
    return qsizetype(removal.receivers.size());
}

QMetaObject::Connection PyventNodePrivate::addHandler(const QString &pattern, const PyventFilter &filter,
                                                      const QObject *context, PyventBinding::Callback callback)
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
        node()->thread());
    Lock lock = this->lock();
    add(lock, handler, filter.replay);
    start(lock);
    return handler->connection();
}

PyventSubscription *PyventNodePrivate::subscription(const QString &pattern, const PyventFilter &filter)
{
    Lock lock = this->lock();
    const PyventSender &sender = filter.sender;
    QPointer<PyventSubscription> &known =
        m_subscriptions[{pattern, sender.isAny() ? QString() : sender.name(), filter.replay.last, filter.replay.since}];
    if (!known) {
        known = new PyventSubscription(pattern, sender);
        known->moveToThread(node()->thread());
        const QPointer<PyventSubscription> subscription = known;
        add(lock,
            std::make_shared<FunctionReceiver>(
                pattern, sender, [subscription] { return !subscription.isNull(); },
                [subscription](const PyventEvent &event) { Q_EMIT subscription->received(event.args, event); }),
            filter.replay);
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
        filter.replay);
    start(lock);
}

void PyventNodePrivate::hearEverything()
{
    Lock lock = this->lock();
    if (!m_everything) {
        static const QMetaMethod eventReceived = QMetaMethod::fromSignal(&PyventNode::eventReceived);
        static const QMetaMethod received = QMetaMethod::fromSignal(&PyventNode::received);
        m_everything = std::make_shared<FunctionReceiver>(
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
        add(lock, m_everything);
    }
    start(lock);
}
