// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_KEEPER_H
#define PYVENT_BRIDGE_KEEPER_H

#include "keptentry.h"

#include <PyventPattern>

#include <QtCore/qhash.h>
#include <QtCore/qlist.h>
#include <QtCore/qset.h>
#include <QtCore/qstringlist.h>

#include <chrono>
#include <deque>
#include <list>
#include <optional>
#include <set>
#include <utility>

namespace Pyvent::Bridge {

// Keeps the newest event of each name in a bucket that buses share, and gives the bus what the bucket knows better. What is in the bucket is only replaced
// by what is newer than that, whoever comes first: each write says which revision it replaces. Plain logic, without a clock.
class Keeper
{
public:
    using Clock = std::chrono::steady_clock;

    struct Limits
    {
        qsizetype names = 100'000;                    // as the server of a bus has it
        qsizetype nameBytes = qsizetype(16) << 20;    // of all
        qsizetype bytes = qsizetype(60) * 1024;       // of one event
        qsizetype waitingBytes = qsizetype(64) << 20; // for the bucket
        int underWay = 256;                           // to the bucket
        qsizetype underWayBytes = qsizetype(4) << 20;
    };
    struct Options
    {
        QList<PyventPattern> in;  // names that the bus is given; empty: none
        QList<PyventPattern> out; // that are kept
        Limits limits = {};
    };
    struct Put
    {
        quint64 id;
        Kept kept;
        quint64 revision; // that it replaces; 0: there is none
    };
    struct Counters
    {
        quint64 put = 0;
        quint64 conflicts = 0; // somebody else was quicker
        quint64 given = 0;     // to the bus
        quint64 tooLarge = 0;
        quint64 dropped = 0; // there was no room for what waits
        quint64 unreadable = 0;
        quint64 refused = 0; // by the bucket
    };

    explicit Keeper(const Options &options)
        : m_options(options)
    {
    }

    // The bus

    // An event was sent on the bus, at \a wallTime in µs since 1970; or its server keeps it.
    void heard(const Message &message, qint64 wallTime, Clock::time_point now);
    void keptByServer(const Message &message, qint64 wallTime, Clock::time_point now);

    // One has come to the bus from another one.
    void arrived(const Message &message, Clock::time_point now);

    // The server of the bus has answered a question of takeQuestions(): nothing where it has none.
    void told(const QString &name, const std::optional<Message> &last, qint64 wallTime, Clock::time_point now);

    // The bus has another server, which knows of nothing.
    void busIsNew();

    // The bucket

    // Its contents come now, all of them up to loaded(), and then what is new.
    void opened();
    void loaded() { m_isLoaded = m_isOpen; }
    void closed();
    bool isLoaded() const { return m_isLoaded; }

    void stored(const Kept &kept, quint64 revision, qint64 wallTime, Clock::time_point now);
    // The key of \a name, if that can be known, has nothing that can be read.
    void storedNothing(const QString &name, quint64 revision, bool isUnreadable, Clock::time_point now);

    void putIsDone(quint64 id, quint64 revision, Clock::time_point now);
    // The revision was another one by then: \a actual.
    void putHasConflict(quint64 id, quint64 actual, Clock::time_point now);
    // It was not taken. Returns its name if it is not to be tried again, and was the newest.
    QString putIsRefused(quint64 id, bool mayPass, Clock::time_point now);

    // What is to be done

    QList<Put> takePuts(Clock::time_point now);
    // What the bus is to be given; it comes first again where it could not be.
    std::optional<Kept> takeGift();
    void giveLater(Kept &&gift) { m_gifts.push_front(std::move(gift)); }
    void wasGiven() { ++m_counters.given; }
    bool hasManyGifts() const { return m_gifts.size() >= manyGifts; }
    bool hasGifts() const { return !m_gifts.empty(); }

    // Names of which the server of the bus is asked for the last event: a write has been sent that has no stamp, and gets one by the server; or the bus
    // has a newer one than the bucket.
    QStringList takeQuestions(qint64 wallTime, Clock::time_point now);

    // Whether what is in the bucket is to be read again, since it is not as it should be.
    bool takeWantsAgain() { return std::exchange(m_wantsAgain, false); }

    // What waits, for bounds.
    qsizetype waitingBytes() const { return m_waitingBytes; }
    qsizetype waiting() const { return qsizetype(m_due.size()) + m_underWay.size(); }
    bool isDone() const { return m_due.empty() && m_underWay.isEmpty() && m_questions.empty(); }
    qsizetype names() const { return m_entries.size(); }
    bool isValue(const QString &name) const;

    Clock::time_point deadline() const;
    const Counters &counters() const { return m_counters; }

    // What people are to be told, each of it once.
    QStringList takeProblems() { return std::exchange(m_problems, {}); }

private:
    static constexpr Clock::time_point never = Clock::time_point::max();
    static constexpr std::size_t manyGifts = 256;

    struct Entry
    {
        KeptVersion stored;
        quint64 revision = 0;
        KeptVersion onBus; // as far as is known
        std::optional<Kept> waiting;
        Clock::time_point dueAt = never;
        Clock::time_point notBefore = {}; // it was put shortly before
        quint64 underWay = 0;
        quint64 awaited = 0;              // a revision that is to come
        std::optional<Message> unstamped; // until the server has told of it, or has not
        Clock::time_point toldBy = never;
        Clock::time_point lookAgainAt = {}; // whether it is a value by now
        bool isAsked = false;
        bool isToAsk = false;
        std::list<QString>::iterator use = {};
    };
    struct UnderWay
    {
        QString name;
        Kept kept;
    };

    bool isAmong(const QList<PyventPattern> &names, const QString &name) const;
    Entry *entryOf(const QString &name);
    void forgetOldest();
    static bool isToAsk(Entry &entry, const Message &message, Clock::time_point now);
    void note(const QString &name, Entry &entry, const Message &message, qint64 wallTime, Clock::time_point now);
    void schedule(const QString &name, Entry &entry, Clock::time_point at);
    void wait(Entry &entry, std::optional<Kept> &&kept);
    void drop(const QString &name, Entry &entry);
    void settle(const QString &name, Entry &entry, Clock::time_point now);
    void ask(const QString &name, Entry &entry, Clock::time_point now);
    Entry *end(quint64 id, UnderWay *ended);
    Entry *takeBack(quint64 id, Clock::time_point at);
    bool hasRoomUnderWay() const
    {
        return m_underWay.size() < m_options.limits.underWay && m_underWayBytes < m_options.limits.underWayBytes;
    }
    void complain(const QString &problem);

    const Options m_options;
    QHash<QString, Entry> m_entries;
    std::list<QString> m_uses; // least recently first
    qsizetype m_nameBytes = 0;
    std::set<std::pair<Clock::time_point, QString>> m_due;
    std::set<std::pair<Clock::time_point, QString>> m_questions; // when the answer is not waited for any more
    QStringList m_toAsk;
    QHash<quint64, UnderWay> m_underWay;
    qsizetype m_underWayBytes = 0;
    qsizetype m_waitingBytes = 0;
    std::deque<Kept> m_gifts;
    quint64 m_lastId = 0;
    bool m_isOpen = false;
    bool m_isLoaded = false;
    bool m_wantsAgain = false;
    Clock::time_point m_againNotBefore = {};
    Counters m_counters;
    QStringList m_problems;
    QSet<QString> m_told;
};

} // namespace Pyvent::Bridge

#endif
