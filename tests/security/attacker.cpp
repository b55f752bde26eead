// SPDX-License-Identifier: MIT
#include "attacker.h"

#include "support/freeport.h"
#include "wire/zmtp.h"

#include <array>

#include <poll.h>

namespace PyventTests {

using namespace Pyvent::Internal;

Attacker::Attacker(int port)
    : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    const sockaddr_in address = loopbackAddress(port);
    if (::connect(m_fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        ::close(m_fd);
        m_fd = -1;
    }
}

Attacker::~Attacker()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

bool Attacker::greet(QByteArrayView type)
{
    return send(Zmtp::greeting()) && send(Zmtp::readyFrame(type));
}

bool Attacker::send(QByteArrayView bytes)
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

bool Attacker::isHungUp()
{
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t count = ::recv(m_fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count <= 0)
            return m_fd < 0 || count == 0 || (errno != EAGAIN && errno != EINTR);
    }
}

void Attacker::reset()
{
    const linger atOnce{1, 0};
    ::setsockopt(m_fd, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
    ::close(std::exchange(m_fd, -1));
}

} // namespace PyventTests
