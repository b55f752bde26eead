// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_FANOUT_H
#define PYVENT_DISPATCH_FANOUT_H

#include "dispatch/receivertable.h"

#include <memory>

namespace Pyvent::Internal {

// One event on its way through its receivers. Whoever calls next() goes on where the last call stopped: so a handler that
// opens a nested event loop does not let later events overtake this one at the receivers after it.
class Fanout
{
public:
    enum class To : quint8 { All, NodeThread, Elsewhere };

    // For the receivers of \a match, made when the event arrived: one that comes later hears only what arrives later.
    Fanout(std::shared_ptr<const PyventEvent> event, ReceiverTable::Match match, To to = To::All)
        : m_event(std::move(event))
        , m_exact(std::move(match.exact))
        , m_globs(std::move(match.globs))
        , m_to(to)
    {
    }

    const std::shared_ptr<const PyventEvent> &event() const { return m_event; }

    // The same, when it is over.
    std::shared_ptr<const PyventEvent> takeEvent() { return std::move(m_event); }

    // The next receiver that hears the event, in order: those of its name, then the globs. Null when all have.
    std::shared_ptr<Receiver> next();

    // Whether next() has nothing more.
    bool isOver() { return !find(); }

    // Whether next() may have two or more.
    bool mayHaveSeveral() const;

private:
    const std::shared_ptr<Receiver> *find();

    std::shared_ptr<const PyventEvent> m_event;
    std::shared_ptr<const ReceiverTable::Receivers> m_exact;
    std::shared_ptr<const ReceiverTable::Receivers> m_globs;
    To m_to;
    std::size_t m_position = 0; // in exact, then in globs
};

} // namespace Pyvent::Internal

#endif
