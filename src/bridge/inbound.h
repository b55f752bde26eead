// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_INBOUND_H
#define PYVENT_BRIDGE_INBOUND_H

#include "acktracker.h"
#include "busend.h"
#include "engine.h"
#include "orderkeeper.h"
#include "recentset.h"
#include "voice.h"

#include <deque>
#include <functional>

namespace Pyvent::Bridge {

// The way from an engine to the bus. The engine hears that it is done with a message when the bus's server has it.
class Inbound : public QObject
{
    Q_OBJECT

public:
    using Clock = std::chrono::steady_clock;

    struct Options
    {
        QByteArray bus;             // this one
        QList<PyventPattern> names; // that come in
        QString foreignSender;      // of events of other programs that name none
        // Whether the engine is done with what waits for others. One that has few messages under way at a time would never give what is
        // waited for otherwise; but what waits is lost where this process is killed.
        bool forgetsHeld = false;
        // How many messages may not be acknowledged since one waits for others: more than another bridge has under way (Outbox::Limits), of which the
        // first one may come last; but fewer than the engine has under way itself (NatsStream::mostUnacknowledged).
        quint64 mostHeldUp = 768;
        OrderKeeper::Limits limits = {};
        std::function<Clock::time_point()> clock = Clock::now; // simulations have a time of their own
    };

    struct Counters
    {
        quint64 received = 0;
        quint64 forwarded = 0;
        quint64 own = 0;        // this bus's own, which come back
        quint64 unwanted = 0;   // of other names
        quint64 doubled = 0;    // they were there before
        quint64 looped = 0;     // from this bus's nodes, by way of other ones
        quint64 unreadable = 0; // no events
        quint64 refused = 0;    // by the bus
        quint64 lost = 0;       // waited for in vain
        quint64 direct = 0;     // had their turn as they came past the engine's store
    };

    // \a ownNodes are those that are heard on this bus.
    Inbound(BusEnd *bus, const RecentSet<QUuid> *ownNodes, const Options &options);

    void take(const QList<Engine::Arrival> &arrivals);

    // What had come before this bridge worked: for late joiners on this bus.
    void takePast(const QList<Engine::Arrival> &arrivals);

    // The engine begins anew behind what it was told to be done with.
    void restart();

    // It has forgotten some messages, which come again.
    void missedSome() { m_keeper.missedSome(m_options.clock()); }

    // The bus has heard an event by another bridge to this engine.
    void heard(const Stream &stream, quint64 number);

    // Another bridge has read from the engine, and not all that it has forwarded was heard.
    void othersHaveRead() { m_keeper.othersHaveRead(); }

    // Whether the event has come by this engine.
    bool has(const Stream &stream, quint64 number) const { return m_keeper.has(stream, number); }

    void process(Clock::time_point now);
    Clock::time_point deadline() const;

    // What has come and is not done with.
    qsizetype waiting() const { return qsizetype(m_tracker.size()); }
    const Counters &counters() const { return m_counters; }

Q_SIGNALS:
    void acknowledge(quint64 token);

    // It was forwarded to the bus.
    void forwarded(const Pyvent::Bridge::Message &message);
    void problem(const QString &kind, const QString &text);

private:
    using Item = OrderKeeper::Item;

    bool isWanted(const Message &message) const;
    void sort(const Engine::Arrival &arrival, Clock::time_point now);
    void holdNotTooMuchUp();
    void drain();
    bool forward(Item &item);
    bool toEvent(Item &item, BusEvent *event);
    void takeAccepted();
    void doneAfterOthers(quint64 token);
    void settle();
    void tellUnreadable(const QString &what);

    BusEnd *const m_bus;
    const RecentSet<QUuid> *const m_ownNodes;
    const Options m_options;
    OrderKeeper m_keeper;
    AckTracker m_tracker;
    Voice m_voice;
    std::deque<Item> m_queue; // whose turn it is
    struct UnderWay
    {
        quint64 token;
        quint64 acceptedAs; // by the bus: its number; 0: it is not counted
    };
    std::deque<UnderWay> m_underWay; // what the bus's server does not have yet, and what had come before that has
    quint64 m_taken;                 // by the bus, in all; the server need not have it
    Clock::time_point m_tryAgainAt = Clock::time_point::max();
    bool m_isDraining = false;
    Counters m_counters;
};

} // namespace Pyvent::Bridge

#endif
