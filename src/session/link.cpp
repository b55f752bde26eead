// SPDX-License-Identifier: MIT
#include "session/link.h"

#include "session/session.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

namespace {

// How many messages are read before what they bring is delivered; and how many bytes, so that large events take the memory of
// those before them, instead of memory that the system has to give anew.
constexpr int readBatch = 64;
constexpr qsizetype readBatchBytes = qsizetype(1) << 20;

} // namespace

Link::Seat *Link::join(Session *session)
{
    Seat *const seat = m_seats.emplace_back(std::make_unique<Seat>(session)).get();
    m_hadCompany = m_hadCompany || m_seats.size() > 1;
    return seat;
}

void Link::leave(Seat *seat)
{
    for (const auto &[subscriptions, suffix] :
         {std::pair(&m_topics, " "), std::pair(&m_globs, ""), std::pair(&m_control, "")}) {
        QByteArrayList prefixes;
        for (const auto &[place, subscribers] : *subscriptions) {
            if (std::find(subscribers.seats.begin(), subscribers.seats.end(), seat) != subscribers.seats.end())
                prefixes.append(place + suffix);
        }
        for (const QByteArray &prefix : std::as_const(prefixes))
            unsubscribe(seat, prefix);
    }
    m_queue.leave(&seat->share);
    setLagging(seat, false);
    std::erase_if(m_seats, [seat](const std::unique_ptr<Seat> &known) { return known.get() == seat; });
}

// Subscribing

// Where the subscribers of \a prefix are.
std::pair<Link::Subscriptions *, QByteArray> Link::placeOf(const QByteArray &prefix)
{
    if (isControlTopic(prefix))
        return {&m_control, prefix};
    if (prefix.endsWith(' '))
        return {&m_topics, prefix.chopped(1)};
    return {&m_globs, prefix};
}

// The connection is told of a whole topic without its space, since a frame of a topic alone has none.
quint64 Link::addSubscriber(Seat *seat, const QByteArray &prefix)
{
    const auto [subscriptions, place] = placeOf(prefix);
    Subscribers &subscribers = (*subscriptions)[place];
    if (subscribers.seats.empty())
        subscribers.number = m_connection->subscribe(place);
    subscribers.seats.push_back(seat);
    return subscribers.number;
}

void Link::subscribe(Seat *seat, const QByteArray &prefix)
{
    seat->subscriptions = std::max(seat->subscriptions, addSubscriber(seat, prefix));
}

void Link::subscribeToControl(Seat *seat, const QByteArray &topic)
{
    addSubscriber(seat, topic);
}

bool Link::hasNode(const QUuid &node) const
{
    return std::any_of(m_seats.begin(), m_seats.end(),
                       [&node](const auto &seat) { return seat->session->uuid() == node; });
}

void Link::unsubscribe(Seat *seat, const QByteArray &prefix)
{
    const auto [subscriptions, place] = placeOf(prefix);
    const auto found = subscriptions->find(place);
    if (found == subscriptions->end())
        return;
    std::erase(found->second.seats, seat);
    if (!found->second.seats.empty())
        return;
    m_connection->unsubscribe(place);
    subscriptions->erase(found);
}

// Of the whole topic. Those of a glob may be others.
const Link::Subscribers *Link::subscribersOfTopic(QByteArrayView frame) const
{
    const auto found = m_topics.find(topicOf(frame));
    return found == m_topics.end() ? nullptr : &found->second;
}

bool Link::isHeard(QByteArrayView frame, const Seat *except) const
{
    const auto isThere = [except](const Subscribers &subscribers) {
        return std::any_of(subscribers.seats.begin(), subscribers.seats.end(),
                           [except](const Seat *seat) { return seat != except; });
    };
    if (const Subscribers *subscribers = subscribersOfTopic(frame); subscribers && isThere(*subscribers))
        return true;
    if (std::any_of(m_globs.begin(), m_globs.end(),
                    [&](const auto &glob) { return frame.startsWith(glob.first) && isThere(glob.second); }))
        return true;
    return std::any_of(m_seats.begin(), m_seats.end(), [&](const auto &seat) { // which may hear their own
        return seat->session->hasMembers() && seat->session->members().table().hears(topicOf(frame));
    });
}

Connection::State Link::state(const Seat &seat) const
{
    if (m_connection->state() == Connection::State::Connecting)
        return Connection::State::Connecting;
    return m_connection->proven() >= seat.subscriptions ? Connection::State::Ready : Connection::State::Subscribing;
}

// Sending

void Link::send(Seat *seat, QByteArray &&frame, Clock::time_point now)
{
    // Of a server of this module's, rules may have it that a node does not hear what it sends.
    if (m_watch.wantsOwnEvent(now) && !m_connection->provesSenders() && isHeard(frame, nullptr))
        m_watch.sentOwnEvent(nodeBytesOf(frame), m_queue.accepted() + 1, now);
    m_connection->send(std::move(frame), now < m_mayGatherUntil, &seat->share);
    // By ZeroMQ, sending may have taken the news from the descriptor that something can be read. Asking the sockets would cost more
    // than sending did.
    if (m_connection->way() != Connection::Way::Lane || m_queue.hasUnsent())
        seat->isTouched = true;
    else
        seat->deadline = std::min(seat->deadline, seat->session->deadline());
}

void Link::sendControl(QByteArray frame, bool inOrder)
{
    m_connection->sendControl(std::move(frame), inOrder);
}

// Receiving

void Link::receive(Clock::time_point now, TurnBudget *budget)
{
    try {
        m_connection->process(now);
        QByteArrayView frame;
        qsizetype size = 0;
        for (int i = 0; i < readBatch && size < readBatchBytes && !budget->isSpent() && m_connection->receive(&frame);
             ++i) {
            size += frame.size();
            handOut(frame, now);
            budget->spend(qsizetype(std::exchange(m_decoded, 0)));
        }
        watchServer(now);
    } catch (const std::exception &) { // no memory, or no descriptor: what was not acknowledged is sent again
        m_connection->disconnect(now);
    }
    // What has no deadline of a session's, such as the server's silence, is looked at as long as not all is well.
    const Known known{m_connection->state(), m_connection->proven(), m_connection->tellsWhoIsLost()};
    m_concernsAll = std::exchange(m_known, known) != known || known.state != Connection::State::Ready;
}

void Link::watchServer(Clock::time_point now)
{
    const QByteArrayView oldest = m_queue.oldestInFlight();
    const bool waits = endsWithFlag(Trailer::Waits, oldest);
    const auto state = m_connection->state();
    const Connection::Silence why = m_watch.look({.isUp = state != Connection::State::Connecting,
                                                  .isReady = state == Connection::State::Ready,
                                                  .accepted = m_queue.accepted(),
                                                  .acknowledged = m_queue.acknowledged(),
                                                  .isOwed = !oldest.isEmpty() && !waits,
                                                  .isHeld = waits,
                                                  .isOneWay = m_connection->way() == Connection::Way::Lane},
                                                 now);
    if (why != Connection::Silence::None)
        m_connection->leave(why, now);
    else if (m_seats.empty() || m_queue.hasUnsent())
        m_watch.postponeEcho(now);
    else if (QByteArray echo = m_watch.takeEcho(m_seats.front()->session->uuid(), now); !echo.isNull())
        sendControl(std::move(echo));
}

bool Link::process(Seat &seat, Clock::time_point now)
{
    const bool hasNews = std::exchange(seat.acknowledged, seat.share.acknowledged) != seat.share.acknowledged;
    if (!m_concernsAll && !hasNews && !seat.isTouched && seat.deadline > now)
        return false;
    seat.isTouched = false;
    seat.session->process(now);
    seat.deadline = seat.session->deadline();
    setLagging(&seat, seat.session->isLagging());
    return true;
}

void Link::setLagging(Seat *seat, bool lags)
{
    if (std::exchange(seat->isLagging, lags) == lags)
        return;
    m_lagging += lags ? 1 : -1;
    if (m_lagging == (lags ? 1 : 0))
        m_connection->setLagging(lags);
}

void Link::handOut(QByteArrayView frame, Clock::time_point now)
{
    ++m_frames;
    if (isControlTopic(frame)) {
        m_watch.heardControl();
        return handOutControl(frame, now);
    }
    m_watch.heardEvent(frame);
    if (m_seats.size() == 1) {
        handOut(m_seats.front().get(), frame, now);
    } else {
        if (const Subscribers *subscribers = subscribersOfTopic(frame))
            handOut(*subscribers, frame, now);
        for (const auto &[prefix, subscribers] : m_globs) {
            if (frame.startsWith(prefix))
                handOut(subscribers, frame, now);
        }
    }
}

// "all/…" or "node/{uuid}/…": who hears everything hears what is for others, too. Who stands in for a node on another bus hears
// "node/{uuid}/ask " and its like, and who works for others "presence/gone ", beside those who hear all of "presence/".
void Link::handOutControl(QByteArrayView frame, Clock::time_point now)
{
    for (qsizetype slash = frame.indexOf('/'); slash >= 0 && slash < longestControlPrefix;
         slash = frame.indexOf('/', slash + 1)) {
        if (const auto found = m_control.find(frame.first(slash + 1)); found != m_control.end()) {
            handOut(found->second, frame, now);
            if (!frame.startsWith(presencePrefix))
                return;
            break;
        }
    }
    const qsizetype space = frame.first(std::min(frame.size(), longestControlTopic)).indexOf(' ');
    if (space < 0)
        return;
    if (const auto found = m_control.find(frame.first(space + 1)); found != m_control.end())
        handOut(found->second, frame, now);
}

void Link::handOut(const Subscribers &subscribers, QByteArrayView frame, Clock::time_point now)
{
    for (Seat *seat : subscribers.seats) {
        if (std::exchange(seat->lastFrame, m_frames) == m_frames) // by another prefix
            continue;
        handOut(seat, frame, now);
    }
}

void Link::handOut(Seat *seat, QByteArrayView frame, Clock::time_point now)
{
    seat->isTouched = true;
    const qint64 before = seat->session->decoded();
    seat->session->receive(frame, now);
    m_decoded += seat->session->decoded() - before;
}

Link::Clock::time_point Link::deadline() const
{
    Clock::time_point earliest = std::min(m_connection->deadline(), m_watch.deadline());
    for (const std::unique_ptr<Seat> &seat : m_seats)
        earliest = std::min(earliest, seat->isTouched ? Clock::time_point() : seat->deadline);
    return earliest;
}

} // namespace Pyvent::Internal
