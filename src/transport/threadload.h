// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_THREADLOAD_H
#define PYVENT_TRANSPORT_THREADLOAD_H

#include <chrono>
#include <ctime>
#include <optional>

#include <sys/types.h>

namespace Pyvent::Internal {

// What a thread of this process does, as another one sees it. It may have ended meanwhile.
class ThreadLoad
{
public:
    static ThreadLoad ofThisThread();

    // No thread's.
    ThreadLoad() = default;

    bool isOfThisThread() const;

    // Whether it runs, or waits for nothing but a processor. False where that is not to be known.
    bool isRunnable() const;

    // The processor's time that it has taken so far; none where that is not to be known.
    std::optional<std::chrono::nanoseconds> processorTime() const;

private:
    pid_t m_id = 0; // the kernel's; 0: none
    clockid_t m_clock = {};
};

} // namespace Pyvent::Internal

#endif
