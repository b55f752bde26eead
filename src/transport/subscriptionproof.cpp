// SPDX-License-Identifier: MIT
#include "transport/subscriptionproof.h"

#include "wire/topic.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

constexpr auto firstRepeat = 2ms;
constexpr auto slowestRepeat = 200ms;

// After so many in vain, 10 s or so, the connection may stand still.
constexpr int mostAttempts = 50;

} // namespace

SubscriptionProof::SubscriptionProof(const QUuid &connection, SendQueue &queue, Subscriber &subscriber)
    : m_prefix(proofPrefix.toByteArray() + connection.toByteArray(QUuid::WithoutBraces) + '/')
    , m_queue(queue)
    , m_subscriber(subscriber)
{
}

quint64 SubscriptionProof::subscribed()
{
    m_isNeeded = true;
    return ++m_subscriptions;
}

void SubscriptionProof::connectionLost()
{
    end();
    m_isNeeded = true;
    m_proven = 0;
}

bool SubscriptionProof::process(Clock::time_point now)
{
    // One after the other: where subscriptions follow each other fast, each would undo the proof of those before it.
    if (willStart())
        start(now);
    if (m_topic.isEmpty() || now < m_sendAt)
        return true;
    if (m_attempts == mostAttempts)
        return false;
    // The first one is often lost, when it overtakes the subscription on its way to the publisher.
    if (!m_queue.hasProof()) {
        m_queue.putProof(QByteArray(m_topic));
        ++m_attempts;
    }
    m_sendAt = now + m_sendAfter;
    m_sendAfter = std::min<std::chrono::milliseconds>(m_sendAfter * 2, slowestRepeat);
    return true;
}

bool SubscriptionProof::hear(QByteArrayView frame)
{
    if (m_topic.isEmpty() || frame != m_topic)
        return false;
    end();
    m_proven = m_toProve;
    return true;
}

void SubscriptionProof::start(Clock::time_point now)
{
    m_topic = m_prefix + QByteArray::number(++m_number) + ' ';
    m_subscriber.subscribe(m_topic);
    m_isNeeded = false;
    m_toProve = m_subscriptions;
    m_attempts = 0;
    m_sendAt = now;
    m_sendAfter = firstRepeat;
}

void SubscriptionProof::end()
{
    if (m_topic.isEmpty())
        return;
    m_subscriber.unsubscribe(m_topic);
    m_topic.clear();
}

} // namespace Pyvent::Internal
