// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ELECTION_H
#define PYVENT_BRIDGE_ELECTION_H

#include <QtCore/qhash.h>
#include <QtCore/qstringlist.h>
#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

#include <chrono>
#include <optional>

namespace Pyvent::Bridge {

// Who of the bridges of one bus to one engine and prefix works, and who stands by. Each tells the others of itself, and all draw the same
// conclusion: of those that reach the engine, the one that has for the longest time, or, where it was away, whose oldest event has waited for the longest
// time; and of two such the one with the lower id. So a newcomer
// displaces nobody. Who says nothing for some seconds is gone. That two work for a moment does no harm but double work. Plain logic.
class Election
{
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::milliseconds beat = std::chrono::seconds(1);
    static constexpr std::chrono::milliseconds silence = std::chrono::milliseconds(3500);
    static constexpr std::chrono::milliseconds settling = std::chrono::milliseconds(500); // for others to answer
    static constexpr std::chrono::milliseconds forElders = std::chrono::seconds(10);      // who have waited with more

    // What a bridge says of itself.
    struct Words
    {
        QString link;   // the kind of engine, and the prefix
        QString engine; // where that is, for people
        QString store;  // what tells the engine's store from others; empty where that is not known
        QString bus;
        bool isUp = false;     // it reaches the engine
        bool isActive = false; // it works
        bool wantsAnswer = false;
        qint64 since = 0; // that it is up, µs since 1970
        qint64 waiting = 0;
        std::chrono::milliseconds oldestAge{}; // of what waits
        std::chrono::milliseconds hears{};     // since when it hears the bus; 0: it does not say

        QVariantMap toMap() const;
        static std::optional<Words> fromMap(const QVariantMap &map);
        friend bool operator==(const Words &, const Words &) = default;
    };

    // \a words are what all that it says begins with.
    Election(const QUuid &own, const Words &words)
        : m_own(own)
        , m_words(words)
    {
    }

    // Whether this bridge reaches its engine, and what waits.
    void setUp(bool isUp, qint64 wallTime, Clock::time_point now);
    void setStore(const QString &store) { m_words.store = store; }
    void setWaiting(qint64 count, std::chrono::milliseconds oldestAge);

    // For how long it has heard the bus: what was sent before, it does not have.
    void setHearsFor(std::chrono::milliseconds time) { m_words.hears = time; }

    // Another bridge has spoken. Returns whether to answer at once.
    bool heard(const QUuid &bridge, const Words &words, Clock::time_point now);
    void vanished(const QUuid &bridge);

    // Forgets who is silent, and decides.
    void process(Clock::time_point now);

    // When process() is to be called next; max() if never.
    Clock::time_point deadline() const;

    bool isActive() const { return m_isActive; }

    // Whether it would work, but for another one.
    bool standsBy() const { return m_words.isUp && m_isSettled && !m_isActive; }

    // Whether \a words are of a bridge for the same as this one.
    bool isPeer(const Words &words) const;

    // All bridges of this bus that are known.
    QList<QUuid> known() const { return m_peers.keys(); }

    // How many such there are; and whether there are bridges of this bus to other engines or prefixes.
    qsizetype peers() const;
    bool hasOtherLinks() const { return peers() < m_peers.size(); }

    // What to say; \a wantsAnswer is for the first time.
    Words words(bool wantsAnswer = false) const;

    // Since when another one has heard the bus, by what it says of itself. What was heard before, it does not have.
    static Clock::time_point hearsSince(const Words &words, Clock::time_point now)
    {
        return words.hears.count() > 0 ? now - words.hears : Clock::time_point::min();
    }

    // What two bridges disagree about, for people; told once.
    QStringList takeProblems() { return std::exchange(m_problems, {}); }

private:
    // Whether another one, which does not reach the engine yet, has heard what this one has not: that is to be carried first.
    bool waitsForElder(Clock::time_point now) const;

    struct Peer
    {
        Words words;
        Clock::time_point heardAt;
    };

    const QUuid m_own;
    Words m_words;
    Clock::time_point m_settledAt;
    bool m_isSettled = false; // others have had their time to answer
    bool m_isWaiting = false; // for an elder
    bool m_isActive = false;
    QHash<QUuid, Peer> m_peers;
    QStringList m_problems;
};

} // namespace Pyvent::Bridge

#endif
