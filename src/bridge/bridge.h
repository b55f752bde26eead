// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_BRIDGE_H
#define PYVENT_BRIDGE_BRIDGE_H

#include "diskspool.h"
#include "election.h"
#include "engineoptions.h"
#include "enginethread.h"
#include "inbound.h"
#include "keeping.h"
#include "outbound.h"
#include "outbox.h"
#include "problemlog.h"

#include <QtCore/qtimer.h>

namespace Pyvent::Bridge {

struct BridgeOptions
{
    EngineOptions engine;
    QList<PyventPattern> in;  // names of events that come in; empty: all
    QList<PyventPattern> out; // that go out
    bool carriesIn = true;    // whether any do
    bool carriesOut = true;
    bool asJson = false;
    qsizetype spoolLimit = 0; // bytes that may wait; 0: 64 MiB, or 1 GiB on disk
    QString spoolFolder;      // empty: what waits is in memory
    Engine::Past past;        // for late joiners: what the engine is asked for at first
    std::chrono::milliseconds linger =
        std::chrono::seconds(1); // that stop() may take to have the engine take what waits
};

// How a bridge is.
struct BridgeStatus
{
    QString link;
    QString engine;
    QString bus;
    bool isUp = false;
    bool isActive = false;
    bool isReading = false;
    qsizetype peers = 0;
    qsizetype waiting = 0;
    qsizetype waitingBytes = 0;
    std::chrono::milliseconds oldestAge{};
    qsizetype waitingIn = 0;
    quint64 connections = 0; // to the engine, that were made
    Outbox::Counters outbox;
    Outbound::Counters out;
    Inbound::Counters in;

    struct Kept
    {
        bool isOn = false; // as the options want it
        bool isLoaded = false;
        qsizetype names = 0;
        qsizetype waiting = 0;
        qsizetype waitingBytes = 0;
        Keeper::Counters counters;
    };
    Kept kept;
};

// Joins a bus to an engine, and so to all buses that are joined to it.
class Bridge : public QObject
{
    Q_OBJECT

public:
    // \a bus outlives it.
    Bridge(BusEnd *bus, std::unique_ptr<Engine> engine, const BridgeOptions &options);
    ~Bridge() override;

    // Returns why it cannot start, for people; empty if it has.
    QString start();

    // Hears no more, gives the engine what waits, as far as that goes, and tells finished().
    void stop();

    BridgeStatus status() const;

Q_SIGNALS:
    // One line for people: what is wrong, or what has changed.
    void problem(const QString &line);
    void notice(const QString &line);

    // Something in status() but its numbers is another one.
    void changed();
    void finished();

private:
    void connectEngine();
    void makeKeeping();
    void engineIsUp(const QString &where, const QString &store);
    void engineIsDown();
    void readingIs(Engine::Reading reading);
    void repeat();
    void heardPeer(const QUuid &bridge, const QVariantMap &map);
    void decide();
    void describe(Outbox::Clock::time_point now, bool wantsAnswer = false);
    void announce(bool wantsAnswer = false, const QUuid &to = {});
    void tellElection(Outbox::Clock::time_point now);
    void beat();
    void tell(const QString &kind, const QString &text);
    QString openSpool();
    void spoolFailed(const QString &why);

    void work();
    void schedule();
    void finishIfDone();

    BusEnd *const m_bus;
    const BridgeOptions m_options;
    std::unique_ptr<DiskSpool> m_spool;
    RecentSet<QUuid> m_ownNodes;
    Outbox m_outbox;
    Inbound m_inbound;
    Outbound m_outbound;
    Election m_election;
    ProblemLog m_problems;
    std::unique_ptr<EngineThread> m_engine;
    std::unique_ptr<Keeping> m_keeping; // of last events and shared values, where that is wanted
    QTimer m_timer;                     // for the next deadline
    QTimer m_beat;
    QTimer m_readAgain;
    bool m_isWorkDue = false;
    bool m_isEngineUp = false;
    bool m_isActive = false;
    bool m_standsBy = false;
    bool m_isReading = false;
    bool m_hasOtherRead = false;     // another bridge of this bus, since this one does not
    qsizetype m_olderThanOthers = 0; // events that wait here, and that the active bridge has not heard
    bool m_isStopping = false;
    bool m_isFinished = false;
    quint64 m_connections = 0;
    Outbox::Clock::time_point m_stopAt;
    Outbox::Clock::time_point m_announcedAt;
    Outbox::Clock::time_point m_hearsSince;
};

} // namespace Pyvent::Bridge

#endif
