// SPDX-License-Identifier: MIT
#include "transport/zmqconnection.h"

#include "transport/reconnect.h"
#include "transport/sharedcontext.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

ZmqConnection::ZmqConnection(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet,
                             const QByteArray &secret)
    : m_pollSet(pollSet)
    , m_queue(queue)
    , m_context(sharedContext())
    , m_events(*m_context, endpoint, maximumFrameSize, pollSet, Clock::now())
    , m_requests(*m_context, endpoint, queue, pollSet, secret, Clock::now())
    , m_proof(QUuid::createUuid(), queue, m_events)
    , m_hasKeys(!endpoint.security().serverKey.isEmpty())
    , m_silentSince(Clock::now())
{
}

quint64 ZmqConnection::subscribe(const QByteArray &prefix)
{
    if (state() == State::Ready)
        m_silentSince = Clock::now(); // the server has to prove this one, too
    m_events.subscribe(prefix);
    return m_proof.subscribed();
}

void ZmqConnection::send(QByteArray &&frame, bool mayGather, SendQueue::Share *share)
{
    const qsizetype size = frame.size();
    m_queue.append(std::move(frame), share);
    m_requests.eventQueued(size, mayGather);
}

void ZmqConnection::sendControl(QByteArray &&frame, bool inOrder)
{
    if (inOrder ? m_queue.appendControl(std::move(frame)) : m_queue.putControl(std::move(frame)))
        m_requests.sendQueued();
}

void ZmqConnection::process(Clock::time_point now)
{
    m_pollSet.look();
    const bool wasAccepted = m_requests.isAccepted();
    const bool requestsGoOn = m_requests.process(now);
    if (!requestsGoOn)
        connectionLost(now);
    if (m_requests.isAccepted() && !wasAccepted)
        m_silentSince = now; // what was not there before had no time to answer
    if (!m_events.process(now))
        connectionLost(now);
    if (isUp()) {
        // After reconnecting, ZeroMQ subscribes to everything again in the order of the alphabet, when it next looks at its
        // commands. Let it do that first: the proof has to be the last.
        if (m_proof.willStart())
            m_events.settle();
        if (!m_proof.process(now)) {
            m_events.close(now);
            connectionLost(now);
        }
    }
    m_requests.sendQueued();
    watchAcknowledgements();
}

void ZmqConnection::release()
{
    m_requests.release();
    m_requests.sendQueued();
    watchAcknowledgements();
}

void ZmqConnection::disconnect(Clock::time_point now)
{
    m_requests.close(now);
    connectionLost(now);
}

void ZmqConnection::connectionLost(Clock::time_point now)
{
    m_proof.connectionLost();
    // Only a server that has proven itself: something else may accept one connection after the other and drop them all.
    if (std::exchange(m_isProven, false))
        m_silentSince = now;
}

void ZmqConnection::awaitAcknowledgements(bool await)
{
    m_awaitsAcknowledgements = await;
    watchAcknowledgements();
}

void ZmqConnection::watchAcknowledgements()
{
    m_requests.setWatched(m_awaitsAcknowledgements || state() != State::Ready || m_queue.hasUnsent());
}

bool ZmqConnection::receive(QByteArrayView *frame)
{
    while (m_events.receive(frame)) {
        if (!m_proof.hear(*frame))
            return true;
        if (m_proof.isComplete())
            m_isProven = true;
    }
    return false;
}

Connection::Clock::time_point ZmqConnection::deadline() const
{
    Clock::time_point earliest = std::min(m_events.deadline(), m_requests.deadline());
    if (isUp())
        earliest = std::min(earliest, m_proof.deadline());
    if (state() != State::Ready && m_silentSince + patience > Clock::now())
        earliest = std::min(earliest, m_silentSince + patience);
    return earliest;
}

Connection::State ZmqConnection::state() const
{
    if (!isUp())
        return State::Connecting;
    return m_proof.isComplete() ? State::Ready : State::Subscribing;
}

Connection::Silence ZmqConnection::silence(Clock::time_point now) const
{
    if (state() == State::Ready)
        return Silence::None;
    if (m_requests.isOutOfResources()) // more patience would tell nothing more
        return Silence::NoResources;
    if (m_requests.isUnresolved())
        return Silence::NoSuchHost;
    if (m_requests.isWithoutKeys())
        return Silence::KeysUnreadable;
    const ZmqSocket::Refusal ofRequests = m_requests.refusal();
    switch (ofRequests != ZmqSocket::Refusal::None ? ofRequests : m_events.refusal()) {
    case ZmqSocket::Refusal::None:
        break;
    case ZmqSocket::Refusal::KeyNotLetIn:
        return Silence::KeyNotLetIn;
    case ZmqSocket::Refusal::KeyHasTooMany:
        return Silence::ServerFull;
    case ZmqSocket::Refusal::OtherServerKey:
        return Silence::OtherServerKey;
    case ZmqSocket::Refusal::OtherMechanism:
        return m_hasKeys ? Silence::ServerHasNoKeys : Silence::ServerHasKeys;
    }
    if (now < m_silentSince + patience)
        return Silence::None;
    if (m_requests.isUp() && m_events.isRefused())
        return Silence::EventsRefused;
    return m_requests.isAccepted() ? Silence::NotResponding : Silence::Nobody;
}

} // namespace Pyvent::Internal
