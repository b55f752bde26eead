// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_CBORREADER_H
#define PYVENT_WIRE_CBORREADER_H

#include <QtCore/qbytearray.h>
#include <QtCore/qcborstreamreader.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <optional>

namespace Pyvent::Internal {

// Reads a control message's CBOR piece by piece, and builds nothing but what was asked for: so no message costs more than its bytes. Once
// something is not what was asked for, everything that follows is not, either.
class CborReader
{
public:
    explicit CborReader(QByteArrayView bytes)
        : m_reader(bytes.data(), bytes.size())
    {
    }
    Q_DISABLE_COPY_MOVE(CborReader)

    bool isGood() const { return m_isGood; }

    // An array begins, or ends, whatever else is in it. Lists and texts have to say how long they are.
    bool enterArray();
    bool leaveArray();
    bool hasMore() const { return m_isGood && m_reader.hasNext(); }

    QUuid uuid();
    QByteArray bytes();
    qint64 integer();
    quint64 number() { return quint64(std::max(integer(), qint64(0))); }

    // Nothing, and null, where there is none in its place.
    std::optional<qint64> integerOrNothing();
    QByteArray bytesOrNothing();

    // Calls \a entry, which reads one of them, for each entry of a list of no more than \a most.
    template <typename Entry>
    void list(quint64 most, Entry &&entry)
    {
        if (!m_isGood || !m_reader.isArray() || !m_reader.isLengthKnown() || m_reader.length() > most || !enterArray())
            return fail();
        while (hasMore())
            entry();
        leaveArray();
    }

private:
    void fail() { m_isGood = false; }
    bool skipNothing();
    bool check(bool isGood) { return m_isGood = m_isGood && isGood; }

    QCborStreamReader m_reader;
    bool m_isGood = true;
};

} // namespace Pyvent::Internal

#endif
