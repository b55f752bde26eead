// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_CONTROL_H
#define PYVENT_WIRE_CONTROL_H

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearraylist.h>
#include <QtCore/quuid.h>

#include <optional>
#include <vector>

// What nodes of this module tell each other beside events. PROTOCOL.md has it byte by byte. What is read comes from the
// network and is only as true as its sender.

namespace Pyvent::Internal {

// To all nodes, and to one node: the topic with its space, which the payload follows.
QByteArray commonTopic(QByteArrayView kind);
QByteArray nodeTopic(const QUuid &node, QByteArrayView kind);

// What all topics to one node begin with, and the node that \a topic is to; null where it is to others, too.
QByteArray nodePrefix(const QUuid &node);
QUuid nodeOfTopic(QByteArrayView topic);

// To those who watch who is there, and to the server alone.
QByteArray presenceTopic(QByteArrayView kind);
QByteArray serverTopic(QByteArrayView kind);

// What those subscribe to who watch.
inline constexpr QByteArrayView presencePrefix = "\2presence/";

// Whether \a topic is for the server, which passes it on to nobody.
bool isForServer(QByteArrayView topic);

// What every node subscribes to.
QByteArrayList controlPrefixes(const QUuid &node);

namespace Control {

inline constexpr QByteArrayView who = "who";             // common: who is there?
inline constexpr QByteArrayView here = "here";           // to a node: an answer; and to those who watch
inline constexpr QByteArrayView forwarder = "forwarder"; // common, or to a node: as here, of who may forward
inline constexpr QByteArrayView announce = "announce";   // common: announce your streams' heads; and Announce
inline constexpr QByteArrayView heads = "heads";         // common, or to a receiver: Heads
inline constexpr QByteArrayView ask = "ask";             // to a sender: Ask
inline constexpr QByteArrayView answer = "answer";       // to a receiver: Answer
inline constexpr QByteArrayView withheld = "withheld";   // to a receiver: Withheld
inline constexpr QByteArrayView repair = "repair";       // common, or to a receiver: an event's frame once more
inline constexpr QByteArrayView past = "past";           // common: Past
inline constexpr QByteArrayView kept = "kept";           // to a receiver: Kept
inline constexpr QByteArrayView recall = "recall";       // to a sender: Ask, of what it said that it keeps
inline constexpr QByteArrayView replay = "replay";       // to a receiver: an event's frame out of the past
inline constexpr QByteArrayView refused = "refused";     // common, or to a sender; the server's alone: Refused
inline constexpr QByteArrayView gone = "gone";           // to those who watch: Gone
inline constexpr QByteArrayView will = "will";      // to the server: an event's frame, to be sent when its node is lost
inline constexpr QByteArrayView noWill = "no-will"; // to the server: NoWill
inline constexpr QByteArrayView answerers = "answerers"; // to an asker; the server's alone: Answerers
inline constexpr QByteArrayView cancel =
    "cancel";                                    // common, or to an answerer: Question, which nobody waits for any more
inline constexpr QByteArrayView late = "late";   // to an answerer: Question, which another one has answered before
inline constexpr QByteArrayView value = "value"; // to a node; the server's alone: ValueAtServer
inline constexpr QByteArrayView set = "set";     // likewise: ValueIsSet
inline constexpr QByteArrayView last = "last";   // likewise: LastEvent
inline constexpr QByteArrayView lasts = "lasts"; // likewise: KeptEvents
inline constexpr QByteArrayView member = "member";         // to a node; the server's alone: Membership
inline constexpr QByteArrayView share = "share";           // likewise: Share
inline constexpr QByteArrayView unfinished = "unfinished"; // to a sender; the server's alone: Unfinished
inline constexpr QByteArrayView again = "again";           // to the server: Again

// What a message may have; events' frames in them are as large as events are. Whoever writes more writes it in parts.
inline constexpr qsizetype maximumSize = 64 * 1024;

// Asks all senders for the heads of topics that begin with one of the prefixes, for the asker alone.
struct Announce
{
    QUuid asker;
    QByteArrayList prefixes;

    QByteArray toFrame() const;
    static std::optional<Announce> read(QByteArrayView payload);
};

// The newest events of a sender's streams.
struct Heads
{
    struct Head
    {
        QByteArray topic;
        quint64 sequence = 0;
        qint64 time = 0; // µs since 1970, when it was sent
    };
    QUuid node;
    std::vector<Head> heads;
    qint64 asOf = 0; // µs since 1970, when they were the newest ones; 0: not said

    QByteArray toFrame() const { return commonTopic(Control::heads) + payload(); }
    QByteArray toFrame(const QUuid &asker) const { return nodeTopic(asker, Control::heads) + payload(); }
    static std::optional<Heads> read(QByteArrayView payload);

private:
    QByteArray payload() const;
};

// Numbers of events, the last one included.
struct Range
{
    quint64 first = 0;
    quint64 last = 0;
};

// A receiver asks a sender for events that it misses, or, with none of these, for the last one before a time.
struct Ask
{
    QUuid asker;
    QByteArray topic;
    qint64 since = 0; // µs since 1970
    std::vector<Range> missing;
    qint64 limit = 0; // the largest event that the asker takes, in bytes; 0: not said

    QByteArray toFrame(const QUuid &sender, QByteArrayView kind = ask) const;
    static std::optional<Ask> read(QByteArrayView payload);
};

// The sender's answer, as far as it is no event.
struct Answer
{
    QUuid node;
    QByteArray topic;
    quint64 first = 0; // the oldest one that is kept
    bool isBase = false;
    qint64 since = 0;            // of an Ask without missing events
    std::optional<quint64> base; // the last one before that; none: not known any more
    QUuid by;                    // who stands in for the sender, which is on another bus; null: nobody has to

    QByteArray toFrame(const QUuid &asker) const;
    static std::optional<Answer> read(QByteArrayView payload);
};

// A sender does not send these, because they are larger than the asker takes.
struct Withheld
{
    QUuid node;
    QByteArray topic;
    std::vector<Range> numbers;

    QByteArray toFrame(const QUuid &asker) const;
    static std::optional<Withheld> read(QByteArrayView payload);
};

// What a control message says.
enum class Kind : quint8 {
    Who,
    Here,
    Forwarder,
    Announce,
    Heads,
    Ask,
    Answer,
    Withheld,
    Repair,
    Past,
    Kept,
    Recall,
    Replay,
    Refused,
    Gone,
    Will,
    NoWill,
    Answerers,
    Cancel,
    Late,
    Value, // of a shared value, to those that hold it: valuemessages.h
    ValueAtServer,
    ValueIsSet,
    LastEvent,
    KeptEvents,
    Membership, // of those who share work, as the next ones: sharemessages.h
    Share,
    Unfinished,
    Again,
    Server // for the server itself
};

// What a control frame is, and its payload; nothing where it is none, or of a later version.
struct Message
{
    Kind kind;
    QByteArrayView payload;
    QByteArrayView topic;

    bool isForAll() const;
    bool isForWatchers() const { return topic.startsWith(presencePrefix); }

    // Whether only a server may say it.
    bool isServers() const;

    // Where it is for one node: that one; else null.
    QUuid node() const { return nodeOfTopic(topic); }

    static std::optional<Message> of(QByteArrayView frame);

    // The node that it speaks for; null where it speaks for none. Nothing where it is no such message, which nobody reads then. A server
    // looks at this and no further, so readers take the node from here, too.
    std::optional<QUuid> origin() const;
};

// The node that a node's answer to Who speaks for, which comes first in it.
std::optional<QUuid> readHereOrigin(QByteArrayView payload);

// The server has not passed on what a node has sent.
struct Refused
{
    enum Reason : quint8 {
        Other,
        Impersonation, // it spoke for a node that is another connection's
        NotPermitted,  // the server's rules do not let it send this
        UnsafePickle   // Python's nodes have not got it, since it would have them run something
    };
    QUuid node; // whose connection it was; null where that has shown none
    QByteArray topic;
    Reason reason = Other;
    quint64 count = 0;
    QUuid as;        // the node that it spoke for, where that is another one
    QByteArray text; // UTF-8, for people: what it was

    QByteArray toFrame() const;
    QByteArray toFrame(const QUuid &sender) const;
    static std::optional<Refused> read(QByteArrayView payload);
};

// A node is not on the bus any more: it says so itself, or the server does whose connection to it has ended without that.
struct Gone
{
    enum Reason : quint8 { Left = 1, Lost = 2 };
    QUuid node;
    Reason reason = Left;

    QByteArray toFrame() const;
    static std::optional<Gone> read(QByteArrayView payload);
};

// A node wants none of its events to be sent any more when it is lost.
struct NoWill
{
    QUuid node;

    QByteArray toFrame() const;
};

// A late joiner asks all senders what they still keep of a topic.
struct Past
{
    QUuid asker;
    QByteArray topic;
    quint64 last = 0;   // no more than so many events; 0: any number
    qint64 age = 0;     // none that were sent longer ago than so many µs; 0: any
    qint64 since = 0;   // but all that were sent from then on, µs since 1970
    quint64 number = 0; // of the question

    QByteArray toFrame() const;
    static std::optional<Past> read(QByteArrayView payload);
};

// A sender's answer: these, of those that were asked for. Its newest event is the last one.
struct Kept
{
    QUuid node;
    QByteArray topic;
    quint64 first = 0; // one more than last: none
    quint64 last = 0;
    quint64 number = 0; // of the question

    QByteArray toFrame(const QUuid &asker) const;
    static std::optional<Kept> read(QByteArrayView payload);
};

// Who answers questions of a name: what the server tells one that asks them, each time that it changes.
struct Answerers
{
    QUuid asker;
    QByteArray name;
    std::vector<QUuid> nodes;
    bool hasOthers = false; // there may be answerers that say nothing of themselves, as Python's nodes do not

    QByteArray toFrame() const; // to the asker
    static std::optional<Answerers> read(QByteArrayView payload);

    static constexpr qsizetype most = 200; // nodes
};

// A question that somebody has asked.
struct Question
{
    QUuid asker;
    quint64 number = 0;
    QByteArray name;

    QByteArray toFrame(QByteArrayView kind) const { return commonTopic(kind) + payload(); }
    QByteArray toFrame(const QUuid &answerer, QByteArrayView kind) const
    {
        return nodeTopic(answerer, kind) + payload();
    }
    static std::optional<Question> read(QByteArrayView payload);

private:
    QByteArray payload() const;
};

// What a node tells the server of itself by subscribing to it: nothing is sent there. It answers questions of a name, or of all that
// begin with it, or asks such.
struct Declaration
{
    enum Kind : quint8 { Answering, Asking };

    Kind kind;
    QByteArray name;
    bool isPrefix = false; // of names
    QUuid node;            // null: others than itself, for which it passes questions on

    QByteArray toPrefix() const;
    static std::optional<Declaration> read(QByteArrayView prefix);
};

} // namespace Control

} // namespace Pyvent::Internal

#endif
