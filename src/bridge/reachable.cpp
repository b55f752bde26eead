// SPDX-License-Identifier: MIT
#include "reachable.h"

#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

// 0, or the system's number of what is wrong.
int tryAddress(const addrinfo &address, std::chrono::milliseconds timeout)
{
    const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int error = ::connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        pollfd waiting = {fd, POLLOUT, 0};
        socklen_t size = sizeof error;
        if (::poll(&waiting, 1, int(timeout.count())) <= 0)
            error = ETIMEDOUT;
        else if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
    }
    ::close(fd);
    return error;
}

} // namespace

bool isReachable(const HostPort &server, std::chrono::milliseconds timeout, QString *why)
{
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    const int result =
        ::getaddrinfo(server.host.toUtf8().constData(), QByteArray::number(server.port).constData(), &hints, &found);
    if (result != 0) {
        *why = u"the host has no address that this machine knows: %1"_s.arg(
            QString::fromLocal8Bit(::gai_strerror(result)));
        return false;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    int error = 0;
    for (const addrinfo *address = found; address; address = address->ai_next) {
        error = tryAddress(*address, timeout);
        if (error == 0)
            return true;
    }
    *why = qt_error_string(error);
    return false;
}

} // namespace Pyvent::Bridge
