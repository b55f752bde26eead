// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_FILEPOOL_H
#define PYVENT_TRANSPORT_FILEPOOL_H

#include "transport/filedescriptor.h"

#include <QtCore/qbytearrayview.h>

#include <chrono>
#include <deque>
#include <span>

namespace Pyvent::Internal {

// Memory files for large events that follow each other. To give a new file its pages takes the system several times as long as to copy an
// event; so each of these is written to again when nobody else has it any more, which the kernel knows. Nobody else can write to one. But
// its sender could at any time, so who gets one copies what it is to say before looking at it: copyFromPooledFile(). Not thread-safe.
class FilePool
{
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::size_t mostFiles = 16;
    static constexpr qsizetype mostBytes = qsizetype(64) * 1024 * 1024;

    FilePool() = default;
    Q_DISABLE_COPY_MOVE(FilePool)
    ~FilePool();

    // A file that begins with \a header and \a body, opened for reading: it is the caller's, to pass it on and to close it. Not open where all
    // files are in use, or the system gives none.
    FileDescriptor write(QByteArrayView header, QByteArrayView body, Clock::time_point now);

    // Gives back those that were not used for a while.
    void tidy(Clock::time_point now);

    std::size_t files() const { return m_files.size(); }

private:
    struct File
    {
        FileDescriptor reader; // the pool's own
        std::span<char> memory;
        Clock::time_point usedAt;
    };

    static File make(qsizetype size);
    static FileDescriptor open(int file);
    static bool isFree(const File &file);
    static void drop(File &file);
    File *find(qsizetype size);

    std::deque<File> m_files; // the one that was used last is the last
    qsizetype m_bytes = 0;
};

// Whether \a file is another process's pooled one of \a size bytes at least: nobody makes it shorter, and it is the system's own memory, so
// that reading it neither fails nor waits.
bool isPooledFile(const FileDescriptor &file, qsizetype size);

// Fills \a to with what stands \a at that place of a pooled file now. Returns false if that is not there.
bool copyFromPooledFile(const FileDescriptor &file, qsizetype at, std::span<char> to);

} // namespace Pyvent::Internal

#endif
