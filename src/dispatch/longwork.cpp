// SPDX-License-Identifier: MIT
#include "dispatch/longwork.h"

#include <utility>

namespace Pyvent::Internal {

thread_local LongWork *LongWork::t_innermost = nullptr;

LongWork::LongWork(const PyventEvent &event)
    : m_event(&event)
    , m_outer(std::exchange(t_innermost, this))
{
}

LongWork::~LongWork()
{
    t_innermost = m_outer;
}

} // namespace Pyvent::Internal

namespace PyventBinding {

// Another handler may have been called in the event loop of the one that is at work.
void goesOn(const PyventEvent &event, WhenDone whenDone)
{
    using Pyvent::Internal::LongWork;
    if (LongWork *const work = LongWork::t_innermost; work && work->m_event == &event)
        work->m_whenDone = std::move(whenDone);
}

} // namespace PyventBinding
