// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_REACHABLE_H
#define PYVENT_BRIDGE_REACHABLE_H

#include "engineoptions.h"

namespace Pyvent::Bridge {

// Whether something takes a connection at \a server; \a why says why not, for people. Waits \a timeout at most, besides what finding its address takes. For a
// library that would wait for a host that does not answer for as long as the system does, which is minutes.
bool isReachable(const HostPort &server, std::chrono::milliseconds timeout, QString *why);

} // namespace Pyvent::Bridge

#endif
