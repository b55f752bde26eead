// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_STREAMTRACKER_H
#define PYVENT_DELIVERY_STREAMTRACKER_H

#include <QtCore/qbytearray.h>
#include <QtCore/qhash.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <list>

namespace Pyvent::Internal {

// Where each stream of events, one per sending node and topic, has got to: tells new events from doubled ones, and how
// many are missing before a new one. Plain logic, without sockets and clock.
class StreamTracker
{
public:
    struct Verdict
    {
        bool isNew = true;
        quint64 missing = 0; // events of this stream between the last one heard and this one
    };

    // Remembers \a capacity streams, at least one; the one that was heard least recently is forgotten first, so that a sender of ever
    // new topics cannot make the receiver grow without bound.
    explicit StreamTracker(qsizetype capacity = 100'000)
        : m_capacity(std::max(capacity, qsizetype(1)))
    {
    }

    // The event number \a sequence of the stream has arrived. The first one of a stream is new, whatever its number:
    // what was sent before this node listened is not missing.
    Verdict heard(const QUuid &node, const QByteArray &topic, quint64 sequence);

    // Forgets all streams, because subscriptions changed and gaps mean nothing any more.
    void clear();

    qsizetype size() const { return m_streams.size(); }

private:
    struct Key
    {
        QUuid node;
        QByteArray topic;
        friend bool operator==(const Key &, const Key &) = default;
        friend size_t qHash(const Key &key, size_t seed) { return qHashMulti(seed, key.node, key.topic); }
    };
    struct Stream
    {
        quint64 last;
        std::list<Key>::iterator age;
    };

    qsizetype m_capacity;
    QHash<Key, Stream> m_streams;
    std::list<Key> m_byAge; // least recently heard first
};

} // namespace Pyvent::Internal

#endif
