// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_PRESENCEBUS_H
#define PYVENT_TESTS_SIMULATION_PRESENCEBUS_H

#include "presenceline.h"
#include "session/session.h"

#include <functional>
#include <map>
#include <random>

namespace PyventTests {

// Nodes that come, watch each other, leave, are killed, lose their connection and stand still, on servers that end and follow each other, or
// stand side by side while the bus is divided: sessions, links and relays as they are, in a time that is made up. All that happens follows
// from a seed.
class PresenceBus : private PresenceNetwork
{
public:
    explicit PresenceBus(quint32 seed);
    ~PresenceBus() override;

    // Returns what went wrong; empty if all is well.
    QByteArray run();

private:
    using Session = Pyvent::Internal::Session;
    using Link = Pyvent::Internal::Link;

    // A process with a node, from its beginning to its end.
    struct Node
    {
        QUuid uuid;
        QByteArray secret;
        PresenceLine *line = nullptr; // of its link
        std::unique_ptr<Link> link;
        std::unique_ptr<Session> session;
        bool hasWill = false; // or had one once
        bool isLeaving = false;
        bool hasLeft = false; // at least once
        bool isAway = false;  // since it has left
        bool isKilled = false;
        Microseconds actsAt = 0; // when it is done with leaving, comes back, or goes on
        Microseconds standsUntil = 0;
        Microseconds settledFrom = 0; // when it has changed last
        int cuts = 0;                 // how often it has lost a server
        int losses = 0;               // how often a server may have taken it for lost
        int killedAtServer = -1;      // which has had all that it said, and must send its will
        Microseconds killedAt = 0;
        std::map<QUuid, bool> sees;             // whom it was told of, as a watcher, and whether he is there
        std::map<QUuid, int> wills;             // that it has heard
        std::map<QUuid, int> willsWhenVanished; // that it had heard then
        std::map<QUuid, Pyvent::Internal::Control::Gone::Reason> reasons;
    };

    void act();
    Node &anyNode();
    void start();
    void join(Node &node);
    void kill(Node &node);
    void leave(Node &node);
    void isGone(Node &node);
    void cut(Node &node, Microseconds down);
    void change(Node &node);
    void endServer(int server);
    void divide();

    void pass(Microseconds duration);
    void service(Node &node);
    Microseconds dueAt(const Node &node) const;
    void readNews(Node &node);
    void fail(const Node &node, const QUuid &of, const char *what);
    bool isOn(const Node &node) const { return !node.isKilled && !node.isAway; }
    void joinAll();
    void check(const char *when);
    void checkWills();
    void checkEnds();

    std::vector<std::unique_ptr<Node>> m_nodes;
    bool m_isEnding = false; // who leaves does not come back
    QByteArray m_failure;
};

} // namespace PyventTests

#endif
