// SPDX-License-Identifier: MIT
#include "patterns/testports.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qrandom.h>

#include <cstddef>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace Pyvent::Internal {

namespace {

// Below the range that the kernel gives to outgoing connections, and above most services.
constexpr int firstPort = 20'000;
constexpr int pairs = 6000;

// An abstract Unix socket is a lock that needs no file, is the same for all users, and ends with the process.
int lockOf(int port)
{
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const QByteArray name = "pyvent-test-bus-" + QByteArray::number(port);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.constData(), std::size_t(name.size()));
    const auto length = socklen_t(offsetof(sockaddr_un, sun_path) + 1 + std::size_t(name.size()));
    if (::bind(fd, reinterpret_cast<const sockaddr *>(&address), length) == 0)
        return fd;
    ::close(fd);
    return -1;
}

} // namespace

TestPorts::~TestPorts()
{
    release();
}

void TestPorts::release()
{
    if (m_lock >= 0)
        ::close(std::exchange(m_lock, -1));
}

bool TestPorts::take()
{
    constexpr int attempts = 100;
    release();
    for (int i = 0; i < attempts && m_lock < 0; ++i) {
        m_port = firstPort + 2 * int(QRandomGenerator::system()->bounded(pairs));
        m_lock = lockOf(m_port);
    }
    return m_lock >= 0;
}

} // namespace Pyvent::Internal
