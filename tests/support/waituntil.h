// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_WAITUNTIL_H
#define PYVENT_TESTS_WAITUNTIL_H

#include <functional>

namespace PyventTests {

// How long tests wait for what must come, in milliseconds. Only a failing test takes them. With a sanitizer, a fork() of a
// large process and a thousand nodes take many times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int patience = 100'000;
#else
inline constexpr int patience = 60'000;
#endif

// Runs the event loop until \a condition holds, and returns false if it does not in time. It looks after each event, and every
// \a interval milliseconds, for conditions that come true without an event in this thread.
bool waitUntil(const std::function<bool()> &condition, int timeout = patience, int interval = 10);

} // namespace PyventTests

#endif
