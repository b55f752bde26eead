// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_BLOCK_H
#define PYVENT_SERVER_BLOCK_H

#include "transport/sealedfile.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
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
        m_data->file.reset(new File{std::move(mapping), std::move(file), files});
        *files += m_data->file->descriptor.isOpen();
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
        *account += m_data->size + overhead;
    }

    bool isNull() const { return !m_data; }
    qsizetype size() const { return m_data ? m_data->size : 0; }
    char *data() { return m_data->at; }
    const char *data() const { return m_data->at; }
    QByteArrayView bytes() const { return m_data ? QByteArrayView(data(), size()) : QByteArrayView(); }

    // -1: it is in none.
    int file() const { return m_data && m_data->file ? m_data->file->descriptor.get() : -1; }

private:
    // Where the bytes are a file's.
    struct File
    {
        FileMapping mapping;
        FileDescriptor descriptor;
        qsizetype *count; // of those with a descriptor
    };
    struct Data
    {
        qsizetype owners = 1;
        qsizetype size = 0;
        char *at = nullptr;
        qsizetype *account = nullptr;
        std::unique_ptr<File> file = {};
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
            *data->account -= data->size + overhead;
        if (data->file)
            *data->file->count -= data->file->descriptor.isOpen();
        const bool isMapped = !data->file && data->size >= mappedFrom;
        const std::size_t all = sizeof(Data) + std::size_t(data->size);
        data->~Data();
        if (isMapped)
            ::munmap(data, all);
        else
            std::free(data);
    }

    Data *m_data = nullptr;
};

} // namespace Pyvent::Internal

#endif
