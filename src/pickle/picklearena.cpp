// SPDX-License-Identifier: MIT
#include "picklearena.h"

#include <limits>

namespace Pyvent::Internal {

void PickleArena::clear()
{
    items.clear(keptBytes);
    containers.clear(keptBytes);
    objects.clear(keptBytes);
    extras.clear(keptBytes);
    items.push({}); // index 0 means "none"
    extras.push({});
    if (Q_UNLIKELY(!m_side.empty())) {
        m_side.clear();
        m_sideNext = nullptr;
        m_sideLeft = 0;
    }
    m_sideSize = 0;
    m_shares = 0;
}

void PickleArena::append(ItemChain &chain, const Node *nodes, quint32 count)
{
    if (count == 0)
        return;
    if (chain.last != 0 && chain.last + items[chain.last].size + 1 == items.size()) {
        items[chain.last].size += count; // one by one, as protocol 0 appends: the chunk is the newest, so it grows
    } else {
        const quint32 header = items.size();
        Node node;
        node.size = count;
        items.push(node);
        if (chain.last != 0)
            items[chain.last].index = header;
        else
            chain.first = header;
        chain.last = header;
    }
    items.append(nodes, count);
    chain.count += count;
}

char *PickleArena::allocateSide(qsizetype size)
{
    m_sideSize += size;
    if (size >= m_sideLeft) { // an empty text must have an address, too: null is for errors
        const qsizetype block = qMax<qsizetype>(size + 1, 4096);
        m_side.push_back(std::make_unique<char[]>(size_t(block)));
        m_sideNext = m_side.back().get();
        m_sideLeft = block;
    }
    char *result = m_sideNext;
    m_sideNext += size;
    m_sideLeft -= size;
    return result;
}

// Beyond 65,535 of them, what is mentioned again is built again.
void PickleArena::share(Node *node)
{
    quint16 *share;
    if (node->isContainer())
        share = &containers[node->index].share;
    else if (node->isObject())
        share = &objects[node->index].share;
    else if (node->isView())
        share = &node->share;
    else
        return;
    if (*share == 0 && m_shares < std::numeric_limits<quint16>::max())
        *share = ++m_shares;
}

ObjectExtras &PickleArena::extrasOf(quint32 object)
{
    ObjectNode &node = objects[object];
    if (node.extras == 0) {
        node.extras = extras.size();
        extras.push({});
    }
    return extras[node.extras];
}

} // namespace Pyvent::Internal
