// SPDX-License-Identifier: MIT
#include "security/socketowner.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qfile.h>

#include <array>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

struct End
{
    std::array<quint32, 4> address{}; // in network order, as the kernel has it
    quint16 port = 0;
};

// An IPv4 address within IPv6, as a socket of both has it, is one of IPv4 to the kernel's tables, too.
End endOf(const sockaddr_storage &address, int *family)
{
    End end;
    if (address.ss_family == AF_INET) {
        const auto *const ipv4 = reinterpret_cast<const sockaddr_in *>(&address);
        *family = AF_INET;
        end.address[0] = ipv4->sin_addr.s_addr;
        end.port = ipv4->sin_port;
        return end;
    }
    const auto *const ipv6 = reinterpret_cast<const sockaddr_in6 *>(&address);
    *family = AF_INET6;
    end.port = ipv6->sin6_port;
    if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) {
        *family = AF_INET;
        std::memcpy(end.address.data(), ipv6->sin6_addr.s6_addr + 12, 4);
    } else {
        std::memcpy(end.address.data(), ipv6->sin6_addr.s6_addr, 16);
    }
    return end;
}

// The socket whose own end is \a own.
std::optional<SocketOwner> ask(int family, const End &own, const End &other, quint32 interface)
{
    struct
    {
        nlmsghdr header;
        inet_diag_req_v2 request;
    } question{};
    question.header = {sizeof question, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0};
    question.request.sdiag_family = quint8(family);
    question.request.sdiag_protocol = IPPROTO_TCP;
    question.request.idiag_states = ~0U;
    question.request.id.idiag_sport = own.port;
    question.request.id.idiag_dport = other.port;
    std::memcpy(question.request.id.idiag_src, own.address.data(), sizeof own.address);
    std::memcpy(question.request.id.idiag_dst, other.address.data(), sizeof other.address);
    question.request.id.idiag_if = interface;
    question.request.id.idiag_cookie[0] = question.request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;

    const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0)
        return {};
    struct
    {
        nlmsghdr header;
        inet_diag_msg socket;
        char attributes[2048];
    } answer{};
    // The kernel answers within send().
    const bool isSent = ::send(netlink, &question, sizeof question, 0) == ssize_t(sizeof question);
    const ssize_t size = isSent ? ::recv(netlink, &answer, sizeof answer, MSG_DONTWAIT) : -1;
    ::close(netlink);
    if (size < ssize_t(sizeof answer.header + sizeof answer.socket) || answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return {};
    // Where there is no such connection, the kernel gives whatever listens at its own end.
    if (other.port != 0 && answer.socket.id.idiag_dport != other.port)
        return {};
    // What has no inode is no process's any more, and the user that is said of it is none.
    if (answer.socket.idiag_inode == 0)
        return {};
    return SocketOwner{answer.socket.idiag_uid, answer.socket.idiag_inode};
}

// A socket that is bound to an interface, as anybody may bind one, is found with that one only.
std::optional<SocketOwner> askForAllInterfaces(int family, const End &own, const End &other)
{
    if (const auto owner = ask(family, own, other, 0))
        return owner;
    std::optional<SocketOwner> owner;
    struct if_nameindex *const interfaces = ::if_nameindex();
    for (const auto *it = interfaces; it && it->if_index != 0 && !owner; ++it)
        owner = ask(family, own, other, it->if_index);
    if (interfaces)
        ::if_freenameindex(interfaces);
    return owner;
}

} // namespace

OtherEnd otherEndOf(int socket)
{
    sockaddr_storage own{};
    sockaddr_storage other{};
    socklen_t ownSize = sizeof own;
    socklen_t otherSize = sizeof other;
    if (::getsockname(socket, reinterpret_cast<sockaddr *>(&own), &ownSize) != 0
        || ::getpeername(socket, reinterpret_cast<sockaddr *>(&other), &otherSize) != 0)
        return {};                  // it has gone, and may have been anybody
    if (own.ss_family == AF_UNIX) { // as it was when it connected, or listened
        ucred credentials{};
        socklen_t size = sizeof credentials;
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
            return {};
        return {.isLocal = true, .user = credentials.uid};
    }
    // Any address of this machine's reaches any other.
    if (!isLoopback(own) && !isOfThisMachine(other))
        return {.isLocal = false, .user = {}};
    int family = 0;
    const End here = endOf(own, &family);
    const End there = endOf(other, &family);
    const auto owner = askForAllInterfaces(family, there, here);
    return {.isLocal = true, .user = owner ? std::optional(owner->user) : std::nullopt};
}

QString addressOfOtherEnd(int socket)
{
    sockaddr_storage other{};
    socklen_t size = sizeof other;
    std::array<char, INET6_ADDRSTRLEN + IF_NAMESIZE> text{};
    if (::getpeername(socket, reinterpret_cast<sockaddr *>(&other), &size) != 0 || other.ss_family == AF_UNIX
        || ::getnameinfo(reinterpret_cast<const sockaddr *>(&other), size, text.data(), text.size(), nullptr, 0,
                         NI_NUMERICHOST)
            != 0)
        return {};
    return QString::fromLatin1(text.data());
}

std::optional<SocketOwner> ownerOfListener(const sockaddr_storage &address)
{
    int family = 0;
    const End own = endOf(address, &family);
    if (auto owner = askForAllInterfaces(family, own, {}))
        return owner;
    // A socket of IPv6 that takes IPv4 as well.
    sockaddr_storage any{};
    auto *const ipv6 = reinterpret_cast<sockaddr_in6 *>(&any);
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = own.port;
    return family == AF_INET ? askForAllInterfaces(AF_INET6, endOf(any, &family), {}) : std::nullopt;
}

bool knowsOwners()
{
    static const bool knows = [] {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        const bool listens = ::bind(socket, reinterpret_cast<const sockaddr *>(&any), sizeof any) == 0
            && ::listen(socket, 1) == 0 && ::getsockname(socket, reinterpret_cast<sockaddr *>(&address), &size) == 0;
        const bool isKnown = listens && ownerOfListener(address);
        ::close(socket);
        return isKnown || !listens; // where there was no descriptor, nothing is known of the kernel
    }();
    return knows;
}

bool isLoopback(const sockaddr_storage &address)
{
    int family = 0;
    const End end = endOf(address, &family);
    if (family == AF_INET)
        return ntohl(end.address[0]) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6 *>(&address)->sin6_addr);
}

// Then a socket can be bound to it.
bool isOfThisMachine(const sockaddr_storage &address)
{
    if (isLoopback(address))
        return true;
    const int socket = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage any = address;
    reinterpret_cast<sockaddr_in *>(&any)->sin_port = 0; // at the same place in both families
    const socklen_t size = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    const bool isBound = ::bind(socket, reinterpret_cast<const sockaddr *>(&any), size) == 0;
    const bool isUnknown = !isBound && errno != EADDRNOTAVAIL;
    if (socket >= 0)
        ::close(socket);
    return isBound || isUnknown;
}

// Processes of other users show nothing of this, but to root.
SocketHolder holderOf(const SocketOwner &owner)
{
    const auto closeDirectory = [](DIR *directory) { ::closedir(directory); };
    using Directory = std::unique_ptr<DIR, decltype(closeDirectory)>;
    const QByteArray wanted = "socket:[" + QByteArray::number(owner.inode) + ']';
    const Directory processes(::opendir("/proc"));
    while (const dirent *entry = processes ? ::readdir(processes.get()) : nullptr) {
        const QByteArray pid(entry->d_name);
        if (pid.toLongLong() <= 0)
            continue;
        const QByteArray path = "/proc/" + pid;
        const Directory descriptors(::opendir((path + "/fd").constData()));
        while (const dirent *fd = descriptors ? ::readdir(descriptors.get()) : nullptr) {
            std::array<char, 64> target;
            const ssize_t size = ::readlink((path + "/fd/" + fd->d_name).constData(), target.data(), target.size());
            if (size <= 0 || QByteArrayView(target.data(), size) != wanted)
                continue;
            const auto read = [&path](const char *name) {
                QFile file(QString::fromLocal8Bit(path + name));
                return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
            };
            const QString program = QString::fromLocal8Bit(read("/comm").trimmed());
            return {u"%1 (process %2)"_s.arg(program, QString::fromLatin1(pid)), read("/maps").contains("libzmq")};
        }
    }
    return {};
}

} // namespace Pyvent::Internal
