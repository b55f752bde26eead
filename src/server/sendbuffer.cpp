// SPDX-License-Identifier: MIT
#include "server/sendbuffer.h"

#include "wire/lane.h"

#include <algorithm>

namespace Pyvent::Internal {

QByteArrayView SendBuffer::Part::bytes() const
{
    return form == Form::Bytes ? block.bytes() : block.fileCommand();
}

void SendBuffer::append(const Block &block)
{
    const bool isFile = m_takesFiles && block.file() >= 0;
    Block known = isFile ? block : block.whole();
    if (known.isNull()) // its sender has made it another event meanwhile
        return;
    // clang 14 makes no aggregate in place.
    const Part &part = m_parts.emplace_back(Part{std::move(known), isFile ? Form::File : Form::Bytes});
    m_bytes += part.bytes().size();
    if (isFile)
        m_fileBytes += block.size();
}

SendBuffer::Next SendBuffer::fill(std::span<iovec> vectors) const
{
    Next next;
    for (const Part &part : m_parts) {
        if (next.count == vectors.size() || (part.form == Form::File && !mayLend()))
            break;
        const QByteArrayView bytes = part.bytes().sliced(next.count == 0 ? m_begin : 0);
        vectors[next.count++] = {const_cast<char *>(bytes.data()), std::size_t(bytes.size())}; // it is only read
        if (part.form == Form::File) { // one with each call, so that it is there before its command is whole
            next.file = part.block.file();
            break;
        }
    }
    return next;
}

std::deque<SendBuffer::Part>::iterator SendBuffer::nextFile()
{
    return std::find_if(m_parts.begin(), m_parts.end(), [](const Part &part) { return part.form == Form::File; });
}

void SendBuffer::wrote(qsizetype count, int file)
{
    if (file >= 0) {
        const auto part = nextFile();
        m_lent.push_back(part->block);
        part->form = Form::Passed;
    }
    m_written += quint64(count);
    m_bytes -= count;
    m_begin += count;
    while (!m_parts.empty() && m_begin >= m_parts.front().bytes().size()) {
        m_begin -= m_parts.front().bytes().size();
        m_parts.pop_front();
    }
}

void SendBuffer::passAsBytes()
{
    const auto part = nextFile();
    Block whole = part->block.whole();
    m_fileBytes -= part->block.size();
    const qsizetype command = part->bytes().size();
    m_bytes -= command;
    if (whole.isNull()) {              // it is no part under way, which would have gone with its file
        m_written += quint64(command); // for whoever waits for what was appended to be written
        m_parts.erase(part);
        return;
    }
    part->block = std::move(whole);
    part->form = Form::Bytes;
    m_bytes += part->block.size();
}

bool SendBuffer::haveDone(quint64 files)
{
    if (files < m_done || files - m_done > m_lent.size())
        return false;
    for (; m_done < files; ++m_done) {
        m_fileBytes -= m_lent.front().size();
        m_lent.pop_front();
    }
    return true;
}

void SendBuffer::clear()
{
    m_parts.clear();
    m_lent.clear();
    m_bytes = m_fileBytes = m_begin = 0;
}

} // namespace Pyvent::Internal
