// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_NOTIFYSOCKET_H
#define PYVENT_TESTS_NOTIFYSOCKET_H

#include <QtCore/qbytearraylist.h>

#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace PyventTests {

// systemd's end of the socket by which services tell of themselves: sd_notify(3).
class NotifySocket
{
public:
    // \a name is a path, or, with '@' before it, an abstract name.
    explicit NotifySocket(const QByteArray &name)
        : m_fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.constData(), size_t(name.size()));
        if (name[0] == '@')
            address.sun_path[0] = '\0';
        if (::bind(m_fd, reinterpret_cast<const sockaddr *>(&address),
                   socklen_t(offsetof(sockaddr_un, sun_path) + size_t(name.size())))
            != 0)
            qFatal("no socket");
    }
    ~NotifySocket() { ::close(m_fd); }
    Q_DISABLE_COPY_MOVE(NotifySocket)

    // What was told since the last call.
    QByteArrayList take()
    {
        QByteArrayList texts;
        char buffer[4096];
        for (ssize_t size = 0; (size = ::recv(m_fd, buffer, sizeof buffer, 0)) >= 0;)
            texts += QByteArray(buffer, size);
        return texts;
    }

private:
    const int m_fd;
};

} // namespace PyventTests

#endif
