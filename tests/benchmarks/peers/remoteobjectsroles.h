// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_REMOTEOBJECTSROLES_H
#define PYVENT_BENCHMARKS_REMOTEOBJECTSROLES_H

#include "role.h"

// Qt Remote Objects over local sockets: the signals of a source, typed by kitchen.rep. Its registry only tells where a
// source is; events go from process to process.
namespace Pyvent::Benchmarks {

int remoteObjectsServer(const RoleOptions &options);
int remoteObjectsSender(const RoleOptions &options);
int remoteObjectsReceiver(const RoleOptions &options);
int remoteObjectsPinger(const RoleOptions &options);
int remoteObjectsEcho(const RoleOptions &options);

} // namespace Pyvent::Benchmarks

#endif
