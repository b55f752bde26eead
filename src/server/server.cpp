// SPDX-License-Identifier: MIT
#include "server/server.h"

#include "transport/descriptors.h"
#include "transport/zmqsocket.h"
#include "wire/batch.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <QtCore/qloggingcategory.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace Pyvent::Internal {

using Clock = std::chrono::steady_clock;

namespace {

// Never deleted: a server may run while static objects end.
const QLoggingCategory &log()
{
    static const auto *const category = new QLoggingCategory("pyvent.server");
    return *category;
}

// How many events may wait for one subscriber that reads too slowly, past which the newest are dropped for it; and how many
// of its subscriptions. The mark cannot follow the events' size: where it is lowered while a subscriber is connected, ZeroMQ
// may take the pipe for full for good.
constexpr int subscriberHighWaterMark = 100'000;

// How many messages, and acknowledgements, may wait for one sender: more than any sender of this module has outstanding.
// Past the mark ZeroMQ stops reading from it, and libzmq 4.3.4 aborts the process (issue 4364) if the connection ends then
// and a heartbeat is in what it had read before.
constexpr int senderHighWaterMark = 10'000;

// How many frames are relayed before the control socket is looked at.
constexpr qsizetype framesPerTurn = 1000;

const char *const controlEndpoint = "inproc://control";

} // namespace

Server::Server(const Address &address, qsizetype maximumFrameSize)
    : m_takesBatches(maximumFrameSize >= maximumBatchSize)
    , m_requests(m_context, zmq::socket_type::router)
    , m_events(m_context, zmq::socket_type::pub)
    , m_control(m_context, zmq::socket_type::pair)
    , m_remoteControl(m_context, zmq::socket_type::pair)
{
    for (zmq::socket_t *socket : {&m_requests, &m_events, &m_control, &m_remoteControl})
        socket->set(zmq::sockopt::linger, 0);
    m_requests.set(zmq::sockopt::ipv6, address.isIpv6());
    m_requests.set(zmq::sockopt::maxmsgsize, int64_t(maximumFrameSize + repairOverhead));
    m_requests.set(zmq::sockopt::sndhwm, senderHighWaterMark);
    m_requests.set(zmq::sockopt::rcvhwm, senderHighWaterMark);
    m_events.set(zmq::sockopt::ipv6, address.isIpv6());
    m_events.set(zmq::sockopt::sndhwm, subscriberHighWaterMark);
    m_events.set(zmq::sockopt::rcvhwm, subscriberHighWaterMark);
    // A subscriber sends nothing but subscriptions. The longest name takes half of this; much longer ones would be taken
    // into a tree of a level a byte, which ZeroMQ walks recursively.
    m_events.set(zmq::sockopt::maxmsgsize, int64_t(8) * 1024);
    m_control.bind(controlEndpoint);
    m_remoteControl.connect(controlEndpoint);
}

std::unique_ptr<Server> Server::start(const Address &address, qsizetype maximumFrameSize, Failure *failure,
                                      QString *errorText)
{
    *failure = Failure::None;
    if (address.isName()) {
        *failure = Failure::NotThisMachine;
        return nullptr;
    }
    bool hasPort = false;
    try {
        requireDescriptors(descriptorsOfServer);
        std::unique_ptr<Server> server(new Server(address, maximumFrameSize));
        server->m_requests.bind(address.bindEndpoint());
        hasPort = true;
        server->m_events.bind(address.bindEndpoint(1));
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
    std::array<zmq::pollitem_t, 2> items{{{m_control, 0, ZMQ_POLLIN, 0}, {m_requests, 0, ZMQ_POLLIN, 0}}};
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
                qCWarning(log) << "The server goes on after" << error.what();
        }
    }
    zmq::message_t order;
    qint64 linger = 0;
    if (m_control.recv(order, zmq::recv_flags::dontwait) && order.size() == sizeof linger)
        std::memcpy(&linger, order.data(), sizeof linger);
    sayGoodbye(std::chrono::milliseconds(linger));
}

// Takes one message. Returns how many frames were in it, at least 1; 0 if there is no message now.
qsizetype Server::relayOne()
{
    zmq::message_t peer;
    zmq::message_t delimiter;
    zmq::message_t message;
    if (!m_requests.recv(peer, zmq::recv_flags::dontwait))
        return 0;
    noteClient(peer);
    // ZeroMQ delivers all frames of a message or none, so what follows is there.
    const bool isPair = peer.more() && m_requests.recv(delimiter, zmq::recv_flags::dontwait) && delimiter.more()
        && m_requests.recv(message, zmq::recv_flags::dontwait) && !message.more();
    if (!isPair) {
        while (m_requests.get(zmq::sockopt::rcvmore))
            (void)m_requests.recv(message, zmq::recv_flags::dontwait);
        return 1;
    }
    // Published before it is acknowledged, so that an acknowledgement means something.
    if (delimiter.size() == 0) {
        const bool isOffer = m_takesBatches && isProofTopic(bytesOf(message));
        publish(std::move(message));
        acknowledge(std::move(peer), isOffer ? batchAcknowledgement : acknowledgement);
        return 1;
    }
    QByteArrayView batch = bytesOf(message);
    if (!m_takesBatches || bytesOf(delimiter) != batchMark || batch.size() > maximumBatchSize || !isBatch(batch))
        return 1;
    qsizetype count = 0;
    for (QByteArrayView frame; takeFromBatch(&batch, &frame); ++count)
        publish(frame);
    acknowledge(std::move(peer), acknowledgement);
    return std::max(count, qsizetype(1));
}

// What there is no memory for is not heard, and receivers ask its sender for it. It is acknowledged all the same: a client counts
// acknowledgements.
void Server::publish(zmq::message_t &&frame)
{
    try {
        m_events.send(std::move(frame), zmq::send_flags::dontwait);
    } catch (const std::exception &error) {
        qCWarning(log) << "An event was not published:" << error.what();
    }
}

void Server::publish(QByteArrayView frame)
{
    try {
        publish(zmq::message_t(frame.data(), std::size_t(frame.size())));
    } catch (const std::exception &error) {
        qCWarning(log) << "An event was not published:" << error.what();
    }
}

void Server::noteClient(const zmq::message_t &peer)
{
    if (m_hadOtherClients)
        return;
    if (m_firstClient.isEmpty())
        m_firstClient = bytesOf(peer).toByteArray();
    else if (bytesOf(peer) != m_firstClient)
        m_hadOtherClients = true;
}

void Server::acknowledge(zmq::message_t &&peer, QByteArrayView reply)
{
    if (!m_requests.send(std::move(peer), zmq::send_flags::dontwait | zmq::send_flags::sndmore))
        return;
    m_requests.send(zmq::message_t(), zmq::send_flags::dontwait | zmq::send_flags::sndmore);
    m_requests.send(zmq::buffer(reply.data(), std::size_t(reply.size())), zmq::send_flags::dontwait);
}

void Server::sayGoodbye(std::chrono::milliseconds linger)
{
    const Clock::time_point deadline = Clock::now() + linger;
    try {
        while (Clock::now() < deadline && relayOne() > 0) { }
        m_events.send(zmq::buffer(serverDisconnectTopic.data(), std::size_t(serverDisconnectTopic.size())),
                      zmq::send_flags::dontwait);
    } catch (const std::exception &error) {
        qCWarning(log) << "The server ends with" << error.what();
    }
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const int milliseconds = std::max(0, int(rest.count()));
    for (zmq::socket_t *socket : {&m_requests, &m_events}) {
        socket->set(zmq::sockopt::linger, milliseconds);
        socket->close();
    }
    m_control.close();
}

} // namespace Pyvent::Internal
