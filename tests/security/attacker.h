// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURITY_ATTACKER_H
#define PYVENT_TESTS_SECURITY_ATTACKER_H

#include <QtCore/qbytearray.h>

#include <utility>

namespace PyventTests {

// A plain TCP socket that writes to a server what it likes.
class Attacker
{
public:
    enum class Waits : bool { No, Yes };

    // Connects. It is not connected if the server does not take it.
    explicit Attacker(int port);
    Attacker(Attacker &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    ~Attacker();

    bool isConnected() const { return m_fd >= 0; }

    // Says what ZeroMQ says, as a socket of \a type.
    bool greet(QByteArrayView type);

    // Writes all of it, for as long as the server takes it: a second at most for what it does not read. Returns false if it has hung
    // up, or does not read.
    bool send(QByteArrayView bytes);

    // Whether the server has hung up; what it has sent is read and thrown away.
    bool isHungUp();

    // Hangs up as a process does that crashes: what was sent may not arrive any more.
    void reset();

private:
    int m_fd = -1;
};

} // namespace PyventTests

#endif
