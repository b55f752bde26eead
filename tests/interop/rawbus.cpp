// SPDX-License-Identifier: MIT
#include "rawbus.h"

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qendian.h>

#include <array>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <string>

namespace PyventTests {

namespace {

std::string endpoint(int port)
{
    return "tcp://127.0.0.1:" + std::to_string(port);
}

zmq::message_t messageOf(const QByteArray &bytes)
{
    return zmq::message_t(bytes.constData(), std::size_t(bytes.size()));
}

void sendAll(zmq::socket_t &socket, const QByteArrayList &parts)
{
    for (qsizetype i = 0; i < parts.size(); ++i)
        socket.send(messageOf(parts[i]), i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

} // namespace

RawClient::RawClient(int port)
    : m_socket(m_context, zmq::socket_type::dealer)
{
    m_socket.set(zmq::sockopt::linger, 0);
    m_socket.set(zmq::sockopt::sndhwm, 0);
    m_socket.set(zmq::sockopt::rcvhwm, 0);
    m_socket.connect(endpoint(port));
}

void RawClient::sendParts(const QByteArrayList &parts)
{
    sendAll(m_socket, parts);
}

int RawClient::acknowledgements()
{
    zmq::message_t part;
    while (m_socket.recv(part, zmq::recv_flags::dontwait)) {
        if (!part.more())
            ++m_acknowledgements;
    }
    return m_acknowledgements;
}

RawServer::RawServer(int port, Manner manner)
    : m_manner(manner)
    , m_thread(&RawServer::run, this, port)
{
}

RawServer::~RawServer()
{
    m_isEnding = true;
    m_thread.join();
}

void RawServer::publish(const QByteArrayList &parts)
{
    const std::lock_guard lock(m_mutex);
    m_toPublish.append(parts);
}

void RawServer::setReplies(const QList<QByteArrayList> &replies)
{
    const std::lock_guard lock(m_mutex);
    m_replies = replies;
}

bool RawServer::hasReplied()
{
    const std::lock_guard lock(m_mutex);
    return m_replies.isEmpty();
}

void RawServer::setFilter(const std::function<bool(const QByteArray &)> &filter)
{
    const std::lock_guard lock(m_mutex);
    m_filter = filter;
}

void RawServer::run(int port)
{
    zmq::context_t context;
    zmq::socket_t requests(context, zmq::socket_type::router);
    zmq::socket_t events(context, zmq::socket_type::pub);
    for (zmq::socket_t *socket : {&requests, &events})
        socket->set(zmq::sockopt::linger, 0);
    requests.bind(endpoint(port));
    events.bind(endpoint(port + 1));
    std::array<zmq::pollitem_t, 1> items{{{requests, 0, ZMQ_POLLIN, 0}}};
    while (!m_isEnding) {
        if (zmq::poll(items, std::chrono::milliseconds(5)) > 0)
            relay(requests, events);
        const std::lock_guard lock(m_mutex);
        while (!m_toPublish.isEmpty())
            sendAll(events, m_toPublish.takeFirst());
    }
}

void RawServer::relay(zmq::socket_t &requests, zmq::socket_t &events)
{
    zmq::message_t peer;
    zmq::message_t delimiter;
    zmq::message_t frame;
    (void)requests.recv(peer);
    (void)requests.recv(delimiter);
    (void)requests.recv(frame);
    if (m_manner == Mute)
        return;
    QByteArrayList reply{QByteArray(), QByteArray("1")};
    {
        const std::lock_guard lock(m_mutex);
        if (!m_filter || m_filter(QByteArray(frame.data<char>(), qsizetype(frame.size()))))
            events.send(std::move(frame), zmq::send_flags::none);
        if (!m_replies.isEmpty())
            reply = m_replies.takeFirst();
    }
    reply.prepend(QByteArray(peer.data<char>(), qsizetype(peer.size())));
    sendAll(requests, reply);
}

ForeignListener::ForeignListener(int port, Manner manner)
    : m_socket(port)
    , m_manner(manner)
{
    if (::pipe2(m_end, O_CLOEXEC) == 0)
        m_thread = std::thread(&ForeignListener::run, this);
}

ForeignListener::~ForeignListener()
{
    ::close(m_end[1]);
    if (m_thread.joinable())
        m_thread.join();
    ::close(m_end[0]);
}

void ForeignListener::run()
{
    std::vector<int> accepted;
    std::array<pollfd, 2> fds{{{m_end[0], POLLIN, 0}, {m_socket.fd(), POLLIN, 0}}};
    while (::poll(fds.data(), fds.size(), -1) > 0 && fds[0].revents == 0) {
        const int fd = ::accept4(m_socket.fd(), nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        ++m_connections;
        if (m_manner == Silent) {
            accepted.push_back(fd);
            continue;
        }
        static constexpr char reply[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        (void)::send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL);
        ::close(fd);
    }
    for (const int fd : accepted)
        ::close(fd);
}

int connectFrom(int from, int to)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in local = loopbackAddress(from);
    sockaddr_in remote = loopbackAddress(to);
    if ((from == 0 || ::bind(fd, reinterpret_cast<sockaddr *>(&local), sizeof local) == 0)
        && ::connect(fd, reinterpret_cast<sockaddr *>(&remote), sizeof remote) == 0)
        return fd;
    ::close(fd);
    return -1;
}

void resetConnection(int connection)
{
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    ::close(connection);
}

int sendBytes(int port, const QByteArray &bytes)
{
    const int fd = connectFrom(0, port);
    if (fd < 0)
        return -1;
    writeBytes(fd, bytes);
    return fd;
}

int shakeHands(int port, const QByteArray &socketType)
{
    const int fd = sendBytes(port, zmtpGreeting() + zmtpReady(socketType));
    // ZeroMQ takes a message that comes before it has said READY itself for an error of the protocol.
    if (fd >= 0 && readUntil(fd, "READY"))
        return fd;
    ::close(fd);
    return -1;
}

void writeBytes(int connection, const QByteArray &bytes)
{
    for (qsizetype sent = 0; sent < bytes.size();) {
        const ssize_t count =
            ::send(connection, bytes.constData() + sent, std::size_t(bytes.size() - sent), MSG_NOSIGNAL);
        if (count <= 0)
            break; // the other side has had enough
        sent += count;
    }
}

bool readUntil(int connection, const QByteArray &bytes, int timeout)
{
    QByteArray all;
    pollfd fd{connection, POLLIN, 0};
    for (const QDeadlineTimer deadline(timeout); !all.contains(bytes);) {
        char buffer[4096];
        const auto rest = int(deadline.remainingTime());
        const ssize_t count = ::poll(&fd, 1, rest) > 0 ? ::recv(connection, buffer, sizeof buffer, 0) : 0;
        if (count <= 0)
            return false;
        all.append(buffer, count);
    }
    return true;
}

QByteArray zmtpGreeting()
{
    const QByteArray signature = '\xff' + QByteArray(8, '\0') + '\x7f';
    const QByteArray version("\x03\x00", 2);
    return signature + version + QByteArray("NULL").leftJustified(20, '\0') + QByteArray(32, '\0');
}

QByteArray zmtpReady(const QByteArray &socketType)
{
    const QByteArray body = QByteArray("\x05READY\x0bSocket-Type\0\0\0", 21) + char(socketType.size()) + socketType;
    return '\x04' + QByteArray(1, char(body.size())) + body;
}

QByteArray zmtpMessage(const QByteArray &frame)
{
    if (frame.size() < 256)
        return QByteArray(1, '\0') + char(frame.size()) + frame;
    QByteArray size(8, Qt::Uninitialized);
    qToBigEndian(quint64(frame.size()), size.data());
    return '\x02' + size + frame;
}

} // namespace PyventTests
