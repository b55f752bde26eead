// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_NETWORK_H
#define PYVENT_TESTS_SIMULATION_NETWORK_H

#include "server/relay.h"

#include <QtCore/qbytearraylist.h>

#include <chrono>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace PyventTests {

using Clock = std::chrono::steady_clock;
using Milliseconds = qint64; // of simulated time

inline constexpr Milliseconds never = std::numeric_limits<Milliseconds>::max();

inline Clock::time_point at(Milliseconds time)
{
    return Clock::time_point(std::chrono::milliseconds(time));
}

inline Milliseconds millisecondsOf(Clock::time_point time)
{
    if (time == Clock::time_point::max())
        return never;
    return std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// What the network does to what it carries.
struct Weather
{
    int delay = 1;             // a message takes 1 to so many milliseconds
    int doubledPercent = 0;    // of what the relay publishes
    std::size_t capacity = 50; // how many events wait for a receiver, past which the relay drops them
};

// The two connections of a client to the relay, each a client of its own to it, as TCP makes them: each keeps the order, and what is on
// its way is lost with it. The client reads what has arrived.
struct Line
{
    struct Packet
    {
        Milliseconds due;
        char kind; // of what the client subscribes to: '+' or '-'
        QByteArray delimiter;
        QByteArray bytes;
    };
    struct Channel
    {
        std::deque<Packet> packets;
        Milliseconds lastDue = 0;
    };

    Pyvent::Internal::Relay::Client *sender = nullptr;   // null where its connection is down
    Pyvent::Internal::Relay::Client *receiver = nullptr; // likewise
    bool requestsUp() const { return sender; }
    bool eventsUp() const { return receiver; }
    Channel requests;      // to the relay
    Channel replies;       // to the client
    Channel subscriptions; // to the relay
    Channel events;        // to the client

    std::deque<QByteArray> arrivedReplies;
    std::deque<QByteArray> arrivedEvents;
    bool isReadable = false; // something has arrived, or a connection has ended
};

// The relay and its clients' connections in simulated time.
class Network
{
public:
    Network(quint32 seed, const Weather &weather)
        : m_random(seed)
        , m_weather(weather)
    {
    }
    Q_DISABLE_COPY_MOVE(Network)

    Milliseconds now() const { return m_now; }
    void clear() { m_weather = {}; }

    Line *open();
    void close(Line *line);

    // Whether there is a relay to connect to. It tells its clients by \a takesBatches whether it takes these.
    bool hasRelay() const { return m_relay != nullptr; }
    void startRelay(bool takesBatches);
    void killRelay();
    Pyvent::Internal::Relay *relay() const { return m_relay.get(); }

    // Ends it in order: what it has said arrives.
    void stopRelay();

    // Ends connections, with what is on its way.
    void cutRequests(Line *line);
    void cutEvents(Line *line);

    void connectRequests(Line *line);
    void connectEvents(Line *line);
    void sendRequest(Line *line, QByteArrayView delimiter, const QByteArray &bytes);
    void sendSubscription(Line *line, char kind, const QByteArray &prefix);

    // When something arrives next.
    Milliseconds nextTime() const;

    // Has all arrive that is due at \a time.
    void passTo(Milliseconds time);

    // Whether clients take the relay for one that sees to it who speaks for whom; to be set.
    bool provesSenders = false;

    // Called with each frame that a relay takes, before it does; to be set.
    std::function<void(QByteArrayView frame)> taken;

private:
    void push(Line::Channel *channel, Line::Packet &&packet);
    bool arrive(Line *line);
    void releaseHeld();
    void processSharing();
    void receive(Line *line, const Line::Packet &packet);
    void send(Line *line);
    bool hasRoom(const Line &line) const;

    std::minstd_rand m_random;
    Weather m_weather;
    Milliseconds m_now = 1'000'000;
    std::unique_ptr<Pyvent::Internal::Relay> m_relay;
    Milliseconds m_givesUpAt = never; // receivers that senders wait for
    std::vector<std::unique_ptr<Line>> m_lines;
};

} // namespace PyventTests

#endif
