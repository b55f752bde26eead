// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_NODESECRET_H
#define PYVENT_SECURITY_NODESECRET_H

#include <QtCore/qbytearray.h>
#include <QtCore/quuid.h>

#include <optional>

namespace Pyvent::Internal {

// What proves that nodes are one's own: their UUIDs are made from it, and say so. Whoever shows it to a relay may speak for these nodes on
// that connection; nobody else can, neither now nor at the next server, since no UUID tells what it was made from.
class NodeSecret
{
public:
    static constexpr qsizetype size = 32;

    // A new one, of the system's random numbers.
    NodeSecret();

    // The one that is \a bytes; nothing if they are none.
    static std::optional<NodeSecret> read(QByteArrayView bytes);
    const QByteArray &bytes() const { return m_bytes; }

    // The UUID of one's own node number \a index. It begins with that, and goes on with a keyed hash of it: RFC 9562, version 8.
    QUuid node(quint32 index) const;

    bool isOf(const QUuid &node) const { return needsProof(node) && node == this->node(node.data1); }

    // Whether \a node is made from a secret. Others, of other versions of this module, are whoever's uses them first.
    static bool needsProof(const QUuid &node) { return node.data3 >> 12 == 8 && node.data4[0] >> 6 == 2; }

private:
    explicit NodeSecret(const QByteArray &bytes)
        : m_bytes(bytes)
    {
    }

    QByteArray m_bytes;
};

} // namespace Pyvent::Internal

#endif
