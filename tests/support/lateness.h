// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_LATENESS_H
#define PYVENT_TESTS_LATENESS_H

#include <QtCore/qglobal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace PyventTests {

// How much too late a thread that sleeps is woken here, because the machine is busy: what a test that asserts a time has to
// allow for.
class Lateness
{
public:
    using Clock = std::chrono::steady_clock;

    Lateness()
        : m_thread([this] {
            while (!m_isOver) {
                const Clock::time_point due = Clock::now() + std::chrono::milliseconds(5);
                std::this_thread::sleep_until(due);
                m_worst = std::max(m_worst.load(), Clock::now() - due);
            }
        })
    {
    }
    ~Lateness()
    {
        m_isOver = true;
        m_thread.join();
    }
    Q_DISABLE_COPY_MOVE(Lateness)

    // The worst since the last call.
    std::chrono::microseconds take()
    {
        return std::chrono::duration_cast<std::chrono::microseconds>(m_worst.exchange(Clock::duration(0)));
    }

private:
    std::atomic<Clock::duration> m_worst = Clock::duration(0);
    std::atomic<bool> m_isOver = false;
    std::thread m_thread;
};

} // namespace PyventTests

#endif
