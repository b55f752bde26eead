// SPDX-License-Identifier: MIT
#include "wire/sharemessages.h"

#include "wire/cbormessage.h"

#include <QtCore/qendian.h>

#include <algorithm>
#include <limits>

namespace Pyvent::Internal {

namespace {

constexpr QByteArrayView sharePrefix = "\2share/";

constexpr quint8 redelivered = 0x01;

quint32 readMember(CborReader &reader)
{
    return quint32(std::min<quint64>(reader.number(), std::numeric_limits<quint32>::max()));
}

} // namespace

QByteArray ShareGroup::key() const
{
    return toCbor({name, pattern, sender.isNull() ? QCborValue() : QCborValue(sender)});
}

std::optional<ShareGroup> ShareGroup::read(QByteArrayView key)
{
    CborReader reader(key);
    if (key.size() > longestKey || !reader.enterArray())
        return {};
    ShareGroup group;
    group.name = reader.bytes();
    group.pattern = reader.bytes();
    group.sender = reader.bytesOrNothing();
    const bool isGood = reader.isGood() && !group.name.isEmpty() && group.name.size() <= longestName;
    return isGood ? std::optional(std::move(group)) : std::nullopt;
}

namespace Control {

QByteArray Member::toPrefix() const
{
    return sharePrefix.toByteArray() + toCbor({QCborValue(node), qint64(number), group, qint64(token)});
}

std::optional<Member> Member::read(QByteArrayView prefix)
{
    if (!prefix.startsWith(sharePrefix))
        return {};
    return readArray<Member>(prefix.sliced(sharePrefix.size()), [](CborReader &reader, Member &message) {
        message.number = readMember(reader);
        message.group = reader.bytes();
        message.token = reader.number();
    });
}

QByteArray Membership::toFrame() const
{
    return nodeTopic(node, Control::member)
        + toCbor({QCborValue(node), qint64(number), qint64(isTaken), qint64(isAsked)});
}

std::optional<Membership> Membership::read(QByteArrayView payload)
{
    return readArray<Membership>(payload, [](CborReader &reader, Membership &message) {
        message.number = readMember(reader);
        message.isTaken = reader.integer() != 0;
        message.isAsked = reader.integer() != 0;
    });
}

// Before every event that is given, so it is short, and of one size.
QByteArray Share::beginning(const QUuid &node) const
{
    QByteArray bytes = nodeTopic(node, Control::share);
    const qsizetype at = bytes.size();
    bytes.resize(at + headSize);
    char *const head = bytes.data() + at;
    head[0] = char(isRedelivered ? redelivered : 0);
    qToLittleEndian(member, head + 1);
    qToLittleEndian(id, head + 5);
    return bytes;
}

std::optional<Share> Share::read(QByteArrayView payload)
{
    if (payload.size() <= headSize)
        return {};
    const char *const head = payload.data();
    return Share{qFromLittleEndian<quint32>(head + 1), qFromLittleEndian<quint64>(head + 5),
                 bool(quint8(head[0]) & redelivered), payload.sliced(headSize)};
}

QByteArray Finished::toFrame() const
{
    return topic.toByteArray() + toCbor({QCborValue(node), qint64(id)});
}

std::optional<Finished> Finished::read(QByteArrayView payload)
{
    return readArray<Finished>(payload, [](CborReader &reader, Finished &message) { message.id = reader.number(); });
}

QByteArray AtWork::toFrame() const
{
    QCborArray entries;
    for (const Work &work : works) {
        entries.append(QCborArray{qint64(work.id), work.topic, QCborValue(work.node), qint64(work.sequence),
                                  qint64(work.isFinished)});
    }
    return topic.toByteArray() + toCbor({QCborValue(node), qint64(number), entries, qint64(token)});
}

std::optional<AtWork> AtWork::read(QByteArrayView payload)
{
    return readArray<AtWork>(payload, [](CborReader &reader, AtWork &message) {
        message.number = readMember(reader);
        reader.list(most, [&] {
            reader.enterArray();
            Work work{.id = reader.number(), .topic = reader.bytes(), .node = reader.uuid()};
            work.sequence = reader.number();
            work.isFinished = reader.integer() != 0;
            reader.leaveArray();
            message.works.push_back(std::move(work));
        });
        message.token = reader.number();
    });
}

QByteArray Unfinished::toFrame() const
{
    return nodeTopic(node, Control::unfinished)
        + toCbor({QCborValue(node), group, topic, qint64(isEnd), qint64(first), qint64(last), toArray(ranges),
                  toArray(finished)});
}

std::optional<Unfinished> Unfinished::read(QByteArrayView payload)
{
    return readArray<Unfinished>(payload, [](CborReader &reader, Unfinished &message) {
        message.group = reader.bytes();
        message.topic = reader.bytes();
        message.isEnd = reader.integer() != 0;
        message.first = reader.number();
        message.last = reader.number();
        readRanges(reader, most, message.ranges);
        readRanges(reader, most, message.finished);
    });
}

// The event is not copied to be read, however large it is.
QByteArray Again::toFrame() const
{
    QByteArray bytes = serverTopic(Control::again);
    const qsizetype at = bytes.size();
    bytes.resize(at + 2);
    qToLittleEndian(quint16(group.size()), bytes.data() + at);
    return bytes + group + frame.toByteArray();
}

std::optional<Again> Again::read(QByteArrayView payload)
{
    if (payload.size() < 2)
        return {};
    const qsizetype size = qFromLittleEndian<quint16>(payload.data());
    if (size > ShareGroup::longestKey || payload.size() <= 2 + size)
        return {};
    return Again{payload.sliced(2, size).toByteArray(), payload.sliced(2 + size)};
}

} // namespace Control

} // namespace Pyvent::Internal
