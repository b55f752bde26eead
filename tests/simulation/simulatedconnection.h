// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_SIMULATEDCONNECTION_H
#define PYVENT_TESTS_SIMULATION_SIMULATEDCONNECTION_H

#include "network.h"
#include "transport/connection.h"
#include "transport/subscriptionproof.h"

namespace PyventTests {

// A connection over a simulated network, which makes itself anew as ZmqConnection does.
class SimulatedConnection : public Pyvent::Internal::Connection
{
public:
    SimulatedConnection(Network &network, Pyvent::Internal::SendQueue &queue, const QUuid &id);
    ~SimulatedConnection() override;

    Line *line() { return m_line; }

    quint64 subscribe(const QByteArray &prefix) override;
    void unsubscribe(const QByteArray &prefix) override;
    void send(QByteArray &&frame, bool mayGather, Pyvent::Internal::SendQueue::Share *share) override;
    void sendControl(QByteArray &&frame, bool inOrder) override;
    void process(Clock::time_point now) override;
    void disconnect(Clock::time_point now) override;
    bool receive(QByteArrayView *frame) override;
    void awaitAcknowledgements(bool) override { }
    bool mayBeReadable() const override { return m_line->isReadable || !m_line->arrivedEvents.empty(); }
    Clock::time_point deadline() const override;
    State state() const override;
    Way way() const override { return Way::Tcp; }
    bool provesSenders() const override { return m_network.provesSenders; } // not to is the stricter way
    quint64 proven() const override { return m_proof.proven(); }
    bool isSending() const override { return m_requestsUp; }
    Silence silence(Clock::time_point) const override { return Silence::None; }
    bool takeRefusal() override { return std::exchange(m_isRefused, false); }

private:
    // Proofs' subscriptions, which are not numbered.
    struct ProofSubscriber : Pyvent::Internal::SubscriptionProof::Subscriber
    {
        explicit ProofSubscriber(SimulatedConnection *of)
            : connection(of)
        {
        }
        void subscribe(const QByteArray &prefix) override { connection->changeSubscription('+', prefix); }
        void unsubscribe(const QByteArray &prefix) override { connection->changeSubscription('-', prefix); }

        SimulatedConnection *const connection;
    };

    void changeSubscription(char kind, const QByteArray &prefix);
    void readReplies();
    void requestsLost();
    void eventsLost();
    bool connect(Milliseconds *retryAt);
    void sendQueued();

    Network &m_network;
    Pyvent::Internal::SendQueue &m_queue;
    Line *const m_line;
    QByteArrayList m_prefixes;
    ProofSubscriber m_subscriber{this};
    Pyvent::Internal::SubscriptionProof m_proof;
    QByteArray m_received;
    bool m_requestsUp = false;
    bool m_eventsUp = false;
    bool m_takesBatches = false;
    bool m_isRefused = false;
    Milliseconds m_requestsRetryAt = 0;
    Milliseconds m_eventsRetryAt = 0;
};

} // namespace PyventTests

#endif
