// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_KEEPING_H
#define PYVENT_BRIDGE_KEEPING_H

#include "busend.h"
#include "enginethread.h"
#include "keeper.h"

#include <QtCore/qtimer.h>

namespace Pyvent::Bridge {

// What keeps a bus's last events and shared values in the engine's bucket, and brings them back: the Keeper, between the bus and the engine.
class Keeping : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        Keeper::Options keeper;
        QByteArray bus;
        bool asJson = false;
    };

    // Both outlive it.
    Keeping(BusEnd *bus, EngineThread *engine, const Options &options);

    // Whether it is this bridge's turn to do so.
    void setActive(bool isActive);

    // An event was sent on this bus; one has come to it from another one.
    void heard(const Message &message);
    void arrived(const Message &message);

    // Whether the bucket has all that it is to have, or cannot be had.
    bool isDone() const { return !m_keeper.isLoaded() || m_keeper.isDone(); }
    // Whether it knows what the bucket has, and what the bus's server keeps.
    bool isLoaded() const { return m_keeper.isLoaded() && !m_walk.isOn; }
    const Keeper &keeper() const { return m_keeper; }

Q_SIGNALS:
    void problem(const QString &kind, const QString &text);
    void done();

private:
    using Clock = Keeper::Clock;

    void keepingIs(Engine::Keeping keeping);
    void takeStored(const QList<Engine::Stored> &stored);
    void takeRefusal(quint64 id, Engine::PutRefusal refusal, quint64 actual, const QString &why);
    void takeKept(const QList<BusEvent> &events, quint64 next);
    void busIsJoined();
    std::optional<Message> messageOf(const BusEvent &event) const;
    void askOn(Clock::time_point now);
    void give(Clock::time_point now);
    bool giveTo(const Kept &kept);
    void soon();
    void work();

    BusEnd *const m_bus;
    EngineThread *const m_engine;
    const Options m_options;
    Keeper m_keeper;
    bool m_isActive = false;
    bool m_isDue = false;
    int m_untaken = 0; // lists of what was stored
    Clock::time_point m_giveAt = {};
    struct Walk // through what the bus's server keeps
    {
        bool isOn = false;
        quint64 after = 0;
        int attempts = 0;
        Clock::time_point until = {};
    };
    Walk m_walk;
    QTimer m_timer;
};

} // namespace Pyvent::Bridge

#endif
