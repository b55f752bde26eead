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

} // namespace

// The link's side

void PyventNodePrivate::take(const Lock &lock, QByteArrayView bytes, Clock::time_point now)
{
    try {
        takeFrame(lock, bytes, now);
    } catch (const std::bad_alloc &) { // not while an event was decoded
        fail(lock,
             {PyventError::OutOfResources, u"there was no memory for a message of %1 bytes"_s.arg(bytes.size()), {}});
    }
}

void PyventNodePrivate::takeFrame(const Lock &lock, QByteArrayView bytes, Clock::time_point now)
{
    takeReleased(lock, now);
    if (isControlTopic(bytes))
        readControl(lock, bytes, now);
    else if (hasRoomFor(topicOf(bytes)) || parseFrame(bytes).trailerState != TrailerState::Read)
        take(lock, decode(lock, bytes, EventDecoder::Way::Bus, now), bytes, now);
    else if (!m_waiters.empty())
        offerToWaiters(decode(lock, bytes, EventDecoder::Way::Look, now));
    // To all others it is as if it had not arrived: it is asked for again.
    takeReleased(lock, now);
}

// Where the inbox is full, only for those who hear in other threads than the node's.
bool PyventNodePrivate::hasRoomFor(QByteArrayView topic) const
{
    if (!m_inbox.isFull())
        return true;
    const ReceiverTable::Match match = m_table.match(topic);
    const auto areElsewhere = [](const std::shared_ptr<const ReceiverTable::Receivers> &receivers) {
        return !receivers || std::all_of(receivers->begin(), receivers->end(), [](const auto &receiver) {
            return receiver->isElsewhere();
        });
    };
    return areElsewhere(match.exact) && areElsewhere(match.globs);
}

// What an event expands to may be more than there is memory for. It is gone, and counted.
EventDecoder::Result PyventNodePrivate::decode(const Lock &lock, QByteArrayView frame, EventDecoder::Way way,
                                               Clock::time_point now)
{
    try {
        return m_decoder.decode(frame, way, m_table, now);
    } catch (const std::bad_alloc &) {
        const QString name = QString::fromUtf8(topicOf(frame));
        if (way != EventDecoder::Way::Look)
            m_losses.add(name, parseFrame(frame).trailer.nodeId, 1);
        fail(lock,
             {PyventError::EventTooLarge,
              u"an event '%1' of %2 bytes cannot be taken: there is no memory for what it expands to"_s.arg(name).arg(
                  frame.size()),
              name});
        return {};
    }
}

void PyventNodePrivate::process(const Lock &lock, Clock::time_point now)
{
    try {
        updateState();
        recover(lock, now);
        takeReleased(lock, now);
        meetOthers(lock, now);
        complainAboutSilence(lock, now);
        m_outOfMemoryUntil.reset();
    } catch (const std::bad_alloc &) {
        if (!m_outOfMemoryUntil)
            fail(lock, {PyventError::OutOfResources, u"there was no memory for what was due on the bus"_s, {}});
        m_outOfMemoryUntil = now + 100ms;
    }
}

bool PyventNodePrivate::takeOver(const Lock &lock)
{
    if (!m_mayServe || m_server)
        return false;
    serve(lock, false);
    return true;
}

// What the receive window has released comes before anything that is read after it.
void PyventNodePrivate::takeReleased(const Lock &lock, Clock::time_point now)
{
    QByteArray held;
    while (!m_inbox.isFull() && m_recovery.received().takeReleased(&held))
        take(lock, decode(lock, held, EventDecoder::Way::Held, now), held, now);
    if (!m_replays.isEmpty())
        m_replays.deliver([this] { return !m_inbox.isFull(); }, replayTo(lock, now));
}

void PyventNodePrivate::readControl(const Lock &lock, QByteArrayView bytes, Clock::time_point now)
{
    const QByteArray answer = m_presence.take(bytes, now, [&] { return info(lock); });
    if (!answer.isEmpty())
        m_link->sendControl(answer);
    const QByteArrayView event = m_recovery.take(
        bytes, [this](QByteArrayView topic) { return bool(m_table.match(topic)); }, now);
    if (!event.isNull() && !m_inbox.isFull())
        take(lock, decode(lock, event, EventDecoder::Way::Repair, now), event, now);
    else if (!event.isNull() && !m_waiters.empty())
        offerToWaiters(decode(lock, event, EventDecoder::Way::Look, now));
    if (!m_replays.isEmpty())
        m_replays.take(bytes, !m_inbox.isFull(), now, replayTo(lock, now));
}

// Asks for what is missing, answers those who ask this node, and tells what is lost for good.
void PyventNodePrivate::recover(const Lock &, Clock::time_point now)
{
    if (mayRecover()) {
        m_recovery.process(now);
        for (const QByteArray &question : m_replays.process(now, m_state == PyventNode::Ready))
            m_link->sendControl(question);
    }
    for (const Recovery::Outgoing &outgoing : m_recovery.takeOutgoing())
        m_link->sendControl(outgoing.frame, outgoing.isInOrder);
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
    deliverElsewhere(lock, result);
    const QUuid nodeId = result.event->nodeId;
    const quint64 sequence = result.event->sequence;
    Delivery delivery(result.event, std::move(result.match), Delivery::To::NodeThread);
    if (!delivery.isOver()) {
        if (m_inbox.isFull())
            m_losses.add(result.event->name, nodeId, 1); // a Python node's, which cannot be asked for it
        else
            m_inbox.append(std::move(delivery), frame.size());
    }
    if (!m_replays.isEmpty() && sequence > 0)
        m_replays.heard(topicOf(frame), nodeId, sequence, frame, !m_inbox.isFull(), now, replayTo(lock, now));
}

// Who hears in another thread does not wait for the node's, which may be stuck.
void PyventNodePrivate::deliverElsewhere(const Lock &lock, const EventDecoder::Result &result)
{
    Delivery delivery(result.event, result.match, Delivery::To::Elsewhere);
    while (const std::shared_ptr<Receiver> receiver = delivery.next()) {
        QString why;
        if (receiver->post(*result.event, &why))
            continue;
        if (!why.isEmpty())
            handlerFailed(lock, result.event->name, why);
        m_losses.add(result.event->name, result.event->nodeId, 1);
    }
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
            EventDecoder::Result result = decode(lock, frame, EventDecoder::Way::Held, now);
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
        m_link->sendControl(m_presence.question());
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
    if (m_outOfMemoryUntil)
        return *m_outOfMemoryUntil;
    if (!mayRecover())
        return m_presence.deadline();
    return std::min({m_presence.deadline(), m_recovery.deadline(), m_replays.deadline()});
}

void PyventNodePrivate::complainAboutSilence(const Lock &lock, Clock::time_point now)
{
    if (m_complained)
        return;
    const BusClient::Silence silence = m_link->silence(now);
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
    while (!m_link && !condition()) {
        const Clock::time_point now = Clock::now();
        if (now >= deadline)
            return false;
        if (m_retryAt && now >= *m_retryAt)
            start(lock);
        else
            m_group->waitForChange(lock, std::min(deadline, m_retryAt.value_or(deadline)));
    }
    return m_link ? m_link->waitUntil(lock, deadline, condition) : condition();
}

QFuture<void> PyventNodePrivate::whenReady(const Lock &lock)
{
    QPromise<void> promise;
    promise.start();
    const QFuture<void> future = promise.future();
    if (!start(lock) && !m_retryAt)
        return future; // canceled, since nobody will finish it
    // A thread that was busy has not seen yet that a server ended; and what this sees, the event loop does not any more.
    if (m_link) {
        m_link->service(lock, Clock::now(), nullptr);
        m_link->wantService();
    }
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
    m_link->touch(m_seat);
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
            const Lock lock = this->lock();
            if (m_retryAt && Clock::now() >= *m_retryAt)
                start(lock);
            if (m_link && m_link->isDriver(m_seat))
                m_link->serviceByEventLoop(lock, Clock::now(), this);
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
    if (!m_inbox.isEmpty())
        scheduleTurn();
    if (m_retryAt)
        return m_waker.arm(nullptr, *m_retryAt, [this] { turn(); });
    if (!m_link || !m_link->isDriver(m_seat))
        return m_waker.disarm();
    if (m_link->mayBeReadable())
        m_link->wantService();
    const Clock::time_point deadline = m_link->deadline();
    m_waker.arm(m_link->pollSet(), deadline, [this] { turn(); });
    if (!m_link->isWanted())
        m_link->armed(deadline);
}

void PyventNodePrivate::eventLoopBegins()
{
    m_waker.eventLoopBegins();
    scheduleTurn();
}
