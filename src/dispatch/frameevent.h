// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_FRAMEEVENT_H
#define PYVENT_DISPATCH_FRAMEEVENT_H

#include "pyventevent.h"
#include "pyventframe.h"

#include <memory>

namespace Pyvent::Internal {

// An undecoded event goes the way of all events, to receivers that hear such ones alone: as an event that has it in the place of its
// arguments. \a sender is the one that handlers choose by, where that is known.
inline std::shared_ptr<const PyventEvent> toEvent(PyventFrame &&frame, const QString &sender)
{
    const auto event = std::make_shared<PyventEvent>();
    event->name = frame.name;
    event->sender = sender;
    event->nodeId = frame.nodeId;
    event->sequence = frame.sequence;
    event->replayed = frame.replayed;
    event->args.insert(QString(), QVariant::fromValue(std::move(frame)));
    return event;
}

// The frame in an event that toEvent() has made.
inline PyventFrame frameOf(const PyventEvent &event)
{
    return event.args.value(QString()).value<PyventFrame>();
}

} // namespace Pyvent::Internal

#endif
