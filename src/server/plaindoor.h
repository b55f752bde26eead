// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_PLAINDOOR_H
#define PYVENT_SERVER_PLAINDOOR_H

#include "server/filedescriptor.h"
#include "server/zmtpconnection.h"
#include "transport/endpoint.h"

#include <chrono>
#include <deque>
#include <memory>
#include <unordered_map>

namespace Pyvent::Internal {

// The door for whoever speaks ZeroMQ, over TCP and without security: its listening sockets and connections, watched by an epoll. Of one
// thread at a time.
class PlainDoor
{
public:
    using Clock = std::chrono::steady_clock;

    struct Limits
    {
        qsizetype frameBytes = 0;  // of a message
        qsizetype connections = 0; // 0: half of the descriptors that the process may have
        std::chrono::milliseconds handshake = std::chrono::milliseconds(2000); // for whoever connects and says nothing
    };

    // \a relay outlives it. Throws std::system_error where there is no descriptor.
    PlainDoor(Relay *relay, const Limits &limits);
    Q_DISABLE_COPY_MOVE(PlainDoor)
    ~PlainDoor();

    // Listens. Both throw std::system_error where the port cannot be had.
    void bindRequests(const Endpoint &endpoint) { listen(endpoint, ZmtpConnection::Purpose::Requests); }
    void bindEvents(const Endpoint &endpoint) { listen(endpoint, ZmtpConnection::Purpose::Events); }

    // Has \a fd end wait(), as long as it is readable.
    void watch(int fd);

    // Waits until \a deadline for something to come, and has the relay receive it. Returns false if nothing has come.
    bool wait(Clock::time_point deadline);

    // The next thing that is to be done without anything coming; max() if there is none.
    Clock::time_point deadline() const;

    // Whether something waits to be written.
    bool hasOutput() const;

    // Takes no connections any more; ends those that there are.
    void stopListening();
    void closeAll();

    qsizetype connections() const { return qsizetype(m_connections.size()); }

private:
    struct Listener
    {
        FileDescriptor socket;
        ZmtpConnection::Purpose purpose;
    };
    struct Connection
    {
        Connection(FileDescriptor &&accepted, Relay *relay, ZmtpConnection::Purpose purpose, qsizetype frameBytes)
            : socket(std::move(accepted))
            , zmtp(relay, purpose, frameBytes)
        {
        }

        FileDescriptor socket;
        ZmtpConnection zmtp;
        quint32 events = 0; // that the epoll watches for
        bool isClosed = false;
    };

    void listen(const Endpoint &endpoint, ZmtpConnection::Purpose purpose);
    void watchListeners(bool watch);
    void accept(const Listener &listener);
    bool hasRoom();
    void read(Connection *connection);
    void write(Connection *connection);
    void writeTouched();
    void update(Connection *connection);
    void close(Connection *connection, const char *why);
    void giveBackMemory(Clock::time_point now);
    void closeSilent(Clock::time_point now);
    void control(int operation, int fd, quint32 events, void *of);

    Relay *const m_relay;
    const Limits m_limits;
    FileDescriptor m_epoll;
    std::deque<Listener> m_listeners;
    Clock::time_point m_listensAgainAt = Clock::time_point::max(); // where there was no descriptor for a connection
    std::unordered_map<const Relay::Client *, std::unique_ptr<Connection>> m_connections;
    std::vector<std::unique_ptr<Connection>> m_closed; // of this turn
    std::deque<std::pair<Clock::time_point, const Relay::Client *>>
        m_handshakes; // that have begun, and when they are to be done
    std::unique_ptr<char[]> m_buffer;
    Clock::time_point m_givesBackAt = Clock::time_point::max();
    qsizetype m_mostMemory = 0;       // that the relay took since memory was given back, in bytes
    Clock::time_point m_warnsAgainAt; // of connections that are closed
    qsizetype m_untold = 0;           // that were closed without a warning
};

} // namespace Pyvent::Internal

#endif
