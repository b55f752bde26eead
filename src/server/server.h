// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SERVER_H
#define PYVENT_SERVER_SERVER_H

#include "server/plaindoor.h"

#include <QtCore/qstring.h>

#include <atomic>
#include <memory>
#include <thread>

namespace Pyvent::Internal {

// A relay with its door, on a thread of its own.
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

    // Binds the endpoint and starts the thread. Returns null, and says why, if it cannot be bound.
    static std::unique_ptr<Server> start(const Endpoint &endpoint, qsizetype maximumFrameSize, Failure *failure,
                                         QString *errorText);

    // Stops, if stop() has not been called, without delivering what is queued.
    ~Server();
    Q_DISABLE_COPY_MOVE(Server)

    // Takes what has arrived, tells Python's nodes, delivers what is queued for connected receivers, and ends. Returns
    // after \a linger at most, plus what the operating system takes to end a thread.
    void stop(std::chrono::milliseconds linger);

    // As Relay::hadOtherClients(). May be called from any thread.
    bool hadOtherClients() const { return m_hadOtherClients; }

private:
    explicit Server(qsizetype maximumFrameSize);
    void run();
    void sayGoodbye(std::chrono::milliseconds linger);

    Relay m_relay; // the thread's, as the door
    PlainDoor m_door;
    std::atomic<bool> m_hadOtherClients = false;
    std::atomic<qint64> m_linger = -1; // in milliseconds, once stop() was called; then m_stop is readable
    FileDescriptor m_stop;
    std::thread m_thread;
};

} // namespace Pyvent::Internal

#endif
