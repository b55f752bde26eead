// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_BARECLIENT_H
#define PYVENT_BENCHMARKS_BARECLIENT_H

#include "role.h"

#include <zmq.hpp>

#include <string>

namespace Pyvent::Benchmarks {

// The same as in the module's rooms transport and server, or more.
inline constexpr qint64 bareSendWindow = 900;
inline constexpr qint64 bareSendWindowBytes = 64 * 1024 * 1024;
inline constexpr int bareEventsHighWaterMark = 100'000;
inline constexpr int bareAcknowledgementHighWaterMark = 10'000;

// What a bare sender sends: a frame of the bus, with its number where the module's trailer has one.
zmq::message_t bareMessage(const QByteArray &frame, qint64 number);
qint64 bareNumber(const zmq::message_t &message);
bool isOf(const zmq::message_t &message, const std::string &topic);

// Whether a client sent it to find out that it is connected: it is always acknowledged.
bool isProbe(const zmq::message_t &message);

std::string bareEndpoint(int port);

// Binds a pair of free ports; returns the first.
int bindPair(zmq::socket_t *requests, zmq::socket_t *events);

// One node's connections to the broker.
class BareClient
{
public:
    BareClient(zmq::context_t *context, const RoleOptions &options);

    void send(zmq::message_t &&message);

    // Takes the acknowledgements that are there, waiting for the first one if \a wait.
    void readAcknowledgements(bool wait);

    qint64 inFlight() const { return m_sent - m_acknowledged; }

    // Waits for an event.
    zmq::message_t receive();

    // Takes an event that is there; returns false if there is none.
    bool receiveNow(zmq::message_t *message);

    // Subscribes to the topics, and proves the last one by a message that comes back.
    void subscribe(const QStringList &names);

    // Waits until the broker answers.
    void connect();

    zmq::socket_ref events() { return m_events; }

private:
    zmq::socket_t m_requests;
    zmq::socket_t m_events;
    qint64 m_sent = 0;
    qint64 m_acknowledged = 0;
};

} // namespace Pyvent::Benchmarks

#endif
