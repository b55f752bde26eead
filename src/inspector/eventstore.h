// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_EVENTSTORE_H
#define PYVENT_INSPECTOR_EVENTSTORE_H

#include "stringpool.h"

#include <PyventEvent>

#include <QtCore/qbytearray.h>
#include <QtCore/qdatetime.h>
#include <QtCore/qvariant.h>

#include <deque>
#include <memory>
#include <vector>

namespace Pyvent::Inspector {

// Counts the events in the order in which they were heard; an event keeps its number as long as it is kept.
using Serial = quint64;

// A log of events in little memory: 40 bytes each and their arguments as JSON, which are decoded only where they are
// looked at. A copy is cheap, and may be read in another thread while the original goes on.
class EventStore
{
public:
    static constexpr qsizetype defaultMaximum = 1'000'000;
    static constexpr qsizetype defaultMaximumBytes = qsizetype(1) << 30;
    // Arguments whose JSON is larger than this are not decoded to be shown in a line.
    static constexpr qsizetype largeArguments = 256 * 1024;

    EventStore() = default;
    EventStore(const EventStore &other);
    EventStore &operator=(const EventStore &other);
    EventStore(EventStore &&) noexcept = default;
    EventStore &operator=(EventStore &&) noexcept = default;
    ~EventStore() = default;

    // The events that are here are those from begin() to end() - 1.
    Serial begin() const { return m_begin; }
    Serial end() const { return m_end; }
    qsizetype count() const { return qsizetype(m_end - m_begin); }
    bool contains(Serial serial) const { return serial >= m_begin && serial < m_end; }

    // \a arrival is used where the event itself has no time, which is so for Python's; it may be invalid.
    Serial append(const PyventEvent &event, const QDateTime &arrival);
    // The same with arguments that are JSON already.
    Serial append(const PyventEvent &event, const QDateTime &arrival, QByteArrayView arguments);

    void setMaximum(qsizetype events) { m_maximum = events; }
    qsizetype maximum() const { return m_maximum; }
    void setMaximumBytes(qsizetype bytes) { m_maximumBytes = bytes; }
    qsizetype bytes() const { return m_bytes; }

    // How many of the oldest have to go: none, or a hundredth at once, so that this is not needed for each new event.
    qsizetype excess() const;
    void removeOldest(qsizetype count);
    void clear() { removeOldest(count()); }

    // Of one event, which must be here.
    const QString &name(Serial serial) const { return m_names.at(entry(serial).name); }
    quint32 nameId(Serial serial) const { return entry(serial).name; }
    const QString &sender(Serial serial) const { return m_senders.at(entry(serial).sender); }
    quint32 senderId(Serial serial) const { return entry(serial).sender; }
    QUuid node(Serial serial) const;
    quint64 sequence(Serial serial) const { return entry(serial).sequence; }
    QDateTime time(Serial serial) const; // when it was sent, else when it arrived; invalid if nobody knows
    bool isTimeOfArrival(Serial serial) const { return entry(serial).timeKind == Arrival; }
    QByteArrayView arguments(Serial serial) const; // valid until the next change
    // How many bytes there are in the arguments, and not in their JSON, where bytes take a third more.
    qsizetype size(Serial serial) const;

    // The arguments, decoded. On failure, which only values that are nested too deeply meet, says why in \a error.
    QVariantMap decoded(Serial serial, QString *error = nullptr) const;
    PyventEvent event(Serial serial) const;
    QByteArray jsonLine(Serial serial) const; // as `pyvent listen --json` prints it

    const StringPool &names() const { return m_names; }
    const StringPool &senders() const { return m_senders; }

private:
    enum TimeKind { Sent, Arrival, Unknown };
    struct Entry
    {
        qint64 time; // in milliseconds since 1970
        quint64 sequence;
        qint64 offset; // of the arguments in the chunk's bytes
        quint32 size;
        quint32 name;
        quint32 sender;
        quint32 node : 30;
        quint32 timeKind : 2;
    };
    struct Chunk
    {
        std::vector<Entry> entries = {};
        QByteArray bytes = {};
    };
    static constexpr Serial chunkSize = 4096;

    const Chunk &chunk(Serial serial) const;
    const Entry &entry(Serial serial) const { return chunk(serial).entries[size_t(serial % chunkSize)]; }
    Chunk &chunkForNew();
    PyventEvent head(Serial serial) const; // without arguments

    std::deque<std::shared_ptr<Chunk>> m_chunks; // only the last one changes, and it is never shared
    Serial m_begin = 0;
    Serial m_end = 0;
    QHash<Serial, qsizetype> m_sizes; // of events whose JSON is large, which are few
    qsizetype m_bytes = 0;
    qsizetype m_maximum = defaultMaximum;
    qsizetype m_maximumBytes = defaultMaximumBytes;
    StringPool m_names;
    StringPool m_senders;
    StringPool m_nodes;
};

} // namespace Pyvent::Inspector

#endif
