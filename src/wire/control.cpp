// SPDX-License-Identifier: MIT
#include "wire/control.h"

#include "wire/cbormessage.h"
#include "wire/frame.h"
#include "wire/sharemessages.h"
#include "wire/topic.h"
#include "wire/uuidtext.h"
#include "wire/valuemessages.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcborvalue.h>

#include <algorithm>
#include <span>
#include <utility>

namespace Pyvent::Internal {

namespace {

// How many entries a list in a message has at most.
constexpr quint64 maximumEntries = 200;

// What topics to all nodes begin with, and topics to one, whose UUID is next.
constexpr QByteArrayView allPrefix = "\2all/";
constexpr QByteArrayView nodesPrefix = "\2node/";
constexpr QByteArrayView answeringPrefix = "\2answering/";
constexpr QByteArrayView askingPrefix = "\2asking/";
static_assert(allPrefix[0] == controlPrefix && nodesPrefix[0] == controlPrefix && presencePrefix[0] == controlPrefix
              && serverPrefix[0] == controlPrefix);
static_assert(answeringPrefix[0] == controlPrefix && askingPrefix[0] == controlPrefix);

// A message that is an array and begins with a node: \a readRest reads what follows into it. What a later revision puts behind that is not
// looked at.
template <typename Message, typename ReadRest>
std::optional<Message> readMessage(QByteArrayView payload, QUuid Message::*node, const ReadRest &readRest)
{
    const auto first = firstOf(payload);
    CborReader reader(payload);
    if (!first || !reader.enterArray() || reader.uuid() != *first)
        return {};
    Message message;
    message.*node = *first;
    readRest(reader, message);
    return reader.isGood() ? std::optional(std::move(message)) : std::nullopt;
}

} // namespace

QByteArray commonTopic(QByteArrayView kind)
{
    return allPrefix.toByteArray() + kind.toByteArray() + ' ';
}

QByteArray nodeTopic(const QUuid &node, QByteArrayView kind)
{
    return nodePrefix(node) + kind.toByteArray() + ' ';
}

QByteArray presenceTopic(QByteArrayView kind)
{
    return presencePrefix.toByteArray() + kind.toByteArray() + ' ';
}

QByteArray serverTopic(QByteArrayView kind)
{
    return serverPrefix.toByteArray() + kind.toByteArray() + ' ';
}

bool isForServer(QByteArrayView topic)
{
    return topic.startsWith(serverPrefix);
}

QByteArrayList controlPrefixes(const QUuid &node)
{
    return {allPrefix.toByteArray(), nodePrefix(node)};
}

QByteArray nodePrefix(const QUuid &node)
{
    return nodesPrefix.toByteArray() + node.toByteArray(QUuid::WithoutBraces) + '/';
}

QUuid nodeOfTopic(QByteArrayView topic)
{
    return topic.startsWith(nodesPrefix) ? readUuid(topic.sliced(nodesPrefix.size())) : QUuid();
}

namespace Control {

QByteArray Announce::toFrame() const
{
    QCborArray entries;
    for (const QByteArray &prefix : prefixes)
        entries.append(prefix);
    return commonTopic(announce) + toCbor({QCborValue(asker), entries});
}

std::optional<Announce> Announce::read(QByteArrayView payload)
{
    return readMessage(payload, &Announce::asker, [](CborReader &reader, Announce &message) {
        reader.list(maximumEntries, [&] { message.prefixes.append(reader.bytes()); });
    });
}

QByteArray Heads::payload() const
{
    QCborArray entries;
    for (const Head &head : heads)
        entries.append(QCborArray{head.topic, qint64(head.sequence), head.time});
    return toCbor({QCborValue(node), entries, asOf});
}

std::optional<Heads> Heads::read(QByteArrayView payload)
{
    return readMessage(payload, &Heads::node, [](CborReader &reader, Heads &message) {
        reader.list(maximumEntries, [&] {
            reader.enterArray();
            Head head{.topic = reader.bytes()};
            head.sequence = reader.number();
            head.time = reader.integer();
            reader.leaveArray();
            message.heads.push_back(std::move(head));
        });
        if (reader.hasMore())
            message.asOf = reader.integer();
    });
}

QByteArray Ask::toFrame(const QUuid &sender, QByteArrayView kind) const
{
    return nodeTopic(sender, kind) + toCbor({QCborValue(asker), topic, since, toArray(missing), limit});
}

std::optional<Ask> Ask::read(QByteArrayView payload)
{
    return readMessage(payload, &Ask::asker, [](CborReader &reader, Ask &message) {
        message.topic = reader.bytes();
        message.since = reader.integer();
        readRanges(reader, maximumEntries, message.missing);
        if (reader.hasMore())
            message.limit = std::max(reader.integer(), qint64(0));
    });
}

QByteArray Answer::toFrame(const QUuid &asker) const
{
    QCborArray array{QCborValue(node), topic, qint64(first), isBase ? QCborValue(since) : QCborValue(),
                     base ? QCborValue(qint64(*base)) : QCborValue()};
    if (!by.isNull())
        array.append(QCborValue(by));
    return nodeTopic(asker, Control::answer) + toCbor(array);
}

std::optional<Answer> Answer::read(QByteArrayView payload)
{
    return readMessage(payload, &Answer::node, [](CborReader &reader, Answer &message) {
        message.topic = reader.bytes();
        message.first = reader.number();
        const std::optional<qint64> since = reader.integerOrNothing();
        message.isBase = since.has_value();
        message.since = since.value_or(0);
        if (const std::optional<qint64> base = reader.integerOrNothing())
            message.base = quint64(std::max(*base, qint64(0)));
        if (reader.hasMore())
            message.by = reader.uuid();
    });
}

QByteArray Withheld::toFrame(const QUuid &asker) const
{
    return nodeTopic(asker, Control::withheld) + toCbor({QCborValue(node), topic, toArray(numbers)});
}

std::optional<Withheld> Withheld::read(QByteArrayView payload)
{
    return readMessage(payload, &Withheld::node, [](CborReader &reader, Withheld &message) {
        message.topic = reader.bytes();
        readRanges(reader, maximumEntries, message.numbers);
    });
}

namespace {

using Kinds = std::pair<QByteArrayView, Kind>;

// By the end of the topic: of what nodes and the server tell all nodes, or one; of what those hear who watch; and of what the server alone does.
constexpr Kinds ofNodes[] = {
    {repair, Kind::Repair},     {heads, Kind::Heads},         {ask, Kind::Ask},
    {answer, Kind::Answer},     {replay, Kind::Replay},       {recall, Kind::Recall},
    {announce, Kind::Announce}, {past, Kind::Past},           {kept, Kind::Kept},
    {who, Kind::Who},           {here, Kind::Here},           {withheld, Kind::Withheld},
    {refused, Kind::Refused},   {forwarder, Kind::Forwarder}, {answerers, Kind::Answerers},
    {cancel, Kind::Cancel},     {late, Kind::Late},           {value, Kind::ValueAtServer},
    {set, Kind::ValueIsSet},    {last, Kind::LastEvent},      {lasts, Kind::KeptEvents},
    {member, Kind::Membership}, {share, Kind::Share},         {unfinished, Kind::Unfinished},
};
constexpr Kinds ofWatchers[] = {{here, Kind::Here}, {gone, Kind::Gone}};
constexpr Kinds ofServer[] = {{will, Kind::Will}, {noWill, Kind::NoWill}, {again, Kind::Again}};

std::optional<Kind> kindOf(std::span<const Kinds> kinds, QByteArrayView text)
{
    const auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kinds &known) { return known.first == text; });
    return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Kind> kindOf(QByteArrayView topic)
{
    if (topic.startsWith(valuePrefix)) // a name follows, which may be any
        return Kind::Value;
    if (topic.startsWith(serverPrefix)) // what is not for all to look into is read by whom it is for
        return kindOf(ofServer, topic.sliced(serverPrefix.size())).value_or(Kind::Server);
    if (topic.startsWith(presencePrefix))
        return kindOf(ofWatchers, topic.sliced(presencePrefix.size()));
    return kindOf(ofNodes, topic.sliced(topic.lastIndexOf('/') + 1));
}

} // namespace

std::optional<Message> Message::of(QByteArrayView frame)
{
    const qsizetype space = frame.indexOf(' ');
    if (space < 0)
        return {};
    const QByteArrayView topic = frame.first(space);
    const auto kind = kindOf(topic);
    return kind ? std::optional(Message{*kind, frame.sliced(space + 1), topic}) : std::nullopt;
}

bool Message::isForAll() const
{
    return topic.startsWith(allPrefix);
}

bool Message::isServers() const
{
    return kind == Kind::Refused || kind == Kind::Answerers || kind == Kind::ValueAtServer || kind == Kind::ValueIsSet
        || kind == Kind::LastEvent || kind == Kind::KeptEvents || kind == Kind::Membership || kind == Kind::Share
        || kind == Kind::Unfinished;
}

std::optional<QUuid> Message::origin() const
{
    switch (kind) {
    case Kind::Repair:
    case Kind::Replay:
    case Kind::Will:
        if (const Frame event = parseFrame(payload); event.trailerState == TrailerState::Read)
            return event.trailer.nodeId;
        return {};
    case Kind::Again:
        if (const auto said = Again::read(payload)) {
            const Frame event = parseFrame(said->frame);
            if (event.trailerState == TrailerState::Read)
                return event.trailer.nodeId;
            if (said->isEmpty())
                return QUuid();
        }
        return {};
    case Kind::Share: // it speaks for the event's sender, whoever that is, and is the server's
        return QUuid();
    case Kind::Who:
        if (const QUuid asker = readUuid(payload); payload.size() == uuidTextSize && !asker.isNull())
            return asker;
        return {};
    case Kind::Here:
    case Kind::Forwarder:
        return readHereOrigin(payload);
    case Kind::Announce:
        return payload.isEmpty() ? std::optional(QUuid()) : firstOf(payload);
    case Kind::Value: // an event's frame is what it is, whoever says so
        return isValueWrite(payload) ? std::optional(QUuid()) : firstOf(payload);
    case Kind::Heads:
    case Kind::Ask:
    case Kind::Answer:
    case Kind::Withheld:
    case Kind::Past:
    case Kind::Kept:
    case Kind::Recall:
    case Kind::Refused:
    case Kind::Gone:
    case Kind::NoWill:
    case Kind::Answerers:
    case Kind::Cancel:
    case Kind::Late:
    case Kind::ValueAtServer:
    case Kind::ValueIsSet:
    case Kind::LastEvent:
    case Kind::Membership:
    case Kind::Unfinished:
    case Kind::KeptEvents:
    case Kind::Server:
        break;
    }
    return firstOf(payload);
}

// A map whose first key is "uuid", as all nodes write it.
std::optional<QUuid> readHereOrigin(QByteArrayView payload)
{
    static constexpr QByteArrayView beginning = "\x64uuid\x78\x24";
    if (payload.size() < 1 + beginning.size() || payload.size() > maximumSize || quint8(payload[0]) < 0xA1
        || quint8(payload[0]) > 0xB7 || payload.sliced(1, beginning.size()) != beginning)
        return {};
    const QUuid node = readUuid(payload.sliced(1 + beginning.size()));
    return node.isNull() ? std::nullopt : std::optional(node);
}

static QByteArray payloadOf(const Refused &message)
{
    return toCbor({QCborValue(message.node), message.topic, qint64(message.reason), qint64(message.count),
                   QCborValue(message.as), message.text});
}

QByteArray Refused::toFrame() const
{
    return commonTopic(refused) + payloadOf(*this);
}

QByteArray Refused::toFrame(const QUuid &sender) const
{
    return nodeTopic(sender, refused) + payloadOf(*this);
}

// It speaks for nobody, so its node may be none.
std::optional<Refused> Refused::read(QByteArrayView payload)
{
    Refused message;
    CborReader reader(payload);
    if (payload.size() > maximumSize || !reader.enterArray())
        return {};
    message.node = reader.uuid();
    message.topic = reader.bytes();
    const qint64 reason = reader.integer();
    message.reason = reason >= Other && reason <= UnsafePickle ? Reason(reason) : Other;
    message.count = reader.number();
    message.as = reader.uuid();
    message.text = reader.bytes();
    return reader.isGood() ? std::optional(message) : std::nullopt;
}

QByteArray Gone::toFrame() const
{
    return presenceTopic(gone) + toCbor({QCborValue(node), qint64(reason)});
}

// For a reason of a later version, it is as if its connection had ended.
std::optional<Gone> Gone::read(QByteArrayView payload)
{
    return readMessage(payload, &Gone::node, [](CborReader &reader, Gone &message) {
        message.reason = reader.integer() == Left ? Left : Lost;
    });
}

QByteArray NoWill::toFrame() const
{
    return serverTopic(noWill) + toCbor({QCborValue(node)});
}

QByteArray Past::toFrame() const
{
    return commonTopic(Control::past) + toCbor({QCborValue(asker), topic, qint64(last), age, since, qint64(number)});
}

std::optional<Past> Past::read(QByteArrayView payload)
{
    return readMessage(payload, &Past::asker, [](CborReader &reader, Past &message) {
        message.topic = reader.bytes();
        message.last = reader.number();
        message.age = std::max(reader.integer(), qint64(0));
        message.since = reader.integer();
        message.number = reader.number();
    });
}

QByteArray Kept::toFrame(const QUuid &asker) const
{
    return nodeTopic(asker, Control::kept)
        + toCbor({QCborValue(node), topic, qint64(first), qint64(last), qint64(number)});
}

std::optional<Kept> Kept::read(QByteArrayView payload)
{
    return readMessage(payload, &Kept::node, [](CborReader &reader, Kept &message) {
        message.topic = reader.bytes();
        message.first = reader.number();
        message.last = reader.number();
        message.number = reader.number();
    });
}

QByteArray Answerers::toFrame() const
{
    QCborArray entries;
    for (const QUuid &node : nodes)
        entries.append(QCborValue(node));
    return nodeTopic(asker, answerers) + toCbor({QCborValue(asker), name, entries, qint64(hasOthers)});
}

std::optional<Answerers> Answerers::read(QByteArrayView payload)
{
    return readMessage(payload, &Answerers::asker, [](CborReader &reader, Answerers &message) {
        message.name = reader.bytes();
        reader.list(quint64(most), [&] { message.nodes.push_back(reader.uuid()); });
        message.hasOthers = reader.integer() != 0;
    });
}

QByteArray Question::payload() const
{
    return toCbor({QCborValue(asker), qint64(number), name});
}

std::optional<Question> Question::read(QByteArrayView payload)
{
    return readMessage(payload, &Question::asker, [](CborReader &reader, Question &message) {
        message.number = reader.number();
        message.name = reader.bytes();
    });
}

// "\2answering/order-* " and a UUID. A name that ends with a star is a pattern, and so is never one that is asked for.
QByteArray Declaration::toPrefix() const
{
    return (kind == Answering ? answeringPrefix : askingPrefix).toByteArray() + name + (isPrefix ? "* " : " ")
        + node.toByteArray(QUuid::WithoutBraces);
}

std::optional<Declaration> Declaration::read(QByteArrayView prefix)
{
    const bool isAnswering = prefix.startsWith(answeringPrefix);
    if (!isAnswering && !prefix.startsWith(askingPrefix))
        return {};
    const QByteArrayView rest = prefix.sliced((isAnswering ? answeringPrefix : askingPrefix).size());
    const qsizetype size = rest.size() - uuidTextSize - 1;
    if (size < 0 || rest[size] != ' ' || rest.first(size).contains(' '))
        return {};
    const QByteArrayView text = rest.sliced(size + 1);
    Declaration declaration{isAnswering ? Answering : Asking, rest.first(size).toByteArray(), false, readUuid(text)};
    if (declaration.node.isNull() && text != QUuid().toByteArray(QUuid::WithoutBraces))
        return {};
    if (isAnswering && declaration.name.endsWith('*')) {
        declaration.isPrefix = true;
        declaration.name.chop(1);
    }
    return declaration;
}

} // namespace Control

} // namespace Pyvent::Internal
