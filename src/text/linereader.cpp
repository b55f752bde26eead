// SPDX-License-Identifier: MIT
#include "linereader.h"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include <utility>

namespace Pyvent::Text {

namespace {

constexpr qsizetype readAtOnce = 64 * 1024;

} // namespace

bool LineReader::isReady() const
{
    if (m_isAtEnd || m_buffer.indexOf('\n', m_searched) >= 0)
        return true;
    pollfd waiting = {m_descriptor, POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
}

LineReader::Result LineReader::next(QByteArray *line)
{
    for (;;) {
        if (const qsizetype end = m_buffer.indexOf('\n', m_searched); end >= 0)
            return takeLine(end - m_begin, end + 1, line);
        m_searched = m_buffer.size();
        if (m_isAtEnd) {
            const qsizetype length = m_buffer.size() - m_begin;
            return length == 0 && !m_isTooLong ? Result::End : takeLine(length, m_buffer.size(), line);
        }
        if (const Result result = fill(); result != Result::Line)
            return result;
    }
}

LineReader::Result LineReader::takeLine(qsizetype length, qsizetype end, QByteArray *line)
{
    const bool isTooLong = std::exchange(m_isTooLong, false) || length > m_longest;
    *line = isTooLong ? QByteArray() : m_buffer.mid(m_begin, length);
    m_isUnended = end == m_begin + length;
    m_position += end - m_begin;
    m_begin = end;
    m_searched = end;
    return isTooLong ? Result::TooLong : Result::Line;
}

// Reads what is there, at least a byte; returns Line if there is more to look at.
LineReader::Result LineReader::fill()
{
    pollfd waiting[] = {{m_interruption, POLLIN, 0}, {m_descriptor, POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0)
        return errno == EINTR ? Result::Line : Result::Failed;
    if (waiting[0].revents != 0)
        return Result::Interrupted;

    m_buffer.remove(0, std::exchange(m_begin, 0));
    if (m_buffer.size() > m_longest) {
        m_position += m_buffer.size();
        m_buffer.clear();
        m_isTooLong = true;
    }
    m_searched = m_buffer.size();
    m_buffer.resize(m_searched + readAtOnce);
    const ssize_t count = ::read(m_descriptor, m_buffer.data() + m_searched, size_t(readAtOnce));
    m_buffer.truncate(m_searched + std::max<ssize_t>(count, 0));
    if (count < 0)
        return errno == EINTR || errno == EAGAIN ? Result::Line : Result::Failed;
    m_isAtEnd = count == 0;
    return Result::Line;
}

} // namespace Pyvent::Text
