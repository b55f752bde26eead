// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_SIMULATEDBRIDGE_H
#define PYVENT_TESTS_SIMULATION_SIMULATEDBRIDGE_H

#include "busend.h"
#include "election.h"
#include "inbound.h"
#include "outbound.h"
#include "outbox.h"
#include "session/session.h"
#include "simulatedconnection.h"
#include "simulatedengine.h"

namespace PyventTests {

// A process with one session on a simulated bus. It ends as one does that is killed.
class SimulatedNode
{
public:
    using Session = Pyvent::Internal::Session;
    using Receiver = Pyvent::Internal::Receiver;

    SimulatedNode(Network *network, const QUuid &uuid, quint32 seed);
    Q_DISABLE_COPY_MOVE(SimulatedNode)

    void hear(const PyventPattern &pattern, Receiver::Hears hears, std::function<void(const PyventEvent &)> function);
    void process();
    Milliseconds nextTime() const;
    Clock::time_point now() const { return at(m_network->now()); }

    // Called with all that the session has to tell, and with how many events it was told to have lost.
    std::function<void(const Pyvent::Internal::News::Item &)> told = [](const auto &) {};
    std::function<void(quint64)> lost = [](quint64) {};

    SimulatedConnection *connection = nullptr;
    Pyvent::Internal::Link link;
    Session session;

private:
    Network *const m_network;
};

// A bridge's end: as NodeBusEnd, with a session in the place of a node.
class SimulatedBusEnd : public Pyvent::Bridge::BusEnd
{
    Q_OBJECT

public:
    SimulatedBusEnd(Network *network, const QUuid &uuid, quint32 seed);

    void process();
    Milliseconds nextTime() const { return m_node.nextTime(); }

    QUuid id() const override { return m_node.session.uuid(); }
    void hear(const QList<PyventPattern> &names) override;
    void stopHearing() override { }
    Outcome forward(const Pyvent::Bridge::BusEvent &event) override;
    QString why() const override { return m_node.session.news().lastError().text; }
    quint64 accepted() const override { return m_node.session.acknowledged(); }
    void describe(const QVariantMap &words) override;
    void announce(const QUuid &bridge) override;
    std::optional<QVariantMap> arguments(const QByteArray &, QString *, QString *) const override { return {}; }
    std::optional<QByteArray> pickle(const QVariantMap &, const QString &, QString *) const override { return {}; }

    SimulatedNode &node() { return m_node; }

private:
    SimulatedNode m_node;
    quint64 m_accepted = 0;
    bool m_isLoop = false;
};

// A bridge between a simulated bus and a simulated engine: what src/bridge has of plain logic, put together as Bridge does.
class SimulatedBridge
{
public:
    struct Place
    {
        Network *network;
        SimulatedEngine *engine;
        int bus;
        QString link; // the engine's and prefix's name
    };
    SimulatedBridge(const Place &place, const QUuid &uuid, quint32 seed);
    Q_DISABLE_COPY_MOVE(SimulatedBridge)

    void process();
    Milliseconds nextTime() const;

    // The engine's connection ends.
    void cut();

    bool isReady() const; // it works, or stands by
    bool isActive() const { return m_isActive; }
    bool isIdle() const { return m_outbox.isEmpty() && m_inbound.waiting() == 0; }

    // What it has said to be wrong; empty if it has not.
    const QByteArray &mistake() const { return m_mistake; }

    qsizetype waiting() const { return m_outbox.waiting(); }
    qsizetype waitingIn() const { return m_inbound.waiting(); }
    const Pyvent::Bridge::Inbound::Counters &in() const { return m_inbound.counters(); }
    SimulatedNode &node() { return m_end.node(); }

private:
    Clock::time_point now() const { return at(m_network->now()); }
    void takeNews();
    void heardPeer(const QUuid &bridge, const QVariantMap &map);
    void decide();
    void announce(bool wantsAnswer = false, const QUuid &to = {});

    Network *const m_network;
    const QString m_bus;
    SimulatedBusEnd m_end;
    EngineLine m_line;
    Pyvent::Bridge::RecentSet<QUuid> m_ownNodes;
    Pyvent::Bridge::Outbox m_outbox;
    Pyvent::Bridge::Inbound m_inbound;
    Pyvent::Bridge::Outbound m_outbound;
    Pyvent::Bridge::Election m_election;
    bool m_isUp = false;
    bool m_isActive = false;
    bool m_hasRead = false;
    bool m_hasOtherRead = false;
    const Milliseconds m_hearsSince;
    Milliseconds m_beatAt;
    QByteArray m_mistake;
};

} // namespace PyventTests

#endif
