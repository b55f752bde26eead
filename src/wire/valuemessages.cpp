// SPDX-License-Identifier: MIT
#include "wire/valuemessages.h"

#include "wire/cbormessage.h"
#include "wire/frame.h"

namespace Pyvent::Internal {

namespace {

void readVersion(CborReader &reader, ValueVersion &read)
{
    read.stamp = reader.number();
    read.node = reader.uuid();
}

} // namespace

QByteArray valueTopic(QByteArrayView name)
{
    return valuePrefix.toByteArray() + name.toByteArray() + ' ';
}

QByteArrayView valueNameOf(QByteArrayView frame)
{
    return topicOf(frame).sliced(valuePrefix.size());
}

namespace Control {

QByteArray ValueHeld::toFrame(QByteArrayView name) const
{
    return valueTopic(name) + toCbor({QCborValue(node), qint64(version.stamp), QCborValue(version.node)});
}

std::optional<ValueHeld> ValueHeld::read(QByteArrayView payload)
{
    return readArray<ValueHeld>(payload,
                                [](CborReader &reader, ValueHeld &message) { readVersion(reader, message.version); });
}

QByteArray ValueAtServer::toFrame() const
{
    return nodeTopic(node, value) + toCbor({QCborValue(node), name, qint64(version.stamp), QCborValue(version.node)});
}

std::optional<ValueAtServer> ValueAtServer::read(QByteArrayView payload)
{
    return readArray<ValueAtServer>(payload, [](CborReader &reader, ValueAtServer &message) {
        message.name = reader.bytes();
        readVersion(reader, message.version);
    });
}

QByteArray SetValue::toFrame() const
{
    return topic.toByteArray()
        + toCbor({QCborValue(node), qint64(number), qint64(expected.stamp), QCborValue(expected.node), frame});
}

std::optional<SetValue> SetValue::read(QByteArrayView payload)
{
    return readArray<SetValue>(payload, [](CborReader &reader, SetValue &message) {
        message.number = reader.number();
        readVersion(reader, message.expected);
        message.frame = reader.bytes();
    });
}

QByteArray ValueIsSet::toFrame() const
{
    return nodeTopic(node, set)
        + toCbor({QCborValue(node), qint64(number), qint64(outcome), qint64(version.stamp), QCborValue(version.node)});
}

std::optional<ValueIsSet> ValueIsSet::read(QByteArrayView payload)
{
    return readArray<ValueIsSet>(payload, [](CborReader &reader, ValueIsSet &message) {
        message.number = reader.number();
        const qint64 outcome = reader.integer();
        message.outcome = outcome >= Refused && outcome <= IsNotKnownYet ? Outcome(outcome) : Refused;
        readVersion(reader, message.version);
    });
}

QByteArray AskLast::toFrame() const
{
    return topic.toByteArray() + toCbor({QCborValue(node), name});
}

std::optional<AskLast> AskLast::read(QByteArrayView payload)
{
    return readArray<AskLast>(payload, [](CborReader &reader, AskLast &message) { message.name = reader.bytes(); });
}

QByteArray LastEvent::toFrame() const
{
    return nodeTopic(node, last) + toCbor({QCborValue(node), name, frame});
}

std::optional<LastEvent> LastEvent::read(QByteArrayView payload)
{
    return readArray<LastEvent>(payload, [](CborReader &reader, LastEvent &message) {
        message.name = reader.bytes();
        message.frame = reader.bytes();
    });
}

QByteArray KeepPast::toFrame() const
{
    return topic.toByteArray() + toCbor({QCborValue(node), frame});
}

std::optional<KeepPast> KeepPast::read(QByteArrayView payload)
{
    return readArray<KeepPast>(payload, [](CborReader &reader, KeepPast &message) { message.frame = reader.bytes(); });
}

QByteArray AskKept::toFrame() const
{
    return topic.toByteArray() + toCbor({QCborValue(node), qint64(after)});
}

std::optional<AskKept> AskKept::read(QByteArrayView payload)
{
    return readArray<AskKept>(payload, [](CborReader &reader, AskKept &message) { message.after = reader.number(); });
}

QByteArray KeptEvents::toFrame() const
{
    QCborArray entries;
    for (const QByteArray &frame : frames)
        entries.append(frame);
    return nodeTopic(node, lasts) + toCbor({QCborValue(node), qint64(after), qint64(next), entries});
}

std::optional<KeptEvents> KeptEvents::read(QByteArrayView payload)
{
    return readArray<KeptEvents>(payload, [](CborReader &reader, KeptEvents &message) {
        message.after = reader.number();
        message.next = reader.number();
        reader.list(quint64(most), [&] { message.frames.push_back(reader.bytes()); });
    });
}

} // namespace Control

} // namespace Pyvent::Internal
