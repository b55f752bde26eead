// SPDX-License-Identifier: MIT
#include "transport/zmqsocket.h"

#include <sys/socket.h>

#include <atomic>
#include <cstring>
#include <utility>

namespace Pyvent::Internal {

namespace {

constexpr int monitoredEvents = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_CLOSED
    | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::string uniqueMonitorEndpoint()
{
    static std::atomic<unsigned> count = 0;
    return "inproc://pyvent-monitor-" + std::to_string(++count);
}

// While nobody listens on a port of the range that outgoing connections get theirs from, the kernel sometimes gives a
// connection the very port that it goes to. Then it is connected to itself, which ZeroMQ does not mind, and the port is
// taken for good.
bool isConnectedToItself(int fd)
{
    sockaddr_storage local{};
    sockaddr_storage remote{};
    socklen_t localSize = sizeof local;
    socklen_t remoteSize = sizeof remote;
    return ::getsockname(fd, reinterpret_cast<sockaddr *>(&local), &localSize) == 0
        && ::getpeername(fd, reinterpret_cast<sockaddr *>(&remote), &remoteSize) == 0 && localSize == remoteSize
        && std::memcmp(&local, &remote, localSize) == 0;
}

// What the digits of a server's ERROR mean: PROTOCOL.md.
ZmqSocket::Refusal refusalOfStatus(quint32 status)
{
    switch (status) {
    case 300:
        return ZmqSocket::Refusal::KeyHasTooMany;
    case 500:
        return ZmqSocket::Refusal::OtherServerKey;
    default:
        return ZmqSocket::Refusal::KeyNotLetIn;
    }
}

ZmqSocket::Refusal refusalOfProtocol(quint32 error)
{
    switch (error) {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
        return ZmqSocket::Refusal::OtherMechanism;
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
        return ZmqSocket::Refusal::OtherServerKey;
    default:
        return ZmqSocket::Refusal::None;
    }
}

} // namespace

ZmqSocket::ZmqSocket(zmq::context_t &context, zmq::socket_type type, PollSet &pollSet)
    : m_pollSet(pollSet)
    , m_socket(context, type)
    , m_monitor(context, zmq::socket_type::pair)
{
    const std::string endpoint = uniqueMonitorEndpoint();
    if (zmq_socket_monitor(m_socket.handle(), endpoint.c_str(), monitoredEvents) != 0)
        throw zmq::error_t();
    m_monitor.set(zmq::sockopt::linger, 0);
    m_monitor.connect(endpoint);
    setWatched(true);
    m_pollSet.add(m_monitor.get(zmq::sockopt::fd), &m_mayHaveChanges);
}

ZmqSocket::~ZmqSocket()
{
    setWatched(false);
    m_pollSet.remove(m_monitor.get(zmq::sockopt::fd));
    zmq_socket_monitor(m_socket.handle(), nullptr, 0);
}

void ZmqSocket::setWatched(bool watched)
{
    if (watched == m_isWatched)
        return;
    m_isWatched = watched;
    if (watched)
        m_pollSet.add(m_socket.get(zmq::sockopt::fd), &m_mayHaveMessages);
    else
        m_pollSet.remove(m_socket.get(zmq::sockopt::fd));
    m_mayHaveMessages = true;
}

void ZmqSocket::connect(const std::string &endpoint)
{
    m_mayHaveMessages = true;
    m_socket.connect(endpoint);
}

void ZmqSocket::reconnect(const std::string &endpoint)
{
    // This may fail: after an error of the protocol ZeroMQ has given up the endpoint itself.
    zmq_disconnect(m_socket.handle(), endpoint.c_str());
    connect(endpoint);
}

bool ZmqSocket::send(zmq::message_t &&frame, bool more)
{
    const auto flags = more ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
    m_mayHaveMessages = true;
    return m_socket.send(std::move(frame), flags).has_value();
}

bool ZmqSocket::receive(zmq::message_t *frame, bool skipDelimiter)
{
    while (m_mayHaveMessages || !m_isWatched) {
        if (!m_socket.recv(*frame, zmq::recv_flags::dontwait)) {
            m_mayHaveMessages = false;
            return false;
        }
        if (skipDelimiter && frame->more() && frame->size() == 0 && !m_socket.recv(*frame, zmq::recv_flags::dontwait))
            return false;
        if (!frame->more())
            return true;
        // ZeroMQ delivers all frames of a message or none, so the rest is there.
        while (frame->more() && m_socket.recv(*frame, zmq::recv_flags::dontwait)) { }
    }
    return false;
}

bool ZmqSocket::isReadable()
{
    m_mayHaveMessages = m_socket.get(zmq::sockopt::events) & ZMQ_POLLIN;
    return m_mayHaveMessages;
}

ZmqSocket::Connection ZmqSocket::nextConnectionChange()
{
    zmq::message_t event;
    zmq::message_t endpoint;
    while (m_mayHaveChanges) {
        if (!m_monitor.recv(event, zmq::recv_flags::dontwait)) {
            m_mayHaveChanges = false;
            break;
        }
        if (event.more())
            (void)m_monitor.recv(endpoint, zmq::recv_flags::dontwait);
        quint16 what;
        quint32 value;
        std::memcpy(&what, event.data(), sizeof what);
        std::memcpy(&value, event.data<char>() + sizeof what, sizeof value);
        switch (what) {
        case ZMQ_EVENT_CONNECTED:
            m_attemptEnded = false;
            m_refusal = Refusal::None;
            m_connectedFd = int(value);
            return isConnectedToItself(m_connectedFd) ? Connection::Lost : Connection::Connected;
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            m_refusal = Refusal::None;
            return Connection::Ready;
        case ZMQ_EVENT_CLOSED:
            m_attemptEnded = true;
            return Connection::Refused;
        case ZMQ_EVENT_CONNECT_RETRIED:
            // It follows every failure. Where nothing has told of one, there was not even a socket to connect.
            if (!std::exchange(m_attemptEnded, false))
                return Connection::Unresolved;
            break;
        case ZMQ_EVENT_DISCONNECTED:
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            if (what == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
                m_refusal = refusalOfStatus(value);
            else if (what == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
                m_refusal = refusalOfProtocol(value);
            m_attemptEnded = true;
            return Connection::Lost;
        default:
            break;
        }
    }
    return Connection::None;
}

} // namespace Pyvent::Internal
