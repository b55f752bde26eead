// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

#include "node/servererrors.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qsysinfo.h>

#include <cerrno>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How long a turn may take before the event loop gets its turn.
constexpr auto turnBudget = 3ms;

// How many events are read before they are delivered; and how many bytes, so that large ones take the memory of those before
// them, instead of memory that the system has to give anew.
constexpr int readBatch = 64;
constexpr qsizetype readBatchBytes = qsizetype(1) << 20;

} // namespace

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
    qsizetype size = 0;
    for (int i = 0; i < readBatch && size < readBatchBytes && m_client->receive(&frame); ++i) {
        const QByteArrayView bytes = bytesOf(frame);
        size += bytes.size();
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
            && waiter->pattern.matches(result.event->name))
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
    updateCounts(lock());
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
