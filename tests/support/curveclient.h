// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_CURVECLIENT_H
#define PYVENT_TESTS_CURVECLIENT_H

#include "security/curveserver.h"
#include "wire/zmtp.h"

namespace PyventTests {

// A client's side of CURVE, as bytes: for what no libzmq sends.
class CurveClient
{
public:
    using Secret = Pyvent::Internal::Secret;
    using KeyPair = Pyvent::Internal::KeyPair;

    CurveClient(const KeyPair &own, QByteArrayView serverKey);

    // A frame's body each. What initiate() needs is in the server's answer to hello().
    QByteArray hello();
    bool takeWelcome(QByteArrayView body);
    QByteArray initiate(QByteArrayView metadata);

    // The properties of READY's body; nothing if it does not open.
    std::optional<QByteArray> openReady(QByteArrayView body);

    // A message's body, with its flags in front, in a frame's body, and out of one.
    QByteArray message(quint8 flags, QByteArrayView body);
    std::optional<QByteArray> openMessage(QByteArrayView body);

    // What a test may make wrong.
    quint64 nonce = 0;                  // the last one
    QByteArray vouchedServer;           // another key than the server's, where it is not empty
    std::optional<KeyPair> vouchedWith; // instead of the own ones

private:
    KeyPair m_own;
    KeyPair m_shortTerm = KeyPair::make();
    QByteArray m_serverKey;
    QByteArray m_serverShortTerm = m_serverKey; // until it says another one
    QByteArray m_cookie = QByteArray(Pyvent::Internal::Curve::cookieSize, 'c');
    quint64 m_received = 0;
};

} // namespace PyventTests

#endif
