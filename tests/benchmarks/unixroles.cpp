// SPDX-License-Identifier: MIT
#include "unixroles.h"

#include <QtCore/qendian.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace Pyvent::Benchmarks {

namespace {

constexpr qsizetype sizeBytes = 4;

std::system_error systemError(const char *what)
{
    return std::system_error(errno, std::generic_category(), what);
}

sockaddr_un addressIn(const RoleOptions &options)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, (options.directory.toLocal8Bit() + "/relay").constData(), sizeof address.sun_path);
    return address;
}

void writeAll(int fd, QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const ssize_t count = ::send(fd, bytes.data(), std::size_t(bytes.size()), MSG_NOSIGNAL);
        if (count <= 0)
            throw systemError("send");
        bytes = bytes.sliced(count);
    }
}

// Whole messages, with their sizes, out of what a connection brings.
class Reader
{
public:
    explicit Reader(int fd)
        : m_fd(fd)
    {
    }

    // Returns false if the connection has ended.
    bool fill()
    {
        char bytes[65536];
        const ssize_t count = ::recv(m_fd, bytes, sizeof bytes, 0);
        if (count > 0)
            m_bytes.append(bytes, count);
        return count > 0;
    }

    QByteArray take()
    {
        if (m_bytes.size() < sizeBytes)
            return {};
        const qsizetype size = sizeBytes + qsizetype(qFromLittleEndian<quint32>(m_bytes.constData()));
        if (m_bytes.size() < size)
            return {};
        const QByteArray message = m_bytes.first(size);
        m_bytes.remove(0, size);
        return message;
    }

    QByteArray wait()
    {
        for (;;) {
            if (QByteArray message = take(); !message.isEmpty())
                return message;
            if (!fill())
                throw std::runtime_error("the relay has ended");
        }
    }

private:
    const int m_fd;
    QByteArray m_bytes;
};

QByteArray message(const QByteArray &frame)
{
    QByteArray bytes(sizeBytes, Qt::Uninitialized);
    qToLittleEndian(quint32(frame.size()), bytes.data());
    return bytes + frame;
}

int connectToRelay(const RoleOptions &options)
{
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = addressIn(options);
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        throw systemError("connect");
    return fd;
}

} // namespace

int unixServer(const RoleOptions &options)
{
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = addressIn(options);
    if (::bind(listener, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
        || ::listen(listener, 10) != 0)
        throw systemError("bind");
    say("ready", 0);
    std::vector<pollfd> fds{{listener, POLLIN, 0}};
    std::vector<Reader> readers{Reader(listener)};
    for (;;) {
        ::poll(fds.data(), fds.size(), -1);
        for (std::size_t i = 1; i < fds.size(); ++i) {
            if (!fds[i].revents)
                continue;
            if (!readers[i].fill()) {
                fds[i].fd = -1;
                continue;
            }
            for (QByteArray next = readers[i].take(); !next.isEmpty(); next = readers[i].take()) {
                for (std::size_t other = 1; other < fds.size(); ++other) {
                    if (other != i && fds[other].fd >= 0)
                        writeAll(fds[other].fd, next);
                }
            }
        }
        if (fds[0].revents) {
            fds.push_back({::accept(listener, nullptr, nullptr), POLLIN, 0});
            readers.emplace_back(fds.back().fd);
        }
    }
}

int unixPinger(const RoleOptions &options)
{
    const int fd = connectToRelay(options);
    Reader reader(fd);
    const QByteArray ping = message(options.frame);
    RoundTrips roundTrips(options.events);
    while (!roundTrips.isComplete()) {
        roundTrips.begin();
        writeAll(fd, ping);
        const QByteArray answer = reader.wait();
        roundTrips.end();
        if (answer != message(options.answer))
            return sayFailed(QStringLiteral("the bare Unix relay answers something else"));
    }
    roundTrips.sayResult();
    return rest();
}

int unixEcho(const RoleOptions &options)
{
    const int fd = connectToRelay(options);
    Reader reader(fd);
    const QByteArray pong = message(options.answer);
    say("ready");
    for (;;) {
        reader.wait();
        writeAll(fd, pong);
    }
}

} // namespace Pyvent::Benchmarks
