// SPDX-License-Identifier: MIT
#include "lyingserver.h"

#include "wire/topic.h"

#include <zmq.hpp>

#include <optional>

namespace PyventTests {

using namespace Pyvent::Internal;

namespace {

// The two sockets of a server. They end without waiting for anything.
struct Sockets
{
    Sockets(zmq::context_t &context, int port)
        : requests(context, zmq::socket_type::router)
        , events(context, zmq::socket_type::pub)
    {
        requests.set(zmq::sockopt::linger, 0);
        events.set(zmq::sockopt::linger, 0);
        requests.set(zmq::sockopt::rcvtimeo, 20);
        requests.bind("tcp://127.0.0.1:" + std::to_string(port));
        events.bind("tcp://127.0.0.1:" + std::to_string(port + 1));
    }

    zmq::socket_t requests;
    zmq::socket_t events;
};

} // namespace

LyingServer::LyingServer(int port, Lie lie)
    : m_thread([this, port, lie] { run(port, lie); })
{
}

LyingServer::~LyingServer()
{
    m_ends = true;
    m_thread.join();
}

void LyingServer::run(int port, Lie lie)
{
    zmq::context_t context;
    std::optional<Sockets> sockets;
    while (!m_ends) {
        try {
            if (!sockets)
                sockets.emplace(context, port);
        } catch (const zmq::error_t &) { // the port is not free yet
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            continue;
        }
        zmq::message_t client;
        zmq::message_t delimiter;
        zmq::message_t frame;
        if (!sockets->requests.recv(client) || !client.more() || !sockets->requests.recv(delimiter) || !delimiter.more()
            || !sockets->requests.recv(frame))
            continue;
        const QByteArrayView body(frame.data<char>(), qsizetype(frame.size()));
        const bool isProof = isProofTopic(body);
        const bool isPassedOn = isProof || lie == Lie::None || lie == Lie::AcknowledgesNoEvent
            || (lie == Lie::RelaysNoEvents && isControlTopic(body));
        if (isPassedOn)
            sockets->events.send(zmq::message_t(frame.data(), frame.size()), zmq::send_flags::none);
        const int acknowledgements = lie == Lie::AcknowledgesTooMuch ? 3
            : lie == Lie::AcknowledgesNoEvent && !isProof            ? 0
                                                                     : 1;
        for (int i = 0; i < acknowledgements; ++i) {
            sockets->requests.send(zmq::message_t(client.data(), client.size()), zmq::send_flags::sndmore);
            sockets->requests.send(zmq::message_t(), zmq::send_flags::sndmore);
            sockets->requests.send(zmq::message_t("1", 1), zmq::send_flags::none);
        }
        if (lie == Lie::HangsUp && isProof) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            sockets.reset();
        }
    }
}

} // namespace PyventTests
