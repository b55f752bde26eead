// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_LONGWORK_H
#define PYVENT_DISPATCH_LONGWORK_H

#include "pyventbinding.h"

#include <QtCore/qglobal.h>

namespace Pyvent::Internal {

// What a handler of an event has begun and not ended when it returns: while this exists, PyventBinding::goesOn() for the same event, in this
// thread, is told here.
class LongWork
{
public:
    explicit LongWork(const PyventEvent &event);
    ~LongWork();
    Q_DISABLE_COPY_MOVE(LongWork)

    // Has what it is given called when the work is done, in any thread; empty if there is none.
    const PyventBinding::WhenDone &whenDone() const { return m_whenDone; }

private:
    friend void PyventBinding::goesOn(const PyventEvent &event, WhenDone whenDone);

    const PyventEvent *const m_event;
    LongWork *const m_outer; // of a handler that this one was called in
    PyventBinding::WhenDone m_whenDone;

    static thread_local LongWork *t_innermost;
};

} // namespace Pyvent::Internal

#endif
