// SPDX-License-Identifier: MIT
#include "support/secureconnection.h"

#include <poll.h>

namespace PyventTests {

using namespace Pyvent::Internal;

namespace {

constexpr int answersWithin = 5000; // ms

} // namespace

bool SecureConnection::write(const QByteArray &bytes)
{
    if (m_sent.size() < 10'000) // a handshake, and a little more
        m_sent += bytes;
    return m_connection.send(bytes);
}

bool SecureConnection::waitFor(qsizetype size)
{
    while (m_received.size() < size) {
        pollfd it{m_connection.fd(), POLLIN, 0};
        if (!m_connection.isConnected() || ::poll(&it, 1, answersWithin) != 1)
            return false;
        const QByteArray bytes = m_connection.takeBytes();
        if (bytes.isEmpty())
            return false;
        m_received += bytes;
    }
    return true;
}

std::optional<QByteArray> SecureConnection::nextBody()
{
    if (!waitFor(2) || !waitFor(m_received[0] & Zmtp::Header::Long ? 9 : 2))
        return {};
    const Zmtp::Header header = *Zmtp::readHeader(m_received);
    if (!waitFor(header.size + qsizetype(header.bodySize)))
        return {};
    const QByteArray body = m_received.sliced(header.size, qsizetype(header.bodySize));
    m_received.remove(0, header.size + body.size());
    return body;
}

bool SecureConnection::sayHello()
{
    if (!write(Zmtp::greeting(Zmtp::Mechanism::Curve)) || !waitFor(Zmtp::greetingSize))
        return false;
    m_received.remove(0, Zmtp::greetingSize);
    if (!write(Zmtp::frame(Zmtp::Header::Command, m_client.hello())))
        return false;
    const auto welcome = nextBody();
    return welcome && m_client.takeWelcome(*welcome);
}

bool SecureConnection::introduce(QByteArrayView socketType)
{
    if (!write(Zmtp::frame(Zmtp::Header::Command, m_client.initiate(Zmtp::properties(socketType)))))
        return false;
    const auto ready = nextBody();
    return ready && m_client.openReady(*ready);
}

std::optional<QByteArray> SecureConnection::receive()
{
    const auto body = nextBody();
    return body ? m_client.openMessage(*body) : std::nullopt;
}

bool SecureConnection::sendSealed(quint8 flags, QByteArrayView body)
{
    return write(Zmtp::frame(0, m_client.message(flags, body)));
}

} // namespace PyventTests
