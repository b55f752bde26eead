// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_RAWCONNECTION_H
#define PYVENT_TESTS_RAWCONNECTION_H

#include <QtCore/qbytearray.h>

#include <utility>

namespace PyventTests {

// A plain socket, which writes to a server what a test likes.
class RawConnection
{
public:
    // Connects. It is not connected if the server does not take it.
    explicit RawConnection(int port);

    // The same, to the Unix socket at \a path.
    explicit RawConnection(const QByteArray &path);
    RawConnection(RawConnection &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    ~RawConnection();

    bool isConnected() const { return m_fd >= 0; }
    int fd() const { return m_fd; }

    // Says what ZeroMQ says, as a socket of \a type.
    bool greet(QByteArrayView type);

    // Writes all of it, for as long as the server takes it: a second at most for what it does not read. Returns false if it has hung
    // up, or does not read.
    bool send(QByteArrayView bytes);

    // Writes some of it, or of the rest of what was begun, without waiting. Returns false where the server takes nothing now.
    bool trySend(const QByteArray &bytes);

    // Whether the server has hung up, though what it has sent is not read.
    bool isReset() const;

    // Whether the server has hung up; what it has sent is read and thrown away.
    bool isHungUp();

    // What the server has sent, without waiting.
    QByteArray takeBytes();

    // Hangs up as a process does that crashes: what was sent may not arrive any more.
    void reset();

private:
    int m_fd = -1;
    QByteArray m_rest; // of what trySend() has begun
};

} // namespace PyventTests

#endif
