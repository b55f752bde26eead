// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ORDERKEEPER_H
#define PYVENT_BRIDGE_ORDERKEEPER_H

#include "message.h"

#include <QtCore/qhash.h>

#include <chrono>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace Pyvent::Bridge {

// Puts what comes from an engine into order: each stream's messages by number, once each. An engine gives a message twice where two bridges
// publish it, or one did not hear the acknowledgement; and one too late where something went wrong meanwhile. What comes too early waits for what
// is missing, for some seconds: nodes would take what is late for lost. Each message waits so long from when it has come, however much is missing
// before it. Plain logic, without a clock.
//
// What comes directly, past the engine's store, has its turn only where it is certain that it is next; or else waits on its own, and nothing is ever
// given up for it: the store has it, or will.
class OrderKeeper
{
public:
    using Clock = std::chrono::steady_clock;

    struct Limits
    {
        qsizetype streams = 100'000;               // that are remembered
        qsizetype nameBytes = qsizetype(16) << 20; // of these
        qsizetype held = 10'000;                   // messages that wait
        qsizetype heldBytes = qsizetype(32) << 20;
        std::chrono::milliseconds patience = std::chrono::seconds(10);
        std::chrono::milliseconds doubt = std::chrono::seconds(6); // after missedSome()
        qsizetype direct = 10'000;                                 // that wait and came directly
        qsizetype directBytes = qsizetype(16) << 20;
    };

    // A message, and the engine's token for it.
    struct Item
    {
        Message message;
        quint64 token = 0;
    };

    struct Loss
    {
        QString name;
        quint64 count;
    };

    OrderKeeper()
        : OrderKeeper(Limits())
    {
    }
    explicit OrderKeeper(const Limits &limits)
        : m_limits(limits)
    {
    }
    Q_DISABLE_COPY_MOVE(OrderKeeper)

    // \a item has come; it has a node and a number. The first one of a stream begins it. Returns whether it has to wait for others.
    bool take(Item &&item, Clock::time_point now);

    // \a item has come directly; it has a node and a number. Returns whether it has its turn: else the engine can be told that it is done with.
    bool takeDirect(Item &&item, Clock::time_point now);

    // The engine has forgotten some messages, which others will publish again. So the first one that comes of a stream may not be its first one, and waits
    // for a while.
    void missedSome(Clock::time_point now) { m_doubtsUntil = now + m_limits.doubt; }

    // Waits no longer for what is missing for too long.
    void process(Clock::time_point now);

    // The token of the message that waits for the longest time, if one does. It does not need to wait any longer.
    std::optional<quint64> longestHeld() const;
    void giveUpLongestHeld();

    // When process() is to be called next; max() if nothing is missing.
    Clock::time_point deadline() const;

    // The bus has heard it by another bridge, which has put it into order.
    void heard(const Stream &stream, quint64 number);

    // Another bridge has read from the engine: what comes next of a stream that was not heard() may be any that is later.
    void othersHaveRead() { ++m_reading; }

    // All that is held will come again.
    void forgetHeld();

    // \a message, whose turn it was, will come again; of several of a stream, this is called for the last one first.
    void takeBack(const Message &message);

    // Whether an event has come here before: that it is from this engine, if it is heard on the bus.
    bool has(const Stream &stream, quint64 number) const;

    // What it is the turn of now.
    std::vector<Item> takeReady() { return std::exchange(m_ready, {}); }

    // The tokens of what had come before.
    std::vector<quint64> takeDoubles() { return std::exchange(m_doubles, {}); }

    // What was waited for in vain.
    std::vector<Loss> takeLosses() { return std::exchange(m_losses, {}); }

    qsizetype streams() const { return m_byStream.size(); }
    qsizetype held() const { return qsizetype(m_waiting.size()); }
    qsizetype heldDirect() const { return m_direct; }

private:
    struct Held
    {
        Item item;
        quint64 place; // among all that wait
    };
    struct State
    {
        Stream stream;
        quint64 delivered = 0;
        std::map<quint64, Held> held = {};
        std::map<quint64, Item> direct = {}; // held, too
        bool isDoubtful = false;             // it is not known where it begins
        bool isHeard = false;                // on the bus, too
        bool isBegunDirectly = false;        // and nothing else has come
        quint64 reading = 0;                 // in which a message has come
    };
    using States = std::list<State>; // least recently used first

    struct Waiting
    {
        State *state;
        quint64 token;
        Clock::time_point since;
    };

    State &add(const Stream &stream);
    void deliver(State &state, Item &&item);
    void hold(State &state, Item &&item, Clock::time_point now);
    void release(State &state);
    bool releaseHeld(State &state);
    bool releaseDirect(State &state);
    void forgetDirect(State &state, std::map<quint64, Item>::iterator item);
    void giveUp(State &state);
    void makeRoom(qsizetype nameBytes);

    const Limits m_limits;
    States m_states;
    QHash<Stream, States::iterator> m_byStream;
    std::map<quint64, Waiting> m_waiting; // what is held, by when it has come
    quint64 m_lastPlace = 0;
    Clock::time_point m_doubtsUntil = Clock::time_point::min();
    quint64 m_reading = 0;
    qsizetype m_heldBytes = 0;
    qsizetype m_nameBytes = 0;
    qsizetype m_direct = 0;
    qsizetype m_directBytes = 0;
    Clock::time_point m_directSince; // that something is held
    std::vector<Item> m_ready;
    std::vector<quint64> m_doubles;
    std::vector<Loss> m_losses;
};

} // namespace Pyvent::Bridge

#endif
