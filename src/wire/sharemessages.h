// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_SHAREMESSAGES_H
#define PYVENT_WIRE_SHAREMESSAGES_H

#include "wire/control.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearrayview.h>
#include <QtCore/quuid.h>

#include <optional>
#include <vector>

// What nodes that share work and the server tell each other: PROTOCOL.md, "Sharing work". What is read comes from the network and is only as
// true as its sender.

namespace Pyvent::Internal {

// Who shares the same events: all members of one name that hear the same. Each of these events goes to one of them.
struct ShareGroup
{
    QByteArray name;
    QByteArray pattern; // of events' names
    QByteArray sender;  // as PyventSender matches it; null: any

    // What stands for it in messages.
    QByteArray key() const;
    static std::optional<ShareGroup> read(QByteArrayView key);

    // What a name may be, in bytes, and a key.
    static constexpr qsizetype longestName = 255;
    static constexpr qsizetype longestKey = 4000;
};

namespace Control {

// What a node tells the server of itself by subscribing to it: its member number \a number takes part in a group. Nothing is sent there.
struct Member
{
    QUuid node;
    quint32 number = 0; // of the node's
    QByteArray group;   // its key
    quint64 token = 0;  // which only its node and the server know, for nobody else to say AtWork for it

    QByteArray toPrefix() const;
    static std::optional<Member> read(QByteArrayView prefix);
};

// The server's answer to that, and to what a member is AtWork on.
struct Membership
{
    QUuid node;
    quint32 number = 0;
    bool isTaken = false; // else there are too many
    bool isAsked = false; // the member is to say what it is at work on

    QByteArray toFrame() const;
    static std::optional<Membership> read(QByteArrayView payload);
};

// The server gives an event to a member, which is free again when it says Finished.
struct Share
{
    static constexpr qsizetype headSize = 13;

    quint32 member = 0;
    quint64 id = 0; // of this giving, by which the member says that it has finished
    bool isRedelivered = false;
    QByteArrayView frame; // the event's

    // What comes before the event's frame.
    QByteArray beginning(const QUuid &node) const;
    static std::optional<Share> read(QByteArrayView payload);
};

// A member has finished what it was given, and is free again.
struct Finished
{
    static constexpr QByteArrayView topic = "\2server/finished ";

    QUuid node;
    quint64 id = 0;

    QByteArray toFrame() const;
    static std::optional<Finished> read(QByteArrayView payload);
};

// A member is there, and hears what it is given. What it has of another server than now: what it works on, and what it has finished.
struct AtWork
{
    static constexpr QByteArrayView topic = "\2server/at-work ";
    static constexpr quint64 most = 100;

    struct Work
    {
        quint64 id = 0;
        QByteArray topic;
        QUuid node; // the sender
        quint64 sequence = 0;
        bool isFinished = false;
    };
    QUuid node;
    quint32 number = 0;
    std::vector<Work> works;
    quint64 token = 0; // as it has declared it

    QByteArray toFrame() const;
    static std::optional<AtWork> read(QByteArrayView payload);
};

// The server tells a sender what of a stream of its events a group has not finished.
struct Unfinished
{
    static constexpr quint64 most = 1000;

    QUuid node; // the sender
    QByteArray group;
    QByteArray topic;
    bool isEnd = false; // it gets no more, and this is the last word of it
    quint64 first = 0;  // from this one to the next, all are finished but these; 0: of none is that known
    quint64 last = 0;
    std::vector<Range> ranges;
    std::vector<Range> finished; // others that are

    QByteArray toFrame() const;
    static std::optional<Unfinished> read(QByteArrayView payload);
};

// A sender gives a new server what a group has not finished at the last one.
struct Again
{
    QByteArray group;
    QByteArrayView
        frame; // the event's; of its name and a space alone, it says that there is a group which has finished all

    bool isEmpty() const { return frame.endsWith(' ') && !frame.chopped(1).contains(' '); }

    QByteArray toFrame() const;
    static std::optional<Again> read(QByteArrayView payload);
};

} // namespace Control

} // namespace Pyvent::Internal

#endif
