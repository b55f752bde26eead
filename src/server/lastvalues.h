// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_LASTVALUES_H
#define PYVENT_SERVER_LASTVALUES_H

#include "delivery/hybridclock.h"
#include "wire/frame.h"
#include "wire/valueversion.h"

#include <QtCore/qhash.h>

#include <cstring>
#include <list>
#include <map>

namespace Pyvent::Internal {

// The newest event of each name, as its frame, for those who come late; of a shared value, the write that holds. What was not looked at or
// written to for longest makes room. It knows frames, not values. Plain logic, without a clock. Not thread-safe.
class LastValues
{
public:
    // Each is against clients that send ever new names, or very large events.
    struct Limits
    {
        qsizetype nameBytes = 1024; // of one: a longer one's event is not kept
        qsizetype frameBytes = qsizetype(60) * 1024;
        qsizetype allBytes = qsizetype(64) * 1024 * 1024;
        qsizetype names = 100'000;
    };

    struct Entry
    {
        quint64 number; // of the name, in the order in which they have come
        QByteArray name;
        QByteArray frame;     // empty: it is too large, which is known of values only
        ValueVersion version; // none: it is no write of a value
    };

    LastValues() = default;
    explicit LastValues(const Limits &limits)
        : m_limits(limits)
    {
    }
    Q_DISABLE_COPY_MOVE(LastValues)

    // Somebody holds the value \a name, or one less does.
    void isHeld(QByteArrayView name) { ++m_held[name.toByteArray()]; }
    void isHeldNoMore(QByteArrayView name);

    // Whether the events of \a name write a value: somebody holds it, or did.
    bool isValue(QByteArrayView name) const;

    // Whether an event of the frame \a body is just one more of the plain events of the name that was kept last.
    bool isOneMore(QByteArrayView body) const
    {
        const qsizetype size = m_plain.size();
        return size > 0 && body.size() > size && std::memcmp(body.data(), m_plain.data(), std::size_t(size)) == 0
            && !endsWithFlag(Trailer::Value, body);
    }

    // A plain event has come, of which \a size bytes are known to be in all.
    void keep(QByteArrayView name, QByteArrayView body, qsizetype size);

    // A write has come. What it is to the one that was kept; Implausible: its stamp is, and nothing is known of it.
    enum class Order : quint8 { Newer, Same, Older, Implausible };
    Order keepWrite(const Frame &frame, QByteArrayView body, qsizetype size, qint64 time);

    // What is kept of \a name, if anything is. It is looked at.
    const Entry *find(QByteArrayView name);

    // A stamp for a write that comes now, later than all that are kept.
    quint64 nextStamp(qint64 time) { return m_clock.next(time); }

    // A stamp for a write of \a name that was sent on another bus at \a sentAt and has none there: later than the one that is kept, and else no later
    // than what that bus has given to it, so that what is written there next is later than this.
    quint64 stampOfForwarded(QByteArrayView name, qint64 sentAt, qint64 time);

    // What comes from elsewhere to be kept, as it was before. Returns whether it is: an event that is there already stays, unless it is an older
    // one; and where the events of the name write a value, only a write has a place among them.
    bool keepPast(const Frame &frame, QByteArrayView body);

    // What is kept, in the order in which names have come: those behind number \a after, until \a take returns false. Returns the number of the last one
    // that was taken; 0: there are no more.
    template <typename Take>
    quint64 walk(quint64 after, Take &&take) const
    {
        quint64 last = after;
        for (auto entry = m_byNumber.upper_bound(after); entry != m_byNumber.end(); ++entry) {
            if (!take(*entry->second))
                return last;
            last = entry->first;
        }
        return 0;
    }

    qsizetype names() const { return qsizetype(m_entries.size()); }
    qsizetype bytes() const { return m_bytes; }

private:
    using Entries = std::list<Entry>; // looked at or written to last first

    static qsizetype costOf(const Entry &entry);
    Entry &entryOf(QByteArrayView name);
    void assign(Entry &entry, QByteArrayView body, qsizetype size);
    void forget(Entries::iterator entry);
    void makeRoom();

    const Limits m_limits;
    HybridClock m_clock;
    Entries m_entries;
    QHash<QByteArrayView, Entries::iterator> m_byName; // the keys are the entries' names
    std::map<quint64, Entries::iterator> m_byNumber;
    quint64 m_lastNumber = 0;
    QByteArray m_plain; // the name, with its space, of the first entry if that is plain
    QHash<QByteArray, int> m_held;
    qsizetype m_bytes = 0;
};

} // namespace Pyvent::Internal

#endif
