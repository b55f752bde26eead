// SPDX-License-Identifier: MIT
#include "proxy.h"

#include "support/freeport.h"
#include "transport/endpoint.h"
#include "transport/lanefolder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

namespace PyventFaults {

using PyventTests::loopbackAddress;

namespace {

constexpr size_t chunkSize = 64 * 1024;
constexpr size_t maximumHeld = 1024 * 1024; // for each direction; then the reader is slow, as a network is

void closeSocket(int fd, bool withReset)
{
    if (withReset) {
        const linger atOnce{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
    }
    ::close(fd);
}

} // namespace

Proxy::End::End(int port)
    : m_size(sizeof(sockaddr_in))
{
    const sockaddr_in address = loopbackAddress(port);
    std::memcpy(&m_address, &address, sizeof address);
}

Proxy::End::End(const QByteArray &path)
    : m_size(sizeof(sockaddr_un))
    , m_path(path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, path.constData(), sizeof address.sun_path);
    std::memcpy(&m_address, &address, sizeof address);
}

Proxy::End Proxy::End::lane(int port)
{
    using namespace Pyvent::Internal;
    const QByteArray folder = laneFolder({});
    prepareLaneFolder(folder, false);
    return Endpoint::tcp(QStringLiteral("127.0.0.1"), port).withLanes({folder}, lockFolder()).lanes().first();
}

int Proxy::End::newSocket(int flags) const
{
    return ::socket(m_address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

Proxy::Proxy(const End &near, const End &far)
    : m_near(near)
    , m_far(far)
{
    listen();
    m_isListening = m_listener >= 0 && ::pipe2(m_wake, O_CLOEXEC | O_NONBLOCK) == 0;
    if (m_isListening)
        m_thread = std::thread([this] { run(); });
}

Proxy::~Proxy()
{
    if (m_thread.joinable()) {
        order([this] { m_quit = true; });
        m_thread.join();
    }
    for (const int fd : {m_listener, m_wake[0], m_wake[1]}) {
        if (fd >= 0)
            ::close(fd);
    }
    if (m_isListening && !m_near.path().isEmpty())
        ::unlink(m_near.path().constData());
}

void Proxy::listen()
{
    const int fd = m_near.newSocket(SOCK_NONBLOCK);
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (!m_near.path().isEmpty())
        ::unlink(m_near.path().constData());
    if (::bind(fd, m_near.address(), m_near.size()) == 0 && ::listen(fd, 64) == 0)
        m_listener = fd;
    else
        ::close(fd);
}

// Without a listener, the kernel refuses.
void Proxy::refuse(bool on)
{
    if (on && m_listener >= 0)
        ::close(std::exchange(m_listener, -1));
    else if (!on && m_listener < 0)
        listen();
}

// Returns when it is done: the thread never waits for anything else than its sockets.
void Proxy::order(const std::function<void()> &command)
{
    quint64 number = 0;
    {
        const std::lock_guard lock(m_mutex);
        m_orders.push_back(command);
        number = ++m_ordered;
    }
    const char byte = 0;
    [[maybe_unused]] const ssize_t written = ::write(m_wake[1], &byte, 1); // a full pipe wakes it as well
    // Not a future: ThreadSanitizer takes libstdc++'s for a race.
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_done >= number; });
}

void Proxy::drop()
{
    order([this] { closeAll(false); });
}

void Proxy::reset()
{
    order([this] { closeAll(true); });
}

void Proxy::setStalled(bool on)
{
    order([this, on] { m_stalled = on; });
}

void Proxy::setRefusing(bool on)
{
    order([this, on] { refuse(on); });
}

void Proxy::setDelay(std::chrono::milliseconds delay)
{
    order([this, delay] { m_delay = delay; });
}

void Proxy::runOrders()
{
    char bytes[64];
    while (::read(m_wake[0], bytes, sizeof bytes) > 0) { }
    std::vector<std::function<void()>> orders;
    {
        const std::lock_guard lock(m_mutex);
        orders.swap(m_orders);
    }
    for (const auto &command : orders)
        command();
    const std::lock_guard lock(m_mutex);
    m_done += orders.size();
    m_changed.notify_all();
}

void Proxy::close(Connection &connection, bool withReset)
{
    closeSocket(connection.out.from, withReset);
    closeSocket(connection.out.to, withReset);
}

void Proxy::closeAll(bool withReset)
{
    for (Connection &connection : m_connections)
        close(connection, withReset);
    m_connections.clear();
}

void Proxy::accept()
{
    for (;;) {
        const int near = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (near < 0)
            return;
        const int far = m_far.newSocket(0);
        // This machine answers at once, so that this connect() does not wait.
        if (::connect(far, m_far.address(), m_far.size()) != 0) {
            closeSocket(far, true);
            closeSocket(near, true);
            continue;
        }
        ::fcntl(far, F_SETFL, O_NONBLOCK);
        Connection &connection = m_connections.emplace_back();
        connection.out.from = connection.back.to = near;
        connection.out.to = connection.back.from = far;
    }
}

// Moves what can be moved, without waiting.
void Proxy::pump(Direction &direction, Connection &connection)
{
    while (!m_stalled && !direction.ended && direction.bytes < maximumHeld) {
        std::vector<char> data(chunkSize);
        const ssize_t count = ::recv(direction.from, data.data(), data.size(), 0);
        if (count < 0) {
            connection.failed |= errno != EAGAIN && errno != EINTR;
            break;
        }
        direction.ended = count == 0;
        data.resize(size_t(count));
        direction.bytes += data.size();
        if (!data.empty())
            direction.chunks.push_back({.due = Clock::now() + m_delay, .data = std::move(data)});
    }
    while (!m_stalled && !direction.chunks.empty() && direction.chunks.front().due <= Clock::now()) {
        Chunk &chunk = direction.chunks.front();
        const ssize_t count =
            ::send(direction.to, chunk.data.data() + chunk.written, chunk.data.size() - chunk.written, MSG_NOSIGNAL);
        if (count < 0) {
            connection.failed |= errno != EAGAIN && errno != EINTR;
            return;
        }
        chunk.written += size_t(count);
        direction.bytes -= size_t(count);
        if (chunk.written == chunk.data.size())
            direction.chunks.pop_front();
    }
    if (direction.ended && direction.chunks.empty() && !direction.passedOn) {
        ::shutdown(direction.to, SHUT_WR);
        direction.passedOn = true;
    }
}

void Proxy::watch(std::vector<pollfd> *watched, int *timeout) const
{
    *watched = {{.fd = m_wake[0], .events = POLLIN, .revents = 0}, {.fd = m_listener, .events = POLLIN, .revents = 0}};
    *timeout = -1;
    if (m_stalled)
        return;
    for (const Connection &connection : m_connections) {
        for (const Direction *direction : {&connection.out, &connection.back}) {
            if (!direction->ended && direction->bytes < maximumHeld)
                watched->push_back({.fd = direction->from, .events = POLLIN, .revents = 0});
            if (direction->chunks.empty())
                continue;
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(direction->chunks.front().due - Clock::now());
            if (left.count() <= 0)
                watched->push_back({.fd = direction->to, .events = POLLOUT, .revents = 0});
            else
                *timeout = *timeout < 0 ? int(left.count()) : std::min(*timeout, int(left.count()));
        }
    }
}

void Proxy::run()
{
    std::vector<pollfd> watched;
    int timeout = -1;
    while (!m_quit) {
        watch(&watched, &timeout);
        ::poll(watched.data(), nfds_t(watched.size()), timeout);
        runOrders();
        accept();
        for (auto connection = m_connections.begin(); connection != m_connections.end();) {
            pump(connection->out, *connection);
            pump(connection->back, *connection);
            const bool isOver = connection->out.passedOn && connection->back.passedOn;
            if (connection->failed || isOver) {
                close(*connection, connection->failed);
                connection = m_connections.erase(connection);
            } else {
                ++connection;
            }
        }
    }
    closeAll(false);
}

} // namespace PyventFaults
