// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_MOSQUITTOROLES_H
#define PYVENT_BENCHMARKS_MOSQUITTOROLES_H

#include "role.h"

// MQTT through a Mosquitto broker of its own, QoS 0, with libmosquitto. The three values are written by QDataStream, which is
// the least that they can be.
namespace Pyvent::Benchmarks {

int mosquittoServer(const RoleOptions &options);
int mosquittoSender(const RoleOptions &options);
int mosquittoReceiver(const RoleOptions &options);
int mosquittoPinger(const RoleOptions &options);
int mosquittoEcho(const RoleOptions &options);

} // namespace Pyvent::Benchmarks

#endif
