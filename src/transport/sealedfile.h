// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_SEALEDFILE_H
#define PYVENT_TRANSPORT_SEALEDFILE_H

#include "transport/filedescriptor.h"

#include <QtCore/qbytearrayview.h>

#include <deque>
#include <span>

#include <sys/socket.h>

namespace Pyvent::Internal {

// A large event between processes of a machine: a memory file (memfd_create) that is written once, can never be changed again, and is
// passed on by its descriptor. It is gone with the last process that has it.

// An empty memory file that may grow to \a size bytes. Not open where the system has none to give, or would end the process for that.
FileDescriptor newMemoryFile(qsizetype size);

// Whether it is of the system's own memory, and has these seals (fcntl, F_GET_SEALS).
bool hasSeals(const FileDescriptor &file, int seals);

// A file of \a header and \a body. Not open where the system has none to give; then the bytes go another way.
FileDescriptor makeSealedFile(QByteArrayView header, QByteArrayView body);

// A file's bytes in memory, for as long as this exists.
class FileMapping
{
public:
    FileMapping() = default;

    // What is not sealed could be made shorter or other while it is read, and what is not the system's own memory could block: that is not
    // mapped, and what is larger than \a maximumSize is not. \a readsAll has the system give all pages at once.
    FileMapping(const FileDescriptor &file, qsizetype maximumSize, bool readsAll);
    FileMapping(FileMapping &&other) noexcept
        : m_bytes(std::exchange(other.m_bytes, {}))
    {
    }
    FileMapping &operator=(FileMapping &&other) noexcept
    {
        std::swap(m_bytes, other.m_bytes);
        return *this;
    }
    ~FileMapping();

    bool isNull() const { return m_bytes.isNull(); }
    QByteArrayView bytes() const { return m_bytes; }

private:
    QByteArrayView m_bytes;
};

// The files that have come by a socket, in order, and were not asked for yet. Where this process could not have one for want of
// descriptors, its place is empty.
class PassedFiles
{
public:
    // Receives bytes, as recv() does, and files with them.
    ssize_t receive(int socket, std::span<char> room);

    // The next one. Not open where there is none.
    FileDescriptor take();

    bool hasSome() const { return !m_files.empty(); }

    // More than a well-behaved other end sends before it says what they are.
    bool areTooMany() const { return m_files.size() > most; }

private:
    static constexpr std::size_t most = 16;

    std::deque<FileDescriptor> m_files;
};

// Sends bytes, as sendmsg() does, and \a file with the first of them, unless it is -1.
ssize_t sendWithFile(int socket, std::span<const iovec> vectors, int file);

} // namespace Pyvent::Internal

#endif
