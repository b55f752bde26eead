// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_BUSROLES_H
#define PYVENT_BENCHMARKS_BUSROLES_H

#include "role.h"

// The processes that use this module, written as its users write theirs.
namespace Pyvent::Benchmarks {

int busServer(const RoleOptions &options);
int busSender(const RoleOptions &options);
int busReceiver(const RoleOptions &options);
int busPinger(const RoleOptions &options);
int busEcho(const RoleOptions &options);
int busListener(const RoleOptions &options); // says when it hears its first event
int busIdler(const RoleOptions &options);    // hears what nobody sends
int busHeir(const RoleOptions &options);     // says when it hears events again after the server has ended

} // namespace Pyvent::Benchmarks

#endif
