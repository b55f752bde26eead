// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ENDPOINT_H
#define PYVENT_TRANSPORT_ENDPOINT_H

#include <QtCore/qstring.h>

#include <string>

#include <sys/socket.h>

namespace Pyvent::Internal {

// Where a bus is. Its scheme says by what kind of connection it is reached; the only one is ZeroMQ over TCP.
class Endpoint
{
public:
    enum class Scheme : quint8 { Tcp };

    // What a ZeroMQ server binds: one port for what clients send, the next one for what they hear.
    enum class Purpose : quint8 { Requests, Events };

    // \a host is an IP address, with or without an IPv6 address's brackets, or a name.
    static Endpoint tcp(const QString &host, int port) { return Endpoint(Scheme::Tcp, host, port); }

    Scheme scheme() const { return m_scheme; }

    // What ZeroMQ calls it where a client connects. "0.0.0.0" and "::" are bound as they are and reached by loopback.
    std::string toConnect(Purpose purpose) const;

    // What a server binds. Throws std::system_error where it is no address.
    sockaddr_storage address(Purpose purpose) const;

    bool isIpv6() const;

    // Whether the host is a name that only a resolver can say the address of. Such a name is never bound.
    bool isName() const;

    friend bool operator==(const Endpoint &, const Endpoint &) = default;

private:
    Endpoint(Scheme scheme, const QString &host, int port)
        : m_scheme(scheme)
        , m_host(host)
        , m_port(port)
    {
    }
    int portFor(Purpose purpose) const { return purpose == Purpose::Requests ? m_port : m_port + 1; }

    Scheme m_scheme;
    QString m_host;
    int m_port;
};

// Why \a host cannot be an address, for people; empty if it can.
QString whyNotAnAddress(const QString &host);

} // namespace Pyvent::Internal

#endif
