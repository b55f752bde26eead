// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_OUTBOX_H
#define PYVENT_BRIDGE_OUTBOX_H

#include "engine.h"
#include "spoolstore.h"

#include <QtCore/qhash.h>

#include <chrono>
#include <deque>
#include <utility>

namespace Pyvent::Bridge {

// What waits to be carried, in the order in which it was heard. Plain logic, without a clock.
//
// Some messages are under way at a time. When one is not acknowledged, all from it on are sent again (go-back-N), so that their order holds;
// what the engine has already is a double, which it, or the other end, drops. To have little to send again, nothing more is sent while the
// oldest one takes unusually long, and one alone goes out until it is acknowledged where the one before was not.
//
// An engine that may forget what it has acknowledged (Engine::forgetsFor()) gets that again, too, after each connection.
//
// Where nothing is acknowledged for a while, all that the engine has not acknowledged for long, and what comes, is said past its store, to whoever
// reads now: takeSayings(). That changes nothing about the rest.
//
// A bridge that stands by holds its messages until the active one has carried them: setHoldingBack(), dropHeard().
class Outbox
{
public:
    using Clock = std::chrono::steady_clock;

    struct Limits
    {
        qsizetype bytes = qsizetype(64) << 20;  // that wait in all
        qsizetype memory = qsizetype(16) << 20; // of these in memory, where there is a store for the rest
        qsizetype underWay = 512;
        qsizetype bytesUnderWay = qsizetype(8) << 20;
        qsizetype remembered = qsizetype(16) << 20; // bytes that are acknowledged and may be forgotten
        std::chrono::milliseconds unusual = std::chrono::milliseconds(300);
        std::chrono::milliseconds patience = std::chrono::seconds(5);    // with an acknowledgement
        std::chrono::milliseconds tryPatience = std::chrono::seconds(1); // with that of the one that is tried
        std::chrono::milliseconds firstPause = std::chrono::milliseconds(100);
        std::chrono::milliseconds longestPause = std::chrono::milliseconds(400);
        std::chrono::milliseconds repeatPause =
            std::chrono::seconds(3); // between two times; twice what one takes is more
        qsizetype said = 0; // bytes that are said past the engine's store, from the oldest one on; 0: it cannot
        std::chrono::milliseconds sayAfter = std::chrono::seconds(1);      // without an acknowledgement
        std::chrono::milliseconds sayAgainAfter = std::chrono::seconds(2); // for those who were not there
        std::chrono::milliseconds recently = std::chrono::seconds(2); // acknowledged: readers may not have got that
        qsizetype recentBytes = qsizetype(1) << 20;
    };

    struct Counters
    {
        quint64 published = 0; // acknowledged
        quint64 repeated = 0;  // sent again
        quint64 dropped = 0;   // there was no room
        quint64 refused = 0;   // the engine never carries them
        quint64 said = 0;      // past the engine's store, each time
    };

    explicit Outbox(const Limits &limits, SpoolStore *store = nullptr);
    Q_DISABLE_COPY_MOVE(Outbox)

    void setForgetsFor(std::chrono::milliseconds time) { m_forgetsFor = time; }

    // Says what the store has from an earlier process: \a count messages of \a bytes, with numbers up to \a lastId.
    void setStored(qsizetype count, qsizetype bytes, quint64 lastId);

    // Keeps \a message, which was heard at \a now. \a isOwn says that no other bridge of this bus has it. Returns false if there is no room:
    // then the newest of its stream are missing, which the next one says (Message::lost).
    bool append(Message &&message, bool isOwn, Clock::time_point now);

    // What the store was asked for; what it has not given is not there any more if \a isAll.
    void loaded(const QList<StoredMessage> &messages, bool isAll, Clock::time_point now);

    // The store cannot be used any more. Returns how many messages are in it and nowhere else.
    qsizetype storeFailed();

    // Whether the engine reaches its server.
    void setUp(bool isUp, Clock::time_point now);

    // Sends again what is remembered, since somebody has missed it; anybody may say so, as often as they like. What comes meanwhile waits: so only when
    // the time before was through some time ago, which process() looks at, and once for all who have asked since.
    void askToRepeat() { m_isRepeatWanted = m_forgetsFor > std::chrono::milliseconds(0); }

    // Whether to stand by: only its own messages go out.
    void setHoldingBack(bool holdsBack);

    // The active bridge, which hears the bus since \a since, has carried what was heard before \a before. Returns how many are older: only this one has
    // them.
    qsizetype dropHeard(Clock::time_point since, Clock::time_point before);

    // What to give the engine now.
    QList<Engine::Publication> takePublications(Clock::time_point now);

    // What to say now past the engine's store.
    QList<Engine::Publication> takeSayings(Clock::time_point now);

    void published(const QList<quint64> &ids, Clock::time_point now);

    // Returns the name of the message that is given up; empty where it is sent again, or not known.
    QString refused(quint64 id, Engine::Refusal refusal, Clock::time_point now);

    // Sends again what was not acknowledged in time, and forgets what needs not be remembered.
    void process(Clock::time_point now);

    // When process() or takePublications() is to be called next; max() if there is nothing to wait for.
    Clock::time_point deadline() const;

    bool isEmpty() const { return waiting() == 0; }
    qsizetype waiting() const { return m_waiting + m_stored; }
    qsizetype waitingBytes() const { return m_waitingBytes + m_storedBytes; }

    // For how long the oldest one has waited here.
    std::chrono::milliseconds oldestAge(Clock::time_point now) const;

    // For how long nothing was acknowledged though something was sent.
    std::chrono::milliseconds stuckFor(Clock::time_point now) const;

    const Counters &counters() const { return m_counters; }

private:
    enum class State : quint8 { Waiting, UnderWay, Done };
    struct Entry
    {
        StoredMessage stored;
        qsizetype size;
        Clock::time_point heardAt;
        Clock::time_point at = {}; // when it was sent, or acknowledged first
        State state = State::Waiting;
        bool wasDone = false; // it was acknowledged before
    };

    void push(StoredMessage &&message, Clock::time_point heardAt);
    void repeat(Clock::time_point now);
    void repeatIfWanted(Clock::time_point now);
    bool isRepeating() const { return m_first < m_entries.size() && m_entries[m_first].stored.id <= m_repeatsUpTo; }
    std::deque<Entry>::iterator find(quint64 id);
    void setState(Entry &entry, State state);
    void goBack();
    void pause(Clock::time_point now);
    void passDone();
    void forgetDone(Clock::time_point now);
    void tellLost(std::deque<Entry>::iterator after, const Stream &stream, quint64 count);
    void flushRemoved();
    void loadMore();
    bool isStuck(Clock::time_point now) const;
    bool isTrying() const;
    bool isRemembered(const Entry &entry, Clock::time_point now) const;
    Clock::time_point sayAt() const;
    Clock::time_point lateAt() const;

    const Limits m_limits;
    SpoolStore *m_store;
    std::chrono::milliseconds m_forgetsFor{};
    bool m_isUp = false;
    bool m_holdsBack = false;
    quint64 m_lastId = 0;

    // First what is remembered, then what is under way, then what waits.
    std::deque<Entry> m_entries;
    std::size_t m_first = 0; // that is not done
    std::size_t m_next = 0;  // to be sent
    qsizetype m_waiting = 0; // not done, and in memory
    qsizetype m_waitingBytes = 0;
    qsizetype m_underWay = 0;
    qsizetype m_bytesUnderWay = 0;
    qsizetype m_remembered = 0; // bytes
    Clock::time_point m_acknowledgedAt;
    Clock::time_point m_pausedUntil;
    std::chrono::milliseconds m_pause{};
    bool m_isProbing = false; // with one message

    bool m_isRepeatWanted = false;
    quint64 m_repeatsUpTo = 0; // ids; 0: what was repeated is through
    Clock::time_point m_repeatedAt;
    Clock::time_point m_repeatAgainAt = Clock::time_point::min();

    Clock::time_point m_carriedAt; // the last one that was acknowledged
    bool m_isSaying = false;
    quint64 m_saidUpTo = 0; // ids
    qsizetype m_saidBytes = 0;
    Clock::time_point m_saidAt; // from the first one on

    qsizetype m_stored = 0; // in the store and not in memory
    qsizetype m_storedBytes = 0;
    quint64 m_loadedUpTo = 0;
    bool m_isLoading = false;
    QList<quint64> m_removed;

    QHash<Stream, quint64> m_lost; // dropped, and not told yet
    Counters m_counters;
};

} // namespace Pyvent::Bridge

#endif
