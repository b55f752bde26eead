// SPDX-License-Identifier: MIT
#include "server/plaindoor.h"

#include "server/serverlog.h"
#include "transport/descriptors.h"

#include <array>
#include <system_error>

#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// What one connection may have taken before the others have their turn.
constexpr std::size_t readAtOnce = 128 * 1024;

// How many parts of the output one system call takes.
constexpr std::size_t partsAtOnce = 512;

// Where so much waits for a sender, nothing more is read from it: acknowledgements that it does not read.
constexpr qsizetype unreadAcknowledgements = 1024 * 1024;

// After which time connections are accepted again where the process had no descriptor for one.
constexpr auto acceptAgainAfter = 100ms;

// Strangers may be many: so often a warning tells of one.
constexpr auto warnAgainAfter = 1s;

// What no turn takes.
constexpr auto slowTurn = 100ms;

// So much memory may stay with the process when it is free.
constexpr qsizetype keptMemory = qsizetype(8) * 1024 * 1024;
constexpr auto giveBackAfter = 1s;

std::system_error systemError(int number)
{
    return std::system_error(number, std::generic_category());
}

qsizetype halfOfDescriptors()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return qsizetype(std::min<rlim_t>(limit.rlim_cur, 1 << 20) / 2);
}

// One that is gone may have the address of a new one.
void eraseHandshake(std::deque<std::pair<PlainDoor::Clock::time_point, const Relay::Client *>> *handshakes,
                    const Relay::Client *client)
{
    std::erase_if(*handshakes, [client](const auto &entry) { return entry.second == client; });
}

} // namespace

PlainDoor::PlainDoor(Relay *relay, const Limits &limits)
    : m_relay(relay)
    , m_limits(limits)
    , m_epoll(::epoll_create1(EPOLL_CLOEXEC))
    , m_buffer(new char[readAtOnce])
{
    if (!m_epoll.isOpen())
        throw systemError(errno);
}

// What is closed is first taken out of the epoll: a child of fork() may still have the socket, and then the epoll would go on to watch
// it. It is shut down, so that the other end learns of the end all the same.
PlainDoor::~PlainDoor()
{
    closeAll();
}

void PlainDoor::closeAll()
{
    stopListening();
    while (!m_connections.empty())
        close(m_connections.begin()->second.get(), "");
    m_closed.clear();
}

void PlainDoor::control(int operation, int fd, quint32 events, void *of)
{
    epoll_event event{};
    event.events = events;
    event.data.ptr = of;
    ::epoll_ctl(m_epoll.get(), operation, fd, &event);
}

// Listening

void PlainDoor::listen(const Endpoint &endpoint, ZmtpConnection::Purpose purpose)
{
    const sockaddr_storage address = endpoint.address(
        purpose == ZmtpConnection::Purpose::Requests ? Endpoint::Purpose::Requests : Endpoint::Purpose::Events);
    FileDescriptor socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen())
        throw systemError(errno);
    const int on = 1;
    const int off = 0;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on,
                 sizeof on); // connections that have ended do not keep the port
    if (address.ss_family == AF_INET6)
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    const socklen_t size = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), size) != 0
        || ::listen(socket.get(), SOMAXCONN) != 0)
        throw systemError(errno);
    m_listeners.push_back({std::move(socket), purpose});
    control(EPOLL_CTL_ADD, m_listeners.back().socket.get(), EPOLLIN, &m_listeners.back());
}

void PlainDoor::stopListening()
{
    for (const Listener &listener : m_listeners)
        control(EPOLL_CTL_DEL, listener.socket.get(), 0, nullptr);
    m_listeners.clear();
    m_listensAgainAt = Clock::time_point::max();
}

void PlainDoor::watchListeners(bool watch)
{
    for (Listener &listener : m_listeners)
        control(EPOLL_CTL_MOD, listener.socket.get(), watch ? quint32(EPOLLIN) : 0, &listener);
    m_listensAgainAt = watch ? Clock::time_point::max() : Clock::now() + acceptAgainAfter;
}

bool PlainDoor::hasRoom()
{
    return connections() < (m_limits.connections > 0 ? m_limits.connections : halfOfDescriptors());
}

void PlainDoor::accept(const Listener &listener)
{
    FileDescriptor socket(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.isOpen()) {
        if (const int error = errno; error != EAGAIN && isOutOfResources(systemError(error))) {
            qCWarning(serverLog) << "A connection is not taken now:" << describeDescriptors();
            watchListeners(false);
        }
        return;
    }
    if (!hasRoom()) {
        qCWarning(serverLog) << "A connection is refused: there are" << connections() << "already";
        return;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>(std::move(socket), m_relay, listener.purpose, m_limits.frameBytes);
    Connection *const added = connection.get();
    m_connections.emplace(added->zmtp.client(), std::move(connection));
    m_handshakes.emplace_back(Clock::now() + m_limits.handshake, added->zmtp.client());
    added->events = EPOLLIN;
    control(EPOLL_CTL_ADD, added->socket.get(), added->events, added);
    write(added);
}

// Waiting

void PlainDoor::watch(int fd)
{
    control(EPOLL_CTL_ADD, fd, EPOLLIN, nullptr);
}

PlainDoor::Clock::time_point PlainDoor::deadline() const
{
    return std::min({m_listensAgainAt, m_givesBackAt,
                     m_handshakes.empty() ? Clock::time_point::max() : m_handshakes.front().first});
}

bool PlainDoor::wait(Clock::time_point until)
{
    const Clock::time_point due = m_relay->tidy() ? Clock::time_point() : std::min(until, deadline());
    int timeout = -1;
    if (due != Clock::time_point::max()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()).count();
        timeout = int(std::clamp<qint64>(left, 0, 60'000));
    }
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(m_epoll.get(), events.data(), int(events.size()), timeout);
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < count; ++i) {
        void *const of = events[std::size_t(i)].data.ptr;
        if (!of)
            continue; // the caller's own
        const auto listener =
            std::find_if(m_listeners.begin(), m_listeners.end(), [of](const Listener &known) { return &known == of; });
        if (listener != m_listeners.end()) {
            accept(*listener);
            continue;
        }
        auto *const connection = static_cast<Connection *>(of);
        if (events[std::size_t(i)].events & EPOLLOUT)
            write(connection);
        if (events[std::size_t(i)].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            read(connection);
    }
    writeTouched();
    const Clock::time_point now = Clock::now();
    if (m_listensAgainAt <= now)
        watchListeners(true);
    closeSilent(now);
    m_closed.clear();
    giveBackMemory(now);
    if (now - begin > slowTurn)
        qCWarning(serverLog) << "The server was busy for"
                             << std::chrono::duration_cast<std::chrono::milliseconds>(now - begin).count() << "ms with"
                             << count << "connections at once;" << m_relay->waitingBytes() << "bytes wait";
    return count > 0;
}

// What receivers that did not read have had, when they are gone. The C library would keep it.
void PlainDoor::giveBackMemory(Clock::time_point now)
{
    const qsizetype memory = m_relay->memory();
    m_mostMemory = std::max(m_mostMemory, memory);
    if (m_mostMemory < keptMemory || memory > m_mostMemory / 8) {
        m_givesBackAt = Clock::time_point::max();
        return;
    }
    if (m_givesBackAt == Clock::time_point::max())
        m_givesBackAt = now + giveBackAfter; // by then it is more
    if (now < m_givesBackAt)
        return;
    m_givesBackAt = Clock::time_point::max();
    m_mostMemory = memory;
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

// Connections

void PlainDoor::read(Connection *connection)
{
    if (connection->isClosed)
        return;
    try {
        std::span<char> room = connection->zmtp.room();
        const bool isInPlace = !room.empty();
        if (!isInPlace)
            room = std::span(m_buffer.get(), readAtOnce);
        room = room.first(std::min(room.size(), readAtOnce));
        const ssize_t count = ::recv(connection->socket.get(), room.data(), room.size(), 0);
        if (count == 0)
            return close(connection, "");
        if (count < 0) {
            if (errno != EAGAIN && errno != EINTR)
                close(connection, "");
            return;
        }
        const bool goesOn = isInPlace ? connection->zmtp.receivedInPlace(count)
                                      : connection->zmtp.receive(QByteArrayView(room.data(), count));
        if (!goesOn) {
            write(connection);
            return close(connection, connection->zmtp.whyClosed());
        }
        if (!connection->zmtp.client()->output.isEmpty())
            update(connection);
    } catch (const std::bad_alloc &) {
        close(connection, "there is no memory for what it sends");
    }
}

void PlainDoor::writeTouched()
{
    for (const Relay::Client *client : m_relay->takeTouched()) {
        if (const auto found = m_connections.find(client); found != m_connections.end())
            write(found->second.get());
    }
}

void PlainDoor::write(Connection *connection)
{
    if (connection->isClosed)
        return;
    SendBuffer &output = connection->zmtp.client()->output;
    while (!output.isEmpty()) {
        std::array<iovec, partsAtOnce> parts;
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = output.fill(parts);
        const ssize_t count = ::sendmsg(connection->socket.get(), &message, MSG_NOSIGNAL);
        if (count >= 0) {
            output.written(count);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return close(connection, "");
        }
    }
    update(connection);
}

// What is to be watched for.
void PlainDoor::update(Connection *connection)
{
    if (connection->isClosed)
        return;
    const SendBuffer &output = connection->zmtp.client()->output;
    const bool readsOn =
        connection->zmtp.purpose() == ZmtpConnection::Purpose::Events || output.bytes() < unreadAcknowledgements;
    const quint32 events = (readsOn ? quint32(EPOLLIN) : 0) | (output.isEmpty() ? 0 : quint32(EPOLLOUT));
    if (std::exchange(connection->events, events) != events)
        control(EPOLL_CTL_MOD, connection->socket.get(), events, connection);
}

void PlainDoor::close(Connection *connection, const char *why)
{
    if (std::exchange(connection->isClosed, true))
        return;
    if (*why && Clock::now() >= m_warnsAgainAt) {
        qCWarning(serverLog).nospace() << "A connection is closed: " << why << " (" << std::exchange(m_untold, 0)
                                       << " others were closed without a word)";
        m_warnsAgainAt = Clock::now() + warnAgainAfter;
    } else if (*why) {
        ++m_untold;
    }
    control(EPOLL_CTL_DEL, connection->socket.get(), 0, nullptr);
    ::shutdown(connection->socket.get(), SHUT_RDWR);
    const Relay::Client *const client = connection->zmtp.client();
    eraseHandshake(&m_handshakes, client);
    // It goes at the end of the turn, whose events may have it once more.
    m_closed.push_back(std::move(m_connections.extract(client).mapped()));
}

void PlainDoor::closeSilent(Clock::time_point now)
{
    while (!m_handshakes.empty()) {
        const auto [until, client] = m_handshakes.front();
        Connection *const connection = m_connections.at(client).get();
        if (!connection->zmtp.isEstablished()) {
            if (until > now)
                return;
            close(connection, "it has connected, and does not say what it is");
        } else {
            m_handshakes.pop_front();
        }
    }
}

bool PlainDoor::hasOutput() const
{
    return std::any_of(m_connections.begin(), m_connections.end(),
                       [](const auto &known) { return !known.second->zmtp.client()->output.isEmpty(); });
}

} // namespace Pyvent::Internal
