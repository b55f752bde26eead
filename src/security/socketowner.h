// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_SOCKETOWNER_H
#define PYVENT_SECURITY_SOCKETOWNER_H

#include <QtCore/qstring.h>

#include <optional>

#include <sys/socket.h>
#include <sys/types.h>

// Whose a socket is, as the kernel knows it (sock_diag, in netlink(7)).

namespace Pyvent::Internal {

struct SocketOwner
{
    uid_t user = 0;
    quint32 inode = 0;
};

// Who is at the other end of a connection, TCP's or a Unix socket's.
struct OtherEnd
{
    bool isLocal = true;       // it is on this machine, or that is not known
    std::optional<uid_t> user; // if it is, and its process has not closed it
    QString keyName = {};      // of the key by which it came in at the secure door
};
OtherEnd otherEndOf(int socket);

// Its address, for people: "10.0.0.2". Empty where that is not known.
QString addressOfOtherEnd(int socket);

// What listens at \a address, TCP; nothing if nothing does.
std::optional<SocketOwner> ownerOfListener(const sockaddr_storage &address);

// Whether the kernel answers both questions for loopback addresses at all.
bool knowsOwners();

bool isLoopback(const sockaddr_storage &address);

// Whether it is an address of this machine's, or may be one.
bool isOfThisMachine(const sockaddr_storage &address);

// The process that has the socket, for people: "python3 (1234)". Empty where only its user may know.
struct SocketHolder
{
    QString text;
    bool mayBeAServer = false; // it uses libzmq
};
SocketHolder holderOf(const SocketOwner &owner);

} // namespace Pyvent::Internal

#endif
