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
#include <vector>

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
        std::chrono::milliseconds handshake = std::chrono::seconds(2); // for whoever connects and says nothing
        std::chrono::milliseconds stuck = std::chrono::seconds(5);     // where all is full, for whoever does not read
    };

    // \a relay outlives it. Throws std::system_error where there is no descriptor.
    PlainDoor(Relay *relay, const Limits &limits);
    Q_DISABLE_COPY_MOVE(PlainDoor)
    ~PlainDoor();

    // Listens. Both throw std::system_error where the port cannot be had.
    void bindRequests(const Endpoint &endpoint) { listen(endpoint, ZmtpConnection::Purpose::Requests); }
    void bindEvents(const Endpoint &endpoint) { listen(endpoint, ZmtpConnection::Purpose::Events); }

    // Has \a fd end wait(), as long as it is readable. Throws std::system_error.
    void watch(int fd);

    // Waits until \a deadline for something to come, has the relay receive it, and writes what is to be written. Returns how many
    // bytes have come.
    qsizetype wait(Clock::time_point deadline);

    // Whether events wait to be written.
    bool hasEvents() const;

    // Takes no connections any more; reads no messages any more; ends all connections.
    void stopListening();
    void stopReading();
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
        Clock::time_point shakesHandsUntil;
        Clock::time_point frameSince; // when the large frame began of which a part has come
        Clock::time_point writtenAt;  // when it has last taken something
    };

    void listen(const Endpoint &endpoint, ZmtpConnection::Purpose purpose);
    void watchListeners(bool watch);
    void accept(const Listener &listener);
    bool hasRoom() const;
    void handle(void *of, quint32 events, Clock::time_point now, bool mayRead);
    qsizetype read(Connection *connection, Clock::time_point now);
    void write(Connection *connection, Clock::time_point now);
    void update(Connection *connection);
    void close(Connection *connection, const char *why);
    void closeSilent(Clock::time_point now);
    void makeRoom(Clock::time_point now);
    void giveBackMemory(Clock::time_point now);
    void warn(const QString &text, Clock::time_point now);
    Clock::time_point deadline() const;
    void control(int operation, int fd, quint32 events, void *of);

    Relay *const m_relay;
    const Limits m_limits;
    FileDescriptor m_epoll;
    std::deque<Listener> m_listeners;
    std::unordered_map<const Relay::Client *, std::unique_ptr<Connection>> m_connections;
    std::vector<std::unique_ptr<Connection>> m_closed; // of this turn, whose events may have them once more
    std::unique_ptr<char[]> m_buffer;
    bool m_readsMessages = true;
    qsizetype m_bytesRead = 0;
    Clock::time_point m_listensAgainAt = Clock::time_point::max(); // where there was no descriptor for a connection
    Clock::time_point m_nextHandshake = Clock::time_point::max();  // that is to be done
    Clock::time_point m_givesBackAt = Clock::time_point::max();
    qsizetype m_mostMemory = 0; // that the relay took since memory was given back, in bytes
    Clock::time_point m_warnsAgainAt;
    qsizetype m_untold = 0; // warnings, since the last one
};

} // namespace Pyvent::Internal

#endif
