// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_RECONNECT_H
#define PYVENT_TRANSPORT_RECONNECT_H

#include <chrono>

// The times that all ways to a server have in common.

namespace Pyvent::Internal {

// How long one attempt to connect may take. ZeroMQ says nothing of a name that has no address (yet), and the kernel
// goes on for minutes where a machine does not answer.
inline constexpr std::chrono::milliseconds attemptTimeout(3000);

// When the next attempt follows one that failed; the time doubles with each.
inline constexpr std::chrono::milliseconds firstRetry(5);
inline constexpr std::chrono::milliseconds slowestRetry(200);

// The same, where a server with a lane has gone: whoever takes over has the lane first, most often within few milliseconds, and to look
// for it costs little. For so long, no other way is tried.
inline constexpr std::chrono::milliseconds firstRetryOfLane(1);
inline constexpr std::chrono::milliseconds takeOverTime(10);

// How long something that accepts connections may take to prove that it is a Pyvent server.
inline constexpr std::chrono::milliseconds patience(1500);

} // namespace Pyvent::Internal

#endif
