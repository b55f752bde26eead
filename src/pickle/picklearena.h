// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEARENA_H
#define PYVENT_PICKLEARENA_H

#include "podstack.h"

#include <QtCore/qbytearrayview.h>

#include <memory>
#include <vector>

namespace Pyvent::Internal {

// Classes and functions whose reductions are read as values; everything else stays an inert object.
enum class Known : quint8 {
    None,
    CodecsEncode,
    GetAttr,
    Bytes,
    ByteArray,
    Set,
    FrozenSet,
    Object,
    Reconstructor,
    NewObj,
    NewObjEx,
    DateTime,
    Date,
    Time,
    TimeDelta,
    TimeZone,
    Uuid,
    NdArray,
    NumpyDtype,
    NumpyReconstruct,
    NumpyScalar,
    NumpyFromBuffer,
};

// One value on the pickle machine's stack: plain data of 16 bytes that is copied around freely. Text and
// bytes are views into the pickle or the arena's side buffer; containers and objects are indices into the
// arena, and so are shared by all copies, as Python shares them.
struct Node
{
    enum Tag : quint8 {
        Empty, // a memo entry that was never put
        None,
        False,
        True,
        Int,
        UInt, // beyond qlonglong
        Long, // two's complement bytes
        Float,
        Text,  // UTF-8 in which surrogates may stand alone
        Text8, // a str of Python 2: text or bytes
        Bytes,
        ByteArray,
        List,
        Tuple,
        Dict,
        Set,
        FrozenSet,
        Global, // index of an ObjectNode
        Object, // index of an ObjectNode
    };

    Tag tag = Empty;
    Known known = Known::None; // of a Global
    quint16 share = 0;         // of a view: PickleArena::share()
    quint32 size = 0;          // bytes of a view
    union {
        qint64 integer = 0;
        double real;
        const char *data;
        quint32 index;
    };

    bool isText() const { return tag == Text || tag == Text8; }
    bool isContainer() const { return tag >= List && tag < Global; }
    bool isObject() const { return tag >= Global; }
    bool isView() const { return tag == Long || (tag >= Text && tag < List); }
    QByteArrayView view() const { return {data, qsizetype(size)}; }
};

// Children of a container: a chain of chunks in PickleArena::items, so that each batch of APPENDS is one
// copy.
struct ItemChain
{
    quint32 first = 0; // index of the first chunk's header; 0 is none
    quint32 last = 0;
    quint32 count = 0;
};

struct ContainerNode
{
    ItemChain items;
    quint32 offset = 0; // of the opcode that made it
    quint16 share = 0;
    bool open = false; // being built: meeting it again means that it contains itself
};

// What only few objects have.
struct ObjectExtras
{
    Node keywords;
    Node state;
    Node stateSetter;
    ItemChain listItems;
    ItemChain dictItems;
};

struct ObjectNode
{
    enum Form : quint8 { Global, Call, New };

    Node callable;      // of a Global: its module
    Node arguments;     // a Tuple; of a Global: its qualified name
    quint32 extras = 0; // index; 0 is none
    quint32 offset = 0;
    quint16 share = 0;
    Form form = Global;
    bool open = false;
};

// Everything that one pickle's first phase makes. Keeps up to keptBytes per array for the next pickle, and more if
// this one needed it.
class PickleArena
{
public:
    static constexpr size_t keptBytes = 256 * 1024;

    PodStack<Node> items; // chunk header (integer: next chunk, size: count), then that many nodes
    PodStack<ContainerNode> containers;
    PodStack<ObjectNode> objects;
    PodStack<ObjectExtras> extras;

    void clear();
    quint32 total() const { return items.size() + containers.size() + 4 * objects.size() + 6 * extras.size(); }

    void append(ItemChain &chain, const Node *nodes, quint32 count);
    // Memory that stays where it is until clear().
    char *allocateSide(qsizetype size);
    qsizetype sideSize() const { return m_sideSize; }

    // Notes that \a node is mentioned again: what is built of it is kept under its number for the other mentions. 0 is none.
    void share(Node *node);
    quint16 shareOf(const Node &node) const
    {
        return node.isContainer() ? containers[node.index].share
            : node.isObject()     ? objects[node.index].share
                                  : node.share;
    }
    quint16 shares() const { return m_shares; }

    ObjectExtras &extrasOf(quint32 object);
    const ContainerNode &container(const Node &node) const { return containers[node.index]; }

    // Calls \a visit for each child until it returns false.
    template <typename Visit>
    bool forEach(const ItemChain &chain, Visit visit) const
    {
        quint32 chunk = chain.first;
        while (chunk != 0) {
            const quint32 count = items[chunk].size;
            for (quint32 i = 1; i <= count; ++i) {
                if (!visit(items[chunk + i]))
                    return false;
            }
            chunk = items[chunk].index;
        }
        return true;
    }
    // The same for the pairs of a dict, whose chunks always hold whole pairs.
    template <typename Visit>
    bool forEachPair(const ItemChain &chain, Visit visit) const
    {
        quint32 chunk = chain.first;
        while (chunk != 0) {
            const quint32 count = items[chunk].size;
            for (quint32 i = 1; i < count; i += 2) {
                if (!visit(items[chunk + i], items[chunk + i + 1]))
                    return false;
            }
            chunk = items[chunk].index;
        }
        return true;
    }
    // The children of a tuple, which is always one chunk.
    const Node *tupleItems(const Node &tuple, quint32 *count) const
    {
        const ItemChain &chain = containers[tuple.index].items;
        *count = chain.count;
        return chain.count ? &items[chain.first + 1] : nullptr;
    }

private:
    std::vector<std::unique_ptr<char[]>> m_side;
    char *m_sideNext = nullptr;
    qsizetype m_sideLeft = 0;
    qsizetype m_sideSize = 0;
    quint16 m_shares = 0;
};

} // namespace Pyvent::Internal

#endif
