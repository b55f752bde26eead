// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ZMQEVENTS_H
#define PYVENT_TRANSPORT_ZMQEVENTS_H

#include "transport/endpoint.h"
#include "transport/subscriptionproof.h"
#include "transport/zmqsocket.h"

#include <chrono>

namespace Pyvent::Internal {

// The connection that hears: a SUB. ZeroMQ subscribes to everything again when it has connected anew.
class ZmqEvents : public SubscriptionProof::Subscriber
{
public:
    using Clock = std::chrono::steady_clock;

    ZmqEvents(zmq::context_t &context, const Endpoint &endpoint, qsizetype maximumFrameSize, PollSet &pollSet,
              Clock::time_point now);
    Q_DISABLE_COPY_MOVE(ZmqEvents)

    void subscribe(const QByteArray &prefix) override;
    void unsubscribe(const QByteArray &prefix) override;

    // Has ZeroMQ do what it was told, so that what it is told next comes after that.
    void settle() { (void)m_socket.isReadable(); }

    // Sees to the connection. Returns false if it has ended.
    bool process(Clock::time_point now);

    // Gives up the connection, to make it anew later.
    void close(Clock::time_point now);

    // The next event, without waiting; false if there is none now. The bytes are there until the next call.
    bool receive(QByteArrayView *frame);

    bool mayBeReadable() const { return m_socket.mayBeReadable(); }
    Clock::time_point deadline() const { return m_attemptEnds; }

    bool isStrangers(AccessRule *rule) const { return m_socket.isStrangers(rule); }
    bool isUp() const { return m_isUp; }
    bool isRefused() const { return m_isRefused; } // the last attempt to connect was
    ZmqSocket::Refusal refusal() const { return m_socket.refusal(); }

private:
    bool watch(Clock::time_point now);

    const Endpoint m_endpoint;
    ZmqSocket m_socket;
    zmq::message_t m_received;
    bool m_isUp = false;
    bool m_isRefused = false;
    Clock::time_point m_attemptEnds; // max() while the connection is up
    std::chrono::milliseconds m_retryAfter;
};

} // namespace Pyvent::Internal

#endif
