// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_BAREROLES_H
#define PYVENT_BENCHMARKS_BAREROLES_H

#include "role.h"

// The same hops with ZeroMQ alone: DEALER, ROUTER, PUB and SUB, an acknowledgement for each message, the same
// bytes and as many in flight. Nothing is decoded, no event loop runs, and who waits blocks in ZeroMQ: the
// least it can cost.
namespace Pyvent::Benchmarks {

int bareServer(const RoleOptions &options);
int bareSender(const RoleOptions &options);
int bareReceiver(const RoleOptions &options);
int barePinger(const RoleOptions &options);
int bareEcho(const RoleOptions &options);
int bareListener(const RoleOptions &options); // says when it hears its first event
int bareIdler(const RoleOptions &options);    // is subscribed to what nobody sends

} // namespace Pyvent::Benchmarks

#endif
