// SPDX-License-Identifier: MIT
#include "session/session.h"

#include "session/lastjoiner.h"
#include "wire/control.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How soon a thread is looked at again that is behind with what it hears.
constexpr auto lookInterval = 50ms;

} // namespace

Session::Session(const QUuid &uuid, const WallClock &wallClock, quint32 seed)
    : m_uuid(uuid)
    , m_wallClock(wallClock)
    , m_seed(seed)
    , m_recovery(uuid, wallClock, seed)
    , m_catchUps(uuid, wallClock, seed)
    , m_encoder(uuid, &m_recovery.sent())
    , m_reception(uuid, m_recovery.received(), m_catchUps, m_news)
    , m_presence(uuid)
    , m_roster(uuid)
{
}

void Session::configure(const PyventOptions &options)
{
    m_options = options;
    m_encoder.setDefaultSender(defaultSender());
    m_encoder.setMaximumFrameSize(options.maximumEventSize);
    m_encoder.setWaits(options.whenReceiversLag == PyventReceiversLag::Wait);
    m_reception.decoder().setMaximumSizes(options.maximumEventSize, options.maximumExpandedSize);
    m_reception.decoder().setHearOwnEvents(options.hearOwnEvents);
    m_recovery.setHearOwnEvents(options.hearOwnEvents);
    m_recovery.setMaximumFrameSize(options.maximumEventSize);
    m_catchUps.setMaximumFrameSize(options.maximumEventSize);
    m_recovery.sent().setLimits({options.replayEvents, options.replayBytes, options.replayAge});
    if (m_forwards)
        configureForwards();
}

QString Session::defaultSender() const
{
    return m_options.nodeId.isEmpty() ? u"pyvent"_s : u"pyvent."_s + m_options.nodeId;
}

// The link

void Session::join(Link *link, Clock::time_point now)
{
    m_link = link;
    m_seat = link->join(this);
    m_awaitsLink = false;
    for (const QByteArray &prefix : controlPrefixes(m_uuid))
        m_link->subscribe(m_seat, prefix);
    if (m_roster.isWatching())
        m_link->subscribe(m_seat, presencePrefix.toByteArray());
    for (const QByteArray &declaration : std::as_const(m_declared)) // before it is heard what that is about
        m_link->subscribeToControl(m_seat, declaration);
    for (const QByteArray &prefix : table().prefixes())
        subscribe(prefix);
    if (m_values) {
        for (const QByteArray &name : m_values->names())
            m_link->subscribe(m_seat, valueTopic(name));
    }
    if (m_members) {
        for (const QByteArray &declaration : m_members->declarations())
            m_link->subscribe(m_seat, declaration);
    }
    updateState(now);
}

void Session::awaitLink(bool await, Clock::time_point now)
{
    m_awaitsLink = await;
    updateState(now);
}

Session::Left Session::leave(Clock::time_point now)
{
    if (m_link)
        m_link->leave(std::exchange(m_seat, nullptr));
    m_link = nullptr;
    m_awaitsLink = m_lostServer = m_toldLoop = false;
    if (m_forwards)
        m_forwards->clear();
    m_recovery.received().clear();
    m_catchUps.leave();
    table().forEachNewest([this](Receiver &receiver) { m_reception.pacer().forget(receiver); });
    if (m_values)
        m_values->leave(now);
    if (m_members) {
        for (const QByteArray &declaration : m_members->leave())
            withdraw(declaration);
    }
    if (m_unfinished)
        m_unfinished->clear();
    updateState(now);
    m_roster.forget();
    m_following.clear();
    m_here = {};
    return {m_reception.inbox().takeAll(), m_presence.cancel()};
}

void Session::updateState(Clock::time_point now)
{
    State state = m_awaitsLink ? State::Connecting : State::Stopped;
    if (m_link) {
        switch (m_link->state(*m_seat)) {
        case Connection::State::Connecting:
            state = State::Connecting;
            break;
        case Connection::State::Subscribing:
            state = State::Subscribing;
            break;
        case Connection::State::Ready:
            state = State::Ready;
            break;
        }
    }
    const State before = std::exchange(m_state, state);
    if (state == before)
        return;
    if (state < State::Subscribing)
        valuesAreLost(now);
    if (state == State::Connecting && before != State::Stopped)
        m_lostServer = true;
    if (state == State::Connecting || state == State::Stopped) {
        isNotThere();
        sharesAreLost();
    }
    if (state == State::Ready) {
        sayHere(
            now); // before anything that others may wait for this node with: of whom it has not heard the server does not say that he is lost
        m_announcement.isDue = m_announcement.isWanted;
        if (std::exchange(m_callsRoll, false))
            m_roster.ready(m_link->tellsWhoIsLost(), now);
        m_recovery.received().setSendersAreProven(m_link->provesSenders());
        m_recovery.ready(m_wallClock(), now);
        const bool isAnotherServer = std::exchange(m_lostServer, false);
        if (isAnotherServer) {
            m_recovery.reconnected(now);
            m_catchUps.reconnected(now);
        }
        valuesAreReady(now);
        sharesAreReady(isAnotherServer, now);
    }
    m_news.add(state);
    if (m_part)
        m_part->stateChanged(state, now);
}

void Session::receive(QByteArrayView frame, Clock::time_point now)
{
    try {
        m_reception.deliverReleased(now);
        if (isControlTopic(frame))
            readControl(frame, now);
        else
            m_reception.heard(frame, now);
        m_reception.deliverReleased(now);
    } catch (const std::bad_alloc &) { // not while an event was decoded
        m_news.fail(
            {PyventError::OutOfResources, u"there was no memory for a message of %1 bytes"_s.arg(frame.size()), {}});
    }
}

void Session::readControl(QByteArrayView frame, Clock::time_point now)
{
    const auto message = Control::Message::of(frame);
    if (!message || !m_origins.allow(*message, now))
        return;
    const QByteArrayView payload = message->payload;
    if (m_forwards)
        noteOrigin(*message, now);
    switch (message->kind) {
    case Control::Kind::Who:
        heardWho(payload, now);
        break;
    case Control::Kind::Here:
    case Control::Kind::Forwarder:
        heardHere(payload, message->kind == Control::Kind::Forwarder, now);
        break;
    case Control::Kind::Gone:
        if (const auto gone = Control::Gone::read(payload))
            m_roster.isGone(gone->node, gone->reason);
        if (m_part)
            m_part->heard(*message, now);
        break;
    case Control::Kind::Will:
    case Control::Kind::NoWill:
        break; // for the server
    case Control::Kind::Announce:
        m_recovery.askedForHeads(payload, now);
        break;
    case Control::Kind::Ask:
        m_recovery.askedForEvents(message->node(), payload, Trailer::Retransmitted, now);
        break;
    case Control::Kind::Recall:
        m_recovery.askedForEvents(message->node(), payload, Trailer::Replayed, now);
        break;
    case Control::Kind::Past:
        m_recovery.askedForPast(payload, now);
        break;
    case Control::Kind::Heads:
        if (const auto heads = Control::Heads::read(payload))
            m_recovery.heard(
                *heads, [this](QByteArrayView topic) { return table().hears(topic); }, now);
        break;
    case Control::Kind::Answer:
        if (const auto answer = Control::Answer::read(payload)) {
            m_recovery.heard(*answer, now);
            m_catchUps.heard(*answer, now);
            if (m_forwards)
                m_forwards->heard(*answer, now);
            if (m_part)
                m_part->isThere(answer->node);
        }
        break;
    case Control::Kind::Withheld:
        if (const auto withheld = Control::Withheld::read(payload)) {
            m_recovery.heard(*withheld, now);
            m_catchUps.heard(*withheld, now);
        }
        break;
    case Control::Kind::Kept:
        if (m_catchUps.isEmpty())
            break;
        if (const auto kept = Control::Kept::read(payload))
            m_catchUps.heard(*kept, now);
        break;
    case Control::Kind::Repair:
        m_reception.heardRepair(payload, now);
        break;
    case Control::Kind::Replay:
        m_reception.heardReplay(payload, now);
        break;
    case Control::Kind::Value:
    case Control::Kind::ValueAtServer:
    case Control::Kind::ValueIsSet:
        if (m_values)
            m_values->receive(*message, now);
        break;
    case Control::Kind::LastEvent:
        heardLast(payload, now);
        break;
    case Control::Kind::KeptEvents:
        heardKept(payload);
        break;
    case Control::Kind::Membership:
    case Control::Kind::Share:
    case Control::Kind::Unfinished:
        heardOfShares(*message);
        break;
    case Control::Kind::Again:
    case Control::Kind::Server:
        break;
    case Control::Kind::Refused:
        if (const auto refused = Control::Refused::read(payload))
            heardRefused(*refused, message->isForAll(), now);
        break;
    case Control::Kind::Answerers:
    case Control::Kind::Cancel:
    case Control::Kind::Late:
        if (m_part)
            m_part->heard(*message, now);
        break;
    }
}

void Session::process(Clock::time_point now)
{
    try {
        updateState(now);
        if (m_forwards)
            standIn(now);
        m_recovery.received().setPaused(m_reception.turnsAway(), now);
        recover(now);
        m_reception.deliverReleased(now);
        m_reception.pacer().process(now);
        searchOthers(now);
        watchOthers(now);
        if (m_part)
            m_part->process(now);
        tellValues(now);
        processShares(now);
        m_lagging.is = m_reception.isLagging();
        m_lagging.lookAt = m_reception.hasLateOnesElsewhere() ? now + lookInterval : Clock::time_point::max();
        m_outOfMemoryUntil.reset();
    } catch (const std::bad_alloc &) {
        if (!m_outOfMemoryUntil)
            m_news.fail({PyventError::OutOfResources, u"there was no memory for what was due on the bus"_s, {}});
        m_outOfMemoryUntil = now + 100ms;
    }
}

// Asks for what is missing, answers those who ask this node, and tells what is lost for good.
void Session::recover(Clock::time_point now)
{
    if (mayRecover()) {
        m_recovery.process(now);
        for (const QByteArray &question : m_catchUps.process(now, m_state == State::Ready))
            m_link->sendControl(question);
    }
    for (const Recovery::Outgoing &outgoing : m_recovery.takeOutgoing())
        m_link->sendControl(outgoing.frame, outgoing.isInOrder);
    for (const ReceiveWindow::Loss &loss : m_recovery.received().takeLosses())
        m_news.losses.add(QString::fromUtf8(loss.topic), loss.node, loss.count);
}

Session::Clock::time_point Session::deadline() const
{
    if (m_outOfMemoryUntil)
        return *m_outOfMemoryUntil;
    const Clock::time_point earliest =
        std::min({m_lagging.lookAt, presenceDeadline(), m_reception.pacer().deadline(),
                  m_part ? m_part->deadline() : Clock::time_point::max(), sharesDeadline(),
                  m_values && m_link ? m_values->deadline() : Clock::time_point::max()});
    return mayRecover() ? std::min({earliest, m_recovery.deadline(), m_catchUps.deadline()}) : earliest;
}

// What the user wants

// For how many bytes of one more event the queue has room; nothing where it has none for any.
Q_ALWAYS_INLINE std::optional<qsizetype> Session::room() const
{
    const SendQueue::Share &queue = m_seat->share;
    if (queue.events == 0)
        return m_options.maximumEventSize;
    if (queue.events >= m_options.sendQueueEvents)
        return {};
    return m_options.sendQueueBytes - queue.bytes;
}

Q_ALWAYS_INLINE void Session::sendFrame(QByteArray &&frame, Clock::time_point now, quint64 *unheard)
{
    const SendQueue::Share &queue = m_seat->share;
    if (unheard)
        *unheard += !m_link->isHeard(frame, m_options.hearOwnEvents ? nullptr : m_seat);
    m_link->send(m_seat, std::move(frame), now);
    // Told again only when the queue has drained: one that stays near its limit would tell with every other event. Of a sender that waits
    // for receivers, it is told once.
    if (m_options.whenReceiversLag == PyventReceiversLag::Drop && 2 * queue.events <= m_options.sendQueueEvents
        && 2 * queue.bytes <= m_options.sendQueueBytes)
        m_queueWasFull = false;
}

bool Session::send(QAnyStringView name, const ArgumentList &arguments, const QString &sender, Clock::time_point now,
                   quint64 *unheard, quint64 stamp)
{
    const std::optional<qsizetype> room = this->room();
    if (!room) {
        isFull(name);
        return false;
    }
    QByteArray frame;
    PyventError error;
    try {
        error = m_encoder.encode(name, arguments, sender, *room, m_wallClock(), now, &frame, stamp);
    } catch (const std::bad_alloc &) {
        error = {PyventError::OutOfResources, u"'%1' was not sent: there is no memory for it"_s.arg(name.toString()),
                 name.toString()};
    }
    if (error.code == PyventError::QueueFull)
        isFull(name);
    else if (error)
        m_news.fail(error);
    if (error)
        return false;
    if (stamp > 0)
        m_values->wrote(frame, now);
    if (m_unfinished && !m_unfinished->isEmpty())
        keepUnfinished(frame);
    sendFrame(std::move(frame), now, unheard);
    return true;
}

bool Session::forward(const PyventFrame &frame, Clock::time_point now, quint64 *unheard)
{
    constexpr qsizetype none = -1;
    Forwards &forwards = this->forwards();
    if (m_link->hasNode(frame.nodeId))
        forwards.isHere(frame.nodeId, now);
    QByteArray bytes;
    PyventError error;
    auto outcome = Forwards::Outcome::Refused;
    try {
        outcome = forwards.take(frame, room().value_or(none), m_wallClock(), now, &bytes, &error);
        standIn(now); // before the event, so that the server knows whose it is
    } catch (const std::bad_alloc &) {
        outcome = Forwards::Outcome::Refused;
        error = {PyventError::OutOfResources, u"'%1' was not forwarded: there is no memory for it"_s.arg(frame.name),
                 frame.name};
    }
    switch (outcome) {
    case Forwards::Outcome::Sent:
        sendFrame(std::move(bytes), now, unheard);
        return true;
    case Forwards::Outcome::Kept:
    case Forwards::Outcome::Known:
        return true;
    case Forwards::Outcome::FromHere:
        if (!std::exchange(m_toldLoop, true)) {
            m_news.fail(
                {PyventError::ForwardingLoop,
                 u"'%1' of the node %2 came back to the bus that it was sent on, by bridges, and was dropped, as "
                 "is all that comes back. That is well where two bridges join the same buses; if you did not "
                 "mean buses to form a ring, look which bridge is one too many. It is told once"_s.arg(
                     frame.name, frame.nodeId.toString(QUuid::WithoutBraces)),
                 frame.name});
        }
        return true;
    case Forwards::Outcome::NoRoom:
        isFull(frame.name);
        return false;
    case Forwards::Outcome::Refused:
        break;
    }
    if (error.code == PyventError::EventRefused) // which was told when the server has
        m_news.failAgain(error);
    else
        m_news.fail(error);
    return false;
}

void Session::isFull(QAnyStringView name)
{
    const PyventError error{
        PyventError::QueueFull,
        u"'%1' was not sent: %2 events (%3 bytes) wait for a server's acknowledgement, and the send queue has no "
        "room for more"_s.arg(name.toString())
            .arg(m_seat->share.events)
            .arg(m_seat->share.bytes),
        name.toString()};
    if (std::exchange(m_queueWasFull, true))
        m_news.failAgain(error);
    else
        m_news.fail(error);
}

std::optional<Inbox::Turn> Session::nextTurn(Inbox::Arrivals *finished)
{
    Inbox &inbox = m_reception.inbox();
    if (m_lagging.is && m_seat && inbox.backlog() == Backlog::Small)
        m_seat->isTouched = true; // senders may wait to hear that
    // By turns, so that neither kind waits for the other.
    Pacer &pacer = m_reception.pacer();
    if (Q_UNLIKELY(pacer.hasTurns()) && (m_wasNewestsTurn = !m_wasNewestsTurn))
        return Inbox::Turn{nullptr, pacer.next()};
    std::optional<Inbox::Turn> turn = inbox.next(finished);
    if (!turn && inbox.hasKept()) { // once, since all that was kept may be for nobody, or unreadable
        m_reception.readKept();
        turn = inbox.next(finished);
    }
    if (!turn && pacer.hasTurns())
        turn = Inbox::Turn{nullptr, pacer.next()};
    if (Q_UNLIKELY(!m_following.empty()))
        tellWhatFollows();
    return turn;
}

std::shared_ptr<const PyventEvent> Session::takeNewest(const std::shared_ptr<Receiver> &receiver, Clock::time_point now)
{
    std::shared_ptr<const PyventEvent> event = m_reception.takeNewest(receiver, now);
    if (m_seat)
        m_seat->deadline = std::min(m_seat->deadline, m_reception.pacer().deadline());
    return event;
}

Session::Waiting Session::waiting() const
{
    if (!m_link)
        return {};
    return {m_link->unsentEvents(*m_seat), m_seat->share.events};
}

} // namespace Pyvent::Internal
