// SPDX-License-Identifier: MIT
#include "transport/busclient.h"

#include "transport/descriptors.h"
#include "transport/sharedcontext.h"
#include "wire/batch.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How many messages may be unacknowledged on a connection. Replies are queued at the server and here until they are
// read; ZeroMQ drops them silently past a socket's high-water mark, which is 1,000 in Python's server, and a dropped
// reply would let all later ones be counted for the wrong event. It counts the replies that were read in steps of half the
// mark, and looks at that count with every 100th message only, so what is safe is 1,000 - 500 - 100.
constexpr qsizetype sendWindow = 400;

// The same where the server takes batches, which is one of this module: it has room for far more replies.
constexpr qsizetype batchSendWindow = 2000;

// How many events may wait for others to share a message with, and how large they may be: more would save nothing.
constexpr qsizetype maximumGathered = 64;
constexpr qsizetype maximumGatheredSize = 4 * 1024;

// How many events may wait in this process, before the server has to keep them.
constexpr int receiveHighWaterMark = 100'000;

constexpr auto handshakeTimeout = 1000ms;
// How long one attempt to connect may take. ZeroMQ says nothing of a name that has no address (yet), and the kernel
// goes on for minutes where a machine does not answer.
constexpr auto attemptTimeout = 3000ms;

// Together less than the 3 s within which every node is to notice that a server hangs. Only the requests' connection has
// heartbeats: ZeroMQ stops to read a connection whose events nobody takes, and where that has them, it then takes the server
// for dead, or, if the server has died, libzmq 4.3.4 aborts the process (issue 4364).
constexpr auto heartbeatInterval = 1000ms;
constexpr auto heartbeatTimeout = 1750ms;
constexpr auto firstRetry = 5ms;
constexpr auto slowestRetry = 200ms;
constexpr auto firstProofRetry = 2ms;
constexpr auto slowestProofRetry = 200ms;

// After so many proofs in vain, 10 s or so, the events' connection is made anew: it may stand still.
constexpr int mostProofs = 50;

// The kernel finds out of a machine that is gone.
constexpr auto keepaliveAfter = 2s;
constexpr auto keepaliveInterval = 1s;
constexpr int keepalives = 2;

// How long acknowledgements that nobody waits for may be read later than they come.
constexpr auto acknowledgementsLate = 20ms;

// How long something that accepts connections may take to prove that it is a Pyvent server.
constexpr auto patience = 1500ms;

void setCommon(ZmqSocket &socket, const Address &address)
{
    socket.set(zmq::sockopt::linger, 0); // what is not acknowledged is kept here, not in ZeroMQ
    socket.set(zmq::sockopt::ipv6, address.isIpv6());
    // Never, in effect: a connection is made anew here, when it is known how the last one ended. ZeroMQ gives up for good
    // after an error of the protocol, such as an event that is too large. With -1, which says never, it forgets replies
    // that have arrived and were not read yet.
    socket.set(zmq::sockopt::reconnect_ivl, int(std::chrono::milliseconds(1h).count()));
    socket.set(zmq::sockopt::handshake_ivl, int(handshakeTimeout.count()));
}

} // namespace

BusClient::BusClient(const Address &address, const QUuid &nodeId, qsizetype maximumFrameSize, PollSet &pollSet)
    : m_pollSet(pollSet)
    , m_address(address)
    , m_proofPrefix(QByteArray(1, controlPrefix) + "proof/" + nodeId.toByteArray(QUuid::WithoutBraces) + '/')
    , m_context(sharedContext())
    , m_events(*m_context, zmq::socket_type::sub, pollSet)
    , m_silentSince(Clock::now())
    , m_retryAfter(firstRetry)
    , m_eventsAttemptEnds(m_silentSince + attemptTimeout)
    , m_eventsRetryAfter(firstRetry)
{
    setCommon(m_events, address);
    m_events.set(zmq::sockopt::rcvhwm, receiveHighWaterMark);
    m_events.set(zmq::sockopt::tcp_keepalive, 1);
    m_events.set(zmq::sockopt::tcp_keepalive_idle, int(keepaliveAfter.count()));
    m_events.set(zmq::sockopt::tcp_keepalive_intvl, int(keepaliveInterval.count()));
    m_events.set(zmq::sockopt::tcp_keepalive_cnt, keepalives);
    m_events.set(zmq::sockopt::sndhwm, 0); // subscriptions: ZeroMQ drops those past the mark, without a word
    m_events.set(zmq::sockopt::maxmsgsize, int64_t(maximumFrameSize + repairOverhead));
    m_events.connect(address.connectEndpoint(1));
    requireDescriptors(descriptorsOfConnection);
    openRequests(m_silentSince);
}

BusClient::~BusClient()
{
    m_requests.reset();
}

quint64 BusClient::subscribe(const QByteArray &prefix)
{
    m_events.set(zmq::sockopt::subscribe, std::string_view(prefix.constData(), std::size_t(prefix.size())));
    m_proofNeeded = true;
    if (m_state == State::Ready) {
        m_state = State::Subscribing;
        m_silentSince = Clock::now(); // the server has to prove this one, too
    }
    return ++m_subscriptions;
}

void BusClient::unsubscribe(const QByteArray &prefix)
{
    m_events.set(zmq::sockopt::unsubscribe, std::string_view(prefix.constData(), std::size_t(prefix.size())));
}

void BusClient::send(QByteArray &&frame, bool mayGather, SendQueue::Share *share)
{
    const bool isSmall = frame.size() <= maximumGatheredSize;
    m_queue.append(std::move(frame), share);
    ++m_burst;
    if (mayGather && isSmall && m_takesBatches && m_queue.unsent() < std::min(m_burst / 8, maximumGathered))
        return;
    sendQueued();
    // A caller that sends without ever returning to its event loop keeps the window moving, too; not with every event,
    // because looking costs as much as sending.
    if (m_requests && m_queue.hasUnsent() && m_queue.events() % 64 == 0) {
        readAcknowledgements();
        sendQueued();
    }
}

void BusClient::sendControl(QByteArray frame, bool inOrder)
{
    if (inOrder ? m_queue.appendControl(std::move(frame)) : m_queue.putControl(std::move(frame)))
        sendQueued();
}

void BusClient::process(Clock::time_point now)
{
    m_pollSet.look();
    if (m_requests && !m_requestsUp && now >= m_attemptEnds)
        closeRequests(now);
    if (!m_requests && now >= m_retryAt)
        openRequests(now);
    if (m_requests) {
        readAcknowledgements(); // before the connection's end is looked at: they count
        watchRequests(now);
    }
    watchEvents(now);
    if (now >= m_eventsAttemptEnds && !m_events.isReadable()) { // not before what the old connection brought is read
        m_events.reconnect(m_address.connectEndpoint(1));
        m_eventsAttemptEnds = now + attemptTimeout;
        watchEvents(now);
    }
    prove(now);
    sendQueued();
    watchAcknowledgements();
    m_lookAt = now + acknowledgementsLate;
    m_burst /= 2;
}

void BusClient::disconnect(Clock::time_point now)
{
    if (m_requests)
        closeRequests(now);
}

void BusClient::awaitAcknowledgements(bool await)
{
    m_awaitsAcknowledgements = await;
    watchAcknowledgements();
}

void BusClient::watchAcknowledgements()
{
    if (m_requests)
        m_requests->setWatched(m_awaitsAcknowledgements || m_state != State::Ready || m_queue.hasUnsent());
}

bool BusClient::receive(zmq::message_t *frame)
{
    while (m_events.receive(frame)) {
        if (m_proofTopic.isEmpty() || bytesOf(*frame) != m_proofTopic)
            return true;
        endProof();
        m_proven = m_proofSubscriptions;
        if (!m_proofNeeded) {
            m_state = State::Ready;
            m_isProven = true;
        }
    }
    return false;
}

bool BusClient::mayBeReadable() const
{
    return m_events.mayBeReadable() || (m_requests && m_requests->isWatched() && m_requests->mayBeReadable());
}

BusClient::Clock::time_point BusClient::deadline() const
{
    Clock::time_point earliest = m_eventsAttemptEnds;
    if (!m_requests)
        earliest = std::min(earliest, m_retryAt);
    else if (!m_requestsUp)
        earliest = std::min(earliest, m_attemptEnds);
    if (m_requests && !m_requests->isWatched() && m_queue.inFlight() > 0)
        earliest = std::min(earliest, m_lookAt);
    if (!m_proofTopic.isEmpty())
        earliest = std::min(earliest, m_proofAt);
    if (m_state != State::Ready && m_silentSince + patience > Clock::now())
        earliest = std::min(earliest, m_silentSince + patience);
    return earliest;
}

BusClient::Silence BusClient::silence(Clock::time_point now) const
{
    if (m_state == State::Ready)
        return Silence::None;
    if (m_outOfResources) // more patience would tell nothing more
        return Silence::NoResources;
    if (m_unresolved)
        return Silence::NoSuchHost;
    if (now < m_silentSince + patience)
        return Silence::None;
    if (m_requestsUp && m_eventsRefused)
        return Silence::EventsRefused;
    return m_accepted ? Silence::NotResponding : Silence::Nobody;
}

void BusClient::openRequests(Clock::time_point now)
{
    m_outOfResources = !hasDescriptors(descriptorsOfConnection);
    if (m_outOfResources) {
        m_retryAt = now + slowestRetry;
        return;
    }
    try {
        m_requests = std::make_unique<ZmqSocket>(*m_context, zmq::socket_type::dealer, m_pollSet);
    } catch (const std::exception &) { // they have gone in between
        m_outOfResources = true;
        m_retryAt = now + slowestRetry;
        return;
    }
    setCommon(*m_requests, m_address);
    m_requests->set(zmq::sockopt::heartbeat_ivl, int(heartbeatInterval.count()));
    m_requests->set(zmq::sockopt::heartbeat_timeout, int(heartbeatTimeout.count()));
    m_requests->set(zmq::sockopt::sndhwm, 0); // sendWindow is the bound, for acknowledgements, too
    m_requests->set(zmq::sockopt::rcvhwm, 0);
    m_requests->set(zmq::sockopt::maxmsgsize, int64_t(1024)); // an acknowledgement is one byte
    m_requests->connect(m_address.connectEndpoint());
    m_attemptEnds = now + attemptTimeout;
}

void BusClient::closeRequests(Clock::time_point now)
{
    m_requests.reset();
    m_takesBatches = false;
    m_queue.connectionLost();
    serverFellSilent(now);
    m_requestsUp = false;
    endProof();
    m_proofNeeded = true;
    m_proven = 0;
    m_state = State::Connecting;
    m_retryAt = now + m_retryAfter;
    m_retryAfter = std::min<std::chrono::milliseconds>(m_retryAfter * 2, slowestRetry);
}

void BusClient::serverFellSilent(Clock::time_point now)
{
    // Only a server that has proven itself: something else may accept one connection after the other and drop them all.
    if (std::exchange(m_isProven, false))
        m_silentSince = now;
}

void BusClient::readAcknowledgements()
{
    zmq::message_t reply;
    while (m_requests->receive(&reply, true)) {
        // Anything but the acknowledgement comes from something that is no Pyvent server. It proves nothing, so the
        // state never becomes Ready, and the event stays in the queue.
        if (bytesOf(reply) == batchAcknowledgement)
            m_takesBatches = true;
        else if (bytesOf(reply) != acknowledgement)
            continue;
        m_queue.acknowledge();
    }
}

void BusClient::watchRequests(Clock::time_point now)
{
    for (;;) {
        switch (m_requests->nextConnectionChange()) {
        case ZmqSocket::Connection::None:
            return;
        case ZmqSocket::Connection::Connected:
            if (!std::exchange(m_accepted, true))
                m_silentSince = now; // what was not there before had no time to answer
            m_unresolved = false;
            break;
        case ZmqSocket::Connection::Unresolved: // the attempt's end is the time for the next one
            m_accepted = false;
            m_outOfResources = !hasDescriptors(1); // then there was no socket to connect
            m_unresolved = !m_outOfResources;
            break;
        case ZmqSocket::Connection::Ready:
            m_requestsUp = true;
            m_retryAfter = firstRetry;
            break;
        case ZmqSocket::Connection::Refused:
            m_refused = true;
            m_accepted = m_unresolved = false;
            closeRequests(now);
            return;
        case ZmqSocket::Connection::Lost:
            readAcknowledgements(); // those that came between the last look and the end
            closeRequests(now);
            return;
        }
    }
}

void BusClient::watchEvents(Clock::time_point now)
{
    for (;;) {
        const ZmqSocket::Connection change = m_events.nextConnectionChange();
        if (change != ZmqSocket::Connection::None)
            m_eventsRefused = change == ZmqSocket::Connection::Refused;
        switch (change) {
        case ZmqSocket::Connection::None:
            return;
        case ZmqSocket::Connection::Ready:
            m_eventsUp = true;
            m_eventsAttemptEnds = Clock::time_point::max();
            m_eventsRetryAfter = firstRetry;
            break;
        case ZmqSocket::Connection::Connected:
        case ZmqSocket::Connection::Unresolved:
            break;
        case ZmqSocket::Connection::Refused:
        case ZmqSocket::Connection::Lost:
            reopenEvents(now);
            break;
        }
    }
}

void BusClient::reopenEvents(Clock::time_point now)
{
    // ZeroMQ subscribes to everything again when it connects; only the proof is ours to repeat.
    serverFellSilent(now);
    m_eventsUp = false;
    m_proofNeeded = true;
    m_proven = 0;
    endProof();
    m_state = State::Connecting;
    m_eventsAttemptEnds = now + m_eventsRetryAfter;
    m_eventsRetryAfter = std::min<std::chrono::milliseconds>(m_eventsRetryAfter * 2, slowestRetry);
}

void BusClient::sendQueued()
{
    if (!m_requests)
        return;
    const qsizetype window = m_takesBatches ? batchSendWindow : sendWindow;
    while (m_queue.hasUnsent() && m_queue.inFlight() < window) {
        const qsizetype count = m_takesBatches ? m_queue.nextBatch(maximumBatchSize) : 1;
        const QByteArrayView delimiter = count > 1 ? batchMark : QByteArrayView();
        zmq::message_t message =
            m_queue.nextMessage(count); // before anything is sent: it may take more memory than there is
        if (!m_requests->send(zmq::message_t(delimiter.data(), std::size_t(delimiter.size())), true))
            return;
        m_requests->send(std::move(message));
        m_queue.takeUnsent(count);
    }
}

void BusClient::prove(Clock::time_point now)
{
    if (!m_eventsUp || !m_requestsUp)
        return;
    if (m_state == State::Connecting)
        m_state = State::Subscribing;
    // One after the other: where subscriptions follow each other fast, each would undo the proof of those before it.
    if (m_proofNeeded && m_proofTopic.isEmpty())
        startProof(now);
    if (m_proofTopic.isEmpty() || now < m_proofAt)
        return;
    if (m_proofs == mostProofs)
        return reopenEvents(now);
    // The first one is often lost, when it overtakes the subscription on its way to the publisher.
    if (!m_queue.hasProof()) {
        m_queue.putProof(QByteArray(m_proofTopic));
        ++m_proofs;
    }
    m_proofAt = now + m_proofAfter;
    m_proofAfter = std::min<std::chrono::milliseconds>(m_proofAfter * 2, slowestProofRetry);
}

void BusClient::startProof(Clock::time_point now)
{
    endProof();
    // After reconnecting, ZeroMQ subscribes to everything again in the order of the alphabet, when it next looks at its
    // commands. Let it do that first: the proof has to be the last.
    (void)m_events.isReadable();
    m_proofTopic = m_proofPrefix + QByteArray::number(++m_proofNumber) + ' ';
    m_events.set(zmq::sockopt::subscribe, std::string_view(m_proofTopic.constData(), std::size_t(m_proofTopic.size())));
    m_proofNeeded = false;
    m_proofSubscriptions = m_subscriptions;
    m_proofs = 0;
    m_proofAt = now;
    m_proofAfter = firstProofRetry;
}

void BusClient::endProof()
{
    if (m_proofTopic.isEmpty())
        return;
    unsubscribe(m_proofTopic);
    m_proofTopic.clear();
}

} // namespace Pyvent::Internal
