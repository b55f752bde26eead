// SPDX-License-Identifier: MIT
#include "node/busendpoint.h"

#include "transport/lanefolder.h"

namespace Pyvent::Internal {

Endpoint endpointOf(const PyventOptions &options)
{
    const Endpoint ports =
        Endpoint::tcp(options.address, options.port).withAccess(options.localAccess).withSecurity(options.security);
    const bool hasLane = options.lane && !ports.isName() && qgetenv("PYVENT_LANE") != "0";
    return hasLane ? ports.withLanes(laneFolders(options.localAccess), lockFolder()) : ports;
}

} // namespace Pyvent::Internal
