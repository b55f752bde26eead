// SPDX-License-Identifier: MIT
#include "transport/connection.h"

#include "transport/zmqconnection.h"

namespace Pyvent::Internal {

Connection::~Connection() = default;

std::unique_ptr<Connection> Connection::to(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue,
                                           PollSet &pollSet)
{
    switch (endpoint.scheme()) {
    case Endpoint::Scheme::Tcp:
        break;
    }
    return std::make_unique<ZmqConnection>(endpoint, maximumFrameSize, queue, pollSet);
}

} // namespace Pyvent::Internal
