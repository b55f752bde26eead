// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_SPAREEVENTS_H
#define PYVENT_SESSION_SPAREEVENTS_H

#include "pyventevent.h"

#include <array>
#include <memory>

namespace Pyvent::Internal {

// Events that have been delivered, for the next ones to be read into: to make an event and its map, and to destroy them, takes
// longer than all else that is done to receive one. Not thread-safe.
class SpareEvents
{
public:
    // What is kept takes little: so many bytes of a frame at most, and of plain values, which run no code when they go.
    static constexpr qsizetype maximumSize = 256;

    // One to be written to. Its arguments may be an earlier event's.
    std::shared_ptr<PyventEvent> take()
    {
        if (m_count == 0)
            return std::make_shared<PyventEvent>();
        --m_count;
        return std::move(m_events[(m_next - m_count - 1) % size]);
    }

    // Takes \a event, if there is room and nobody else has it or its arguments.
    void add(std::shared_ptr<const PyventEvent> &&event)
    {
        if (m_count == size || event.use_count() > 1 || !event->args.isDetached())
            return;
        m_events[m_next++ % size] = std::const_pointer_cast<PyventEvent>(std::move(event));
        ++m_count;
    }

private:
    static constexpr std::size_t size = 64; // what is read at once

    // The oldest one is taken first: where names come by turns, it is mostly of the right one.
    std::array<std::shared_ptr<PyventEvent>, size> m_events;
    std::size_t m_next = 0; // where the newest one will be
    std::size_t m_count = 0;
};

} // namespace Pyvent::Internal

#endif
