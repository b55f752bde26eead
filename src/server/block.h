// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_BLOCK_H
#define PYVENT_SERVER_BLOCK_H

#include <QtCore/qbytearrayview.h>

#include <cstdlib>
#include <cstring>
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
    static constexpr qsizetype overhead = 64;

    // Room for \a size bytes, which are not set yet. Throws std::bad_alloc. The system gives a large one its pages as they are written.
    explicit Block(qsizetype size)
        : m_data(allocate(size))
    {
        *m_data = {1, size, nullptr};
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
        if (!m_data || --m_data->owners > 0)
            return;
        if (m_data->account)
            *m_data->account -= m_data->size + overhead;
        if (m_data->size >= mappedFrom)
            ::munmap(m_data, sizeof(Data) + std::size_t(m_data->size));
        else
            std::free(m_data);
    }

    // Once.
    void countIn(qsizetype *account)
    {
        m_data->account = account;
        *account += m_data->size + overhead;
    }

    bool isNull() const { return !m_data; }
    qsizetype size() const { return m_data ? m_data->size : 0; }
    char *data() { return reinterpret_cast<char *>(m_data + 1); }
    const char *data() const { return reinterpret_cast<const char *>(m_data + 1); }
    QByteArrayView bytes() const { return m_data ? QByteArrayView(data(), size()) : QByteArrayView(); }

private:
    struct Data
    {
        qsizetype owners;
        qsizetype size;
        qsizetype *account;
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
        return static_cast<Data *>(at);
    }

    Data *m_data = nullptr;
};

} // namespace Pyvent::Internal

#endif
