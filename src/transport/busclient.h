// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_BUSCLIENT_H
#define PYVENT_TRANSPORT_BUSCLIENT_H

#include "transport/address.h"
#include "transport/pollset.h"
#include "transport/sendqueue.h"
#include "transport/zmqsocket.h"

#include <QtCore/qbytearraylist.h>
#include <QtCore/quuid.h>

#include <chrono>
#include <memory>
#include <optional>

namespace Pyvent::Internal {

// A client's two connections to the server: a DEALER that sends and counts acknowledgements, and a SUB that hears.
//
// Nothing here waits. Whoever drives it (the event loop, or a call that waits for something) calls process() whenever
// pollSet() is readable or deadline() has come, and then receive() until it says that there is no more. Calls must not
// overlap; they may come from different threads.
//
// The DEALER connects once: when its connection ends, it is replaced, and what was not acknowledged is sent again. So
// an acknowledgement always belongs to this connection, and none is counted for an event that the lost one took away.
//
// The nodes of a thread share one: subscriptions are numbered, so that each node knows when its own are proven, and what each
// sends is counted by its share of the queue.
class BusClient
{
public:
    using Clock = std::chrono::steady_clock;

    enum class State {
        Connecting,  // not both connections are up
        Subscribing, // both are; the newest subscriptions are not proven
        Ready        // every subscription is proven active
    };

    // Why no server answers, as far as can be seen from here.
    enum class Silence {
        None,          // one does, or it is too early to tell
        Nobody,        // nothing listens there
        NoSuchHost,    // the host's name has no address
        NoResources,   // this process may open no more file descriptors
        EventsRefused, // something answers, but nothing listens where events come from
        NotResponding  // something accepts the connection and does not behave as a Pyvent server
    };

    BusClient(const Address &address, const QUuid &nodeId, qsizetype maximumFrameSize, PollSet &pollSet);
    ~BusClient();
    Q_DISABLE_COPY_MOVE(BusClient)

    // Returns the number of this subscription: it is active from when proven() has come to it.
    quint64 subscribe(const QByteArray &prefix);
    void unsubscribe(const QByteArray &prefix);

    // Keeps the event until the server has acknowledged it, and sends it as soon as it can. Of many that follow each
    // other without a process() between them, the last eighth may wait for that, to share a message, if \a mayGather.
    void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share = nullptr);

    // Gives up what \a share has in the queue.
    void leave(SendQueue::Share *share) { m_queue.leave(share); }

    // Sends a message to other nodes, before what waits or, \a inOrder, behind it. It is lost with the connection.
    void sendControl(QByteArray frame, bool inOrder = false);

    const SendQueue &queue() const { return m_queue; }

    // Events that are not on their way: what ZeroMQ has taken for a connection that is not up does not count.
    qsizetype unsentEvents() const { return m_requestsUp ? m_queue.unsentEvents() : m_queue.events(); }
    qsizetype unsentEvents(const SendQueue::Share &share) const
    {
        return m_requestsUp ? share.unsentEvents() : share.events;
    }

    void process(Clock::time_point now);

    // Gives up the connection that sends, to make it anew: something has failed in the middle of it.
    void disconnect(Clock::time_point now);

    // The next event, without waiting; false if there is none now.
    bool receive(zmq::message_t *frame);

    // Whether acknowledgements make the poll set readable. They say nothing that is urgent unless somebody or something
    // waits for them, and then nobody is woken for each: process() is called for all of a short while.
    void awaitAcknowledgements(bool await);

    // Whether there may be something to process or receive although the poll set does not say so any more.
    bool mayBeReadable() const;

    // When process() has to be called although nothing is readable.
    Clock::time_point deadline() const;

    State state() const { return m_state; }

    // Every subscription up to the one with this number is active; 0 while a connection is down.
    quint64 proven() const { return m_proven; }

    Silence silence(Clock::time_point now) const;

    // Whether an attempt to connect was refused since the last call: the moment to become the server.
    bool takeRefusal() { return std::exchange(m_refused, false); }

private:
    void openRequests(Clock::time_point now);
    void closeRequests(Clock::time_point now);
    void serverFellSilent(Clock::time_point now);
    void readAcknowledgements();
    void watchRequests(Clock::time_point now);
    void watchEvents(Clock::time_point now);
    void reopenEvents(Clock::time_point now);
    void sendQueued();
    void watchAcknowledgements();
    void startProof(Clock::time_point now);
    void endProof();
    void prove(Clock::time_point now);

    PollSet &m_pollSet;
    Address m_address;
    QByteArray m_proofPrefix;
    const std::shared_ptr<zmq::context_t> m_context;
    ZmqSocket m_events;
    std::unique_ptr<ZmqSocket> m_requests; // none while waiting to try again
    SendQueue m_queue;
    bool m_takesBatches = false; // the server at the other end of m_requests does
    bool m_awaitsAcknowledgements = false;
    Clock::time_point m_lookAt; // for acknowledgements that wake nobody
    qsizetype m_burst = 0;      // events sent lately: halved by each process()

    State m_state = State::Connecting;
    bool m_eventsUp = false;
    bool m_eventsRefused = false; // the last attempt to connect was
    bool m_requestsUp = false;
    bool m_refused = false;
    bool m_accepted = false;       // the last attempt to connect was
    bool m_unresolved = false;     // the last attempt to connect found no address
    bool m_outOfResources = false; // there was no descriptor for the last attempt
    bool m_isProven = false;       // what is connected is a Pyvent server

    Clock::time_point m_silentSince;
    Clock::time_point m_retryAt;     // while there are no requests
    Clock::time_point m_attemptEnds; // while their connection is not up
    std::chrono::milliseconds m_retryAfter;
    Clock::time_point m_eventsAttemptEnds; // max() while their connection is up
    std::chrono::milliseconds m_eventsRetryAfter;

    // Proof of subscription: see wire/PROTOCOL.md.
    bool m_proofNeeded = true;
    quint64 m_subscriptions = 0;      // made so far
    quint64 m_proofSubscriptions = 0; // when the proof under way began
    quint64 m_proven = 0;
    quint64 m_proofNumber = 0;
    QByteArray m_proofTopic; // with its space; empty while none is under way
    int m_proofs = 0;        // of this topic
    Clock::time_point m_proofAt;
    std::chrono::milliseconds m_proofAfter;
};

} // namespace Pyvent::Internal

#endif
