// SPDX-License-Identifier: MIT
#include "transport/zmqrequests.h"

#include "transport/descriptors.h"
#include "transport/zmqkeys.h"
#include "transport/zmqreconnect.h"
#include "wire/batch.h"
#include "wire/zmtp.h"

#include <algorithm>
#include <cstring>
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

// Together less than the 3 s within which every node is to notice that a server hangs. Only this connection has heartbeats:
// ZeroMQ stops to read a connection whose events nobody takes, and where that has them, it then takes the server for dead, or,
// if the server has died, libzmq 4.3.4 aborts the process (issue 4364).
constexpr auto heartbeatInterval = 1000ms;
constexpr auto heartbeatTimeout = 1750ms;

// How long acknowledgements that nobody waits for may be read later than they come.
constexpr auto acknowledgementsLate = 20ms;

// What is larger is not copied for ZeroMQ.
constexpr qsizetype copyLimit = 16 * 1024;

// As it said when the connection was made, which ZeroMQ gives with each message.
bool says(zmq::message_t *reply, QByteArrayView property)
{
    const char *const value = zmq_msg_gets(reply->handle(), property.data());
    return value && std::strcmp(value, "1") == 0;
}

zmq::message_t messageOf(const QByteArray &frame)
{
    if (frame.size() <= copyLimit)
        return zmq::message_t(frame.constData(), std::size_t(frame.size()));
    auto owner = std::make_unique<QByteArray>(frame);
    // ZeroMQ only reads what it sends.
    char *const bytes = const_cast<char *>(owner->constData());
    return zmq::message_t(
        bytes, std::size_t(frame.size()), [](void *, void *hint) { delete static_cast<QByteArray *>(hint); },
        owner.release());
}

// The message that carries the next \a count frames: the frame itself if it is one, and a batch if there are more.
zmq::message_t nextMessage(const SendQueue &queue, qsizetype count)
{
    if (count == 1)
        return messageOf(queue.unsentFrame(0));
    zmq::message_t message{std::size_t(queue.batchSize(count))};
    queue.writeBatch(count, message.data<char>());
    return message;
}

} // namespace

ZmqRequests::ZmqRequests(zmq::context_t &context, const Endpoint &endpoint, SendQueue &queue, PollSet &pollSet,
                         const QByteArray &secret, Clock::time_point now)
    : m_context(context)
    , m_endpoint(endpoint)
    , m_queue(queue)
    , m_pollSet(pollSet)
    , m_secret(secret)
    , m_retryAfter(firstRetry)
{
    requireDescriptors(descriptorsOfConnection);
    open(now);
}

ZmqRequests::~ZmqRequests() = default;

void ZmqRequests::open(Clock::time_point now)
{
    m_outOfResources = !hasDescriptors(descriptorsOfConnection);
    try {
        if (!m_outOfResources)
            m_socket = std::make_unique<ZmqSocket>(m_context, zmq::socket_type::dealer, m_pollSet);
    } catch (const std::exception &) { // they have gone in between
        m_outOfResources = true;
    }
    if (m_outOfResources) {
        m_retryAt = now + slowestRetry;
        return;
    }
    m_isWithoutKeys = !setKeys(*m_socket, m_endpoint.security());
    if (m_isWithoutKeys) {
        m_socket.reset();
        m_retryAt = now + keyRetry;
        return;
    }
    setReconnectOptions(*m_socket, m_endpoint);
    m_socket->set(zmq::sockopt::heartbeat_ivl, int(heartbeatInterval.count()));
    m_socket->set(zmq::sockopt::heartbeat_timeout, int(heartbeatTimeout.count()));
    m_socket->set(zmq::sockopt::sndhwm, 0); // sendWindow is the bound, for acknowledgements, too
    m_socket->set(zmq::sockopt::rcvhwm, 0);
    m_socket->set(zmq::sockopt::maxmsgsize, int64_t(1024)); // an acknowledgement is one byte
    if (!m_secret.isEmpty())
        m_socket->set(zmq::sockopt::routing_id, Zmtp::identity(m_secret).toStdString());
    m_socket->connect(m_endpoint.toConnect(Endpoint::Purpose::Requests));
    m_attemptEnds = now + attemptTimeout;
}

void ZmqRequests::close(Clock::time_point now)
{
    if (!m_socket)
        return;
    m_refusal = m_socket->refusal();
    m_keyName.clear();
    m_socket.reset();
    m_isHeld = m_holds;
    m_takesBatches = m_provesSenders = m_tellsWhoIsLost = false;
    m_queue.connectionLost();
    m_isUp = false;
    if (m_refusal != ZmqSocket::Refusal::None) {
        m_retryAt = now + keyRetry;
        return;
    }
    m_retryAt = now + m_retryAfter;
    m_retryAfter = std::min<std::chrono::milliseconds>(m_retryAfter * 2, slowestRetry);
}

bool ZmqRequests::process(Clock::time_point now)
{
    m_burst.halve();
    m_lookAt = now + acknowledgementsLate;
    bool goesOn = true;
    if (m_socket && !m_isUp && now >= m_attemptEnds) {
        close(now);
        goesOn = false;
    }
    if (!m_socket && now >= m_retryAt)
        open(now);
    if (!m_socket)
        return goesOn;
    readAcknowledgements(); // before the connection's end is looked at: they count
    return watch(now) && goesOn;
}

// Returns false if it has ended.
bool ZmqRequests::watch(Clock::time_point now)
{
    for (;;) {
        switch (m_socket->nextConnectionChange()) {
        case ZmqSocket::Connection::None:
            return true;
        case ZmqSocket::Connection::Connected:
            m_isAccepted = true;
            m_isUnresolved = false;
            break;
        case ZmqSocket::Connection::Unresolved: // the attempt's end is the time for the next one
            m_isAccepted = false;
            m_outOfResources = !hasDescriptors(1); // then there was no socket to connect
            m_isUnresolved = !m_outOfResources;
            break;
        case ZmqSocket::Connection::Ready:
            m_refusal = ZmqSocket::Refusal::None;
            m_isUp = true;
            m_retryAfter = firstRetry;
            break;
        case ZmqSocket::Connection::Refused:
            m_isRefused = true;
            m_isAccepted = m_isUnresolved = false;
            close(now);
            return false;
        case ZmqSocket::Connection::Lost:
            readAcknowledgements(); // those that came between the last look and the end
            close(now);
            return false;
        }
    }
}

void ZmqRequests::readAcknowledgements()
{
    zmq::message_t reply;
    while (m_socket->receive(&reply, true)) {
        // Anything but the acknowledgement comes from something that is no Pyvent server. It proves nothing, so the
        // state never becomes Ready, and the event stays in the queue.
        if (bytesOf(reply) == batchAcknowledgement) {
            m_takesBatches = true;
            m_provesSenders = m_provesSenders || says(&reply, Zmtp::provesSenders);
            m_tellsWhoIsLost = m_tellsWhoIsLost || says(&reply, Zmtp::tellsWhoIsLost);
        } else if (bytesOf(reply) != acknowledgement) {
            continue;
        }
        if (m_keyName.isEmpty() && !m_endpoint.security().serverKey.isEmpty())
            m_keyName = QString::fromUtf8(zmq_msg_gets(reply.handle(), Zmtp::keyNameProperty));
        m_queue.acknowledge();
    }
}

void ZmqRequests::eventQueued(qsizetype size, bool mayGather)
{
    if (m_burst.mayWait(size, m_queue.unsent()) && mayGather && m_takesBatches)
        return;
    sendQueued();
    // A caller that sends without ever returning to its event loop keeps the window moving, too; not with every event,
    // because looking costs as much as sending.
    if (m_socket && m_queue.hasUnsent() && m_queue.events() % 64 == 0) {
        readAcknowledgements();
        sendQueued();
    }
}

void ZmqRequests::sendQueued()
{
    if (!m_socket || m_isHeld)
        return;
    const qsizetype window = m_takesBatches ? batchSendWindow : sendWindow;
    while (m_queue.hasUnsent() && m_queue.inFlight() < window) {
        const qsizetype count = m_takesBatches ? m_queue.nextBatch(maximumBatchSize) : 1;
        const QByteArrayView delimiter = count > 1 ? batchMark : QByteArrayView();
        zmq::message_t message =
            nextMessage(m_queue, count); // before anything is sent: it may take more memory than there is
        if (!m_socket->send(zmq::message_t(delimiter.data(), std::size_t(delimiter.size())), true))
            return;
        m_socket->send(std::move(message));
        m_queue.sent(count);
    }
}

void ZmqRequests::setWatched(bool watched)
{
    if (m_socket)
        m_socket->setWatched(watched);
}

ZmqRequests::Clock::time_point ZmqRequests::deadline() const
{
    if (!m_socket)
        return m_retryAt;
    Clock::time_point earliest = m_isUp ? Clock::time_point::max() : m_attemptEnds;
    if (!m_socket->isWatched() && m_queue.inFlight() > 0)
        earliest = std::min(earliest, m_lookAt);
    return earliest;
}

} // namespace Pyvent::Internal
