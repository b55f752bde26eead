// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ZMQDOOR_H
#define PYVENT_SERVER_ZMQDOOR_H

#include "server/relay.h"
#include "transport/endpoint.h"

#include <zmq.hpp>

#include <chrono>

namespace Pyvent::Internal {

// The door for ZeroMQ's clients: a ROUTER, which takes what they send, and a PUB, which knows what they have subscribed to. Of one
// thread at a time.
class ZmqDoor : public Relay::Door
{
public:
    ZmqDoor(zmq::context_t &context, const Endpoint &endpoint, qsizetype maximumFrameSize);
    Q_DISABLE_COPY_MOVE(ZmqDoor)

    // Both throw zmq::error_t where the port cannot be had.
    void bindRequests();
    void bindEvents();

    // The ZeroMQ socket that is readable when a message has come.
    void *requests() { return m_requests.handle(); }

    // Has \a relay receive one message. Returns how many frames were in it; 0 if there is no message now.
    qsizetype receive(Relay &relay);

    void publish(QByteArrayView frame) override;
    void reply(QByteArrayView client, QByteArrayView text) override;

    // Delivers what is queued for clients, for \a linger at most, while the context closes.
    void close(std::chrono::milliseconds linger);

private:
    void publish(zmq::message_t &&frame);

    const Endpoint m_endpoint;
    zmq::socket_t m_requests;
    zmq::socket_t m_events;
    zmq::message_t m_client; // whose message the relay receives
    zmq::message_t m_message;
};

} // namespace Pyvent::Internal

#endif
