// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

#include "dispatch/name.h"
#include "node/noderegistry.h"
#include "node/optionscheck.h"
#include "node/servererrors.h"
#include "transport/connections.h"
#include "transport/descriptors.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <QtCore/qloggingcategory.h>
#include <QtCore/qthread.h>

#include <unistd.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Never deleted: the destructors of static objects may use a node.
const QLoggingCategory &log()
{
    static const auto *const category = new QLoggingCategory("pyvent.node");
    return *category;
}

// Its own, because it is no error.
const QLoggingCategory &unheard()
{
    static const auto *const category = new QLoggingCategory("pyvent.node.unheard");
    return *category;
}

// When a node that did not get what it needs tries again.
constexpr auto resourcesRetry = 500ms;

// What may wait to be emitted as signals, while the node's thread is stuck.
constexpr qsizetype maximumNotifications = 10'000;

} // namespace

PyventNodePrivate::PyventNodePrivate(PyventNode *node, const PyventOptions &options)
    : m_recovery(m_uuid)
    , m_replays(m_uuid)
    , m_encoder(m_uuid, &m_recovery.sent())
    , m_decoder(m_uuid, &m_recovery.received())
    , m_presence(m_uuid)
    , m_waker(node)
{
    QString subject;
    if (const QString why = whyNotOptions(options, &subject); !why.isEmpty())
        m_refusal = {PyventError::InvalidOption, why, subject};
    apply(m_refusal ? PyventOptions() : options);
    if (m_refusal)
        fail(lock(), m_refusal);
}

PyventNodePrivate::~PyventNodePrivate() = default;

std::shared_ptr<PyventNodePrivate> PyventNodePrivate::replaceInChild(PyventNode *node)
{
    const std::shared_ptr<PyventNodePrivate> parents = node->d;
    // A handler may have forked, and returns to it.
    parents->m_group->forgetLock();
    parents->m_waker.nodeIsParents();
    if (parents->m_used)
        closeConnections(parents->m_options.port);
    node->d = std::make_shared<PyventNodePrivate>(node, parents->m_options);
    node->d->m_refusal = {
        PyventError::UsedAfterFork,
        u"this node was made before fork() and belongs to process %1, not to this one, %2: make a node after fork()"_s
            .arg(::getppid())
            .arg(::getpid()),
        u"fork"_s};
    // Told with the first use. Nothing else is done here: another thread may have held any lock when the process forked.
    if (parents->m_state != PyventNode::Stopped)
        node->d->notify([](PyventNode *own) { Q_EMIT own->stateChanged(PyventNode::Stopped); });
    if (parents->m_server)
        node->d->notify([](PyventNode *own) { Q_EMIT own->servingChanged(false); });
    return parents;
}

// Options

bool PyventNodePrivate::setOptions(const PyventOptions &options)
{
    const Lock lock = this->lock();
    QString subject;
    if (!checkProcess(lock))
        return false;
    if (m_used) {
        fail(lock,
             {PyventError::ConfiguredTooLate,
              u"the options cannot be changed any more, because the node has been used; configure it before its "
              "first use, or after stop()"_s,
              u"options"_s});
        return false;
    }
    if (const QString why = whyNotOptions(options, &subject); !why.isEmpty()) {
        fail(lock, {PyventError::InvalidOption, why, subject});
        return false;
    }
    const PyventOptions before = m_options;
    apply(options);
    m_refusal = {};
    if (before.port != options.port)
        notify([port = options.port](PyventNode *node) { Q_EMIT node->portChanged(port); });
    if (before.address != options.address)
        notify([address = options.address](PyventNode *node) { Q_EMIT node->addressChanged(address); });
    if (before.nodeId != options.nodeId)
        notify([id = options.nodeId](PyventNode *node) { Q_EMIT node->nodeIdChanged(id); });
    if (before.server != options.server)
        notify([server = options.server](PyventNode *node) { Q_EMIT node->serverChanged(server); });
    return true;
}

void PyventNodePrivate::apply(const PyventOptions &options)
{
    m_options = options;
    m_encoder.setDefaultSender(defaultSender());
    m_encoder.setMaximumFrameSize(options.maximumEventSize);
    m_decoder.setMaximumFrameSize(options.maximumEventSize);
    m_decoder.setHearOwnEvents(options.hearOwnEvents);
    m_recovery.setHearOwnEvents(options.hearOwnEvents);
    m_recovery.setMaximumFrameSize(options.maximumEventSize);
    m_recovery.sent().setLimits({options.replayEvents, options.replayBytes, options.replayAge});
    m_replays.setMaximumFrameSize(options.maximumEventSize);
}

QString PyventNodePrivate::defaultSender() const
{
    return m_options.nodeId.isEmpty() ? u"pyvent"_s : u"pyvent."_s + m_options.nodeId;
}

// The node's life

bool PyventNodePrivate::mayBeUsed(const Lock &lock)
{
    if (m_hasEnded) // and a destructor of the user's, which its end runs, uses it once more
        return false;
    if (m_refusal) // a node on the default port is not what was asked for
        fail(lock, m_refusal);
    return !m_refusal;
}

bool PyventNodePrivate::checkProcess(const Lock &lock)
{
    if (m_refusal.code != PyventError::UsedAfterFork)
        return true;
    fail(lock, m_refusal);
    return false;
}

bool PyventNodePrivate::start(const Lock &lock)
{
    if (!mayBeUsed(lock))
        return false;
    m_mayServe = m_options.server;
    if (m_link)
        return true;
    m_used = true;
    if (m_retryAt && Clock::now() < *m_retryAt) {
        m_lastError = resourcesError(u"since a moment ago"_s);
        return false;
    }
    NodeRegistry::starts();
    if (m_mayServe && !m_server)
        serve(lock, false);
    if (!joinLink(lock)) {
        updateState();
        return false;
    }
    for (const QByteArray &prefix : controlPrefixes(m_uuid))
        m_link->subscribe(m_seat, prefix);
    for (const QByteArray &prefix : m_table.prefixes())
        subscribe(prefix);
    updateState();
    scheduleTurn();
    if (m_waker.isNodeThread() && QThread::currentThread()->loopLevel() == 0)
        m_link->driveAtOnce();
    return true;
}

// False: the system does not give what that takes. It is tried again with the next use, and by the node's event loop.
bool PyventNodePrivate::joinLink(const Lock &lock)
{
    const Clock::time_point now = Clock::now();
    try {
        m_link = m_group->link(lock, {m_options.address, m_options.port}, m_options.maximumEventSize);
        m_seat = m_link->join(this);
        m_retryAt.reset();
        return true;
    } catch (const std::exception &error) {
        m_link.reset();
        const bool isKnown = m_retryAt.has_value();
        m_retryAt = now + resourcesRetry;
        m_lastError = resourcesError(QString::fromLocal8Bit(error.what()));
        if (!isKnown)
            fail(lock, m_lastError);
        scheduleTurn(); // which sets the timer
        return false;
    }
}

bool PyventNodePrivate::startServer(const Lock &lock)
{
    if (!mayBeUsed(lock))
        return false;
    const bool serves = serve(lock, true);
    start(lock);
    return serves;
}

bool PyventNodePrivate::serve(const Lock &lock, bool byHand)
{
    if (m_server)
        return true;
    m_used = true;
    Server::Failure failure;
    QString text;
    m_server = Server::start({m_options.address, m_options.port}, m_options.maximumEventSize, &failure, &text);
    m_portInUse = failure == Server::Failure::PortInUse;
    if (m_server) {
        notify([](PyventNode *node) { Q_EMIT node->servingChanged(true); });
        return true;
    }
    if (failure == Server::Failure::NotThisMachine)
        m_mayServe = false;
    // That somebody else serves, or that the server is elsewhere, is an error only to whom asked for one here; and that there
    // is nothing to serve with is told when there is nothing to connect with, either.
    const bool isExpected = failure == Server::Failure::PortInUse || failure == Server::Failure::NotThisMachine
        || failure == Server::Failure::NoResources;
    if (byHand || (!isExpected && !m_complainedAboutServing)) {
        m_complainedAboutServing = true;
        fail(lock, servingError(failure, m_options, text));
    }
    return false;
}

void PyventNodePrivate::stop(PyventNode::Parts parts)
{
    // Destroyed without the lock, since that runs destructors and continuations of the user's.
    Inbox::Arrivals arrivals;
    std::vector<QPromise<void>> promises;
    std::vector<Presence::Promise> searches;
    Lock lock = this->lock();
    const Clock::time_point deadline = Clock::now() + m_options.linger;
    if (m_refusal.code == PyventError::UsedAfterFork)
        m_lastError = m_refusal; // and not told, because it is as if it had been done
    if (parts & PyventNode::Client && (m_link || m_retryAt)) {
        waitUntil(lock, deadline, [this] { return !m_link || m_seat->share.events == 0; });
        if (m_link && m_seat->share.events > 0) {
            const qsizetype left = m_seat->share.events;
            fail(
                lock,
                {PyventError::EventsNotDelivered,
                 u"%1 events were not acknowledged by a server within the linger of %2 ms, and are given up"_s.arg(left)
                     .arg(m_options.linger.count()),
                 QString::number(left)});
        }
        // Before another node's event loop watches the same descriptor.
        if (m_waker.isNodeThread())
            m_waker.disarm();
        else
            scheduleTurn();
        if (m_link) {
            if (m_link->hadCompany()) // other nodes of this program's, which share the connection
                m_unheard = 0;
            m_link->leave(std::exchange(m_seat, nullptr));
        }
        m_link.reset();
        m_complained = m_complainedAboutServing = false;
        arrivals = m_inbox.takeAll();
        m_retryAt.reset();
        m_recovery.received().clear();
        m_replays.leave();
        m_lostServer = false;
        promises = std::exchange(m_readyPromises, {});
        searches = m_presence.cancel();
        updateState();
        updateCounts(lock);
    }
    if (parts & PyventNode::Server && m_server) {
        m_mayServe = false;
        const std::unique_ptr<Server> server = std::move(m_server);
        notify([](PyventNode *node) { Q_EMIT node->servingChanged(false); });
        const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        lock.unlock();
        server->stop(std::max(rest, 0ms));
        lock.lock();
        tellUnheard(*server);
    }
    m_used = m_link || m_server;
    m_group->changed();
}

void PyventNodePrivate::nodeEnds()
{
    stop(PyventNode::Client | PyventNode::Server);
    {
        const Lock lock = this->lock();
        m_hasEnded = true;
    }
    stop(PyventNode::Client | PyventNode::Server); // what another thread has begun in between
    m_waker.nodeEnds();
    ReceiverTable::Removal removal;
    decltype(m_subscriptions) subscriptions;
    {
        const Lock lock = this->lock();
        m_notifications.clear();
        removal = m_table.removeIf([](const Receiver &) { return true; });
        subscriptions.swap(m_subscriptions);
    }
    removal.receivers.clear();
    for (const auto &[key, subscription] : subscriptions)
        delete subscription;
}

void PyventNodePrivate::updateState()
{
    PyventNode::State state = PyventNode::Stopped;
    if (m_link) {
        switch (m_link->state(*m_seat)) {
        case BusClient::State::Connecting:
            state = PyventNode::Connecting;
            break;
        case BusClient::State::Subscribing:
            state = PyventNode::Subscribing;
            break;
        case BusClient::State::Ready:
            state = PyventNode::Ready;
            break;
        }
    } else if (m_retryAt) {
        state = PyventNode::Connecting;
    }
    if (state == PyventNode::Ready && !m_readyPromises.empty()) {
        notify([promises =
                    std::make_shared<std::vector<QPromise<void>>>(std::exchange(m_readyPromises, {}))](PyventNode *) {
            for (QPromise<void> &promise : *promises)
                promise.finish();
        });
    }
    const PyventNode::State before = std::exchange(m_state, state);
    if (state == before)
        return;
    if (state == PyventNode::Connecting && before != PyventNode::Stopped)
        m_lostServer = true;
    if (state == PyventNode::Ready) {
        m_recovery.ready(microsecondsSinceEpoch(), Clock::now());
        if (std::exchange(m_lostServer, false)) {
            m_recovery.reconnected(Clock::now());
            m_replays.reconnected(Clock::now());
        }
    }
    notify([state](PyventNode *node) { Q_EMIT node->stateChanged(state); });
    if (state == PyventNode::Ready)
        m_complained = m_complainedAboutServing = false;
}

// Called once in a turn, so that a fast sender is not told of each event.
void PyventNodePrivate::updateCounts(const Lock &lock)
{
    const Waiting now = waiting(lock);
    const Waiting before = std::exchange(m_toldWaiting, now);
    if (now.unsent != before.unsent)
        notify([events = now.unsent](PyventNode *node) { Q_EMIT node->sendQueueChanged(events); });
    if (now.unacknowledged != before.unacknowledged)
        notify([events = now.unacknowledged](PyventNode *node) { Q_EMIT node->unacknowledgedChanged(events); });
    const quint64 unreadable = m_decoder.unreadable().count();
    if (std::exchange(m_toldUnreadable, unreadable) != unreadable)
        notify([unreadable](PyventNode *node) { Q_EMIT node->unreadableFramesChanged(unreadable); });
}

// Sending

bool PyventNodePrivate::send(const Lock &lock, QAnyStringView name, const QVariantMap &arguments, const QString &sender)
{
    if (!m_link && whyNotAName(name.toString()).isEmpty() && !start(lock)) // before the event has got a number
        return false;
    const SendQueue::Share *queue = m_seat ? &m_seat->share : nullptr;
    const bool isEmpty = !queue || queue->events == 0;
    const bool isFull = !isEmpty && queue->events >= m_options.sendQueueEvents;
    const qsizetype room = isEmpty ? m_options.maximumEventSize : m_options.sendQueueBytes - queue->bytes;
    const Clock::time_point now = Clock::now();
    QByteArray frame;
    PyventError error;
    try {
        if (!isFull)
            error = m_encoder.encode(name, arguments, sender, room, now, &frame);
    } catch (const std::bad_alloc &) {
        error = {PyventError::OutOfResources, u"'%1' was not sent: there is no memory for it"_s.arg(name.toString()),
                 name.toString()};
    }
    if (isFull || error.code == PyventError::QueueFull) {
        error = {
            PyventError::QueueFull,
            u"'%1' was not sent: %2 events (%3 bytes) wait for a server's acknowledgement, and the send queue has no "
            "room for more"_s.arg(name.toString())
                .arg(queue->events)
                .arg(queue->bytes),
            name.toString()};
        if (!std::exchange(m_queueWasFull, true))
            fail(lock, error);
        m_lastError = error;
        return false;
    }
    if (error) {
        fail(lock, error);
        return false;
    }
    start(lock); // it may serve again, if it had stopped to
    noteSent(frame);
    m_link->send(m_seat, std::move(frame), now);
    // Told again only when the queue has drained: one that stays near its limit would tell with every other event.
    if (2 * m_seat->share.events <= m_options.sendQueueEvents && 2 * m_seat->share.bytes <= m_options.sendQueueBytes)
        m_queueWasFull = false;
    return true;
}

void PyventNodePrivate::noteSent(QByteArrayView frame)
{
    if (!m_server || m_server->hadOtherClients())
        return;
    m_unheard += !m_link->isHeard(frame, m_options.hearOwnEvents ? nullptr : m_seat);
}

// A program that is started before those who are to hear it serves nobody, and all seems well to it.
void PyventNodePrivate::tellUnheard(const Server &server)
{
    const quint64 events = std::exchange(m_unheard, 0);
    if (events == 0 || server.hadOtherClients() || (m_link && m_link->hadCompany()))
        return;
    qCInfo(unheard).noquote()
        << u"Nobody heard %1 that this node sent: it served the bus itself, and no other node came. "
           "Start the receivers first, or set PyventOptions::server to false, so that it waits for "
           "a server."_s.arg(events == 1 ? u"the event"_s : u"%1 events"_s.arg(events));
}

bool PyventNodePrivate::isAcknowledged(const Lock &, quint64 accepted) const
{
    return m_seat && m_seat->share.acknowledged >= accepted;
}

PyventNodePrivate::Waiting PyventNodePrivate::waiting(const Lock &) const
{
    if (!m_link)
        return {};
    return {m_link->unsentEvents(*m_seat), m_seat->share.events};
}

void PyventNodePrivate::dispatch(const QString &name, const QVariantMap &arguments, const QString &sender)
{
    const auto event = std::make_shared<PyventEvent>();
    event->name = name;
    event->args = arguments;
    event->nodeId = m_uuid;
    event->time = QDateTime::currentDateTimeUtc();
    const std::shared_ptr<PyventNodePrivate> self = shared_from_this();
    Delivery delivery = [&] {
        const Lock lock = this->lock();
        event->sender = sender.isEmpty() ? defaultSender() : sender;
        return Delivery(event, m_table.match(name.toUtf8()));
    }();
    while (node()) {
        const std::shared_ptr<Receiver> receiver = delivery.next();
        if (!receiver)
            return;
        deliver(*receiver, *event);
    }
}

// Telling

void PyventNodePrivate::fail(const Lock &lock, const PyventError &error)
{
    m_lastError = error;
    m_group->log(lock, log(), error.text);
    notify([error](PyventNode *node) { Q_EMIT node->errorOccurred(error); });
}

void PyventNodePrivate::handlerFailed(const QString &name, const QString &reason)
{
    handlerFailed(lock(), name, reason);
    tell();
}

void PyventNodePrivate::handlerFailed(const Lock &lock, const QString &name, const QString &reason)
{
    if (m_failedNames.size() < maximumNotifications && !m_failedNames.contains(name)) {
        m_failedNames.insert(name);
        m_group->log(lock, log(), u"A handler of %1 failed: %2"_s.arg(name, reason));
    }
    notify([name, reason](PyventNode *node) { Q_EMIT node->handlerFailed(name, reason); });
}

// Told with the turn's end, because there are many of them.
void PyventNodePrivate::handlerMissed(const PyventEvent &event)
{
    const Lock lock = this->lock();
    m_losses.add(event.name, event.nodeId, 1);
    scheduleTurn();
}

void PyventNodePrivate::notify(Notification notification)
{
    if (qsizetype(m_notifications.size()) < maximumNotifications)
        m_notifications.push_back(std::move(notification));
}

void PyventNodePrivate::tell()
{
    const std::shared_ptr<PyventNodePrivate> self = shared_from_this();
    const bool isHere = m_waker.isNodeThread();
    for (;;) {
        Notification notification;
        QHash<LossCounter::Stream, quint64> losses;
        {
            const Lock lock = this->lock();
            if (!hasNews(lock))
                return;
            if (!isHere)
                break;
            losses = m_losses.take();
            if (!m_notifications.empty()) {
                notification = std::move(m_notifications.front());
                m_notifications.pop_front();
            }
        }
        for (auto loss = losses.cbegin(); node() && loss != losses.cend(); ++loss)
            Q_EMIT node()->eventsLost(loss.key().first, loss.key().second, loss.value());
        if (notification && node())
            notification(node());
    }
    scheduleTurn();
}
