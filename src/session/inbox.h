// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_INBOX_H
#define PYVENT_SESSION_INBOX_H

#include "dispatch/fanout.h"
#include "session/spareevents.h"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace Pyvent::Internal {

// What has arrived and was not delivered to all of its receivers yet: bounded, because nothing is delivered while a
// call waits in the node's thread. When it is full of events, by their number or by what they expand to, it keeps frames, which take
// less and are read later. Not thread-safe.
class Inbox
{
public:
    struct Arrival
    {
        Fanout fanout;
        qsizetype bytes; // that the event takes, as EventDecoder counts them
        bool mayBeSpare; // its event
    };
    using Arrivals = std::vector<Arrival>;

    // One receiver's turn. It is to be called without any lock.
    struct Turn
    {
        std::shared_ptr<const PyventEvent> event;
        std::shared_ptr<Receiver> receiver;
    };

    // The frame of an event, and who is to hear it.
    struct Kept
    {
        QByteArray frame;
        ReceiverTable::Match match;
        std::unique_ptr<ReceiverTable::Match> frames; // those that hear it undecoded; null if nobody does
    };

    bool isEmpty() const { return m_arrivals.empty() && m_kept.empty(); }

    // Whether something may be left behind the next turn.
    bool mayHaveSeveralTurns() const
    {
        return m_arrivals.size() > 1 || hasKept() || (!isEmpty() && m_arrivals.front().fanout.mayHaveSeveral());
    }

    // Whether the next event is to be kept, because there is no room for it or because others are.
    bool isFull() const;
    bool hasRoomToKeep(qsizetype bytes) const;
    void keep(QByteArrayView frame, ReceiverTable::Match &&match,
              std::unique_ptr<ReceiverTable::Match> frames = nullptr);
    bool hasKept() const { return !m_kept.empty(); }
    Kept takeKept(); // the oldest
    Backlog backlog() const;

    // Whoever appends looks first whether it is full. \a mayBeSpare: the event may be written to when it has been delivered.
    void append(Fanout &&fanout, qsizetype bytes, bool mayBeSpare = false);

    // The next receiver, of the oldest event; none where nothing waits. What has had its last turn is moved to \a
    // finished, for the caller to destroy without any lock: it may be the last to hold a handler, whose end runs user
    // code.
    std::optional<Turn> next(Arrivals *finished);

    // How many have come so far, and how many have had all their turns. A kept one is not counted as one that has come while it is read.
    quint64 arrived() const { return m_arrived; }
    quint64 finished() const { return m_finished; }

    // Events that have had their last turn.
    SpareEvents &spare() { return m_spare; }

    // Empties it, and returns what was in it, to be destroyed without any lock.
    Arrivals takeAll();

private:
    std::deque<Arrival> m_arrivals; // the first one may be under delivery
    qsizetype m_bytes = 0;
    std::deque<Kept> m_kept; // came after all these
    qsizetype m_keptBytes = 0;
    quint64 m_arrived = 0;
    quint64 m_finished = 0;
    SpareEvents m_spare;
};

} // namespace Pyvent::Internal

#endif
