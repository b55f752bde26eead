// SPDX-License-Identifier: MIT
#include "transport/busconnection.h"

#include "transport/descriptors.h"
#include "transport/reconnect.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

namespace {

// One may be that of a server that is just ending.
constexpr int mostVainLanes = 2;

// For how long something is left alone that does not behave as a server.
constexpr std::chrono::milliseconds firstLeave = std::chrono::seconds(2);
constexpr std::chrono::milliseconds longestLeave = std::chrono::seconds(60);

} // namespace

BusConnection::BusConnection(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet,
                             const QByteArray &secret)
    : m_endpoint(endpoint)
    , m_maximumFrameSize(maximumFrameSize)
    , m_secret(secret)
    , m_queue(queue)
    , m_pollSet(pollSet)
    , m_rule(endpoint.access())
    , m_tryAfter(firstRetry)
{
    const Clock::time_point now = Clock::now();
    m_silentSince = now;
    tryLanes(now);
    if (!m_way)
        openTcp(now);
}

BusConnection::~BusConnection() = default;

// The way

void BusConnection::process(Clock::time_point now)
{
    m_isNew = false;
    if (m_left.why != Silence::None) {
        if (now < m_left.until)
            return;
        m_left.why = Silence::None;
        m_silentSince = m_tryAt = now;
    }
    if (m_way)
        m_way->process(now);
    if (m_tcp && m_tcp->isHeld() && m_tcp->isSending()) {
        // A server has its lane before its ports, and may have come while this was on its way to them. A lane that comes to nothing time
        // and again is no reason to leave what is there.
        if (m_vainLanes < mostVainLanes)
            tryLanes(now);
        if (m_tcp && m_tcp->isStrangers(&m_rule)) {
            leaveStrangers();
        } else if (m_tcp) {
            m_tcp->release();
            m_vainLanes = 0;
        }
    }
    if (m_lane && m_lane->hasEnded())
        laneEnded(now);
    if (m_tcp && state() != State::Connecting && !std::exchange(m_isVerified, true) && m_tcp->isStrangers(&m_rule))
        leaveStrangers();
    if (state() != State::Connecting) {
        m_why = Silence::None;
        m_silentSince = now;
        if (!m_lane || m_lane->wasGood(now))
            m_tryAfter = firstRetry;
    } else {
        m_isVerified = false;
        if (!m_lane && now >= m_tryAt)
            findWay(now);
    }
}

void BusConnection::findWay(Clock::time_point now)
{
    m_tryAt = now + m_tryAfter;
    m_tryAfter = std::min<std::chrono::milliseconds>(m_tryAfter * 2, slowestRetry);
    // A lane that came to nothing is no reason not to look elsewhere. And what ZeroMQ has sent, a server may have passed on.
    // But a server that is full is so for each of its doors.
    const bool isFull = m_why == Silence::ServerFull;
    if ((!std::exchange(m_isAfterVainLane, false) || isFull) && (!m_tcp || m_tcp->isHeld()))
        tryLanes(now);
    if (isFull && !m_way)
        m_why = Silence::None; // it has gone
    if (m_tcp && isStrangersPort())
        return leaveStrangers();
    // Whoever takes over from a server that had a lane will have one, too.
    if (m_way || now < m_lanesUntil)
        return;
    try {
        openTcp(now);
    } catch (const std::exception &error) {
        if (!isOutOfResources(error))
            throw;
        m_why = Silence::NoResources;
    }
}

void BusConnection::laneEnded(Clock::time_point now)
{
    const bool wasGood = m_lane->wasGood(now);
    m_isAfterVainLane = !wasGood;
    m_vainLanes = wasGood ? 0 : m_vainLanes + 1;
    m_isRefused = m_isRefused || wasGood;
    const Silence why = m_lane->silence(now);
    m_why = why == Silence::NotLetIn || why == Silence::ServerFull ? why : Silence::None;
    m_lane = nullptr;
    m_way.reset();
    m_tryAt = wasGood ? now : now + m_tryAfter;
    if (wasGood) {
        m_tryAfter = firstRetryOfLane;
        m_lanesUntil = now + takeOverTime;
    }
}

void BusConnection::tryLanes(Clock::time_point now)
{
    for (const QByteArray &path : m_endpoint.lanes()) {
        if (tryLane(path, now))
            return;
    }
}

bool BusConnection::tryLane(const QByteArray &path, Clock::time_point now)
{
    LaneConnection::Failure failure;
    auto lane = LaneConnection::connect(path, &m_rule, m_maximumFrameSize, m_queue, m_pollSet, now, &failure, m_secret);
    // Whoever served here has gone: this is the moment to become the server.
    m_isRefused = m_isRefused || failure == LaneConnection::Failure::Refused;
    if (!lane)
        return false;
    m_tcp = nullptr;
    m_lane = lane.get();
    use(std::move(lane), now);
    return true;
}

// Throws where the system does not give what that takes.
void BusConnection::openTcp(Clock::time_point now)
{
    if (isStrangersPort()) {
        m_why = Silence::OtherUser;
        return;
    }
    m_why = Silence::None;
    requireDescriptors(descriptorsOfTcp);
    auto tcp = std::make_unique<ZmqConnection>(m_endpoint, m_maximumFrameSize, m_queue, m_pollSet, m_secret);
    tcp->hold(); // until it is known whose it is
    m_tcp = tcp.get();
    use(std::move(tcp), now);
}

void BusConnection::leaveStrangers()
{
    m_tcp->disconnect({});
    m_tcp = nullptr;
    m_way.reset();
    m_why = Silence::OtherUser;
}

// Whether one of the ports is a user's who is not to be at the other end.
bool BusConnection::isStrangersPort()
{
    for (const auto purpose : {Endpoint::Purpose::Requests, Endpoint::Purpose::Events}) {
        const auto owner = m_endpoint.listener(purpose);
        if (owner && !m_rule.allows(owner->user))
            return true;
    }
    return false;
}

void BusConnection::use(std::unique_ptr<Connection> way, Clock::time_point now)
{
    m_way = std::move(way);
    m_isNew = true;
    m_ofWay = 0;
    for (const auto &[prefix, count] : std::as_const(m_prefixes).asKeyValueRange()) {
        for (int i = 0; i < count; ++i)
            m_ofWay = m_way->subscribe(prefix);
    }
    m_atLeast = m_ofWay;
    m_way->awaitAcknowledgements(m_awaits);
    if (m_lags)
        m_way->setLagging(true);
    m_way->process(now);
}

void BusConnection::disconnect(Clock::time_point now)
{
    if (m_way)
        m_way->disconnect(now);
}

// For a while that doubles, unless it was long ago.
void BusConnection::leave(Silence why, Clock::time_point now)
{
    if (now >= m_left.forgetAt)
        m_left.next = firstLeave;
    m_left.why = why;
    m_left.until = now + m_left.next;
    m_left.next = std::min(2 * m_left.next, longestLeave);
    m_left.forgetAt = m_left.until + longestLeave;
    if (m_way)
        m_way->disconnect(now);
    m_lane = nullptr;
    m_tcp = nullptr;
    m_way.reset();
}

// What goes over it

quint64 BusConnection::subscribe(const QByteArray &prefix)
{
    ++m_prefixes[prefix];
    if (m_way)
        m_ofWay = m_way->subscribe(prefix);
    return ++m_subscriptions;
}

void BusConnection::unsubscribe(const QByteArray &prefix)
{
    const auto known = m_prefixes.find(prefix);
    if (known == m_prefixes.end())
        return;
    const bool isLast = --*known == 0;
    if (isLast)
        m_prefixes.erase(known);
    // ZeroMQ counts how often it was subscribed to, and the lane does not.
    if (m_way && (isLast || !m_lane))
        m_way->unsubscribe(prefix);
}

quint64 BusConnection::proven() const
{
    if (state() == State::Connecting)
        return 0;
    const quint64 proven = m_way->proven();
    if (proven >= m_ofWay)
        return m_subscriptions;
    // The ways count on by at least one with each of these.
    const quint64 missing = m_ofWay - proven;
    return proven < m_atLeast || missing > m_subscriptions ? 0 : m_subscriptions - missing;
}

void BusConnection::send(QByteArray &&frame, bool mayGather, SendQueue::Share *share)
{
    if (m_way)
        m_way->send(std::move(frame), mayGather, share);
    else
        m_queue.append(std::move(frame), share);
}

void BusConnection::sendControl(QByteArray &&frame, bool inOrder)
{
    if (m_way)
        m_way->sendControl(std::move(frame), inOrder);
}

bool BusConnection::receive(QByteArrayView *frame)
{
    return m_way && m_way->receive(frame);
}

void BusConnection::awaitAcknowledgements(bool await)
{
    m_awaits = await;
    if (m_way)
        m_way->awaitAcknowledgements(await);
}

void BusConnection::setLagging(bool lags)
{
    m_lags = lags;
    if (m_way)
        m_way->setLagging(lags);
}

// How it is

bool BusConnection::mayBeReadable() const
{
    return m_way && m_way->mayBeReadable();
}

Connection::Clock::time_point BusConnection::deadline() const
{
    if (m_left.why != Silence::None)
        return m_left.until;
    if (!m_way)
        return m_tryAt;
    if (m_isNew)
        return {};
    if (m_lane && state() == State::Connecting && m_silentSince + patience > Clock::now())
        return std::min(m_silentSince + patience, m_way->deadline());
    const bool looksOn = m_tcp && state() == State::Connecting && m_tcp->isHeld();
    return looksOn ? std::min(m_tryAt, m_way->deadline()) : m_way->deadline();
}

Connection::State BusConnection::state() const
{
    return m_way && !m_isNew ? m_way->state() : State::Connecting;
}

Connection::Way BusConnection::way() const
{
    return state() == State::Connecting ? Way::None : m_way->way();
}

Connection::Silence BusConnection::silence(Clock::time_point now) const
{
    if (m_left.why != Silence::None)
        return m_left.why;
    if (m_why != Silence::None)
        return m_why;
    if (m_tcp)
        return m_tcp->silence(now);
    // However many lanes it was tried at.
    return state() != State::Connecting || now < m_silentSince + patience ? Silence::None : Silence::NotResponding;
}

bool BusConnection::takeRefusal()
{
    const bool isRefused = std::exchange(m_isRefused, false);
    return (m_way && m_way->takeRefusal()) || isRefused;
}

} // namespace Pyvent::Internal
