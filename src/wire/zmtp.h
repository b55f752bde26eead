// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_ZMTP_H
#define PYVENT_WIRE_ZMTP_H

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearrayview.h>

#include <optional>

// ZeroMQ's protocol, ZMTP 3.1 (RFC 37) and 3.0 (RFC 23) with the mechanisms NULL and CURVE, as far as a bus needs it. PROTOCOL.md says what
// of it is refused.

namespace Pyvent::Internal::Zmtp {

// What each end sends first.
inline constexpr qsizetype greetingSize = 64;
enum class Mechanism : quint8 {
    Null,
    Curve, // a client's
    CurveServer
};
QByteArray greeting(Mechanism mechanism = Mechanism::Null);

// So much of it is the same whatever the mechanism. ZeroMQ's own sockets wait for it before they say which one they want.
inline constexpr qsizetype greetingBeginSize = 12;

// What a greeting says, as far as \a bytes go, which may be its beginning.
enum class Greeting : quint8 {
    Incomplete,
    Null,
    Curve,
    NoZmtp,        // something else than ZeroMQ
    OldVersion,    // ZMTP 1 or 2
    OtherMechanism // PLAIN, GSSAPI
};
Greeting readGreeting(QByteArrayView bytes);

// What comes before each frame's body.
struct Header
{
    enum Flag : quint8 {
        More = 0x01,    // the message goes on with the next frame
        Long = 0x02,    // the size has 8 bytes
        Command = 0x04, // the frame is none of a message
        Known = More | Long | Command
    };

    quint8 flags = 0;
    quint64 bodySize = 0;
    qsizetype size = 0; // of the header itself
};

// Reads the header that \a bytes begin with; nothing if they end within it.
std::optional<Header> readHeader(QByteArrayView bytes);

inline constexpr qsizetype maximumHeaderSize = 9;
constexpr qsizetype headerSize(qsizetype bodySize)
{
    return bodySize > 255 ? maximumHeaderSize : 2;
}

// Writes the header of a body of \a bodySize bytes at \a to. Returns where the body goes.
char *writeHeader(quint8 flags, qsizetype bodySize, char *to);

// A frame with its header.
QByteArray frame(quint8 flags, QByteArrayView body);

// A command's name and what follows it.
struct Command
{
    QByteArrayView name;
    QByteArrayView data;
};
std::optional<Command> readCommand(QByteArrayView body);
QByteArray commandFrame(QByteArrayView name, QByteArrayView data);

// By this property, the server tells at the secure door what it calls whoever has come in. A socket of libzmq's tells it with each message.
inline constexpr char keyNameProperty[] = "X-Pyvent-Key";

// What a server says of itself, also that it lets nobody speak for another's node, and the command by which it does, with its header.
QByteArray properties(QByteArrayView socketType);
QByteArray readyFrame(QByteArrayView socketType);
inline constexpr QByteArrayView provesSenders = "Pyvent-Proves-Senders"; // "1"

// Likewise, that it tells which nodes are lost, and sends what these wanted to be sent then.
inline constexpr QByteArrayView tellsWhoIsLost = "Pyvent-Tells-Who-Is-Lost"; // "1"

// What a DEALER gives as its identity, so that a server knows that its nodes' UUIDs are its own: their secret, and something that no other
// connection has, since servers of ZeroMQ's take no two that are alike.
QByteArray identity(QByteArrayView secret);
QByteArrayView secretOf(QByteArrayView identity); // empty: none

// A property of a READY.
QByteArray property(QByteArrayView name, QByteArrayView value);

// What the data of a READY gives \a property, whose name is compared without case; null if it does not, or is no list of properties.
QByteArrayView readProperty(QByteArrayView data, QByteArrayView property);

} // namespace Pyvent::Internal::Zmtp

#endif
