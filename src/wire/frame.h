// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_FRAME_H
#define PYVENT_WIRE_FRAME_H

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearrayview.h>
#include <QtCore/quuid.h>

#include <optional>

// One ZeroMQ frame is one event: topic, space, pickle, and, from nodes of this module, a trailer. PROTOCOL.md has it
// byte by byte.

namespace Pyvent::Internal {

// The longest sender, in bytes of UTF-8: what fits the trailer's length field, and far more than a name needs.
inline constexpr qsizetype maximumSenderSize = 1024;

// What may come before an event's frame where it is sent once more, to those who miss it.
inline constexpr qsizetype repairOverhead = 64;

// What a node of this module says of an event beside Python's topic and pickle.
struct Trailer
{
    enum Flag : quint16 {
        Retransmitted = 0x0001, // sent before, and sent again because the first one may have been lost
        Replayed = 0x0002,      // sent before, and sent again for a late joiner who asked for it
        Waits = 0x0004,         // its sender waits for receivers that lag, rather than have them lose it
        Forwarded = 0x0008,     // its node is on another bus, and somebody on this one stands in for it
        Value = 0x0040,         // a write of a shared value, which has a stamp
        Will = 0x0080           // its node is lost, and the server has sent this for it; it has no number
    };

    QUuid nodeId;
    quint64 sequence = 0; // counts the node's events of this topic from 1
    qint64 time = 0;      // µs since 1970-01-01T00:00:00Z
    qint64 previous = 0;  // the time of the event before it in its stream; 0: there is none, or it is not known
    quint16 flags = 0;
    QByteArrayView sender; // UTF-8; empty means "pyvent"
    quint64 stamp = 0;     // with the flag Value: a HybridClock's
};

enum class TrailerState : quint8 {
    Absent, // the frame ends with the pickle's STOP, or has no pickle: a Python node's
    Read,
    Unknown, // a version that this reader does not know
    Broken   // marked as a trailer, but its lengths contradict the frame
};

// A frame taken apart. All views are into the frame.
struct Frame
{
    QByteArrayView topic;
    QByteArrayView payload; // what follows the first space, up to the trailer; null where there is no space
    TrailerState trailerState = TrailerState::Absent;
    Trailer trailer; // only if trailerState is Read

    bool hasPayload() const noexcept { return !payload.isNull(); }
};

// The topic alone, for looking it up before anything else is read.
QByteArrayView topicOf(QByteArrayView frame);

// Takes \a frame apart without copying. Any bytes are a frame; whether the topic is a name is not judged here.
Frame parseFrame(QByteArrayView frame);

// The same where \a topic is known, as topicOf() has found it.
Frame parseFrame(QByteArrayView frame, QByteArrayView topic);

// The 16 bytes in which a trailer of \a frame, if it has one, says whose it is; null if it has none for certain.
QByteArrayView nodeBytesOf(QByteArrayView frame);

// How many bytes appendTrailer() appends.
qsizetype trailerSize(const Trailer &trailer);

// Appends the trailer to \a frame, which ends with a pickle's STOP. The sender is at most maximumSenderSize bytes.
void appendTrailer(const Trailer &trailer, QByteArray *frame);

// Whether \a bytes end with a frame whose trailer has \a flag.
bool endsWithFlag(Trailer::Flag flag, QByteArrayView bytes);

// Sets a flag in the trailer of \a frame, which must have one.
void setFlag(Trailer::Flag flag, QByteArray *frame);

} // namespace Pyvent::Internal

#endif
