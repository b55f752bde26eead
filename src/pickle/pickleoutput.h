// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEOUTPUT_H
#define PYVENT_PICKLEOUTPUT_H

#include "pickleopcode.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qendian.h>

#include <cstring>

namespace Pyvent::Internal {

// The end of a QByteArray that is being written: a raw pointer with room behind it, so that an opcode costs a
// comparison and a store. Every put is preceded by a reserve() for it.
class PickleOutput
{
public:
    PickleOutput(QByteArray *out, qsizetype limit)
        : m_out(out)
        , m_start(out->size())
        , m_limit(limit)
    {
        const qsizetype room = qMax(out->capacity(), m_start + 240);
        m_out->resize(room);
        m_base = m_out->data();
        m_next = m_base + m_start;
        m_end = m_base + room;
    }
    Q_DISABLE_COPY_MOVE(PickleOutput)

    // Makes room for \a count bytes; false if the limit stops that.
    bool reserve(qsizetype count) { return Q_LIKELY(m_end - m_next >= count) ? true : grow(count); }
    bool isTooLarge() const { return size() > m_limit; }
    qsizetype size() const { return m_next - m_base - m_start; }

    void put(Op op) { *m_next++ = char(op); }
    void put(char byte) { *m_next++ = byte; }
    template <typename T>
    void putLittleEndian(T value)
    {
        qToLittleEndian(value, m_next);
        m_next += sizeof(T);
    }
    template <typename T>
    void putBigEndian(T value)
    {
        qToBigEndian(value, m_next);
        m_next += sizeof(T);
    }
    void put(const void *bytes, qsizetype size)
    {
        if (size > 0)
            std::memcpy(m_next, bytes, size_t(size));
        m_next += size;
    }
    char *next() { return m_next; }
    void setNext(char *next) { m_next = next; }
    // The byte \a offset after where this output began.
    char *at(qsizetype offset) { return m_base + m_start + offset; }

    void finish() { m_out->resize(m_next - m_base); }
    void undo() { m_out->resize(m_start); }

private:
    Q_NEVER_INLINE bool grow(qsizetype count)
    {
        const qsizetype used = m_next - m_base;
        // What is reserved is often more than what is used, so that isTooLarge() has the last word.
        if (used - m_start > m_limit || count / 2 > m_limit + slack)
            return false;
        m_out->resize(qMax(used + count, qMin(2 * used, m_start + m_limit + slack)));
        m_base = m_out->data();
        m_next = m_base + used;
        m_end = m_base + m_out->size();
        return true;
    }

    static constexpr qsizetype slack = 512;

    QByteArray *m_out;
    const qsizetype m_start;
    const qsizetype m_limit;
    char *m_base = nullptr;
    char *m_next = nullptr;
    char *m_end = nullptr;
};

} // namespace Pyvent::Internal

#endif
