// SPDX-License-Identifier: MIT
#include "servicemanager.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace Pyvent::Bridge {

ServiceManager::ServiceManager()
    : m_path(qgetenv("NOTIFY_SOCKET"))
{
    qunsetenv("NOTIFY_SOCKET");
    const qint64 watchdog = qgetenv("WATCHDOG_USEC").toLongLong();
    const qint64 watched = qgetenv("WATCHDOG_PID").toLongLong();
    if (watchdog > 0 && (watched == 0 || watched == ::getpid()))
        m_watchdog = std::chrono::microseconds(watchdog);
    qunsetenv("WATCHDOG_USEC");
    qunsetenv("WATCHDOG_PID");
    QObject::connect(&m_alive, &QTimer::timeout, &m_alive, [this] { send("WATCHDOG=1"); });
}

void ServiceManager::ready()
{
    send("READY=1");
}

void ServiceManager::stopping()
{
    send("STOPPING=1");
}

void ServiceManager::setStatus(const QString &text)
{
    if (std::exchange(m_status, text) != text)
        send("STATUS=" + text.simplified().toUtf8());
}

void ServiceManager::startWatchdog()
{
    if (m_watchdog.count() > 0 && isPresent())
        m_alive.start(std::max(std::chrono::duration_cast<std::chrono::milliseconds>(m_watchdog / 2),
                               std::chrono::milliseconds(1)));
}

void ServiceManager::send(const QByteArray &text) const
{
    sockaddr_un address{};
    if (m_path.size() < 2 || std::size_t(m_path.size()) >= sizeof address.sun_path
        || (m_path[0] != '/' && m_path[0] != '@'))
        return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, m_path.constData(), std::size_t(m_path.size()));
    if (m_path[0] == '@')
        address.sun_path[0] = '\0'; // an abstract one
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    // If it is not taken, the manager finds out itself.
    [[maybe_unused]] const ssize_t sent = ::sendto(
        fd, text.constData(), std::size_t(text.size()), MSG_NOSIGNAL, reinterpret_cast<const sockaddr *>(&address),
        socklen_t(offsetof(sockaddr_un, sun_path) + std::size_t(m_path.size())));
    ::close(fd);
}

} // namespace Pyvent::Bridge
