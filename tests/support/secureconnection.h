// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURECONNECTION_H
#define PYVENT_TESTS_SECURECONNECTION_H

#include "support/curveclient.h"
#include "support/rawconnection.h"

namespace PyventTests {

// A connection to a server's secure door, which says what a test likes.
class SecureConnection
{
public:
    SecureConnection(int port, const Pyvent::Internal::KeyPair &own, QByteArrayView serverKey)
        : m_connection(port)
        , m_client(own, serverKey)
    {
    }

    // Each waits for the server's answer, some seconds at most. Returns false if it refuses, or has hung up.
    bool sayHello();
    bool introduce(QByteArrayView socketType);
    bool shakeHands(QByteArrayView socketType) { return sayHello() && introduce(socketType); }

    // A message, or a command, sealed. Returns false if the server has hung up, or does not read.
    bool send(Pyvent::Internal::Curve::MessageFlag flag, QByteArrayView body) { return sendSealed(flag, body); }
    bool sendEvent(QByteArrayView event)
    {
        return sendSealed(Pyvent::Internal::Curve::More, {}) && sendSealed(0, event);
    }
    bool subscribe(QByteArrayView prefix)
    {
        return sendSealed(Pyvent::Internal::Curve::Command, "\x09SUBSCRIBE" + prefix.toByteArray());
    }

    // The next message that the server sends, with its flags in front; nothing if none comes.
    std::optional<QByteArray> receive();

    RawConnection &raw() { return m_connection; }
    CurveClient &client() { return m_client; }

    // All that was sent.
    const QByteArray &sent() const { return m_sent; }

private:
    bool sendSealed(quint8 flags, QByteArrayView body);
    bool write(const QByteArray &bytes);
    bool waitFor(qsizetype size);
    std::optional<QByteArray> nextBody();

    RawConnection m_connection;
    CurveClient m_client;
    QByteArray m_received;
    QByteArray m_sent;
};

} // namespace PyventTests

#endif
