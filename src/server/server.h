// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SERVER_H
#define PYVENT_SERVER_SERVER_H

#include "pyventserverlimits.h"
#include "server/doors.h"

#include <QtCore/qstring.h>

#include <atomic>
#include <memory>
#include <thread>

namespace Pyvent::Internal {

// A relay with its doors, on a thread of its own.
//
// Who serves is decided by the lock beside the lane, and then by the port: of all processes that try, one wins, and the others are
// clients. Where there can be no lane, the port alone decides.
class Server
{
public:
    enum class Failure {
        None,
        PortInUse,       // someone serves already, or something else has the port
        EventsPortInUse, // the port is free and the next one is not, so nobody can serve here
        OtherFolder, // something else has the ports, and a server of this user's the bus without them, by a lane somewhere else
        NotThisMachine, // the address is no address of this machine
        NeedsKeys,      // other machines reach the address, and nothing is said of who may come in
        BadFile,        // errorText says what is wrong with a file
        NoResources,    // this process may open no more file descriptors, or start no more threads
        Other           // errorText says what
    };

    // What can be had without the ports, which something else has.
    enum class Ports : quint8 {
        Needed,
        Wanted // those on the lane have their bus; it tries again until it has them
    };

    // Has the endpoint's lane and ports, and starts the thread. Returns null, and says why, if it cannot have them.
    static std::unique_ptr<Server> start(const Endpoint &endpoint, qsizetype maximumFrameSize,
                                         const PyventServerLimits &limits, Ports ports, Failure *failure,
                                         QString *errorText);

    // Stops, if stop() has not been called, without delivering what is queued.
    ~Server();
    Q_DISABLE_COPY_MOVE(Server)

    // Takes what has arrived, tells Python's nodes, delivers what is queued for connected receivers, and ends. Returns
    // after \a linger at most, plus what the operating system takes to end a thread.
    void stop(std::chrono::milliseconds linger);

    // As Relay::hadOtherClients(). May be called from any thread.
    bool hadOtherClients() const { return m_hadOtherClients; }

    // Whether it has the ports; and whether it has ended by itself, because another server has them by now. Both may be called from any
    // thread.
    bool hasPorts() const { return m_hasPorts; }
    bool hasYielded() const { return m_yields; }

private:
    Server(const Endpoint &endpoint, qsizetype maximumFrameSize, const PyventServerLimits &limits);
    bool takeLane(Failure *failure);
    bool readKeys(Failure *failure, QString *errorText);
    void bind(Failure *failure);
    bool tryPorts();
    bool isServersPort();
    void run();
    void sayGoodbye(std::chrono::milliseconds linger);

    const Endpoint m_endpoint;
    Relay m_relay; // the thread's, as the doors
    Doors m_doors;
    bool m_hasLane = false;
    std::atomic<bool> m_hasPorts = false;
    std::atomic<bool> m_yields = false;
    quint32 m_portHolder = 0; // the socket that had the port when it was last seen
    std::atomic<bool> m_hadOtherClients = false;
    std::atomic<qint64> m_linger = -1; // in milliseconds, once stop() was called; then m_stop is readable
    FileDescriptor m_stop;
    FileDescriptor m_claim; // while it has no ports
    std::thread m_thread;
};

} // namespace Pyvent::Internal

#endif
