// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_BUSES_H
#define PYVENT_TESTS_SIMULATION_BUSES_H

#include "simulatedbus.h"

#include <queue>

namespace PyventTests {

// Many buses that engines join, while processes are killed and engines are away. Each event is to reach each bus once, in order, and is not to come back.
class Buses
{
public:
    // All follows from it.
    struct Plan
    {
        quint32 seed = 0;
        int buses = 1000;
        int events = 200;
        int kills = 100;  // of bridges; and as many of relays, and connections that are cut
        int outages = 3;  // of engines, half of which are only without a leader
        int gateways = 2; // buses that join the two engines, each of which has half of the others; 0: there is one
        Milliseconds duration = 12'000;
    };
    explicit Buses(const Plan &plan);
    ~Buses();
    Q_DISABLE_COPY_MOVE(Buses)

    // Returns what went wrong; empty if all is well.
    QByteArray run();

    // What there was, for people.
    QByteArray summary() const;

private:
    struct Step
    {
        enum Kind : quint8 { Send, KillRelay, KillBridge, CutBridge, EngineDown, EngineUp, LeaderGone, LeaderBack };
        Milliseconds time;
        Kind kind;
        int which = 0;
    };

    void makeSteps();
    void take(const Step &step);
    void passTo(Milliseconds time);
    Milliseconds engineIsAwayUntil(Milliseconds from, Milliseconds to) const;
    void schedule(int bus, Milliseconds time);
    bool passUntil(Milliseconds end, const std::function<bool()> &isDone);
    void failIfABusHas();
    bool hasAll(const SimulatedBus &bus) const;
    void check();
    Milliseconds below(Milliseconds bound) { return Milliseconds(m_random() >> 3) % bound; }

    const Plan m_plan;
    std::minstd_rand m_random;
    Milliseconds m_now;
    std::vector<SimulatedEngine> m_engines;
    std::vector<std::unique_ptr<SimulatedBus>> m_buses;
    std::vector<int> m_senders;
    std::vector<Milliseconds> m_quietUntil; // by bus: after what was killed there
    std::vector<Milliseconds> m_due;        // by bus
    using Due = std::pair<Milliseconds, int>;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> m_queue;
    std::vector<Step> m_steps;
    std::vector<std::pair<Milliseconds, Milliseconds>> m_outages;
    QHash<Pyvent::Bridge::Stream, quint64> m_sent;
    quint64 m_sentCount = 0;
    int m_killed = 0;
    QByteArray m_failure;
};

} // namespace PyventTests

#endif
