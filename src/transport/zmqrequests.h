// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_ZMQREQUESTS_H
#define PYVENT_TRANSPORT_ZMQREQUESTS_H

#include "transport/burst.h"
#include "transport/endpoint.h"
#include "transport/sendqueue.h"
#include "transport/zmqsocket.h"

#include <chrono>
#include <memory>

namespace Pyvent::Internal {

// The connection that sends: a DEALER, which takes its messages from the queue and counts their acknowledgements.
//
// It connects once: when its connection ends, it is replaced, and what was not acknowledged is sent again. So an acknowledgement
// always belongs to this connection, and none is counted for an event that the lost one took away.
class ZmqRequests
{
public:
    using Clock = std::chrono::steady_clock;

    // \a secret is as in Connection::to().
    ZmqRequests(zmq::context_t &context, const Endpoint &endpoint, SendQueue &queue, PollSet &pollSet,
                const QByteArray &secret, Clock::time_point now);
    ~ZmqRequests();
    Q_DISABLE_COPY_MOVE(ZmqRequests)

    // Reads acknowledgements, and sees to the connection. Returns false if it has ended.
    bool process(Clock::time_point now);

    // Gives up the connection, to make it anew later.
    void close(Clock::time_point now);

    // An event of \a size bytes is in the queue. Sends it, unless it \a mayGather with others and is to wait for these.
    void eventQueued(qsizetype size, bool mayGather);

    // Sends what is queued, as far as the window allows.
    void sendQueued();

    // Whether acknowledgements make the poll set readable.
    void setWatched(bool watched);

    bool mayBeReadable() const { return m_socket && m_socket->isWatched() && m_socket->mayBeReadable(); }
    Clock::time_point deadline() const;

    // Sends nothing until it is released, and, when it is made anew, again.
    void hold() { m_isHeld = m_holds = true; }
    void release() { m_isHeld = false; }
    bool isHeld() const { return m_isHeld; }

    bool isStrangers(AccessRule *rule) const { return m_socket && m_socket->isStrangers(rule); }
    bool isUp() const { return m_isUp; }
    bool provesSenders() const { return m_provesSenders; }     // the server at its other end does
    bool tellsWhoIsLost() const { return m_tellsWhoIsLost; }   // likewise
    bool isAccepted() const { return m_isAccepted; }           // the last attempt to connect was
    bool isUnresolved() const { return m_isUnresolved; }       // the last attempt to connect found no address
    bool isOutOfResources() const { return m_outOfResources; } // there was no descriptor for the last attempt
    bool isWithoutKeys() const { return m_isWithoutKeys; }     // its keys could not be read for the last attempt
    ZmqSocket::Refusal refusal() const { return m_refusal; }   // of the last handshake

    // What the server calls this node's key; empty if it has not come in by one.
    const QString &keyName() const { return m_keyName; }

    // Whether an attempt to connect was refused since the last call.
    bool takeRefusal() { return std::exchange(m_isRefused, false); }

private:
    void open(Clock::time_point now);
    bool watch(Clock::time_point now);
    void readAcknowledgements();

    zmq::context_t &m_context;
    const Endpoint m_endpoint;
    SendQueue &m_queue;
    PollSet &m_pollSet;
    const QByteArray m_secret;
    std::unique_ptr<ZmqSocket> m_socket; // none while waiting to try again
    bool m_takesBatches = false;         // the server at its other end does
    bool m_provesSenders = false;        // likewise
    bool m_tellsWhoIsLost = false;       // likewise
    Burst m_burst;
    bool m_isUp = false;
    bool m_isHeld = false;
    bool m_holds = false; // each time that it is made
    bool m_isRefused = false;
    bool m_isAccepted = false;
    bool m_isUnresolved = false;
    bool m_outOfResources = false;
    bool m_isWithoutKeys = false;
    QString m_keyName;
    ZmqSocket::Refusal m_refusal = ZmqSocket::Refusal::None;
    Clock::time_point m_retryAt;     // while there is no socket
    Clock::time_point m_attemptEnds; // while its connection is not up
    std::chrono::milliseconds m_retryAfter;
    Clock::time_point m_lookAt; // for acknowledgements that wake nobody
};

} // namespace Pyvent::Internal

#endif
