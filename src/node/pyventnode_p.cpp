// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

#include "dispatch/name.h"
#include "node/optionscheck.h"
#include "node/servererrors.h"
#include "transport/connections.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>
#include <QtCore/qsysinfo.h>

#include <cerrno>

#include <unistd.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(log, "pyvent.node")

// How long a turn may take before the event loop gets its turn.
constexpr auto turnBudget = 3ms;

// While the node's thread has taken a turn so lately, what is sent may wait for the next one.
constexpr auto promptTurn = 20ms;

// How many events are read before they are delivered.
constexpr int readBatch = 64;

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

std::shared_ptr<PyventNodePrivate> PyventNodePrivate::replaceInChild(PyventNode *node)
{
    const std::shared_ptr<PyventNodePrivate> parents = node->d;
    // A handler may have forked, and returns to it.
    std::construct_at(&parents->m_mutex); // it may be locked by a thread that is missing here
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
    return parents;
}

// Options

bool PyventNodePrivate::setOptions(const PyventOptions &options)
{
    const Lock lock = this->lock();
    QString subject;
    if (m_refusal.code == PyventError::UsedAfterFork) {
        fail(lock, m_refusal);
        return false;
    }
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
    if (m_refusal) // a node on the default port is not what was asked for
        fail(lock, m_refusal);
    return !m_refusal;
}

bool PyventNodePrivate::start(const Lock &lock)
{
    if (!mayBeUsed(lock))
        return false;
    m_mayServe = m_options.server;
    if (m_client)
        return true;
    m_used = true;
    if (m_mayServe && !m_server)
        serve(lock, false);
    m_client = std::make_unique<BusClient>(Address{m_options.address, m_options.port}, m_uuid,
                                           m_options.maximumEventSize, m_pollSet);
    for (const QByteArray &prefix : controlPrefixes(m_uuid))
        m_client->subscribe(prefix);
    for (const QByteArray &prefix : m_table.prefixes())
        subscribe(prefix);
    updateState();
    scheduleTurn();
    return true;
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
    // That somebody else serves, or that the server is elsewhere, is an error only to whom asked for one here.
    const bool isExpected = failure == Server::Failure::PortInUse || failure == Server::Failure::NotThisMachine;
    if (byHand || (!isExpected && !m_complainedAboutServing)) {
        m_complainedAboutServing = true;
        fail(lock, servingError(failure, m_options, text));
    }
    return false;
}

void PyventNodePrivate::stop(PyventNode::Parts parts)
{
    Inbox::Arrivals arrivals; // destroyed without the lock, since it runs destructors of the user's
    Lock lock = this->lock();
    const Clock::time_point deadline = Clock::now() + m_options.linger;
    if (parts & PyventNode::Client && m_client) {
        waitUntil(lock, deadline, [this] { return !m_client || m_client->queue().events() == 0; });
        if (m_client && m_client->queue().events() > 0) {
            const qsizetype left = m_client->queue().events();
            fail(
                lock,
                {PyventError::EventsNotDelivered,
                 u"%1 events were not acknowledged by a server within the linger of %2 ms, and are given up"_s.arg(left)
                     .arg(m_options.linger.count()),
                 QString::number(left)});
        }
        m_client.reset();
        m_complained = m_complainedAboutServing = false;
        arrivals = m_inbox.takeAll();
        m_recovery.received().clear();
        m_replays.leave();
        m_lostServer = false;
        m_readyPromises.clear();
        m_presence.cancel();
        updateState();
        updateWaiting(lock);
    }
    if (parts & PyventNode::Server && m_server) {
        m_mayServe = false;
        const std::unique_ptr<Server> server = std::move(m_server);
        notify([](PyventNode *node) { Q_EMIT node->servingChanged(false); });
        const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        lock.unlock();
        server->stop(std::max(rest, 0ms));
        lock.lock();
    }
    m_used = m_client || m_server;
    if (m_isDriven)
        m_pollSet.wake();
    m_changed.notify_all();
}

void PyventNodePrivate::nodeEnds()
{
    stop(PyventNode::Client | PyventNode::Server);
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
    if (m_client) {
        switch (m_client->state()) {
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
void PyventNodePrivate::updateWaiting(const Lock &lock)
{
    const Waiting now = waiting(lock);
    const Waiting before = std::exchange(m_toldWaiting, now);
    if (now.unsent != before.unsent)
        notify([events = now.unsent](PyventNode *node) { Q_EMIT node->sendQueueChanged(events); });
    if (now.unacknowledged != before.unacknowledged)
        notify([events = now.unacknowledged](PyventNode *node) { Q_EMIT node->unacknowledgedChanged(events); });
}

// Driving the sockets

void PyventNodePrivate::service(const Lock &lock, Clock::time_point now)
{
    if (!m_client)
        return;
    m_client->process(now);
    if (m_client->takeRefusal() && m_mayServe && !m_server)
        serve(lock, false);
    readEvents(lock, now);
    updateState();
    recover(lock, now);
    takeReleased(lock, now);
    meetOthers(lock, now);
    complainAboutSilence(lock, now);
    if (m_isDriven)
        m_pollSet.wake();
    m_changed.notify_all();
}

void PyventNodePrivate::readEvents(const Lock &lock, Clock::time_point now)
{
    takeReleased(lock, now);
    zmq::message_t frame;
    for (int i = 0; i < readBatch && m_client->receive(&frame); ++i) {
        const QByteArrayView bytes = bytesOf(frame);
        if (isControlTopic(bytes))
            readControl(lock, bytes, now);
        else if (!m_inbox.isFull() || parseFrame(bytes).trailerState != TrailerState::Read)
            take(lock, m_decoder.decode(bytes, EventDecoder::Way::Bus, m_table, now), bytes, now);
        else if (!m_waiters.empty())
            offerToWaiters(m_decoder.decode(bytes, EventDecoder::Way::Look, m_table, now));
        // To all others it is as if it had not arrived: it is asked for again.
        takeReleased(lock, now);
    }
}

// What the receive window has released comes before anything that is read after it.
void PyventNodePrivate::takeReleased(const Lock &lock, Clock::time_point now)
{
    QByteArray held;
    while (!m_inbox.isFull() && m_recovery.received().takeReleased(&held))
        take(lock, m_decoder.decode(held, EventDecoder::Way::Held, m_table, now), held, now);
    if (!m_replays.isEmpty())
        m_replays.deliver([this] { return !m_inbox.isFull(); }, replayTo(lock, now));
}

void PyventNodePrivate::readControl(const Lock &lock, QByteArrayView bytes, Clock::time_point now)
{
    const QByteArray answer = m_presence.take(bytes, now, [&] { return info(lock); });
    if (!answer.isEmpty())
        m_client->sendControl(answer);
    const QByteArrayView event = m_recovery.take(
        bytes, [this](QByteArrayView topic) { return bool(m_table.match(topic)); }, now);
    if (!event.isNull() && !m_inbox.isFull())
        take(lock, m_decoder.decode(event, EventDecoder::Way::Repair, m_table, now), event, now);
    else if (!event.isNull() && !m_waiters.empty())
        offerToWaiters(m_decoder.decode(event, EventDecoder::Way::Look, m_table, now));
    if (!m_replays.isEmpty())
        m_replays.take(bytes, !m_inbox.isFull(), now, replayTo(lock, now));
}

// Asks for what is missing, answers those who ask this node, and tells what is lost for good.
void PyventNodePrivate::recover(const Lock &, Clock::time_point now)
{
    if (mayRecover()) {
        m_recovery.process(now);
        for (const QByteArray &question : m_replays.process(now, m_state == PyventNode::Ready))
            m_client->sendControl(question);
    }
    for (const Recovery::Outgoing &outgoing : m_recovery.takeOutgoing())
        m_client->sendControl(outgoing.frame, outgoing.isInOrder);
    for (const ReceiveWindow::Loss &loss : m_recovery.received().takeLosses())
        m_losses.add(QString::fromUtf8(loss.topic), loss.node, loss.count);
}

void PyventNodePrivate::take(const Lock &lock, EventDecoder::Result &&result, QByteArrayView frame,
                             Clock::time_point now)
{
    if (!result.problemText.isEmpty())
        fail(lock, {PyventError::UnreadableFrame, result.problemText, result.problemName});
    if (!result.event)
        return;
    offerToWaiters(result);
    const QUuid nodeId = result.event->nodeId;
    const quint64 sequence = result.event->sequence;
    if (m_inbox.isFull())
        m_losses.add(result.event->name, nodeId, 1); // a Python node's, which cannot be asked for it
    else
        m_inbox.append(Delivery(std::move(result.event), std::move(result.match)), frame.size());
    if (!m_replays.isEmpty() && sequence > 0)
        m_replays.heard(topicOf(frame), nodeId, sequence, frame, !m_inbox.isFull(), now, replayTo(lock, now));
}

void PyventNodePrivate::offerToWaiters(const EventDecoder::Result &result)
{
    for (Waiter *waiter : m_waiters) {
        if (result.event && !waiter->event && waiter->sender.matches(result.event->sender)
            && matchesGlob(waiter->pattern, result.event->name))
            waiter->event = *result.event;
    }
}

// Puts what replays bring into the inbox, each for the one that asked for it.
Replays::Deliver PyventNodePrivate::replayTo(const Lock &lock, Clock::time_point now)
{
    return [this, &lock, now](const Replays::Owner &owner, QByteArrayView frame) {
        const ReceiverTable::Match match = m_table.match(topicOf(frame));
        for (std::size_t i = 0; match.exact && i < match.exact->size(); ++i) {
            const auto *joiner = dynamic_cast<const LateJoiner *>((*match.exact)[i].get());
            if (!joiner || joiner->replayed() != owner)
                continue;
            EventDecoder::Result result = m_decoder.decode(frame, EventDecoder::Way::Held, m_table, now);
            if (!result.problemText.isEmpty())
                fail(lock, {PyventError::UnreadableFrame, result.problemText, result.problemName});
            result.match.exact = std::make_shared<ReceiverTable::Receivers>(1, joiner->receiver());
            result.match.globs = nullptr;
            if (result.event)
                m_inbox.append(Delivery(std::move(result.event), std::move(result.match)), frame.size());
            return true;
        }
        return false;
    };
}

void PyventNodePrivate::meetOthers(const Lock &, Clock::time_point now)
{
    if (m_state == PyventNode::Ready && m_presence.mustAsk())
        m_client->sendControl(m_presence.question());
    for (Presence::Finished &finished : m_presence.takeFinished(now)) {
        notify([finished = std::make_shared<Presence::Finished>(std::move(finished))](PyventNode *) {
            finished->promise.addResult(finished->nodes);
            finished->promise.finish();
        });
    }
}

PyventNodeInfo PyventNodePrivate::info(const Lock &) const
{
    return {.uuid = m_uuid,
            .nodeId = m_options.nodeId,
            .program = QString::fromLocal8Bit(program_invocation_short_name),
            .host = QSysInfo::machineHostName(),
            .pid = QCoreApplication::applicationPid(),
            .serving = m_server != nullptr,
            .names = m_table.patterns()};
}

PyventNodePrivate::Clock::time_point PyventNodePrivate::deadline(const Lock &) const
{
    if (!m_client)
        return Clock::time_point::max();
    if (!mayRecover())
        return std::min(m_client->deadline(), m_presence.deadline());
    return std::min({m_client->deadline(), m_presence.deadline(), m_recovery.deadline(), m_replays.deadline()});
}

void PyventNodePrivate::complainAboutSilence(const Lock &lock, Clock::time_point now)
{
    if (m_complained)
        return;
    const BusClient::Silence silence = m_client->silence(now);
    // Where this node tries to serve, what is known of the port is new.
    const bool portInUse = m_portInUse && (m_mayServe || silence == BusClient::Silence::NotResponding);
    const PyventError error = silenceError(silence, portInUse, m_options);
    if (!error)
        return;
    m_complained = true;
    fail(lock, error);
}

PyventNodePrivate::Clock::time_point PyventNodePrivate::after(std::chrono::milliseconds timeout)
{
    return Clock::now() + std::clamp<std::chrono::milliseconds>(timeout, 0ms, 24h * 365);
}

bool PyventNodePrivate::waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition)
{
    // What this has seen of the sockets, the event loop does not see any more.
    scheduleTurn();
    for (;;) {
        if (!m_isDriven)
            service(lock, Clock::now());
        if (!m_inbox.isEmpty() || hasNews(lock))
            scheduleTurn();
        if (condition())
            return true;
        const Clock::time_point now = Clock::now();
        if (now >= deadline)
            return false;
        if (m_isDriven) { // by another call that waits
            m_changed.wait_until(lock, deadline);
            continue;
        }
        if (m_client)
            m_client->awaitAcknowledgements(true);
        if (m_client && m_client->mayBeReadable())
            continue;
        const Clock::time_point wakeAt = std::min(deadline, this->deadline(lock));
        m_isDriven = true;
        m_pollSet.clearWake();
        lock.unlock();
        m_pollSet.wait(std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(wakeAt - now)));
        lock.lock();
        m_isDriven = false;
        if (m_client)
            m_client->awaitAcknowledgements(false);
        m_changed.notify_all();
    }
}

QFuture<void> PyventNodePrivate::whenReady(const Lock &lock)
{
    QPromise<void> promise;
    promise.start();
    const QFuture<void> future = promise.future();
    if (!start(lock))
        return future; // canceled, since nobody will finish it
    // A thread that was busy has not seen yet that a server ended; and what this sees, the event loop does not any more.
    service(lock, Clock::now());
    scheduleTurn();
    if (m_state == PyventNode::Ready)
        promise.finish();
    else
        m_readyPromises.push_back(std::move(promise));
    return future;
}

QFuture<QList<PyventNodeInfo>> PyventNodePrivate::findNodes(const Lock &lock, std::chrono::milliseconds within)
{
    if (!start(lock)) {
        QPromise<QList<PyventNodeInfo>> refused; // canceled, since nobody will finish it
        refused.start();
        return refused.future();
    }
    const auto future = m_presence.find(after(within));
    scheduleTurn();
    return future;
}

// The event loop's side

void PyventNodePrivate::turn()
{
    const std::shared_ptr<PyventNodePrivate> self = shared_from_this();
    if (const QSet<QString> patterns = m_waker.beginTurn(); !patterns.isEmpty())
        prune(patterns);
    const Clock::time_point end = Clock::now() + turnBudget;
    bool isMore = true;
    Inbox::Arrivals finished;
    do {
        {
            Lock lock = this->lock();
            m_lastTurn = Clock::now();
            service(lock, m_lastTurn);
            isMore = !m_inbox.isEmpty();
        }
        // A handler may open a nested event loop, and nothing but this would wake it for the rest of the inbox.
        if (isMore)
            scheduleTurn();
        tell();
        while (node() && deliverOne(&finished) && Clock::now() < end) { }
    } while (node() && isMore && Clock::now() < end);
    if (!node())
        return;
    updateWaiting(lock());
    tell();
    if (node())
        arm();
}

// \a finished is the caller's to keep from one call to the next, because making a list for each event costs as much as the rest.
bool PyventNodePrivate::deliverOne(Inbox::Arrivals *finished)
{
    const std::optional<Inbox::Turn> turn = [&] {
        const Lock lock = this->lock();
        return m_inbox.next(finished);
    }();
    finished->clear();
    if (turn)
        deliver(*turn->receiver, *turn->event);
    return turn.has_value();
}

void PyventNodePrivate::deliver(Receiver &receiver, const PyventEvent &event)
{
    try {
        receiver.deliver(event);
    } catch (...) {
        handlerFailed(event.name, currentExceptionText());
    }
}

void PyventNodePrivate::arm()
{
    const Lock lock = this->lock();
    if (m_client && (!m_inbox.isEmpty() || m_client->mayBeReadable()))
        scheduleTurn();
    m_waker.arm(m_pollSet.fd(), deadline(lock), [this] { turn(); });
}

// Hearing

void PyventNodePrivate::add(const Lock &, std::shared_ptr<Receiver> receiver, const PyventReplay &replay)
{
    if (!replay.isNone()) {
        const auto joiner = std::make_shared<LateJoiner>(std::move(receiver));
        m_replays.add(*joiner, replay);
        receiver = joiner;
        scheduleTurn();
    }
    const QByteArray prefix = m_table.add(std::move(receiver));
    if (prefix.isNull() || !m_client)
        return;
    subscribe(prefix);
    updateState();
    scheduleTurn();
}

void PyventNodePrivate::subscribe(const QByteArray &prefix)
{
    m_recovery.received().listen(prefix);
    m_client->subscribe(prefix);
}

void PyventNodePrivate::apply(const Lock &, const ReceiverTable::Removal &removal)
{
    if (std::find(removal.receivers.begin(), removal.receivers.end(), m_everything) != removal.receivers.end())
        m_everything.reset();
    if (!m_client)
        return;
    for (const QByteArray &prefix : removal.prefixes) {
        m_client->unsubscribe(prefix);
        m_recovery.received().ignore(prefix);
    }
    for (const std::shared_ptr<Receiver> &receiver : removal.receivers) {
        const QByteArray pattern = receiver->pattern().toUtf8();
        if (isGlob(receiver->pattern())) {
            m_recovery.received().forgetIf(globPrefix(receiver->pattern()).toUtf8(),
                                           [this](const QByteArray &topic) { return !m_table.match(topic); });
        } else if (!m_table.match(pattern)) {
            m_recovery.received().forget(pattern);
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
        });
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

// Sending

bool PyventNodePrivate::send(const Lock &lock, QAnyStringView name, const QVariantMap &arguments, const QString &sender)
{
    const SendQueue *queue = m_client ? &m_client->queue() : nullptr;
    const bool isEmpty = !queue || queue->events() == 0;
    const bool isFull = !isEmpty && queue->events() >= m_options.sendQueueEvents;
    const qsizetype room = isEmpty ? m_options.maximumEventSize : m_options.sendQueueBytes - queue->bytes();
    const Clock::time_point now = Clock::now();
    QByteArray frame;
    PyventError error;
    if (!isFull)
        error = m_encoder.encode(name, arguments, sender, room, now, &frame);
    if (isFull || error.code == PyventError::QueueFull) {
        error = {
            PyventError::QueueFull,
            u"'%1' was not sent: %2 events (%3 bytes) wait for a server's acknowledgement, and the send queue has no "
            "room for more"_s.arg(name.toString())
                .arg(queue->events())
                .arg(queue->bytes()),
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
    if (!start(lock))
        return false;
    m_client->send(std::move(frame), now < m_lastTurn + promptTurn);
    // Told again only when the queue has drained: one that stays near its limit would tell with every other event.
    if (2 * m_client->queue().events() <= m_options.sendQueueEvents
        && 2 * m_client->queue().bytes() <= m_options.sendQueueBytes)
        m_queueWasFull = false;
    // Sending may have taken the news from the descriptor that something can be read. Asking the sockets would cost
    // more than sending did.
    scheduleTurn();
    return true;
}

bool PyventNodePrivate::isAcknowledged(const Lock &, quint64 accepted) const
{
    return m_client && m_client->queue().acknowledged() >= accepted;
}

PyventNodePrivate::Waiting PyventNodePrivate::waiting(const Lock &) const
{
    if (!m_client)
        return {};
    return {m_client->unsentEvents(), m_client->queue().events()};
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

void PyventNodePrivate::fail(const Lock &, const PyventError &error)
{
    m_lastError = error;
    qCWarning(log).noquote() << error.text;
    notify([error](PyventNode *node) { Q_EMIT node->errorOccurred(error); });
}

void PyventNodePrivate::handlerFailed(const QString &name, const QString &reason)
{
    {
        const Lock lock = this->lock();
        if (m_failedNames.size() < maximumNotifications && !m_failedNames.contains(name)) {
            m_failedNames.insert(name);
            qCWarning(log).noquote() << "A handler of" << name << "failed:" << reason;
        }
        notify([name, reason](PyventNode *node) { Q_EMIT node->handlerFailed(name, reason); });
    }
    tell();
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
