// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_BLOCK_H
#define PYVENT_SERVER_BLOCK_H

#include <QtCore/qbytearrayview.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace Pyvent::Internal {

// Bytes on their way to any number of receivers, which share them. Of one thread: the count is not atomic.
class Block
{
public:
    Block() = default;

    // Room for \a size bytes, which are not set yet, and which \a account counts for as long as they exist; it outlives them. Throws
    // std::bad_alloc. The system gives a large one its pages as they are written.
    Block(qsizetype size, qsizetype *account)
        : m_data(static_cast<Data *>(std::malloc(sizeof(Data) + std::size_t(size))))
    {
        if (!m_data)
            throw std::bad_alloc();
        *m_data = {1, size, account};
        *account += size;
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
        if (m_data && --m_data->owners == 0) {
            *m_data->account -= m_data->size;
            std::free(m_data);
        }
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

    Data *m_data = nullptr;
};

} // namespace Pyvent::Internal

#endif
