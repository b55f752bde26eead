// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_WAITER_H
#define PYVENT_SESSION_WAITER_H

#include "pyventevent.h"
#include "pyventpattern.h"
#include "pyventsender.h"

#include <optional>

namespace Pyvent::Internal {

// A call that waits for one event. It gets it when it arrives, whatever waits for the handlers.
struct Waiter
{
    bool isFor(const PyventEvent &arrived) const
    {
        return !event && sender.matches(arrived.sender) && pattern.matches(arrived.name);
    }

    PyventPattern pattern;
    PyventSender sender;
    std::optional<PyventEvent> event;
};

} // namespace Pyvent::Internal

#endif
