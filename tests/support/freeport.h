// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_FREEPORT_H
#define PYVENT_TESTS_FREEPORT_H

#include <QtCore/qrandom.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

// Ports for tests: on the loopback, free when asked, and below the range that the kernel gives to outgoing connections,
// so that none of these takes one in between. PortPair has ports that are reserved, too, and free on all addresses.

namespace PyventTests {

inline sockaddr_in socketAddress(int port, in_addr_t host)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(quint16(port));
    address.sin_addr.s_addr = htonl(host);
    return address;
}

inline sockaddr_in loopbackAddress(int port)
{
    return socketAddress(port, INADDR_LOOPBACK);
}

// A TCP socket bound to the loopback or to \a host, for finding free ports and for taking them.
class BoundSocket
{
public:
    explicit BoundSocket(int port, in_addr_t host = INADDR_LOOPBACK)
        : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        const sockaddr_in address = socketAddress(port, host);
        const int yes = 1;
        ::setsockopt(m_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        m_isBound =
            ::bind(m_fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 && ::listen(m_fd, 16) == 0;
    }
    ~BoundSocket() { ::close(m_fd); }
    Q_DISABLE_COPY_MOVE(BoundSocket)

    bool isBound() const { return m_isBound; }
    int fd() const { return m_fd; }

private:
    int m_fd;
    bool m_isBound = false;
};

// A port that is free, and the next one, too.
inline int freePort()
{
    for (;;) {
        const int port = 10'000 + 2 * int(QRandomGenerator::system()->bounded(11'000));
        if (BoundSocket(port).isBound() && BoundSocket(port + 1).isBound())
            return port;
    }
}

} // namespace PyventTests

#endif
