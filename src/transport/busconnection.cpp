// SPDX-License-Identifier: MIT
#include "transport/busconnection.h"

#include "security/socketowner.h"
#include "transport/descriptors.h"
#include "transport/zmqconnection.h"
#include "transport/zmqreconnect.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

BusConnection::BusConnection(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet)
    : m_endpoint(endpoint)
    , m_maximumFrameSize(maximumFrameSize)
    , m_queue(queue)
    , m_pollSet(pollSet)
    , m_rule(endpoint.access())
    , m_tryAfter(firstRetry)
{
    const Clock::time_point now = Clock::now();
    tryLanes(now);
    if (!m_way)
        openTcp(now);
}

BusConnection::~BusConnection() = default;

// The way

void BusConnection::process(Clock::time_point now)
{
    if (m_way)
        m_way->process(now);
    if (m_lane && m_lane->hasEnded())
        laneEnded(now);
    if (m_way && !m_lane)
        lookWhoListens();
    if (state() != State::Connecting) {
        m_wasUp = true;
        m_why = Silence::None;
        m_tryAfter = firstRetry;
    } else if (!m_lane && now >= m_tryAt) {
        findWay(now);
    }
}

void BusConnection::findWay(Clock::time_point now)
{
    m_tryAt = now + m_tryAfter;
    m_tryAfter = std::min<std::chrono::milliseconds>(m_tryAfter * 2, slowestRetry);
    tryLanes(now);
    // Whoever takes over from a server that had a lane will have one, too.
    if (m_way || std::exchange(m_wasOnLane, false))
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
    m_wasOnLane = std::exchange(m_wasUp, false);
    m_isRefused = m_isRefused || m_wasOnLane;
    m_why = m_lane->silence(now);
    m_lane = nullptr;
    m_way.reset();
    m_tryAt = m_wasOnLane ? now : now + m_tryAfter;
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
    auto lane = LaneConnection::connect(path, &m_rule, m_maximumFrameSize, m_queue, m_pollSet, now, &failure);
    // Whoever served here has gone: this is the moment to become the server.
    m_isRefused = m_isRefused || failure == LaneConnection::Failure::Refused;
    if (!lane)
        return false;
    if (m_way)
        m_way->disconnect(now); // what it has under way goes by the lane
    m_lane = lane.get();
    use(std::move(lane), now);
    return true;
}

// Throws where the system does not give what that takes.
void BusConnection::openTcp(Clock::time_point now)
{
    if (isStrangers()) {
        m_why = Silence::OtherUser;
        return;
    }
    m_why = Silence::None;
    requireDescriptors(descriptorsOfTcp);
    use(std::make_unique<ZmqConnection>(m_endpoint, m_maximumFrameSize, m_queue, m_pollSet), now);
}

// Before each attempt, and after the one that succeeded: whose the port is may have changed in between.
void BusConnection::lookWhoListens()
{
    const bool isUp = m_way->state() != State::Connecting;
    if (std::exchange(m_isVerified, isUp) && isUp)
        return;
    if (!isStrangers())
        return;
    m_way->disconnect({});
    m_way.reset();
    m_isVerified = false;
    m_why = Silence::OtherUser;
}

// Whether the port is one of a user's who is not to be at the other end.
bool BusConnection::isStrangers()
{
    const auto address = m_endpoint.loopback(Endpoint::Purpose::Requests);
    const auto owner = address ? ownerOfListener(*address) : std::nullopt;
    return owner && !m_rule.allows(owner->user);
}

void BusConnection::use(std::unique_ptr<Connection> way, Clock::time_point now)
{
    m_isVerified = m_wasUp = false;
    m_way = std::move(way);
    m_ofWay = 0;
    for (const QByteArray &prefix : std::as_const(m_prefixes))
        m_ofWay = m_way->subscribe(prefix);
    m_atLeast = m_ofWay;
    m_way->awaitAcknowledgements(m_awaits);
    m_way->process(now);
}

void BusConnection::disconnect(Clock::time_point now)
{
    if (m_way)
        m_way->disconnect(now);
}

// What goes over it

quint64 BusConnection::subscribe(const QByteArray &prefix)
{
    m_prefixes.insert(prefix);
    if (m_way)
        m_ofWay = m_way->subscribe(prefix);
    return ++m_subscriptions;
}

void BusConnection::unsubscribe(const QByteArray &prefix)
{
    m_prefixes.remove(prefix);
    if (m_way)
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

// How it is

bool BusConnection::mayBeReadable() const
{
    return m_way && m_way->mayBeReadable();
}

Connection::Clock::time_point BusConnection::deadline() const
{
    if (!m_way)
        return m_tryAt;
    const bool looksOn = !m_lane && state() == State::Connecting && !m_endpoint.lanes().isEmpty();
    return looksOn ? std::min(m_tryAt, m_way->deadline()) : m_way->deadline();
}

Connection::State BusConnection::state() const
{
    return m_way ? m_way->state() : State::Connecting;
}

Connection::Way BusConnection::way() const
{
    return state() == State::Connecting ? Way::None : m_way->way();
}

Connection::Silence BusConnection::silence(Clock::time_point now) const
{
    return m_why != Silence::None || !m_way ? m_why : m_way->silence(now);
}

bool BusConnection::takeRefusal()
{
    const bool isRefused = std::exchange(m_isRefused, false);
    return (m_way && m_way->takeRefusal()) || isRefused;
}

} // namespace Pyvent::Internal
