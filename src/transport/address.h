// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ADDRESS_H
#define PYVENT_TRANSPORT_ADDRESS_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <string>

namespace Pyvent::Internal {

// The ZeroMQ endpoints of a bus at an address and a port. Sends go to port, events come from port + 1.
struct Address
{
    QString host; // an IP address, with or without an IPv6 address's brackets, or a name
    int port = 0;

    // Where a server binds, and a client connects. "0.0.0.0" and "::" are bound as they are and reached by loopback.
    std::string bindEndpoint(int offset = 0) const;
    std::string connectEndpoint(int offset = 0) const;

    bool isIpv6() const;

    // Whether this is a name that only a resolver can say the address of. Such a name is never bound.
    bool isName() const;
};

// Why \a host cannot be an address, for people; empty if it can.
QString whyNotAnAddress(const QString &host);

} // namespace Pyvent::Internal

#endif
