// SPDX-License-Identifier: MIT
#include "transport/inheritedsockets.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <vector>

namespace Pyvent::Internal {

namespace {

// Whether one end of the socket is one of the bus's.
bool isOf(const Endpoint &endpoint, int fd, int (*end)(int, sockaddr *, socklen_t *))
{
    union {
        sockaddr any;
        sockaddr_in ipv4;
        sockaddr_in6 ipv6;
        sockaddr_un lane;
    } address{};
    socklen_t size = sizeof address;
    if (end(fd, &address.any, &size) != 0)
        return false;
    const auto isPort = [&endpoint](in_port_t port) { return endpoint.isPort(ntohs(port)); };
    switch (address.any.sa_family) {
    case AF_INET:
        return isPort(address.ipv4.sin_port);
    case AF_INET6:
        return isPort(address.ipv6.sin6_port);
    case AF_UNIX:
        return endpoint.lanes().contains(
            QByteArrayView(address.lane.sun_path, ::strnlen(address.lane.sun_path, sizeof address.lane.sun_path)));
    default:
        return false;
    }
}

} // namespace

void closeInheritedSockets(const Endpoint &endpoint)
{
    std::vector<int> found;
    DIR *const open = ::opendir("/proc/self/fd");
    if (!open)
        return;
    while (const dirent *entry = ::readdir(open)) {
        const int fd = std::atoi(entry->d_name); // 0 for "." and "..", which is no socket of the bus's
        if (isOf(endpoint, fd, ::getsockname) || isOf(endpoint, fd, ::getpeername))
            found.push_back(fd);
    }
    ::closedir(open);
    for (const int fd : found)
        ::close(fd);
}

} // namespace Pyvent::Internal
