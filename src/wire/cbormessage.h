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

// Reads an array of no more than a message may have, that begins with its node; \a read reads the rest. What a later revision puts behind
// that is not looked at.
template <typename Message, typename Read>
std::optional<Message> readArray(QByteArrayView payload, const Read &read)
{
    CborReader reader(payload);
    if (payload.size() > Control::maximumSize || !reader.enterArray())
        return {};
    Message message;
    message.node = reader.uuid();
    read(reader, message);
    return reader.isGood() && !message.node.isNull() ? std::optional(std::move(message)) : std::nullopt;
}

} // namespace Pyvent::Internal

#endif
