// SPDX-License-Identifier: MIT
#include "server/server.h"

#include "server/serverlog.h"
#include "transport/descriptors.h"
#include "wire/batch.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace Pyvent::Internal {

using Clock = std::chrono::steady_clock;

namespace {

// How many frames are relayed before the control socket is looked at.
constexpr qsizetype framesPerTurn = 1000;

const char *const controlEndpoint = "inproc://control";

} // namespace

Server::Server(const Endpoint &endpoint, qsizetype maximumFrameSize)
    : m_relay(maximumFrameSize >= maximumBatchSize)
    , m_door(m_context, endpoint, maximumFrameSize)
    , m_control(m_context, zmq::socket_type::pair)
    , m_remoteControl(m_context, zmq::socket_type::pair)
{
    for (zmq::socket_t *socket : {&m_control, &m_remoteControl})
        socket->set(zmq::sockopt::linger, 0);
    m_control.bind(controlEndpoint);
    m_remoteControl.connect(controlEndpoint);
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
        std::unique_ptr<Server> server(new Server(endpoint, maximumFrameSize));
        server->m_door.bindRequests();
        hasPort = true;
        server->m_door.bindEvents();
        server->m_thread = std::thread(&Server::run, server.get());
        return server;
    } catch (const std::exception &error) {
        const auto *const zmqError = dynamic_cast<const zmq::error_t *>(&error);
        const int number = zmqError ? zmqError->num() : 0;
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
    const qint64 milliseconds = linger.count();
    m_remoteControl.send(zmq::buffer(&milliseconds, sizeof milliseconds), zmq::send_flags::none);
    m_thread.join();
    m_remoteControl.close();
    m_context.close(); // waits for what lingers
}

void Server::run()
{
    std::array<zmq::pollitem_t, 2> items{{{m_control, 0, ZMQ_POLLIN, 0}, {m_door.requests(), 0, ZMQ_POLLIN, 0}}};
    for (;;) {
        try {
            zmq::poll(items, std::chrono::milliseconds(-1));
            if (items[0].revents & ZMQ_POLLIN)
                break;
            for (qsizetype relayed = 0; relayed < framesPerTurn;) {
                const qsizetype count = relayOne();
                if (count == 0)
                    break;
                relayed += count;
            }
        } catch (const std::exception &error) {
            const auto *const zmqError = dynamic_cast<const zmq::error_t *>(&error);
            if (!zmqError || zmqError->num() != EINTR)
                qCWarning(serverLog) << "The server goes on after" << error.what();
        }
    }
    zmq::message_t order;
    qint64 linger = 0;
    if (m_control.recv(order, zmq::recv_flags::dontwait) && order.size() == sizeof linger)
        std::memcpy(&linger, order.data(), sizeof linger);
    sayGoodbye(std::chrono::milliseconds(linger));
}

qsizetype Server::relayOne()
{
    const qsizetype frames = m_door.receive(m_relay);
    m_hadOtherClients.store(m_relay.hadOtherClients(), std::memory_order_relaxed);
    return frames;
}

void Server::sayGoodbye(std::chrono::milliseconds linger)
{
    const Clock::time_point deadline = Clock::now() + linger;
    try {
        while (Clock::now() < deadline && relayOne() > 0) { }
        Relay::sayGoodbye(m_door);
    } catch (const std::exception &error) {
        qCWarning(serverLog) << "The server ends with" << error.what();
    }
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    m_door.close(std::max(rest, std::chrono::milliseconds(0)));
    m_control.close();
}

} // namespace Pyvent::Internal
