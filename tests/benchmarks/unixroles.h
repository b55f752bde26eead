// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_UNIXROLES_H
#define PYVENT_BENCHMARKS_UNIXROLES_H

#include "role.h"

// A round trip by a bare relay of one thread over Unix sockets: the same bytes behind their size, no acknowledgement, no subscription, no
// event loop. Four wake-ups, which is the least that a relay between two processes can cost.
namespace Pyvent::Benchmarks {

int unixServer(const RoleOptions &options); // passes on what each client sends to all others
int unixPinger(const RoleOptions &options);
int unixEcho(const RoleOptions &options);

} // namespace Pyvent::Benchmarks

#endif
