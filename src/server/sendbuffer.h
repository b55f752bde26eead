// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SENDBUFFER_H
#define PYVENT_SERVER_SENDBUFFER_H

#include "server/block.h"

#include <sys/uio.h>

#include <deque>
#include <span>

namespace Pyvent::Internal {

// What waits to be written to one connection, in order.
class SendBuffer
{
public:
    bool isEmpty() const { return m_blocks.empty(); }
    qsizetype bytes() const { return m_bytes; }

    // What it takes in memory, if nobody shares it.
    qsizetype cost() const { return m_bytes + qsizetype(m_blocks.size()) * Block::overhead; }

    // How many bytes were ever appended, and how many of them were written.
    quint64 appended() const { return m_written + quint64(m_bytes); }
    quint64 written() const { return m_written; }

    void append(const Block &block)
    {
        m_blocks.push_back(block);
        m_bytes += block.size();
    }

    // The next of it, for one call of writev(): as many as \a vectors has room for. Returns how many there are.
    std::size_t fill(std::span<iovec> vectors) const;

    // \a count bytes of it have been written.
    void wrote(qsizetype count);

    void clear();

private:
    std::deque<Block> m_blocks;
    qsizetype m_bytes = 0;
    qsizetype m_begin = 0; // how many bytes of the first one have been written
    quint64 m_written = 0;
};

} // namespace Pyvent::Internal

#endif
