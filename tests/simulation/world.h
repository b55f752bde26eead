// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_WORLD_H
#define PYVENT_TESTS_SIMULATION_WORLD_H

#include "schedule.h"
#include "session/session.h"
#include "simulatedconnection.h"

#include <map>
#include <optional>
#include <set>

namespace PyventTests {

// A simulated bus: sessions, links and relays as they are, over a network and in a time that are made up. It runs a schedule, and
// sees whether every receiver has heard what it was to hear.
class World
{
public:
    explicit World(const Schedule &schedule);
    ~World();

    // Returns what went wrong; empty if all is well.
    QByteArray run();

private:
    using Session = Pyvent::Internal::Session;
    using Stream = std::pair<int, int>; // which node's events of which topic

    // What one handler has heard.
    struct Handler
    {
        int topic; // -1: all
        bool hearsPast;
        Milliseconds addedAt;
        Milliseconds readySince = never; // its node was Ready for it, since it has joined last
        std::map<Stream, std::vector<quint64>> heard;
    };

    // One session, from its process's start to its end.
    struct Node
    {
        int number;
        QUuid uuid;
        std::unique_ptr<Session> session; // null when it has ended
        Milliseconds joinsAt = never;     // while it has left the bus
        std::vector<std::unique_ptr<Handler>> handlers;
        std::map<Stream, quint64> lost;
        std::vector<std::vector<Milliseconds>> sent;   // by topic: when each event was
        std::vector<std::pair<int, quint64>> accepted; // in order, since it has joined: topic and number
        quint64 acknowledged = 0;                      // of these
        std::vector<quint64> relayed;                  // by topic: the newest that a relay has taken in order
    };

    // What lives and dies together.
    struct Process
    {
        std::unique_ptr<Pyvent::Internal::Link> link;
        SimulatedConnection *connection = nullptr;
        std::vector<Node *> nodes;
        Milliseconds standsUntil = 0;
    };

    void take(const Schedule::Step &step);
    void startProcess(int index);
    void endProcess(int index);
    void killRelay();
    void send(Node *node, int topic, int count);
    void leave(Node *node, Milliseconds duration);
    void join(Process *process, Node *node);
    void hear(Process *process, Node *node, int topic, bool past);
    void heard(Handler *handler, const PyventEvent &event);
    void relayed(QByteArrayView frame);
    void rest();
    Milliseconds nextTime() const;
    void passTo(Milliseconds time);
    void service(Process *process);
    void deliver(Node *node);
    void readNews(Node *node);
    Node *nodeOf(const QUuid &uuid) const; // null if there was none
    bool keepsAll(const Node &sender) const;
    static std::vector<quint64> numbersHeard(const Handler &handler, Stream stream);
    static quint64 numberLost(const Node &receiver, Stream stream);
    void fail(const Node &receiver, Stream stream, const Handler *handler, const char *what);
    void check();
    void checkPast(const Node &receiver, const Handler &handler, Stream stream);
    void checkPresence();
    void check(const Node &receiver, const Handler &handler, Stream stream);
    void checkLosses(const Node &receiver, const Handler &handler, Stream stream, quint64 mayBeOwedFrom,
                     quint64 owedFrom);
    Clock::time_point now() const { return at(m_network.now()); }
    int below(int bound) { return int((m_random() >> 4) % quint32(bound)); }

    const Schedule m_schedule;
    std::minstd_rand m_random;
    Network m_network;
    std::vector<std::unique_ptr<Node>> m_nodes; // all that ever were
    std::vector<Process> m_processes;
    int m_server = -1; // the process that serves
    bool m_isQuiet = false;
    std::optional<std::set<QUuid>> m_found; // who has answered the search at the end
    QByteArray m_failure;
};

} // namespace PyventTests

#endif
