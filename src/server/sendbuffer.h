// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SENDBUFFER_H
#define PYVENT_SERVER_SENDBUFFER_H

#include "server/block.h"

#include <sys/uio.h>

#include <deque>
#include <span>

namespace Pyvent::Internal {

// What waits to be written to one connection, in order. Where its other end takes files, a block that is one goes as such: in its place
// goes a command that says so. The other end has a few files at a time, and says when it has done with them.
class SendBuffer
{
public:
    bool isEmpty() const { return m_parts.empty(); }

    // Whether something may be written now.
    bool mayWrite() const { return !m_parts.empty() && (m_parts.front().form != Form::File || mayLend()); }

    // How many bytes are to be written.
    qsizetype bytes() const { return m_bytes; }

    // What it takes in memory, if nobody shares it.
    qsizetype cost() const { return m_bytes + m_fileBytes + qsizetype(m_parts.size()) * Block::overhead; }

    // How many bytes were ever appended, and how many of them were written.
    quint64 appended() const { return m_written + quint64(m_bytes); }
    quint64 written() const { return m_written; }

    // The other end takes files.
    void setTakesFiles() { m_takesFiles = true; }

    void append(const Block &block);

    // The next of it, for one call of sendmsg().
    struct Next
    {
        std::size_t count = 0; // as many as the vectors have room for
        int file = -1;         // goes with them, if it is not -1
    };
    Next fill(std::span<iovec> vectors) const;

    // \a count bytes of it have been written, with the \a file.
    void wrote(qsizetype count, int file = -1);

    // The kernel passes no more files now: the next one goes as bytes.
    void passAsBytes();

    // The other end has done with so many files in all. Returns false if it has not had them.
    bool haveDone(quint64 files);

    // Any number of files may be on their way from now on: the connection is about to end.
    void lendAny() { m_mostLent = std::numeric_limits<std::size_t>::max(); }

    void clear();

private:
    enum class Form : quint8 {
        Bytes,
        File,
        Passed // the command, whose file has gone ahead
    };
    struct Part
    {
        Block block;
        Form form;

        QByteArrayView bytes() const;
    };

    static constexpr std::size_t usuallyLent = 16;

    bool mayLend() const { return m_lent.size() < m_mostLent; }
    std::deque<Part>::iterator nextFile();

    std::deque<Part> m_parts;
    std::deque<Block> m_lent; // which the other end has
    std::size_t m_mostLent = usuallyLent;
    quint64 m_done = 0; // files
    qsizetype m_bytes = 0;
    qsizetype m_fileBytes = 0; // that are lent, or will be
    qsizetype m_begin = 0;     // how many bytes of the first part have been written
    quint64 m_written = 0;
    bool m_takesFiles = false;
};

} // namespace Pyvent::Internal

#endif
