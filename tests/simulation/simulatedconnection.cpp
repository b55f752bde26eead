// SPDX-License-Identifier: MIT
#include "simulatedconnection.h"

#include "wire/batch.h"

#include <algorithm>
#include <utility>

namespace PyventTests {

using namespace Pyvent::Internal;

namespace {

// How long a client waits before it tries to connect again.
constexpr Milliseconds retryAfter = 5;

constexpr qsizetype sendWindow = 20;

} // namespace

SimulatedConnection::SimulatedConnection(Network &network, SendQueue &queue, const QUuid &id)
    : m_network(network)
    , m_queue(queue)
    , m_line(network.open())
    , m_proof(id, queue, m_subscriber)
{
}

SimulatedConnection::~SimulatedConnection()
{
    m_network.close(m_line);
}

quint64 SimulatedConnection::subscribe(const QByteArray &prefix)
{
    changeSubscription('+', prefix);
    return m_proof.subscribed();
}

void SimulatedConnection::unsubscribe(const QByteArray &prefix)
{
    changeSubscription('-', prefix);
}

void SimulatedConnection::changeSubscription(char kind, const QByteArray &prefix)
{
    if (kind == '+')
        m_prefixes.append(prefix);
    else
        m_prefixes.removeOne(prefix);
    if (m_eventsUp)
        m_network.sendSubscription(m_line, kind, prefix);
}

void SimulatedConnection::send(QByteArray &&frame, bool mayGather, SendQueue::Share *share)
{
    m_queue.append(std::move(frame), share);
    if (!mayGather)
        sendQueued();
}

void SimulatedConnection::sendControl(QByteArray &&frame, bool inOrder)
{
    if (inOrder ? m_queue.appendControl(std::move(frame)) : m_queue.putControl(std::move(frame)))
        sendQueued();
}

void SimulatedConnection::process(Clock::time_point)
{
    m_line->isReadable = false;
    readReplies();
    if (m_requestsUp && !m_line->requestsUp())
        requestsLost();
    if (m_eventsUp && !m_line->eventsUp())
        eventsLost();
    if (!m_requestsUp && connect(&m_requestsRetryAt)) {
        m_requestsUp = true;
        m_network.connectRequests(m_line);
    }
    if (!m_eventsUp && connect(&m_eventsRetryAt)) {
        m_eventsUp = true;
        m_network.connectEvents(m_line);
        // ZeroMQ subscribes to everything again in the order of the alphabet.
        std::sort(m_prefixes.begin(), m_prefixes.end());
        for (const QByteArray &prefix : std::as_const(m_prefixes))
            m_network.sendSubscription(m_line, '+', prefix);
    }
    if (m_requestsUp && m_eventsUp && !m_proof.process(at(m_network.now()))) {
        m_network.cutEvents(m_line);
        eventsLost();
    }
    sendQueued();
}

bool SimulatedConnection::connect(Milliseconds *retryAt)
{
    if (m_network.now() < *retryAt)
        return false;
    if (m_network.hasRelay())
        return true;
    m_isRefused = true;
    *retryAt = m_network.now() + retryAfter;
    return false;
}

void SimulatedConnection::readReplies()
{
    for (const QByteArray &reply : std::exchange(m_line->arrivedReplies, {})) {
        if (reply == batchAcknowledgement)
            m_takesBatches = true;
        m_queue.acknowledge();
    }
}

void SimulatedConnection::requestsLost()
{
    m_requestsUp = m_takesBatches = false;
    m_queue.connectionLost();
    m_proof.connectionLost();
    m_requestsRetryAt = m_network.now() + retryAfter;
}

void SimulatedConnection::eventsLost()
{
    m_eventsUp = false;
    m_proof.connectionLost();
    m_eventsRetryAt = m_network.now() + retryAfter;
}

void SimulatedConnection::disconnect(Clock::time_point)
{
    m_network.cutRequests(m_line);
    requestsLost();
}

void SimulatedConnection::sendQueued()
{
    while (m_requestsUp && m_queue.hasUnsent() && m_queue.inFlight() < sendWindow) {
        const qsizetype count = m_takesBatches ? m_queue.nextBatch(maximumBatchSize) : 1;
        if (count == 1) {
            m_network.sendRequest(m_line, {}, m_queue.unsentFrame(0));
        } else {
            QByteArray batch(m_queue.batchSize(count), Qt::Uninitialized);
            m_queue.writeBatch(count, batch.data());
            m_network.sendRequest(m_line, batchMark, batch);
        }
        m_queue.sent(count);
    }
}

bool SimulatedConnection::receive(QByteArrayView *frame)
{
    while (!m_line->arrivedEvents.empty()) {
        m_received = std::move(m_line->arrivedEvents.front());
        m_line->arrivedEvents.pop_front();
        if (m_proof.hear(m_received))
            continue;
        *frame = m_received;
        return true;
    }
    return false;
}

Clock::time_point SimulatedConnection::deadline() const
{
    Clock::time_point earliest = m_requestsUp && m_eventsUp ? m_proof.deadline() : Clock::time_point::max();
    if (!m_requestsUp)
        earliest = std::min(earliest, at(m_requestsRetryAt));
    if (!m_eventsUp)
        earliest = std::min(earliest, at(m_eventsRetryAt));
    return earliest;
}

Connection::State SimulatedConnection::state() const
{
    if (!m_requestsUp || !m_eventsUp)
        return State::Connecting;
    return m_proof.isComplete() ? State::Ready : State::Subscribing;
}

} // namespace PyventTests
