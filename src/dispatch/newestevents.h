// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_NEWESTEVENTS_H
#define PYVENT_DISPATCH_NEWESTEVENTS_H

#include "dispatch/topichash.h"

#include <QtCore/quuid.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <unordered_map>

namespace Pyvent::Internal {

// What may wait for a receiver.
struct NewestLimits
{
    std::size_t events = 100'000; // of different names or nodes
    qsizetype bytes = qsizetype(64) * 1024 * 1024;
};

// Of the events that wait for one receiver, the newest of each name and sending node, as a frame: what is skipped is never read.
// With a period, the next one of that name and node has its turn only after it. Plain logic, and not thread-safe.
class NewestEvents
{
public:
    using Clock = std::chrono::steady_clock;

    explicit NewestEvents(std::chrono::milliseconds period, const NewestLimits &limits = {});

    // \a frame, of the topic and the sending node, is the newest event from now on; what waits of the same is skipped. Returns
    // false, and takes nothing, where there is no room for it.
    bool put(QByteArrayView topic, const QUuid &node, QByteArrayView frame, Clock::time_point now);

    // Moves the frame that has waited longest, of those whose turn it is, to \a frame, and says how many were skipped before it.
    // Returns false if it is no frame's turn. What \a frame had is kept as memory for other frames.
    bool take(Clock::time_point now, QByteArray *frame, quint64 *skipped);

    // Whether it is some frame's turn.
    bool isDue(Clock::time_point now);

    // When it is the next one's that waits for its turn; max() if none does.
    Clock::time_point nextDue() const;

    // Forgets what waits.
    void clear();

    qsizetype waitingBytes() const { return m_bytes; }
    std::size_t known() const { return m_slots.size(); }

    // What Pacer remembers of it: whether its receiver is to take(), when it will be, and whether nobody wants anything any more.
    bool isCalled = false;
    Clock::time_point isCalledAt = Clock::time_point::max();
    bool hasEnded = false;

private:
    struct Key
    {
        QByteArray topic;
        QUuid node;
    };
    struct KeyView
    {
        QByteArrayView topic;
        const QUuid &node;
    };
    struct KeyHash
    {
        using is_transparent = void;
        template <typename AnyKey>
        std::size_t operator()(const AnyKey &key) const
        {
            return TopicHash()(key.topic) ^ (std::size_t(key.node.data1) * 0x9e3779b97f4a7c15u);
        }
    };
    struct KeyEqual
    {
        using is_transparent = void;
        template <typename One, typename Other>
        bool operator()(const One &one, const Other &other) const
        {
            return one.node == other.node && QByteArrayView(one.topic) == QByteArrayView(other.topic);
        }
    };
    struct Slot
    {
        QByteArray frame;
        quint64 skipped = 0;
        bool waits = false;
        Clock::time_point notBefore = Clock::time_point::min();
    };
    using Slots = std::unordered_map<Key, Slot, KeyHash, KeyEqual>;

    Slots::value_type *find(QByteArrayView topic, const QUuid &node);
    Slot *slotFor(QByteArrayView topic, const QUuid &node, Clock::time_point now);
    void forgetIdle(Clock::time_point now);
    void ripen(Clock::time_point now);

    const std::chrono::milliseconds m_period;
    const NewestLimits m_limits;
    Slots m_slots;
    Slots::value_type *m_last = nullptr; // that was looked up: mostly the next one is the same
    std::size_t m_lookAgainAt;           // for those that may be forgotten, when there are so many
    std::deque<Slot *> m_due;
    std::multimap<Clock::time_point, Slot *> m_resting; // that wait, and whose time has not come
    qsizetype m_bytes = 0;
    std::size_t m_waiting = 0;
};

} // namespace Pyvent::Internal

#endif
