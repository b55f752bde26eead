// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_VALUEVERSION_H
#define PYVENT_WIRE_VALUEVERSION_H

#include <QtCore/qcryptographichash.h>
#include <QtCore/quuid.h>

#include <compare>
#include <cstring>

namespace Pyvent::Internal {

// Which write of a shared value it is. Of two, the greater one holds.
struct ValueVersion
{
    quint64 stamp = 0; // a HybridClock's; 0: there was no write
    QUuid node;        // that wrote it; nobodysWriter(): somebody else has given it its stamp

    explicit operator bool() const { return stamp > 0; }
    friend bool operator==(const ValueVersion &, const ValueVersion &) = default;

    // As UUIDs are written: Qt's own order has the variant first, and may be another one in another version.
    friend std::strong_ordering operator<=>(const ValueVersion &a, const ValueVersion &b)
    {
        if (a.stamp != b.stamp)
            return a.stamp <=> b.stamp;
        if (a.node.data1 != b.node.data1)
            return a.node.data1 <=> b.node.data1;
        if (a.node.data2 != b.node.data2)
            return a.node.data2 <=> b.node.data2;
        if (a.node.data3 != b.node.data3)
            return a.node.data3 <=> b.node.data3;
        return std::memcmp(a.node.data4, b.node.data4, sizeof a.node.data4) <=> 0;
    }
};

// What stands for the node of a write that had no stamp: it follows from what was written, so that two that are given the same stamp, each by
// one who does not know of the other, are not taken for one. No node has such a UUID, whose version is 0.
inline QUuid nobodysWriter(QByteArrayView pickle)
{
    const QByteArray hash = QCryptographicHash::hash(pickle, QCryptographicHash::Sha1);
    QUuid writer = QUuid::fromRfc4122(QByteArrayView(hash).first(16));
    writer.data3 &= 0x0FFF;
    return writer;
}
inline bool isNobody(const QUuid &writer)
{
    return writer.data3 >> 12 == 0;
}

} // namespace Pyvent::Internal

#endif
