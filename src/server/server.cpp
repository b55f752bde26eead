// SPDX-License-Identifier: MIT
#include "server/server.h"

#include "server/serverlog.h"
#include "transport/backgroundthread.h"
#include "transport/descriptors.h"
#include "wire/batch.h"
#include "wire/frame.h"

#include <algorithm>
#include <system_error>

#include <sys/eventfd.h>

namespace Pyvent::Internal {

using Clock = std::chrono::steady_clock;

Server::Server(qsizetype maximumFrameSize)
    : m_relay(maximumFrameSize >= maximumBatchSize, {})
    , m_door(&m_relay, {.frameBytes = maximumFrameSize + repairOverhead})
    , m_stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (!m_stop.isOpen())
        throw std::system_error(errno, std::generic_category());
    m_door.watch(m_stop.get());
}

std::unique_ptr<Server> Server::start(const Endpoint &endpoint, qsizetype maximumFrameSize, Failure *failure,
                                      QString *errorText)
{
    *failure = Failure::None;
    if (endpoint.isName()) {
        *failure = Failure::NotThisMachine;
        return nullptr;
    }
    bool hasPort = false;
    try {
        requireDescriptors(descriptorsOfServer);
        std::unique_ptr<Server> server(new Server(maximumFrameSize));
        server->m_door.bindRequests(endpoint);
        hasPort = true;
        server->m_door.bindEvents(endpoint);
        server->m_thread = startBackgroundThread("pyvent-server", [of = server.get()] { of->run(); });
        return server;
    } catch (const std::exception &error) {
        const auto *const systemError = dynamic_cast<const std::system_error *>(&error);
        const int number = systemError ? systemError->code().value() : 0;
        *errorText = QString::fromLocal8Bit(error.what());
        if (number == EADDRINUSE)
            *failure = hasPort ? Failure::EventsPortInUse : Failure::PortInUse;
        else if (number == EADDRNOTAVAIL || number == ENODEV)
            *failure = Failure::NotThisMachine;
        else
            *failure = isOutOfResources(error) ? Failure::NoResources : Failure::Other;
    }
    return nullptr;
}

Server::~Server()
{
    stop(std::chrono::milliseconds(0));
}

void Server::stop(std::chrono::milliseconds linger)
{
    if (!m_thread.joinable())
        return;
    m_linger = linger.count();
    ::eventfd_write(m_stop.get(), 1);
    m_thread.join();
}

void Server::run()
{
    while (m_linger < 0) {
        try {
            m_door.wait(Clock::time_point::max());
        } catch (const std::exception &error) {
            qCWarning(serverLog) << "The server goes on after" << error.what();
        }
        m_hadOtherClients.store(m_relay.hadOtherClients(), std::memory_order_relaxed);
    }
    sayGoodbye(std::chrono::milliseconds(m_linger));
}

void Server::sayGoodbye(std::chrono::milliseconds linger)
{
    const Clock::time_point begin = Clock::now();
    try {
        eventfd_t value = 0;
        ::eventfd_read(m_stop.get(), &value);
        m_door.stopListening();
        // What has arrived, but not for ever what goes on arriving.
        while (m_door.wait(Clock::now()) > 0 && Clock::now() < begin + linger / 2) { }
        m_hadOtherClients.store(m_relay.hadOtherClients(), std::memory_order_relaxed);
        m_door.stopReading();
        m_relay.sayGoodbye();
        m_door.wait(Clock::now()); // which writes it
        while (m_door.hasEvents() && Clock::now() < begin + linger)
            m_door.wait(begin + linger);
        m_door.closeAll();
    } catch (const std::exception &error) {
        qCWarning(serverLog) << "The server ends with" << error.what();
    }
}

} // namespace Pyvent::Internal
