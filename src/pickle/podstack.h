// SPDX-License-Identifier: MIT
#ifndef PYVENT_PODSTACK_H
#define PYVENT_PODSTACK_H

#include <QtCore/qglobal.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>

namespace Pyvent::Internal {

// A growing array of plain data that keeps its memory when it is emptied, for as long as that much is needed.
// QVarLengthArray and QList check for sharing or construct elements on the paths that a pickle takes for every value.
template <typename T>
class PodStack
{
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    // push() takes no more than \a limit elements.
    explicit PodStack(quint32 limit = std::numeric_limits<quint32>::max())
        : m_limit(limit)
    {
    }
    ~PodStack() { std::free(m_data); }
    Q_DISABLE_COPY_MOVE(PodStack)

    quint32 size() const { return m_size; }
    bool isEmpty() const { return m_size == 0; }
    T &operator[](quint32 index) { return m_data[index]; }
    const T &operator[](quint32 index) const { return m_data[index]; }
    T &top() { return m_data[m_size - 1]; }
    T *end() { return m_data + m_size; }
    const T *end() const { return m_data + m_size; }

    // False at the limit. By value: it may be an element of this array, and a reference would make the compiler put it
    // together in memory first.
    bool push(T value)
    {
        if (Q_UNLIKELY(m_size == m_capacity) && !grow())
            return false;
        m_data[m_size++] = value;
        return true;
    }
    // \a values must not lie in this array.
    void append(const T *values, quint32 count)
    {
        if (count == 0)
            return;
        if (m_capacity - m_size < count)
            grow(count);
        std::memcpy(m_data + m_size, values, count * sizeof(T));
        m_size += count;
    }
    void resize(quint32 size, const T &fill)
    {
        if (size > m_size && m_capacity - m_size < size - m_size)
            grow(size - m_size);
        while (m_size < size)
            m_data[m_size++] = fill;
        m_size = size;
    }
    void truncate(quint32 size)
    {
        m_peak = qMax(m_peak, m_size);
        m_size = size;
    }

    // Empties it. Memory beyond \a keptBytes is given back unless a quarter of it was in use: who gets one large
    // pickle after the other would otherwise spend most of the time on getting memory from the system.
    void clear(size_t keptBytes)
    {
        if (Q_UNLIKELY(m_capacity * sizeof(T) > keptBytes))
            giveBackUnused();
        m_size = 0;
    }

private:
    Q_NEVER_INLINE void giveBackUnused()
    {
        if (qMax(m_peak, m_size) < m_capacity / 4) {
            std::free(m_data);
            m_data = nullptr;
            m_capacity = 0;
        }
        m_peak = 0;
    }

    bool grow()
    {
        if (m_size >= m_limit)
            return false;
        grow(1);
        return true;
    }
    Q_NEVER_INLINE void grow(quint32 more)
    {
        const quint32 wanted = qMax<quint32>(64, qMax(m_size + more, m_capacity + m_capacity / 2));
        const quint32 capacity = qMax(m_size + more, qMin(wanted, m_limit));
        void *data = std::realloc(static_cast<void *>(m_data), size_t(capacity) * sizeof(T));
        Q_CHECK_PTR(data);
        m_data = static_cast<T *>(data);
        m_capacity = capacity;
    }

    T *m_data = nullptr;
    quint32 m_size = 0;
    quint32 m_capacity = 0;
    quint32 m_peak = 0; // the most elements that there were before a truncate()
    const quint32 m_limit;
};

} // namespace Pyvent::Internal

#endif
