// SPDX-License-Identifier: MIT
#include "support/rawconnection.h"

#include "support/freeport.h"
#include "wire/zmtp.h"

#include <array>

#include <poll.h>
#include <sys/un.h>

namespace PyventTests {

using namespace Pyvent::Internal;

RawConnection::RawConnection(int port)
    : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    const sockaddr_in address = loopbackAddress(port);
    if (::connect(m_fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        ::close(m_fd);
        m_fd = -1;
    }
}

RawConnection::RawConnection(const QByteArray &path)
    : m_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, path.constData(), sizeof address.sun_path);
    if (::connect(m_fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        ::close(m_fd);
        m_fd = -1;
    }
}

RawConnection::~RawConnection()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

bool RawConnection::greet(QByteArrayView type)
{
    return send(Zmtp::greeting()) && send(Zmtp::readyFrame(type));
}

bool RawConnection::send(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        pollfd it{m_fd, POLLOUT, 0};
        if (m_fd < 0 || ::poll(&it, 1, 1000) != 1)
            return false;
        const ssize_t count = ::send(m_fd, bytes.data(), std::size_t(bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count <= 0)
            return false;
        bytes = bytes.sliced(count);
    }
    return true;
}

bool RawConnection::trySend(const QByteArray &bytes)
{
    if (m_rest.isEmpty())
        m_rest = bytes;
    const ssize_t count = ::send(m_fd, m_rest.constData(), std::size_t(m_rest.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0)
        m_rest.remove(0, count);
    return count > 0;
}

bool RawConnection::isReset() const
{
    pollfd it{m_fd, POLLRDHUP, 0};
    return ::poll(&it, 1, 0) == 1 && it.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

bool RawConnection::isHungUp()
{
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t count = ::recv(m_fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count <= 0)
            return m_fd < 0 || count == 0 || (errno != EAGAIN && errno != EINTR);
    }
}

QByteArray RawConnection::takeBytes()
{
    QByteArray all;
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t count = ::recv(m_fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count <= 0)
            return all;
        all.append(bytes.data(), count);
    }
}

void RawConnection::reset()
{
    const linger atOnce{1, 0};
    ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
    ::close(std::exchange(m_fd, -1));
}

} // namespace PyventTests
