// SPDX-License-Identifier: MIT
#include "server/sendbuffer.h"

#include <algorithm>

namespace Pyvent::Internal {

std::size_t SendBuffer::fill(std::span<iovec> vectors) const
{
    const std::size_t count = std::min(vectors.size(), m_blocks.size());
    qsizetype begin = m_begin;
    for (std::size_t i = 0; i < count; ++i) {
        const QByteArrayView bytes = m_blocks[i].bytes().sliced(std::exchange(begin, 0));
        vectors[i] = {const_cast<char *>(bytes.data()), std::size_t(bytes.size())}; // it is only read
    }
    return count;
}

void SendBuffer::wrote(qsizetype count)
{
    m_written += quint64(count);
    m_bytes -= count;
    m_begin += count;
    while (!m_blocks.empty() && m_begin >= m_blocks.front().size()) {
        m_begin -= m_blocks.front().size();
        m_blocks.pop_front();
    }
}

void SendBuffer::clear()
{
    m_blocks.clear();
    m_bytes = m_begin = 0;
}

} // namespace Pyvent::Internal
