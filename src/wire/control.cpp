// SPDX-License-Identifier: MIT
#include "wire/control.h"

#include "wire/topic.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcborvalue.h>

#include <utility>

namespace Pyvent::Internal {

namespace {

// What a control message may have; frames of events in them are not read here.
constexpr qsizetype maximumSize = 1024 * 1024;
constexpr qsizetype maximumEntries = 200;

QByteArray prefix(QByteArrayView text)
{
    return QByteArray(1, controlPrefix) + text.toByteArray();
}

QByteArray nodePrefix(const QUuid &node)
{
    return prefix("node/") + node.toByteArray(QUuid::WithoutBraces) + '/';
}

QByteArray bytes(const QCborArray &array)
{
    return QCborValue(array).toCbor();
}

// The array that \a payload is, if it has \a size entries and the first one is a node. What a later revision puts behind them
// is not looked at.
std::optional<QCborArray> arrayOf(QByteArrayView payload, qsizetype size, QUuid *node)
{
    if (payload.size() > maximumSize)
        return {};
    QCborParserError error;
    const QCborArray array = QCborValue::fromCbor(payload.toByteArray(), &error).toArray();
    if (error.error != QCborError::NoError || array.size() < size)
        return {};
    *node = array[0].toUuid();
    if (node->isNull())
        return {};
    return array;
}

// What a list in a message has; nothing where that is more than a node of this module writes.
std::optional<QCborArray> entriesOf(const QCborValue &list)
{
    const QCborArray entries = list.toArray();
    if (entries.size() > maximumEntries)
        return {};
    return entries;
}

// Numbers are signed in CBOR's array class; those of events begin at 1 and count up.
quint64 number(const QCborValue &value)
{
    return quint64(std::max(value.toInteger(), qint64(0)));
}

} // namespace

QByteArray commonTopic(QByteArrayView kind)
{
    return prefix("all/") + kind.toByteArray() + ' ';
}

QByteArray nodeTopic(const QUuid &node, QByteArrayView kind)
{
    return nodePrefix(node) + kind.toByteArray() + ' ';
}

QByteArrayList controlPrefixes(const QUuid &node)
{
    return {prefix("all/"), nodePrefix(node)};
}

namespace Control {

QByteArray Announce::toFrame() const
{
    QCborArray entries;
    for (const QByteArray &prefix : prefixes)
        entries.append(prefix);
    return commonTopic(announce) + bytes({QCborValue(asker), entries});
}

std::optional<Announce> Announce::read(QByteArrayView payload)
{
    Announce message;
    const auto array = arrayOf(payload, 2, &message.asker);
    if (!array)
        return {};
    const auto entries = entriesOf((*array)[1]);
    if (!entries)
        return {};
    for (const QCborValue &entry : *entries)
        message.prefixes.append(entry.toByteArray());
    return message;
}

QByteArray Heads::payload() const
{
    QCborArray entries;
    for (const Head &head : heads)
        entries.append(QCborArray{head.topic, qint64(head.sequence), head.time});
    return bytes({QCborValue(node), entries, asOf});
}

std::optional<Heads> Heads::read(QByteArrayView payload)
{
    Heads message;
    const auto array = arrayOf(payload, 2, &message.node);
    if (!array)
        return {};
    const auto entries = entriesOf((*array)[1]);
    if (!entries)
        return {};
    for (const QCborValue &entry : *entries) {
        const QCborArray head = entry.toArray();
        message.heads.push_back({head.at(0).toByteArray(), number(head.at(1)), head.at(2).toInteger()});
    }
    message.asOf = array->at(2).toInteger(); // undefined where it is not there
    return message;
}

static QCborArray toArray(const std::vector<Range> &ranges)
{
    QCborArray array;
    for (const Range &range : ranges)
        array.append(QCborArray{qint64(range.first), qint64(range.last)});
    return array;
}

static bool readRanges(const QCborValue &list, std::vector<Range> *ranges)
{
    const auto entries = entriesOf(list);
    if (!entries)
        return false;
    for (const QCborValue &range : *entries)
        ranges->push_back({number(range.toArray().at(0)), number(range.toArray().at(1))});
    return true;
}

QByteArray Ask::toFrame(const QUuid &sender, QByteArrayView kind) const
{
    return nodeTopic(sender, kind) + bytes({QCborValue(asker), topic, since, toArray(missing), limit});
}

std::optional<Ask> Ask::read(QByteArrayView payload)
{
    Ask message;
    const auto array = arrayOf(payload, 4, &message.asker);
    if (!array)
        return {};
    message.topic = (*array)[1].toByteArray();
    message.since = (*array)[2].toInteger();
    if (!readRanges((*array)[3], &message.missing))
        return {};
    message.limit = std::max(array->at(4).toInteger(), qint64(0)); // undefined where it is not there
    return message;
}

QByteArray Answer::toFrame(const QUuid &asker) const
{
    return nodeTopic(asker, Control::answer)
        + bytes({QCborValue(node), topic, qint64(first), isBase ? QCborValue(since) : QCborValue(),
                 base ? QCborValue(qint64(*base)) : QCborValue()});
}

std::optional<Answer> Answer::read(QByteArrayView payload)
{
    Answer message;
    const auto array = arrayOf(payload, 5, &message.node);
    if (!array)
        return {};
    message.topic = (*array)[1].toByteArray();
    message.first = number((*array)[2]);
    message.isBase = (*array)[3].isInteger();
    message.since = (*array)[3].toInteger();
    if ((*array)[4].isInteger())
        message.base = number((*array)[4]);
    return message;
}

QByteArray Withheld::toFrame(const QUuid &asker) const
{
    return nodeTopic(asker, Control::withheld) + bytes({QCborValue(node), topic, toArray(numbers)});
}

std::optional<Withheld> Withheld::read(QByteArrayView payload)
{
    Withheld message;
    const auto array = arrayOf(payload, 3, &message.node);
    if (!array)
        return {};
    message.topic = (*array)[1].toByteArray();
    if (!readRanges((*array)[2], &message.numbers))
        return {};
    return message;
}

std::optional<Message> Message::of(QByteArrayView frame)
{
    static constexpr std::pair<QByteArrayView, Kind> kinds[] = {
        {repair, Kind::Repair}, {heads, Kind::Heads},   {ask, Kind::Ask},           {answer, Kind::Answer},
        {replay, Kind::Replay}, {recall, Kind::Recall}, {announce, Kind::Announce}, {past, Kind::Past},
        {kept, Kind::Kept},     {who, Kind::Who},       {here, Kind::Here},         {withheld, Kind::Withheld},
    };
    const qsizetype space = frame.indexOf(' ');
    if (space < 0)
        return {};
    const QByteArrayView topic = frame.first(space);
    const QByteArrayView text = topic.sliced(topic.lastIndexOf('/') + 1);
    for (const auto &[known, kind] : kinds) {
        if (text == known)
            return Message{kind, frame.sliced(space + 1)};
    }
    return {};
}

QByteArray Past::toFrame() const
{
    return commonTopic(Control::past) + bytes({QCborValue(asker), topic, qint64(last), age, since, qint64(number)});
}

std::optional<Past> Past::read(QByteArrayView payload)
{
    Past message;
    const auto array = arrayOf(payload, 6, &message.asker);
    if (!array)
        return {};
    message.topic = (*array)[1].toByteArray();
    message.last = Internal::number((*array)[2]);
    message.age = std::max((*array)[3].toInteger(), qint64(0));
    message.since = (*array)[4].toInteger();
    message.number = Internal::number((*array)[5]);
    return message;
}

QByteArray Kept::toFrame(const QUuid &asker) const
{
    return nodeTopic(asker, Control::kept)
        + bytes({QCborValue(node), topic, qint64(first), qint64(last), qint64(number)});
}

std::optional<Kept> Kept::read(QByteArrayView payload)
{
    Kept message;
    const auto array = arrayOf(payload, 5, &message.node);
    if (!array)
        return {};
    message.topic = (*array)[1].toByteArray();
    message.first = Internal::number((*array)[2]);
    message.last = Internal::number((*array)[3]);
    message.number = Internal::number((*array)[4]);
    return message;
}

} // namespace Control

} // namespace Pyvent::Internal
