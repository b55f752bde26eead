// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_VALUEBUS_H
#define PYVENT_TESTS_SIMULATION_VALUEBUS_H

#include "server/relay.h"
#include "session/sharedvalues.h"

#include <deque>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace PyventTests {

// One shared value that ten nodes and a Python node write, on servers that end and follow each other, or stand side by side while the bus is
// divided: SharedValues and Relay as they are, in a time that is made up. The clocks of all of them disagree by hours. All that happens
// follows from a seed.
class ValueBus
{
public:
    explicit ValueBus(quint32 seed);
    ~ValueBus();

    // Returns what went wrong; empty if all is well.
    QByteArray run();

private:
    using SharedValues = Pyvent::Internal::SharedValues;
    using Relay = Pyvent::Internal::Relay;
    using Clock = SharedValues::Clock;
    using Microseconds = qint64;

    // What is on its way, in order.
    struct Way
    {
        std::deque<std::pair<Microseconds, QByteArray>> messages;
        Microseconds last = 0;

        Microseconds next() const;
    };

    struct Server
    {
        bool isPython = false;
        bool isAlive = true;
        Microseconds clockIsAhead = 0;
        std::unique_ptr<Relay> relay;
        Relay::Client *script = nullptr; // Python's node, which writes
        QByteArray scriptHeard;          // and what it has heard last
        std::set<quint64> replaced;      // stamps of the writes that a compare-and-set has replaced here
        std::set<int> subscribed;        // nodes
    };

    struct Node
    {
        QUuid uuid;
        Microseconds clockIsAhead = 0;
        std::unique_ptr<SharedValues> values;
        std::shared_ptr<SharedValues::Holder> holder;
        int server = -1; // that it is connected to
        Relay::Client *client = nullptr;
        Microseconds connectsAt = 0;
        int connectsTo = -1; // -1: any
        bool isReady = false;
        Way up;
        Way down;
        std::deque<QByteArray> unacknowledged;
        std::vector<std::pair<quint64, quint64>> asked; // questions, and the stamps that they expect
    };

    void act();
    void startNode(Node &node);
    QByteArray write(Node &node); // returns what
    void writeByScript(int server);
    void compareAndSet(Node &node);
    int startServer();
    void endServer(int server);
    int anyServer();
    void connect(Node &node);
    void disconnect(Node &node);
    void sendUp(Node &node, const QByteArray &message);
    void arriveAtServer(Node &node, const QByteArray &message);
    void arriveAtNode(Node &node, const QByteArray &message);
    void drain(Server &server);
    void process(Node &node);
    bool step(Microseconds until);
    void rest();
    void check(const char *when);
    QByteArray nextPickle();
    Microseconds below(Microseconds bound) { return Microseconds(m_random() % quint64(bound)); }
    bool happens(int percent) { return below(100) < percent; }
    Clock::time_point at(Microseconds time) const { return Clock::time_point(std::chrono::microseconds(time)); }

    std::mt19937 m_random;
    Microseconds m_now = 1'000'000;
    std::vector<std::unique_ptr<Server>> m_servers;
    std::vector<std::unique_ptr<Node>> m_nodes;
    quint64 m_values = 0;
    QByteArray m_failure;
};

} // namespace PyventTests

#endif
