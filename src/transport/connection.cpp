// SPDX-License-Identifier: MIT
#include "transport/connection.h"

#include "transport/busconnection.h"

namespace Pyvent::Internal {

Connection::~Connection() = default;

std::unique_ptr<Connection> Connection::to(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue,
                                           PollSet &pollSet, const QByteArray &secret)
{
    return std::make_unique<BusConnection>(endpoint, maximumFrameSize, queue, pollSet, secret);
}

} // namespace Pyvent::Internal
