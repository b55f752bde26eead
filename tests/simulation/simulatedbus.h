// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_SIMULATEDBUS_H
#define PYVENT_TESTS_SIMULATION_SIMULATEDBUS_H

#include "simulatedbridge.h"

namespace PyventTests {

// One bus of many: a relay, a node that hears everything, one that sends if it isSender, and bridges to one or several engines.
class SimulatedBus
{
public:
    struct Plan
    {
        int number;
        bool isSender = false;
        int bridges = 1; // to each engine
        std::vector<SimulatedEngine *> engines;
    };
    SimulatedBus(const Plan &plan, quint32 seed, Milliseconds begin);
    ~SimulatedBus();
    Q_DISABLE_COPY_MOVE(SimulatedBus)

    static constexpr int names = 2; // of events that a sender sends

    void send(int name);
    void killRelay(Milliseconds until);
    void killBridge(std::size_t index, Milliseconds until);
    void cutBridge(std::size_t index);
    void clearSky() { m_network.clear(); }

    // Whether a bridge may be killed without a loss: what the only one of a bus does not hear, nobody carries.
    bool mayLoseABridge() const { return !m_plan.isSender || m_plan.bridges > 1; }
    std::size_t bridges() const { return m_bridges.size(); }

    void passTo(Milliseconds time);
    Milliseconds nextTime() const;

    bool isReady() const;
    bool isIdle() const;

    // Events that its node has heard, of all buses; and those of each of its own names that were sent.
    quint64 heard() const { return m_heardCount; }
    const QHash<Pyvent::Bridge::Stream, quint64> &heardUpTo() const { return m_heard; }
    const QHash<Pyvent::Bridge::Stream, quint64> &sent() const { return m_sent; }

    // How much has waited at once, in one bridge.
    qsizetype mostWaiting() const { return m_mostWaiting; }
    quint64 doubled() const; // that came to the bridges
    quint64 direct() const;  // that had their turn there as they came directly

    const QByteArray &failure() const { return m_failure; }

private:
    struct Bridge
    {
        SimulatedEngine *engine;
        QString link;
        std::unique_ptr<SimulatedBridge> process; // null while there is none
        Milliseconds startsAt;
    };

    QUuid nextId();
    void service();
    void startWhatIsDue();
    void heard(const PyventEvent &event);
    void relayed(QByteArrayView frame);
    void failOnErrors(SimulatedNode *node, const char *who);
    void fail(const QByteArray &what);

    const Plan m_plan;
    std::minstd_rand m_random;
    Network m_network;
    bool m_takesBatches;
    Milliseconds m_relayStartsAt = never;
    int m_processes = 0; // that were ever started
    std::unique_ptr<SimulatedNode> m_receiver;
    std::unique_ptr<SimulatedNode> m_sender;
    std::vector<Bridge> m_bridges;
    QHash<Pyvent::Bridge::Stream, quint64> m_sent;
    QHash<Pyvent::Bridge::Stream, quint64> m_heard;
    quint64 m_heardCount = 0;
    quint64 m_doubled = 0; // of bridges that have ended
    quint64 m_direct = 0;
    qsizetype m_mostWaiting = 0;
    QByteArray m_failure;
};

} // namespace PyventTests

#endif
