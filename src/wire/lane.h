// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_LANE_H
#define PYVENT_WIRE_LANE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearrayview.h>

#include <optional>

// The local lane: what a node and a server of this module say to each other over a Unix socket. PROTOCOL.md has it byte by byte.

namespace Pyvent::Internal::Lane {

// The commands. Those that ZMTP has too mean the same.
inline constexpr QByteArrayView readyCommand = "READY";         // the first of each end
inline constexpr QByteArrayView errorCommand = "ERROR";         // why the server hangs up
inline constexpr QByteArrayView fullCommand = "FULL";           // likewise: it has as many connections as it may
inline constexpr QByteArrayView subscribeCommand = "SUBSCRIBE"; // to what events begin with
inline constexpr QByteArrayView cancelCommand = "CANCEL";
inline constexpr QByteArrayView acknowledgeCommand = "ACK"; // of the server: how much it has taken
inline constexpr QByteArrayView hurryCommand = "HURRY";     // acknowledge at once
inline constexpr QByteArrayView fileCommand =
    "FILE"; // in an event's place: it is in the next file that has come with the connection
inline constexpr QByteArrayView doneCommand = "DONE"; // of the node: how many of these files it has done with
inline constexpr QByteArrayView lagCommand = "LAG";   // of the node: whether it has taken more than it keeps up with
inline constexpr QByteArrayView idleCommand = "IDLE"; // says nothing: the server reads it, which the node can see

// Events of so many bytes and more go in files, where both ends take them. Smaller ones are sooner copied.
inline constexpr qsizetype largeEvent = 256 * 1024;

// The first frame of each end, with its header: whether it takes files, and, of a node, what proves that its UUIDs are its own.
QByteArray readyFrame(bool takesFiles = false, QByteArrayView secret = {});

// The server's, which looks at such proofs, and tells who is lost.
QByteArray serverReadyFrame(bool takesFiles = false);

// Whether the data of a READY is of a version that this module speaks, and what it says.
bool isReady(QByteArrayView data);
bool takesFiles(QByteArrayView ready);
QByteArrayView secretOf(QByteArrayView ready); // empty: none
bool provesSenders(QByteArrayView ready);
bool tellsWhoIsLost(QByteArrayView ready);

// What the server has taken of a connection since it was made.
struct Acknowledgement
{
    quint64 events = 0;        // which are passed on to whoever hears them
    quint64 subscriptions = 0; // SUBSCRIBEs and CANCELs, which are active

    friend bool operator==(const Acknowledgement &, const Acknowledgement &) = default;
};
QByteArray acknowledgementFrame(const Acknowledgement &acknowledgement);
std::optional<Acknowledgement> readAcknowledgement(QByteArrayView data);

// With their headers. \a size is how many bytes of the file are the event's; 0: all of it, and it is sealed.
const QByteArray &fileFrame();
QByteArray fileFrame(quint64 size);
std::optional<quint64> readFile(QByteArrayView data);
QByteArray doneFrame(quint64 files);
std::optional<quint64> readDone(QByteArrayView data);

QByteArray lagFrame(bool lags);
std::optional<bool> readLag(QByteArrayView data);

// With its header.
const QByteArray &fullFrame();

// With its header: why the server hangs up, for people.
QByteArray errorFrame(const QString &reason);
QString readError(QByteArrayView data);

} // namespace Pyvent::Internal::Lane

#endif
