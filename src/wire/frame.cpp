// SPDX-License-Identifier: MIT
#include "wire/frame.h"

#include <QtCore/qendian.h>

#include <algorithm>
#include <cstring>

namespace Pyvent::Internal {

namespace {

constexpr char pickleStop = '.';
constexpr char version = 1;
// The last byte of a trailer. It is not '.', which every pickle ends with, and never stands in UTF-8 text.
constexpr char endMark = '\xF5';

// Offsets within the fixed part, which is the end of the frame. See PROTOCOL.md.
constexpr qsizetype nodeAt = 0;
constexpr qsizetype sequenceAt = 16;
constexpr qsizetype timeAt = 24;
constexpr qsizetype flagsAt = 32;
constexpr qsizetype senderLengthAt = 34;
constexpr qsizetype trailerLengthAt = 36;
constexpr qsizetype versionAt = 38;
constexpr qsizetype endMarkAt = 39;
constexpr qsizetype fixedSize = 40;

// Before the sender, and before that one.
constexpr qsizetype previousSize = 8;
constexpr qsizetype stampSize = 8;

template <typename T>
T load(QByteArrayView bytes, qsizetype at)
{
    return qFromLittleEndian<T>(bytes.data() + at);
}

} // namespace

QByteArrayView topicOf(QByteArrayView frame)
{
    const qsizetype space = frame.indexOf(' ');
    return space < 0 ? frame : frame.first(space);
}

Frame parseFrame(QByteArrayView bytes)
{
    return parseFrame(bytes, topicOf(bytes));
}

Frame parseFrame(QByteArrayView bytes, QByteArrayView topic)
{
    Frame frame;
    frame.topic = topic;
    if (frame.topic.size() == bytes.size())
        return frame;
    frame.payload = bytes.sliced(frame.topic.size() + 1);

    if (frame.payload.isEmpty() || frame.payload.back() != endMark)
        return frame;
    if (frame.payload.size() < fixedSize) {
        frame.trailerState = TrailerState::Broken;
        return frame;
    }
    const QByteArrayView fixed = frame.payload.last(fixedSize);
    if (fixed[versionAt] != version) {
        frame.trailerState = TrailerState::Unknown;
        return frame;
    }
    const qsizetype trailerLength = load<quint16>(fixed, trailerLengthAt);
    const qsizetype senderLength = load<quint16>(fixed, senderLengthAt);
    const qsizetype pickleLength = frame.payload.size() - trailerLength;
    if (trailerLength < fixedSize + senderLength || pickleLength < 1 || frame.payload[pickleLength - 1] != pickleStop) {
        frame.trailerState = TrailerState::Broken;
        return frame;
    }
    frame.trailerState = TrailerState::Read;
    frame.trailer.nodeId = QUuid::fromRfc4122(fixed.sliced(nodeAt, 16));
    frame.trailer.sequence = load<quint64>(fixed, sequenceAt);
    frame.trailer.time = load<qint64>(fixed, timeAt);
    frame.trailer.flags = load<quint16>(fixed, flagsAt);
    if (trailerLength >= fixedSize + senderLength + previousSize)
        frame.trailer.previous = load<qint64>(frame.payload.last(fixedSize + senderLength + previousSize), 0);
    const qsizetype beforeSender = fixedSize + senderLength + previousSize;
    if (frame.trailer.flags & Trailer::Value && trailerLength >= beforeSender + stampSize)
        frame.trailer.stamp = load<quint64>(frame.payload.last(beforeSender + stampSize), 0);
    frame.trailer.sender = frame.payload.last(fixedSize + senderLength).first(senderLength);
    frame.payload.truncate(pickleLength);
    return frame;
}

QByteArrayView nodeBytesOf(QByteArrayView frame)
{
    if (frame.size() < fixedSize || frame.back() != endMark)
        return {};
    return frame.last(fixedSize).sliced(nodeAt, 16);
}

qsizetype trailerSize(const Trailer &trailer)
{
    return (trailer.flags & Trailer::Value ? stampSize : 0) + previousSize + trailer.sender.size() + fixedSize;
}

void appendTrailer(const Trailer &trailer, QByteArray *frame)
{
    const qsizetype before = frame->size();
    frame->resize(before + trailerSize(trailer));
    char *to = frame->data() + before;
    if (trailer.flags & Trailer::Value) {
        qToLittleEndian(trailer.stamp, to);
        to += stampSize;
    }
    qToLittleEndian(trailer.previous, to);
    to += previousSize;
    to = std::copy(trailer.sender.begin(), trailer.sender.end(), to);
    qToBigEndian(quint32(trailer.nodeId.data1), to + nodeAt);
    qToBigEndian(quint16(trailer.nodeId.data2), to + nodeAt + 4);
    qToBigEndian(quint16(trailer.nodeId.data3), to + nodeAt + 6);
    std::memcpy(to + nodeAt + 8, trailer.nodeId.data4, 8);
    qToLittleEndian(trailer.sequence, to + sequenceAt);
    qToLittleEndian(trailer.time, to + timeAt);
    qToLittleEndian(trailer.flags, to + flagsAt);
    qToLittleEndian(quint16(trailer.sender.size()), to + senderLengthAt);
    qToLittleEndian(quint16(trailerSize(trailer)), to + trailerLengthAt);
    to[versionAt] = version;
    to[endMarkAt] = endMark;
}

bool endsWithFlag(Trailer::Flag flag, QByteArrayView bytes)
{
    if (bytes.size() < fixedSize || bytes.back() != endMark)
        return false;
    const QByteArrayView fixed = bytes.last(fixedSize);
    return fixed[versionAt] == version && load<quint16>(fixed, flagsAt) & flag;
}

void setFlag(Trailer::Flag flag, QByteArray *frame)
{
    char *flags = frame->data() + frame->size() - fixedSize + flagsAt;
    qToLittleEndian(quint16(qFromLittleEndian<quint16>(flags) | flag), flags);
}

} // namespace Pyvent::Internal
