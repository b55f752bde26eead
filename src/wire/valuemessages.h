// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_VALUEMESSAGES_H
#define PYVENT_WIRE_VALUEMESSAGES_H

#include "wire/valueversion.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearrayview.h>

#include <optional>
#include <vector>

// What is told of shared values, and of the newest event of a name: PROTOCOL.md, "Shared values" and "The last event". What is read comes
// from the network and is only as true as its sender.

namespace Pyvent::Internal {

// What topics begin with that are for those who hold a value, and for the server itself.
inline constexpr QByteArrayView valuePrefix = "\2value/";
inline constexpr QByteArrayView serverPrefix = "\2server/";

// The topic of those who hold the value \a name, with its space; and the name in such a topic, or in a frame of it.
QByteArray valueTopic(QByteArrayView name);
QByteArrayView valueNameOf(QByteArrayView frame);

// Whether what follows the topic is a write as an event's frame has it, rather than a ValueHeld: UTF-8 does not begin with an array's byte.
inline bool isValueWrite(QByteArrayView payload)
{
    return !payload.isEmpty() && (quint8(payload.front()) & 0xC0) != 0x80;
}

namespace Control {

// A node that holds a value tells which write of it it has; none: it has none.
struct ValueHeld
{
    QUuid node;
    ValueVersion version;

    QByteArray toFrame(QByteArrayView name) const;
    static std::optional<ValueHeld> read(QByteArrayView payload);
};

// The server's answer to that.
struct ValueAtServer
{
    QUuid node; // that it is for
    QByteArray name;
    ValueVersion version;

    QByteArray toFrame() const;
    static std::optional<ValueAtServer> read(QByteArrayView payload);
};

// To the server: write what is in \a frame, if the newest write is the expected one.
struct SetValue
{
    static constexpr QByteArrayView topic = "\2server/set ";

    QUuid node;
    quint64 number = 0; // of the question
    ValueVersion expected;
    QByteArray frame; // the event's, without a number

    QByteArray toFrame() const;
    static std::optional<SetValue> read(QByteArrayView payload);
};

// The server's answer.
struct ValueIsSet
{
    enum Outcome : quint8 {
        Refused,      // it is not permitted, or too large
        Done,         // with this version
        IsAnother,    // the newest write is this version
        IsNotKnownYet // the server does not know the newest write
    };
    QUuid node; // that it is for
    quint64 number = 0;
    Outcome outcome = Refused;
    ValueVersion version;

    QByteArray toFrame() const;
    static std::optional<ValueIsSet> read(QByteArrayView payload);
};

// To the server: what is the last event of the name?
struct AskLast
{
    static constexpr QByteArrayView topic = "\2server/last ";

    QUuid node;
    QByteArray name;

    QByteArray toFrame() const;
    static std::optional<AskLast> read(QByteArrayView payload);
};

// The server's answer.
struct LastEvent
{
    QUuid node; // that it is for
    QByteArray name;
    QByteArray frame; // empty: it has none

    QByteArray toFrame() const;
    static std::optional<LastEvent> read(QByteArrayView payload);
};

// To the server, of a bridge: keep this as the last event of its name, if there is no later one.
struct KeepPast
{
    static constexpr QByteArrayView topic = "\2server/keep ";

    QUuid node;
    QByteArray frame; // with the flag Forwarded

    QByteArray toFrame() const;
    static std::optional<KeepPast> read(QByteArrayView payload);
};

// To the server: which last events are there, behind a place in its order?
struct AskKept
{
    static constexpr QByteArrayView topic = "\2server/kept ";

    QUuid node;
    quint64 after = 0; // 0: from the beginning

    QByteArray toFrame() const;
    static std::optional<AskKept> read(QByteArrayView payload);
};

// The server's answer: some of them.
struct KeptEvents
{
    static constexpr int most = 200;
    static constexpr qsizetype mostBytes = qsizetype(40) * 1024; // of frames, but for a single larger one

    QUuid node;        // that it is for
    quint64 after = 0; // as in the question
    quint64 next = 0;  // the place to ask for next; 0: these are the last ones
    std::vector<QByteArray> frames = {};

    QByteArray toFrame() const;
    static std::optional<KeptEvents> read(QByteArrayView payload);
};

// Room for what a frame is wrapped into by those.
inline constexpr qsizetype valueOverhead = 2048;

} // namespace Control

} // namespace Pyvent::Internal

#endif
