// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_DBUSROLES_H
#define PYVENT_BENCHMARKS_DBUSROLES_H

#include "role.h"

// Qt D-Bus over a bus daemon of its own and a Unix socket: signals for events, a call with its reply for a round trip.
namespace Pyvent::Benchmarks {

int dbusServer(const RoleOptions &options);
int dbusSender(const RoleOptions &options);
int dbusReceiver(const RoleOptions &options);
int dbusPinger(const RoleOptions &options);
int dbusEcho(const RoleOptions &options);

} // namespace Pyvent::Benchmarks

#endif
