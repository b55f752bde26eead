// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ZMQKEYS_H
#define PYVENT_TRANSPORT_ZMQKEYS_H

#include "pyventsecurity.h"
#include "transport/zmqsocket.h"

#include <chrono>

namespace Pyvent::Internal {

// Whether the libzmq that is used can do that at all.
bool hasSecureDoor();

// Has the next connection of \a socket be by the secure door, if \a security names a server's key. Returns false if its files cannot be
// read: then there must be no connection.
bool setKeys(ZmqSocket &socket, const PyventSecurity &security);

// How many bytes a frame has more by that.
qsizetype sealingOverhead(const PyventSecurity &security);

// When the next attempt follows one that failed for a key. People have to do something first.
inline constexpr std::chrono::milliseconds keyRetry(1000);

} // namespace Pyvent::Internal

#endif
