// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_FUZZ_HOSTILEBUS_H
#define PYVENT_TESTS_FUZZ_HOSTILEBUS_H

#include "script.h"
#include "session/session.h"

#include <deque>
#include <map>
#include <memory>

namespace PyventTests {

// A connection that the bus below plays the server of.
class HostileBusConnection : public Pyvent::Internal::Connection
{
public:
    using SendQueue = Pyvent::Internal::SendQueue;

    HostileBusConnection(SendQueue &queue, bool provesSenders)
        : m_queue(queue)
        , m_provesSenders(provesSenders)
    {
    }

    quint64 subscribe(const QByteArray &) override { return ++m_subscriptions; }
    void unsubscribe(const QByteArray &) override { }
    void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share) override;
    void sendControl(QByteArray &&frame, bool inOrder) override;
    void process(Clock::time_point) override { }
    void disconnect(Clock::time_point) override { }
    bool receive(QByteArrayView *frame) override;
    void awaitAcknowledgements(bool) override { }
    bool mayBeReadable() const override { return !arrived.empty(); }
    Clock::time_point deadline() const override { return Clock::time_point::max(); }
    State state() const override { return isUp ? State::Ready : State::Connecting; }
    Way way() const override { return Way::Lane; }
    bool provesSenders() const override { return m_provesSenders; }
    quint64 proven() const override { return isUp ? m_subscriptions : 0; }
    bool isSending() const override { return true; }
    Silence silence(Clock::time_point) const override { return Silence::None; }
    bool takeRefusal() override { return false; }

    bool isUp = true;
    std::deque<QByteArray> arrived;
    std::deque<QByteArray> sent; // events and messages, in order

private:
    SendQueue &m_queue;
    const bool m_provesSenders;
    quint64 m_subscriptions = 0;
    QByteArray m_received;
};

// A whole session between an honest one, a bridge, and a hostile peer, on a bus that loses events where a script says so. The hostile peer speaks
// for its own nodes alone. Checks that the honest session, and a node abroad whose events the bridge forwards, are heard whole, in order and
// once, by a handler from the beginning and by a late joiner, and that the hostile peer makes nobody say more than answers may cost.
class HostileBus
{
public:
    explicit HostileBus(bool areSendersProven);
    ~HostileBus();

    void run(Script *script);

private:
    using Clock = Pyvent::Internal::Session::Clock;
    using Milliseconds = std::chrono::milliseconds;

    struct Node
    {
        Node(HostileBus *bus, quint16 number, bool areSendersProven);

        HostileBusConnection *connection = nullptr;
        Pyvent::Internal::Link link;
        Pyvent::Internal::Session session;
    };

    Clock::time_point now() const { return Clock::time_point(m_now + std::chrono::hours(1)); }
    qint64 wallTime() const { return std::chrono::microseconds(m_now + std::chrono::hours(1000)).count(); }

    void step(Script *script);
    void say(Script *script);
    QByteArray eventOf(Script *script, const QUuid &node, const QByteArray &topic);
    void publish(const QByteArray &frame);
    void forward(const QUuid &node, const QByteArray &topic, quint64 sequence);
    void hear(bool asLateJoiner);
    void process();
    void pass(Milliseconds time);
    void settle();

    Milliseconds m_now{0};
    Node m_receiver;
    Node m_sender;
    Node m_bridge;
    bool m_losesNext = false;
    struct Count
    {
        quint64 head = 0;
        quint64 heard = 0;
        quint64 joined = 0; // by the late joiner, if there is one
    };
    Count m_here;   // of the honest session
    Count m_abroad; // of the node abroad
    bool m_hasJoiner = false;
    std::map<std::pair<QUuid, QByteArray>, quint64> m_last; // numbers of the hostile peer's
    qint64 m_saidBytes = 0;                                 // by the nodes, beside events
};

} // namespace PyventTests

#endif
