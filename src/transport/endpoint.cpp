// SPDX-License-Identifier: MIT
#include "transport/endpoint.h"

#include "transport/descriptors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netdb.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

QString bare(const QString &host)
{
    if (host.startsWith(u'[') && host.endsWith(u']'))
        return host.sliced(1, host.size() - 2);
    return host.compare("localhost"_L1, Qt::CaseInsensitive) == 0 ? u"127.0.0.1"_s : host;
}

// Where the host is for a client: "0.0.0.0" and "::" are all addresses of a server.
QString reachable(const QString &host)
{
    const QString name = bare(host);
    if (name == "0.0.0.0"_L1)
        return u"127.0.0.1"_s;
    return name == "::"_L1 ? u"::1"_s : name;
}

sockaddr_storage addressOf(const QString &host, int portNumber)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    const QByteArray name = host.toLatin1();
    const QByteArray port = QByteArray::number(portNumber);
    if (::getaddrinfo(name.constData(), port.constData(), &hints, &found) != 0)
        throw systemError(EADDRNOTAVAIL);
    sockaddr_storage address{};
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    return address;
}

std::string zmqEndpoint(const QString &host, int port)
{
    const QString format = host.contains(u':') ? u"tcp://[%1]:%2"_s : u"tcp://%1:%2"_s;
    return format.arg(host).arg(port).toStdString();
}

} // namespace

Endpoint Endpoint::withLanes(const QByteArrayList &folders, const QByteArray &lockFolder) const
{
    Endpoint endpoint = *this;
    endpoint.m_lanes.clear();
    const QByteArray name = reachable(m_host).toLatin1() + '-' + QByteArray::number(m_port);
    for (const QByteArray &folder : folders)
        endpoint.m_lanes.append(folder + '/' + name);
    endpoint.m_lock = lockFolder + '/' + name + ".lock";
    return endpoint;
}

Endpoint Endpoint::withAccess(const PyventLocalAccess &access) const
{
    Endpoint endpoint = *this;
    endpoint.m_access = access;
    return endpoint;
}

Endpoint Endpoint::withSecurity(const PyventSecurity &security) const
{
    Endpoint endpoint = *this;
    endpoint.m_security = security;
    return endpoint;
}

bool Endpoint::isForOthers() const
{
    return !isName() && !isLoopback(address(Purpose::Requests));
}

sockaddr_storage Endpoint::address(Purpose purpose) const
{
    return addressOf(bare(m_host), portFor(purpose));
}

std::optional<SocketOwner> Endpoint::listener(Purpose purpose) const
{
    if (isName())
        return {};
    const sockaddr_storage address = addressOf(reachable(m_host), portFor(purpose));
    return isLoopback(address) ? ownerOfListener(address) : std::nullopt;
}

std::string Endpoint::toConnect(Purpose purpose) const
{
    return zmqEndpoint(reachable(m_host), portFor(purpose));
}

bool Endpoint::isIpv6() const
{
    return m_host.contains(u':');
}

bool Endpoint::isName() const
{
    const QByteArray name = bare(m_host).toLatin1();
    unsigned char binary[sizeof(in6_addr)];
    return inet_pton(AF_INET, name.constData(), binary) != 1 && inet_pton(AF_INET6, name.constData(), binary) != 1;
}

QString whyNotAnAddress(const QString &host)
{
    if (host.isEmpty())
        return u"the address is empty; give an IP address or a host's name, such as 127.0.0.1"_s;
    const auto isLetterOrDigit = [](QChar c) { return c.unicode() < 0x80 && c.isLetterOrNumber(); };
    const bool isName = isLetterOrDigit(host.front()) && isLetterOrDigit(host.back())
        && std::all_of(host.begin(), host.end(),
                       [&](QChar c) { return isLetterOrDigit(c) || c == u'.' || c == u'_' || c == u'-'; });
    const bool hasZero = host.contains(QChar::Null); // which ends the text for whoever reads addresses
    if (isName || (!hasZero && !Endpoint::tcp(host, 0).isName()))
        return {};
    return u"'%1' is no IP address and no host's name"_s.arg(host);
}

} // namespace Pyvent::Internal
