// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_SIMULATEDENGINE_H
#define PYVENT_TESTS_SIMULATION_SIMULATEDENGINE_H

#include "engine.h"
#include "network.h"

#include <QtCore/qset.h>

#include <map>

namespace PyventTests {

class EngineLine;

// An engine as NATS JetStream is one: it puts what is published into one log, each id once as far as it remembers ids, and gives it to each bus in this
// order, from behind what that has acknowledged last. Past the log, what is said comes to who reads: late, not at all, or twice, and in any order.
class SimulatedEngine
{
public:
    using Message = Pyvent::Bridge::Message;

    // While it has no leader, connections stay, and it neither takes nor gives anything.
    void setLed(bool isLed, Milliseconds now);

    // All connections end with it. It comes back with its log, without the ids if it \a forgets.
    void setUp(bool isUp, bool forgets, Milliseconds now);
    bool isUp() const { return m_isUp; }

    std::size_t logged() const { return m_log.size(); }
    quint64 dropped() const { return m_dropped; } // what it had already

    // Called with a bus that something may have come for at a time, when it is to look; to be set.
    std::function<void(int bus, Milliseconds time)> wake;

private:
    friend class EngineLine;
    struct Entry
    {
        Milliseconds at;
        Message message;
    };

    void append(const Message &message, Milliseconds now);

    bool m_isUp = true;
    bool m_isLed = true;
    quint64 m_outages = 0;
    Milliseconds m_changedAt = 0;
    std::vector<Entry> m_log; // numbered from 1 on
    QHash<Pyvent::Bridge::Stream, QSet<quint64>> m_ids;
    quint64 m_dropped = 0;
    std::map<int, quint64> m_acknowledged; // by bus: up to which number
    std::vector<EngineLine *> m_lines;
};

// A bridge's connection to it.
class EngineLine
{
public:
    using Engine = Pyvent::Bridge::Engine;

    EngineLine(SimulatedEngine *engine, int bus, quint32 seed);
    ~EngineLine();
    Q_DISABLE_COPY_MOVE(EngineLine)

    void publish(const QList<Engine::Publication> &publications, Milliseconds now);
    void say(const QList<Engine::Publication> &publications, Milliseconds now);
    void acknowledge(quint64 token, Milliseconds now);
    void setReading(bool on);

    // Ends the connection, with what is on its way. It is made anew some time later.
    void cut(Milliseconds now);

    // What has come.
    struct News
    {
        bool isDown = false;
        bool isUp = false;
        bool beginsReading = false;
        QList<quint64> published = {};
        QList<quint64> refused = {}; // now
        QList<Engine::Arrival> arrivals = {};
    };
    News process(Milliseconds now);
    Milliseconds nextTime() const;

private:
    friend class SimulatedEngine;
    template <typename What>
    struct Underway
    {
        Milliseconds due;
        What what;
    };

    Milliseconds delay() { return 1 + Milliseconds(m_random() % 20); }
    Milliseconds readableAt(std::size_t index) const { return m_engine->m_log[index].at + m_readDelay; }
    bool mayRead() const;
    void read(Milliseconds now, News *news);
    void tell(const SimulatedEngine::Message &message, Milliseconds now);
    void hearSaid(Milliseconds now, News *news);

    SimulatedEngine *const m_engine;
    const int m_bus;
    std::minstd_rand m_random;
    Milliseconds m_readDelay;
    bool m_isUp = false;
    bool m_wasCut = false;
    bool m_shallRead = false;
    bool m_isReading = false;
    quint64 m_outages; // of the engine's, that this knows of
    Milliseconds m_retryAt = 0;
    Milliseconds m_lastDue = 0;
    std::deque<Underway<Engine::Publication>> m_sent;
    std::multimap<Milliseconds, SimulatedEngine::Message> m_said; // to this one, by when that is due
    std::deque<Underway<quint64>> m_carried;                      // acknowledgements of these
    std::deque<Underway<quint64>> m_acknowledged;                 // and of what was read, by number
    std::size_t m_next = 0;                                       // in the log
    quint64 m_token = 0;
    std::deque<std::pair<quint64, quint64>> m_given; // token and number; 0: it was said
};

} // namespace PyventTests

#endif
