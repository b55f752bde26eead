// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SERVER_H
#define PYVENT_SERVER_SERVER_H

#include "transport/address.h"

#include <QtCore/qbytearray.h>

#include <zmq.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace Pyvent::Internal {

// The relay of a bus, on a thread of its own: takes each message, publishes the same bytes to all subscribers, and
// acknowledges it. It knows frames, not values.
//
// Binding the port is the election: of all processes that try, one wins, and the others are clients.
class Server
{
public:
    enum class Failure {
        None,
        PortInUse,       // someone serves already, or something else has the port
        EventsPortInUse, // the port is free and the next one is not, so nobody can serve here
        NotThisMachine,  // the address is no address of this machine
        NoResources,     // this process may open no more file descriptors, or start no more threads
        Other            // errorText says what
    };

    // Binds the address and starts the thread. Returns null, and says why, if it cannot be bound.
    static std::unique_ptr<Server> start(const Address &address, qsizetype maximumFrameSize, Failure *failure,
                                         QString *errorText);

    // Stops, if stop() has not been called, without delivering what is queued.
    ~Server();
    Q_DISABLE_COPY_MOVE(Server)

    // Takes what has arrived, tells Python's nodes, delivers what is queued for connected receivers, and ends. Returns
    // after \a linger at most, plus what the operating system takes to end a thread.
    void stop(std::chrono::milliseconds linger);

    // Whether a second client ever came. Every node sends something here when it joins, Python's too; a client that makes its
    // connection anew is another one. May be called from any thread.
    bool hadOtherClients() const { return m_hadOtherClients; }

private:
    Server(const Address &address, qsizetype maximumFrameSize);
    void run();
    qsizetype relayOne();
    void noteClient(const zmq::message_t &peer);
    void publish(zmq::message_t &&frame);
    void publish(QByteArrayView frame);
    void acknowledge(zmq::message_t &&peer, QByteArrayView reply);
    void sayGoodbye(std::chrono::milliseconds linger);

    const bool m_takesBatches;
    QByteArray m_firstClient;
    std::atomic<bool> m_hadOtherClients = false;
    zmq::context_t m_context;
    zmq::socket_t m_requests;
    zmq::socket_t m_events;
    zmq::socket_t m_control;       // the thread's end
    zmq::socket_t m_remoteControl; // stop()'s end
    std::thread m_thread;
};

} // namespace Pyvent::Internal

#endif
