// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ZMQRECONNECT_H
#define PYVENT_TRANSPORT_ZMQRECONNECT_H

#include "transport/endpoint.h"
#include "transport/reconnect.h"
#include "transport/zmqsocket.h"

#include <chrono>

// What both connections of a client have in common: they are made anew here, and not by ZeroMQ.

namespace Pyvent::Internal {

inline void setReconnectOptions(ZmqSocket &socket, const Endpoint &endpoint)
{
    using namespace std::chrono;
    socket.set(zmq::sockopt::linger, 0); // what is not acknowledged is kept here, not in ZeroMQ
    socket.set(zmq::sockopt::ipv6, endpoint.isIpv6());
    // Never, in effect: a connection is made anew here, when it is known how the last one ended. ZeroMQ gives up for good
    // after an error of the protocol, such as an event that is too large. With -1, which says never, it forgets replies
    // that have arrived and were not read yet.
    socket.set(zmq::sockopt::reconnect_ivl, int(milliseconds(hours(1)).count()));
    socket.set(zmq::sockopt::handshake_ivl, 1000);
}

} // namespace Pyvent::Internal

#endif
