// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_DOORS_H
#define PYVENT_SERVER_DOORS_H

#include "pyventserverlimits.h"
#include "server/admission.h"
#include "server/allowance.h"
#include "server/doorrules.h"
#include "server/lanelistener.h"
#include "server/lanepeer.h"
#include "server/networkentry.h"
#include "server/warnings.h"
#include "server/zmtppeer.h"
#include "transport/endpoint.h"
#include "transport/filedescriptor.h"

#include <QtCore/qhash.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace Pyvent::Internal {

// How clients come in: listening sockets, and the connections that come by them, watched by one epoll. The lane is for nodes on this
// machine, and TCP for whoever speaks ZeroMQ: the plain door for this machine, the secure one, at the same ports, for others. Of one thread
// at a time.
class Doors
{
public:
    using Clock = std::chrono::steady_clock;

    // \a relay outlives it. Messages may have \a maximumFrameSize bytes. Users of this machine come in as far as \a access lets them.
    // Throws std::system_error where there is no descriptor.
    Doors(Relay *relay, qsizetype maximumFrameSize, const PyventServerLimits &limits,
          const PyventLocalAccess &access = {});
    Q_DISABLE_COPY_MOVE(Doors)
    ~Doors();

    // By what other machines come in; by nothing before that is set.
    void setNetworkEntry(NetworkEntry &&entry) { m_network = std::move(entry); }

    // What those may do who come in; everything, before that is set.
    void setRules(std::unique_ptr<DoorRules> rules) { m_rules = std::move(rules); }

    // Listen. The last two throw std::system_error where the port cannot be had.
    void openLane(std::unique_ptr<LaneListener> lane);
    void bindRequests(const Endpoint &endpoint) { bind(endpoint, Kind::Requests); }
    void bindEvents(const Endpoint &endpoint) { bind(endpoint, Kind::Events); }

    // Gives up the ports.
    void unbind();

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
    enum class Kind : quint8 { Lane, Requests, Events };
    struct Listener
    {
        int socket;
        Kind kind;
        FileDescriptor own; // of the socket; a lane's is the lane's
    };
    struct Connection
    {
        explicit Connection(const PyventServerLimits &limits)
            : changes(limits.subscriptionChangesPerSecond, limits.subscriptions)
            , eventsSent(limits.eventsPerSecond, limits.eventsPerSecond)
            , bytesSent(limits.bytesPerSecond, limits.bytesPerSecond)
            , control(limits.controlMessagesPerSecond, limits.controlMessagesPerSecond)
        {
        }

        FileDescriptor socket;
        std::unique_ptr<Peer> peer;
        OtherEnd other;
        quint32 events = 0; // that the epoll watches for
        bool isClosed = false;
        bool owes = false; // it is among those that owe
        Allowance changes;
        Allowance eventsSent;
        Allowance bytesSent;
        Allowance control;
        std::optional<Clock::time_point> readsAgainAt; // it has had more than it may
        Clock::time_point shakesHandsUntil;
        Clock::time_point frameSince; // when the large frame began of which a part has come
        Clock::time_point writtenAt;  // when it has last taken something
        Clock::time_point heardAt;    // when something has last come, or could not, since nothing was read
        bool isSilent = false;        // for longer than it may, when that was looked at
    };

    void listen(Listener &&listener);
    void bind(const Endpoint &endpoint, Kind kind);
    void stopListening(const Listener &listener);
    void watchListeners(bool watch);
    void accept(const Listener &listener);
    void writeTouched(Clock::time_point now);
    bool mayEnter(int socket, Kind kind, const OtherEnd &other, Clock::time_point now);
    static void refuse(int socket, Kind kind, const QByteArray &why);
    std::unique_ptr<Peer> makePeer(Kind kind, const OtherEnd &other);
    CurveServer::Verdict judge(QByteArrayView key);
    void noteKey(Connection *connection, Clock::time_point now);
    void giveRules(Connection *connection);
    void readRules(Clock::time_point now);
    void readAllowList(Clock::time_point now);
    void closeThoseWithoutKey(Clock::time_point now);
    // What has come of a connection so far.
    struct Received
    {
        explicit Received(const Peer &peer);

        quint64 events;
        quint64 changes;
        quint64 bytesInFiles;
        quint64 control; // messages
        quint64 refused;
    };
    void charge(Connection *connection, const Received &before, qsizetype bytes, Clock::time_point now);
    void warnOfRefused(const Connection &connection, const Received &before, Clock::time_point now);
    void readAgain(Clock::time_point now);
    void noteDebt(Connection *connection, Clock::time_point now);
    void payDebts(Clock::time_point now);
    bool hasRoom() const;
    void handle(void *of, quint32 events, Clock::time_point now, bool mayRead);
    std::size_t mostToRead(bool isWithinFrame) const;
    qsizetype read(Connection *connection, Clock::time_point now);
    void write(Connection *connection, Clock::time_point now);
    bool writeSealed(Connection *connection, EncryptedOutput *encryption, Clock::time_point now);
    void wrote(Connection *connection, Clock::time_point now);
    static bool mayWrite(const Connection &connection);
    void update(Connection *connection);
    void close(Connection *connection, const char *why) { close(connection, QLatin1StringView(why)); }
    void close(Connection *connection, const QString &why);
    void closeSilent(Clock::time_point now);
    void makeRoom(Clock::time_point now);
    void tellLost(Clock::time_point now);
    void closeDistantSilent(Clock::time_point now);
    void giveBackMemory(Clock::time_point now);
    Clock::time_point deadline() const;
    void control(int operation, int fd, quint32 events, void *of);

    Relay *const m_relay;
    const qsizetype m_maximumFrameSize;
    const PyventServerLimits m_limits;
    Admission m_admission;
    NetworkEntry m_network;
    std::unique_ptr<DoorRules> m_rules;
    QHash<QString, Clock::duration> m_timeOfKeys; // that sealing for each has taken in this turn
    std::size_t m_turns = 0;
    bool m_allowsOthers = false; // than when it was last seen who is connected
    Warnings m_warnings;
    FileDescriptor m_epoll;
    std::deque<Listener> m_listeners;
    std::unique_ptr<LaneListener> m_lane;
    std::unordered_map<const Relay::Client *, std::unique_ptr<Connection>> m_connections;
    std::vector<std::unique_ptr<Connection>> m_closed; // of this turn, whose events may have them once more
    std::vector<Connection *> m_debtors;
    std::unique_ptr<char[]> m_buffer;
    bool m_readsMessages = true;
    qsizetype m_bytesRead = 0;
    Clock::time_point m_listensAgainAt = Clock::time_point::max(); // where there was no descriptor for a connection
    Clock::time_point m_nextHandshake = Clock::time_point::max();  // that is to be done
    Clock::time_point m_readsAgainAt = Clock::time_point::max();   // from some that have had more than they may
    Clock::time_point m_tellsRefusedAt = Clock::time_point::max();
    Clock::time_point m_readsKeysAt = Clock::time_point::max(); // once more
    Clock::time_point m_tellsGoneAt = Clock::time_point::max();
    Clock::time_point m_tellsLostAt = Clock::time_point::max();
    Clock::time_point m_looksForSilenceAt = Clock::time_point::max(); // of nodes of other machines
    qsizetype m_distant = 0;                                          // connections of other machines
    Clock::time_point m_givesUpAt = Clock::time_point::max(); // those that others wait for, and that stand still
    Clock::time_point m_paysAt = Clock::time_point::max();    // what can wait
    Clock::time_point m_givesBackAt = Clock::time_point::max();
    qsizetype m_mostMemory = 0; // that the relay took since memory was given back, in bytes
};

} // namespace Pyvent::Internal

#endif
