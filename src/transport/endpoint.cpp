// SPDX-License-Identifier: MIT
#include "transport/endpoint.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <netdb.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

QString bare(const QString &host)
{
    if (host.startsWith(u'[') && host.endsWith(u']'))
        return host.sliced(1, host.size() - 2);
    return host == "localhost"_L1 ? u"127.0.0.1"_s : host;
}

std::string zmqEndpoint(const QString &host, int port)
{
    const QString format = host.contains(u':') ? u"tcp://[%1]:%2"_s : u"tcp://%1:%2"_s;
    return format.arg(host).arg(port).toStdString();
}

} // namespace

sockaddr_storage Endpoint::address(Purpose purpose) const
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    const QByteArray host = bare(m_host).toLatin1();
    const QByteArray port = QByteArray::number(portFor(purpose));
    if (::getaddrinfo(host.constData(), port.constData(), &hints, &found) != 0)
        throw std::system_error(EADDRNOTAVAIL, std::generic_category());
    sockaddr_storage address{};
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    return address;
}

std::string Endpoint::toConnect(Purpose purpose) const
{
    const QString name = bare(m_host);
    if (name == "0.0.0.0"_L1)
        return zmqEndpoint(u"127.0.0.1"_s, portFor(purpose));
    if (name == "::"_L1)
        return zmqEndpoint(u"::1"_s, portFor(purpose));
    return zmqEndpoint(name, portFor(purpose));
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
