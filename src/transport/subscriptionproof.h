// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_SUBSCRIPTIONPROOF_H
#define PYVENT_TRANSPORT_SUBSCRIPTIONPROOF_H

#include "transport/sendqueue.h"

#include <QtCore/qbytearray.h>
#include <QtCore/quuid.h>

#include <chrono>

namespace Pyvent::Internal {

// Finds out which subscriptions of a connection are active: wire/PROTOCOL.md says how. Plain logic, without sockets and clock.
class SubscriptionProof
{
public:
    using Clock = std::chrono::steady_clock;

    // What subscribes, in the order in which it is told to.
    class Subscriber
    {
    public:
        virtual ~Subscriber() = default;
        virtual void subscribe(const QByteArray &prefix) = 0;
        virtual void unsubscribe(const QByteArray &prefix) = 0;
    };

    // Sends its events by \a queue. \a connection is in their topics, and no other connection may have it.
    SubscriptionProof(const QUuid &connection, SendQueue &queue, Subscriber &subscriber);

    // A subscription has been made. Returns its number, from 1.
    quint64 subscribed();

    // The connection is down: all subscriptions are to be proven anew.
    void connectionLost();

    // Whether process() will begin with a proof.
    bool willStart() const { return m_isNeeded && m_topic.isEmpty(); }

    // The connection is up: starts and repeats what is due. Returns false where so many were in vain that the connection may
    // stand still.
    bool process(Clock::time_point now);

    // A message has come. Returns whether it was the proof.
    bool hear(QByteArrayView frame);

    // Whether all subscriptions are active, and up to which number they are.
    bool isComplete() const { return !m_isNeeded && m_topic.isEmpty(); }
    quint64 proven() const { return m_proven; }

    // When process() has something next, while the connection is up; max() if nothing is to come.
    Clock::time_point deadline() const
    {
        if (willStart())
            return {}; // now
        return m_topic.isEmpty() ? Clock::time_point::max() : m_sendAt;
    }

private:
    void start(Clock::time_point now);
    void end();

    const QByteArray m_prefix;
    SendQueue &m_queue;
    Subscriber &m_subscriber;
    bool m_isNeeded = true;
    quint64 m_subscriptions = 0; // made so far
    quint64 m_toProve = 0;       // of them, when the proof under way began
    quint64 m_proven = 0;
    quint64 m_number = 0;
    QByteArray m_topic; // with its space; empty while none is under way
    int m_attempts = 0; // with this topic
    Clock::time_point m_sendAt;
    std::chrono::milliseconds m_sendAfter{};
};

} // namespace Pyvent::Internal

#endif
