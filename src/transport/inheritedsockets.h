// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_INHERITEDSOCKETS_H
#define PYVENT_TRANSPORT_INHERITEDSOCKETS_H

#include "transport/endpoint.h"

namespace Pyvent::Internal {

// Closes what a child of fork() has got of the bus at \a endpoint: its copies of the parent's sockets. As long as it had
// them, no connection and no server of the parent's would end with the parent, and nobody could serve in its place.
//
// ZeroMQ does not tell which they are, so they are found by their port, and those of lanes by their path.
void closeInheritedSockets(const Endpoint &endpoint);

} // namespace Pyvent::Internal

#endif
