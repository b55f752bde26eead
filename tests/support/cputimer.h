// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_CPUTIMER_H
#define PYVENT_TESTS_CPUTIMER_H

#include <chrono>
#include <ctime>

// The processor's time that this process has used since the timer was made: other processes on a busy machine don't
// lengthen it.
class CpuTimer
{
public:
    std::chrono::milliseconds elapsed() const
    {
        return std::chrono::milliseconds((std::clock() - m_started) * 1000 / CLOCKS_PER_SEC);
    }

private:
    std::clock_t m_started = std::clock();
};

#endif
