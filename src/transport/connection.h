// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_CONNECTION_H
#define PYVENT_TRANSPORT_CONNECTION_H

#include "transport/endpoint.h"
#include "transport/pollset.h"
#include "transport/sendqueue.h"

#include <QtCore/qbytearray.h>

#include <chrono>
#include <memory>

namespace Pyvent::Internal {

// A way to the server of a bus: what is sent goes out of a queue, which keeps it until the server has acknowledged it, and what
// was subscribed to comes in. It makes itself anew for as long as it lives.
//
// Nothing here waits. Whoever drives it (the event loop, or a call that waits for something) calls process() whenever its
// poll set is readable or deadline() has come, and then receive() until it says that there is no more. Calls must not overlap;
// they may come from different threads.
//
// The nodes of a thread share one: subscriptions are numbered, so that each node knows when its own are proven, and what each
// sends is counted by its share of the queue.
class Connection
{
public:
    using Clock = std::chrono::steady_clock;

    enum class State {
        Connecting,  // it is not up, or not whole
        Subscribing, // it is; the newest subscriptions are not proven
        Ready        // every subscription is proven active
    };

    // Why no server answers, as far as can be seen from here.
    enum class Silence {
        None,            // one does, or it is too early to tell
        Nobody,          // nothing listens there
        NoSuchHost,      // the host's name has no address
        NoResources,     // this process may open no more file descriptors
        EventsRefused,   // something answers, but nothing listens where events come from
        NotResponding,   // something accepts the connection and does not behave as a Pyvent server
        OtherUser,       // a process of a user's listens there who is not to be on this bus
        NotLetIn,        // a server listens there, and this process's user may not be on its bus
        ServerFull,      // a server listens there, and has as many connections as it may
        KeysUnreadable,  // this node's own keys, or the server's, cannot be read
        KeyNotLetIn,     // the server does not let this node's key in
        OtherServerKey,  // the server there has another key than the one that this node expects
        ServerHasKeys,   // the server lets only keys in, and this node has none
        ServerHasNoKeys, // the server knows nothing of keys, and this node joins only one that has the right one
        AcknowledgesNothing, // something there proves subscriptions, but is no server, or a hostile one: it takes events for nothing,
        PassesOnNothing, // or passes on none,
        HangsUp          // or hangs up each time
    };

    // By what way events go.
    enum class Way {
        None,
        Lane, // a Unix socket
        Tcp
    };

    // A connection to \a endpoint by the best way that there is each time it is made, which takes events of up to \a maximumFrameSize bytes. \a queue and
    // \a pollSet must outlive it. \a secret is shown to the server, which knows by it whose nodes speak: NodeSecret. Throws std::system_error or
    // zmq::error_t where the system does not give what it takes.
    static std::unique_ptr<Connection> to(const Endpoint &endpoint, qsizetype maximumFrameSize, SendQueue &queue,
                                          PollSet &pollSet, const QByteArray &secret);

    Connection() = default;
    virtual ~Connection();
    Q_DISABLE_COPY_MOVE(Connection)

    // Returns the number of this subscription: it is active from when proven() has come to it.
    virtual quint64 subscribe(const QByteArray &prefix) = 0;
    virtual void unsubscribe(const QByteArray &prefix) = 0;

    // Queues the event, and sends it as soon as that can be. Of many that follow each other without a process() between them,
    // the last half may wait for that, to share a message, if \a mayGather.
    virtual void send(QByteArray &&frame, bool mayGather, SendQueue::Share *share) = 0;

    // Sends a message to other nodes, before what waits or, \a inOrder, behind it. It is lost with the connection.
    virtual void sendControl(QByteArray &&frame, bool inOrder) = 0;

    virtual void process(Clock::time_point now) = 0;

    // Gives up what sends, to make it anew: something has failed in the middle of it.
    virtual void disconnect(Clock::time_point now) = 0;

    // Gives it up because \a why is wrong with the server. One that chooses where to go does not go there again for a while, which becomes
    // longer each time, and \a why is its silence() meanwhile; another one begins anew.
    virtual void leave([[maybe_unused]] Silence why, Clock::time_point now) { disconnect(now); }

    // The next event, without waiting; false if there is none now. The bytes are there until the next call.
    virtual bool receive(QByteArrayView *frame) = 0;

    // Whether acknowledgements make the poll set readable. They say nothing that is urgent unless somebody or something
    // waits for them, and then nobody is woken for each: process() is called for all of a short while.
    virtual void awaitAcknowledgements(bool await) = 0;

    // Tells the server, if the way has words for that, whether more has come than is kept up with: then senders that wait for
    // receivers wait for this.
    virtual void setLagging(bool) { }

    // Whether there may be something to process or receive although the poll set does not say so any more.
    virtual bool mayBeReadable() const = 0;

    // When process() has to be called although nothing is readable.
    virtual Clock::time_point deadline() const = 0;

    virtual State state() const = 0;
    virtual Way way() const = 0;

    // Whether the server is known to let nobody speak for another's node.
    virtual bool provesSenders() const = 0;

    // Whether it is known to tell which nodes are lost, and to send what these wanted to be sent then.
    virtual bool tellsWhoIsLost() const { return false; }

    // The name that the server has for the key by which this has come in; empty if it has not.
    virtual QString keyName() const { return {}; }

    // Every subscription up to the one with this number is active; 0 while the connection is down.
    virtual quint64 proven() const = 0;

    // Whether what is sent is on its way. What is handed to a connection that is not up does not count.
    virtual bool isSending() const = 0;

    virtual Silence silence(Clock::time_point now) const = 0;

    // Whether an attempt to connect was refused since the last call: the moment to become the server.
    virtual bool takeRefusal() = 0;
};

} // namespace Pyvent::Internal

#endif
