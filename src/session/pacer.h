// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_PACER_H
#define PYVENT_SESSION_PACER_H

#include "dispatch/receiver.h"

#include <deque>
#include <map>
#include <memory>
#include <utility>

namespace Pyvent::Internal {

// Has those called who hear only the newest events, when it is their turn: those in other threads at once, those in the node's when
// that asks. It holds receivers that stand in the table, so that its end is never that of one. Not thread-safe.
class Pacer
{
public:
    using Clock = std::chrono::steady_clock;

    // \a frame waits for \a receiver from now on. Returns false where there is no room for it.
    bool put(const std::shared_ptr<Receiver> &receiver, QByteArrayView topic, const QUuid &node, QByteArrayView frame,
             Clock::time_point now);

    // Moves what \a receiver hears next to \a frame, as NewestEvents::take(), and has it called again if that is not all.
    bool take(const std::shared_ptr<Receiver> &receiver, Clock::time_point now, QByteArray *frame, quint64 *skipped);

    // One in the node's thread that is to be called; null if there is none.
    std::shared_ptr<Receiver> next();
    bool hasTurns() const { return !m_called.empty(); }

    // Calls those whose time has come.
    void process(Clock::time_point now);

    // When process() has something to do; max() if nothing waits for a time.
    Clock::time_point deadline() const;

    // \a receiver, of any kind, has left the table.
    void remove(const Receiver &receiver);

    // Nothing waits any more for \a receiver, which hears only the newest events.
    void forget(const Receiver &receiver);

private:
    void look(const std::shared_ptr<Receiver> &receiver, NewestEvents &events, Clock::time_point now);

    std::deque<std::shared_ptr<Receiver>> m_called; // in the node's thread
    std::map<std::pair<Clock::time_point, const NewestEvents *>, std::shared_ptr<Receiver>> m_timed;
};

} // namespace Pyvent::Internal

#endif
