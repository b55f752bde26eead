// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_CBORMESSAGE_H
#define PYVENT_WIRE_CBORMESSAGE_H

#include "wire/cborreader.h"
#include "wire/control.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcborvalue.h>

#include <optional>
#include <utility>
#include <vector>

// How control messages are written and read that are arrays.

namespace Pyvent::Internal {

inline QByteArray toCbor(const QCborArray &array)
{
    return QCborValue(array).toCbor();
}

inline QCborArray toArray(const std::vector<Control::Range> &ranges)
{
    QCborArray array;
    for (const Control::Range &range : ranges)
        array.append(QCborArray{qint64(range.first), qint64(range.last)});
    return array;
}

inline void readRanges(CborReader &reader, quint64 most, std::vector<Control::Range> &ranges)
{
    reader.list(most, [&] {
        reader.enterArray();
        Control::Range range{.first = reader.number()};
        range.last = reader.number();
        reader.leaveArray();
        ranges.push_back(range);
    });
}

// The node that an array begins with, as all nodes write it: the array's size in its first byte, the tag 37, and 16 bytes. A server looks at
// no more of it.
inline std::optional<QUuid> firstOf(QByteArrayView payload)
{
    constexpr qsizetype uuidSize = 16;
    constexpr QByteArrayView uuidTag = "\xD8\x25\x50";
    if (payload.size() < 1 + uuidTag.size() + uuidSize || payload.size() > Control::maximumSize
        || quint8(payload[0]) < 0x81 || quint8(payload[0]) > 0x97 || payload.sliced(1, uuidTag.size()) != uuidTag)
        return {};
    const QUuid node = QUuid::fromRfc4122(payload.sliced(1 + uuidTag.size(), uuidSize));
    return node.isNull() ? std::nullopt : std::optional(node);
}

// Reads an array of no more than a message may have, that begins with its node; \a read reads the rest. What a later revision puts behind
// that is not looked at.
template <typename Message, typename Read>
std::optional<Message> readArray(QByteArrayView payload, const Read &read)
{
    const auto first = firstOf(payload);
    CborReader reader(payload);
    if (!first || !reader.enterArray() || reader.uuid() != *first)
        return {};
    Message message;
    message.node = *first;
    read(reader, message);
    return reader.isGood() ? std::optional(std::move(message)) : std::nullopt;
}

} // namespace Pyvent::Internal

#endif
