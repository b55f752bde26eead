// SPDX-License-Identifier: MIT
#include "transport/inheritedsockets.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace Pyvent::Internal {

namespace {

// The port of one end of a TCP connection; 0 if it is none.
int portOf(int fd, int (*end)(int, sockaddr *, socklen_t *))
{
    union {
        sockaddr any;
        sockaddr_in ipv4;
        sockaddr_in6 ipv6;
    } address{};
    socklen_t size = sizeof address;
    if (end(fd, &address.any, &size) != 0)
        return 0;
    switch (address.any.sa_family) {
    case AF_INET:
        return ntohs(address.ipv4.sin_port);
    case AF_INET6:
        return ntohs(address.ipv6.sin6_port);
    default:
        return 0;
    }
}

} // namespace

void closeInheritedSockets(int port)
{
    std::vector<int> found;
    DIR *const open = ::opendir("/proc/self/fd");
    if (!open)
        return;
    while (const dirent *entry = ::readdir(open)) {
        const int fd = std::atoi(entry->d_name); // 0 for "." and "..", which is no socket of the bus's
        for (const int used : {portOf(fd, ::getsockname), portOf(fd, ::getpeername)}) {
            if (used == port || used == port + 1) {
                found.push_back(fd);
                break;
            }
        }
    }
    ::closedir(open);
    for (const int fd : found)
        ::close(fd);
}

} // namespace Pyvent::Internal
