// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_BLOCK_H
#define PYVENT_SERVER_BLOCK_H

#include "server/eventends.h"
#include "transport/filepool.h"
#include "transport/sealedfile.h"
#include "wire/lane.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include <sys/mman.h>

namespace Pyvent::Internal {

// Bytes on their way to any number of receivers, which share them. Of one thread: the count is not atomic.
class Block
{
public:
    Block() = default;

    // What a block takes beside its bytes: here, at the allocator, and in a queue.
    static constexpr qsizetype overhead = 80;

    // Room for \a size bytes, which are not set yet. Throws std::bad_alloc. The system gives a large one its pages as they are written.
    explicit Block(qsizetype size)
        : m_data(allocate(size))
    {
        m_data->size = size;
        m_data->at = reinterpret_cast<char *>(m_data + 1);
    }

    // What \a mapping has, which is not to be written to. \a file, if it is open, is what that is of, and goes where the other end takes files;
    // \a files counts these for as long as they exist.
    Block(FileMapping &&mapping, FileDescriptor &&file, qsizetype *files)
        : m_data(allocate(0))
    {
        m_data->size = mapping.bytes().size();
        m_data->at = const_cast<char *>(mapping.bytes().data());
        m_data->file.reset(new File(std::move(mapping), std::move(file), Lane::fileFrame(), files));
    }

    // The first \a size bytes of \a file, a pooled one, which may become others: what is known of them is \a ends. \a files as above.
    Block(const EventEnds &ends, FileDescriptor &&file, qsizetype size, qsizetype *files)
        : m_data(allocate(0))
    {
        m_data->file.reset(new File({}, std::move(file), Lane::fileFrame(quint64(size)), files));
        m_data->file->ends = ends;
        m_data->file->size = size;
        m_data->size = ends.frame().size();
        m_data->at = const_cast<char *>(m_data->file->ends.frame().constData());
    }

    // The same, and \a account counts it for as long as it exists; it outlives it.
    Block(qsizetype size, qsizetype *account)
        : Block(size)
    {
        countIn(account);
    }
    Block(QByteArrayView bytes, qsizetype *account)
        : Block(bytes.size(), account)
    {
        std::memcpy(data(), bytes.data(), std::size_t(bytes.size()));
    }
    Block(const Block &other)
        : m_data(other.m_data)
    {
        if (m_data)
            ++m_data->owners;
    }
    Block(Block &&other) noexcept
        : m_data(std::exchange(other.m_data, nullptr))
    {
    }
    Block &operator=(Block other) noexcept
    {
        std::swap(m_data, other.m_data);
        return *this;
    }
    ~Block()
    {
        if (m_data && --m_data->owners == 0)
            free(m_data);
    }

    // Once.
    void countIn(qsizetype *account)
    {
        m_data->account = account;
        *account += size() + overhead;
    }

    // Once: the first \a bytes are none of it any more. It is in memory of its own, and was not passed on yet.
    void dropFront(qsizetype bytes)
    {
        m_data->at += bytes;
        m_data->size -= bytes;
        m_data->front = bytes;
        if (m_data->account)
            *m_data->account -= bytes;
    }

    bool isNull() const { return !m_data; }
    qsizetype size() const { return m_data ? m_data->all() : 0; }
    char *data() { return m_data->at; }
    const char *data() const { return m_data->at; }

    // Of a pooled file, only the frame of its ends.
    QByteArrayView bytes() const { return m_data ? QByteArrayView(data(), m_data->size) : QByteArrayView(); }

    // With all of its bytes: this one, or a copy of what a pooled file has now, which all owners share. Null if it has something else by now
    // than when it came. Throws std::bad_alloc.
    Block whole() const;

    // -1: it is in none.
    int file() const { return m_data && m_data->file ? m_data->file->descriptor.get() : -1; }

    // What goes in its place with the file.
    QByteArrayView fileCommand() const { return m_data->file->command; }

private:
    // Where the bytes are a file's.
    struct File
    {
        File(FileMapping &&itsMapping, FileDescriptor &&itsDescriptor, const QByteArray &itsCommand, qsizetype *files)
            : mapping(std::move(itsMapping))
            , descriptor(std::move(itsDescriptor))
            , command(itsCommand)
            , count(files)
        {
            *count += descriptor.isOpen();
        }
        ~File() { *count -= descriptor.isOpen(); }
        Q_DISABLE_COPY_MOVE(File)

        const FileMapping mapping; // of a sealed one
        const FileDescriptor descriptor;
        const QByteArray command;
        qsizetype *const count; // of those with a descriptor
        // Of a pooled one:
        qsizetype size = 0;
        EventEnds ends;
        std::unique_ptr<const Block> whole;
    };
    struct Data
    {
        qsizetype owners = 1;
        qsizetype size = 0;
        char *at = nullptr;
        qsizetype front = 0; // bytes before that
        qsizetype *account = nullptr;
        std::unique_ptr<File> file = {};

        qsizetype all() const { return file && file->size > 0 ? file->size : size; }
    };

    // The C library would keep what is free of a thread's heap, up to twice as much as a block has had.
    static constexpr qsizetype mappedFrom = qsizetype(4) * 1024 * 1024;

    static Data *allocate(qsizetype size)
    {
        const std::size_t all = sizeof(Data) + std::size_t(size);
        void *const at = size >= mappedFrom
            ? ::mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            : std::malloc(all);
        if (!at || at == MAP_FAILED)
            throw std::bad_alloc();
        return new (at) Data;
    }
    static void free(Data *data) noexcept
    {
        if (data->account)
            *data->account -= data->all() + overhead;
        const qsizetype size = data->size + data->front;
        const bool isMapped = !data->file && size >= mappedFrom;
        const std::size_t all = sizeof(Data) + std::size_t(size);
        data->~Data();
        if (isMapped)
            ::munmap(data, all);
        else
            std::free(data);
    }

    Data *m_data = nullptr;
};

inline Block Block::whole() const
{
    if (!m_data || !m_data->file || m_data->file->size == 0)
        return *this;
    File &file = *m_data->file;
    if (!file.whole) {
        Block copy(file.size);
        if (copyFromPooledFile(file.descriptor, 0, std::span(copy.data(), std::size_t(file.size)))
            && file.ends.areOf(copy.bytes())) {
            if (m_data->account)
                copy.countIn(m_data->account);
        } else {
            copy = Block();
        }
        file.whole = std::make_unique<const Block>(std::move(copy));
    }
    return *file.whole;
}

} // namespace Pyvent::Internal

#endif
