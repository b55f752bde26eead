// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ENDPOINT_H
#define PYVENT_TRANSPORT_ENDPOINT_H

#include "pyventlocalaccess.h"
#include "pyventsecurity.h"
#include "security/socketowner.h"

#include <QtCore/qbytearraylist.h>
#include <QtCore/qstring.h>

#include <optional>
#include <string>

#include <sys/socket.h>

namespace Pyvent::Internal {

// Where a bus is, and who may be at its other end: two TCP ports, and, on this machine, the paths of Unix sockets.
class Endpoint
{
public:
    // What a ZeroMQ server binds: one port for what clients send, the next one for what they hear.
    enum class Purpose : quint8 { Requests, Events };

    // \a host is an IP address, with or without an IPv6 address's brackets, or a name.
    static Endpoint tcp(const QString &host, int port) { return Endpoint(host, port); }

    // The same, reached by lanes as well: Unix sockets of this bus in \a folders. A server has its own in the first one, and its lock
    // in \a lockFolder.
    Endpoint withLanes(const QByteArrayList &folders, const QByteArray &lockFolder) const;
    const QByteArrayList &lanes() const { return m_lanes; }
    const QByteArray &lock() const { return m_lock; }

    // The same, for who has \a access.
    Endpoint withAccess(const PyventLocalAccess &access) const;
    const PyventLocalAccess &access() const { return m_access; }

    // The same, with these keys.
    Endpoint withSecurity(const PyventSecurity &security) const;
    const PyventSecurity &security() const { return m_security; }

    // Whether other machines reach what a server binds.
    bool isForOthers() const;

    // What ZeroMQ calls it where a client connects. "0.0.0.0" and "::" are bound as they are and reached by loopback.
    std::string toConnect(Purpose purpose) const;

    // Who listens where a client connects to, if that is an address of this machine's loopback interface; nothing if it is not, or if
    // nobody does.
    std::optional<SocketOwner> listener(Purpose purpose) const;

    // What a server binds. Throws std::system_error where it is no address.
    sockaddr_storage address(Purpose purpose) const;

    bool isPort(int port) const { return port == m_port || port == m_port + 1; }
    bool isIpv6() const;

    // Whether the host is a name that only a resolver can say the address of. Such a name is never bound.
    bool isName() const;

    friend bool operator==(const Endpoint &, const Endpoint &) = default;

private:
    Endpoint(const QString &host, int port)
        : m_host(host)
        , m_port(port)
    {
    }
    int portFor(Purpose purpose) const { return purpose == Purpose::Requests ? m_port : m_port + 1; }

    QString m_host;
    int m_port;
    QByteArrayList m_lanes;
    QByteArray m_lock;
    PyventLocalAccess m_access;
    PyventSecurity m_security;
};

// Why \a host cannot be an address, for people; empty if it can.
QString whyNotAnAddress(const QString &host);

} // namespace Pyvent::Internal

#endif
