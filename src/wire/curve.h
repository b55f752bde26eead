// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_CURVE_H
#define PYVENT_WIRE_CURVE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearrayview.h>

#include <optional>

// The commands of ZMTP's mechanism CURVE (RFC 26), as they lie in a frame's body. What is in their boxes is not looked at here: all views are
// into the bytes that were read. PROTOCOL.md has them byte by byte.

namespace Pyvent::Internal::Curve {

inline constexpr qsizetype keySize = 32;
inline constexpr qsizetype tagSize = 16; // that a box is longer than what is in it
inline constexpr qsizetype shortNonceSize = 8;
inline constexpr qsizetype longNonceSize = 16;
inline constexpr qsizetype cookieSize = longNonceSize + 2 * keySize + tagSize;
inline constexpr qsizetype vouchSize = longNonceSize + 2 * keySize + tagSize;

// What a nonce of 24 bytes begins with; the rest travels with the box.
inline constexpr QByteArrayView helloNonce("CurveZMQHELLO---");
inline constexpr QByteArrayView welcomeNonce("WELCOME-");
inline constexpr QByteArrayView cookieNonce("COOKIE--");
inline constexpr QByteArrayView initiateNonce("CurveZMQINITIATE");
inline constexpr QByteArrayView vouchNonce("VOUCH---");
inline constexpr QByteArrayView readyNonce("CurveZMQREADY---");
inline constexpr QByteArrayView clientNonce("CurveZMQMESSAGEC");
inline constexpr QByteArrayView serverNonce("CurveZMQMESSAGES");

// The client has a short-term key, and knows the server's.
struct Hello
{
    QByteArrayView key;
    quint64 nonce;
    QByteArrayView box;
};
inline constexpr qsizetype helloBoxedSize = 64; // zeros
std::optional<Hello> readHello(QByteArrayView body);
QByteArray helloBody(const Hello &hello);

// The server's answer: its short-term key, and a cookie, which is the server's own affair.
struct Welcome
{
    QByteArrayView nonce; // the long one
    QByteArrayView box;
};
inline constexpr qsizetype welcomeBoxedSize = keySize + cookieSize;
std::optional<Welcome> readWelcome(QByteArrayView body);
QByteArray welcomeBody(const Welcome &welcome);

// The client gives the cookie back, and says who it is.
struct Initiate
{
    QByteArrayView cookie;
    quint64 nonce;
    QByteArrayView box;
};
std::optional<Initiate> readInitiate(QByteArrayView body);
QByteArray initiateBody(const Initiate &initiate);

// What is in its box.
struct Introduction
{
    QByteArrayView key;      // the client's lasting one
    QByteArrayView nonce;    // of the vouch, a long one
    QByteArrayView vouch;    // a box
    QByteArrayView metadata; // properties, as in NULL's READY
};
std::optional<Introduction> readIntroduction(QByteArrayView boxed);

// What has a short nonce and a box, and nothing else: READY, and what follows it.
struct Sealed
{
    quint64 nonce;
    QByteArrayView box;
};
std::optional<Sealed> readReady(QByteArrayView body);
QByteArray readyBody(const Sealed &ready);
std::optional<Sealed> readMessage(QByteArrayView body);

// What stands before a MESSAGE's box.
inline constexpr qsizetype messageHeadSize = 8 + shortNonceSize;
char *writeMessageHead(quint64 nonce, char *to);

// What begins a message, in its box, and how long its MESSAGE is that has \a size bytes.
enum MessageFlag : quint8 { More = 0x01, Command = 0x02 };
inline constexpr qsizetype messageOverhead = messageHeadSize + tagSize + 1;

// The server refuses, in its answer's place. ZeroMQ's clients understand three digits.
QByteArray errorBody(QByteArrayView reason);

} // namespace Pyvent::Internal::Curve

#endif
