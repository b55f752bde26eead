// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ZMQCONNECTION_H
#define PYVENT_TRANSPORT_ZMQCONNECTION_H

#include "transport/connection.h"
#include "transport/subscriptionproof.h"
#include "transport/zmqevents.h"
#include "transport/zmqrequests.h"

namespace Pyvent::Internal {

// The way by ZeroMQ's sockets: one connection that sends, one that hears, and the proof that what the first one sends comes in
// by the second.
class ZmqConnection : public Connection
{
public:
    ZmqConnection(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue, PollSet &pollSet,
                  const QByteArray &secret = {});

    quint64 subscribe(const QByteArray &prefix) override;
    void unsubscribe(const QByteArray &prefix) override { m_events.unsubscribe(prefix); }
    void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share) override;
    void sendControl(QByteArray &&frame, bool inOrder) override;
    void process(Clock::time_point now) override;
    void disconnect(Clock::time_point now) override;
    bool receive(QByteArrayView *frame) override;
    void awaitAcknowledgements(bool await) override;
    bool mayBeReadable() const override { return m_events.mayBeReadable() || m_requests.mayBeReadable(); }
    Clock::time_point deadline() const override;
    State state() const override;
    Way way() const override { return Way::Tcp; }
    bool provesSenders() const override { return m_requests.provesSenders(); }
    bool tellsWhoIsLost() const override { return m_requests.tellsWhoIsLost(); }
    QString keyName() const override { return m_requests.keyName(); }
    quint64 proven() const override { return m_proof.proven(); }
    bool isSending() const override { return m_requests.isUp(); }
    Silence silence(Clock::time_point now) const override;
    bool takeRefusal() override { return m_requests.takeRefusal(); }

    // Whether one of its two connections, if it is up, is to somebody who is not to be at the other end.
    bool isStrangers(AccessRule *rule) const
    {
        return (m_requests.isUp() && m_requests.isStrangers(rule)) || (m_events.isUp() && m_events.isStrangers(rule));
    }

    // Sends nothing until it is released, and again nothing after its connection was lost.
    void hold() { m_requests.hold(); }
    void release();
    bool isHeld() const { return m_requests.isHeld(); }

private:
    bool isUp() const { return m_events.isUp() && m_requests.isUp(); }
    void connectionLost(Clock::time_point now);
    void watchAcknowledgements();

    PollSet &m_pollSet;
    SendQueue &m_queue;
    const std::shared_ptr<zmq::context_t> m_context;
    ZmqEvents m_events;
    ZmqRequests m_requests;
    SubscriptionProof m_proof;
    bool m_awaitsAcknowledgements = false;
    const bool m_hasKeys;
    bool m_isProven = false; // what is connected is a Pyvent server
    Clock::time_point m_silentSince;
};

} // namespace Pyvent::Internal

#endif
