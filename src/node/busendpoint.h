// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_BUSENDPOINT_H
#define PYVENT_NODE_BUSENDPOINT_H

#include "pyventoptions.h"
#include "transport/endpoint.h"

namespace Pyvent::Internal {

// Where the bus of a node with \a options is.
Endpoint endpointOf(const PyventOptions &options);

} // namespace Pyvent::Internal

#endif
