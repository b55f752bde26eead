// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_METRICS_H
#define PYVENT_BRIDGE_METRICS_H

#include "bridge.h"

namespace Pyvent::Bridge {

// How a bridge is, in Prometheus' text format 0.0.4.
QByteArray metricsText(const BridgeStatus &status);

// The same in one short line for people: "joins 'harbour' to nats:house at nats://a:4222, 12 events wait".
QString statusLine(const BridgeStatus &status);

} // namespace Pyvent::Bridge

#endif
