// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_ROSTER_H
#define PYVENT_SESSION_ROSTER_H

#include "pyventnodeinfo.h"
#include "wire/control.h"

#include <QtCore/qhash.h>

#include <chrono>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace Pyvent::Internal {

// Which other nodes are on the bus, for one that watches: it is told when they come and go. It asks all when it begins, and again when it has
// another server, since that knows nothing of those that were lost with the last one; and where the server does not tell who is lost, once a
// second. Plain logic, without sockets and clock. Not thread-safe.
class Roster
{
public:
    using Clock = std::chrono::steady_clock;
    using Reason = Control::Gone::Reason;

    // What it remembers: against nodes that say to be ever more.
    static constexpr qsizetype mostNodes = 5000;
    static constexpr qsizetype mostBytes = qsizetype(32) * 1024 * 1024; // of what they say

    struct Appeared
    {
        PyventNodeInfo node;
    };
    struct Vanished
    {
        PyventNodeInfo node;
        Reason reason;
    };
    struct Full // there are more, which are not told of
    {
    };
    using Change = std::variant<Appeared, Vanished, Full>;

    explicit Roster(const QUuid &self)
        : m_self(self)
    {
    }

    // Begins, and ends with all forgotten.
    void watch();
    void unwatch();
    bool isWatching() const { return m_isWatching; }
    void forget(); // and goes on when it is ready again

    // What is for those who watch is heard from now on, by a server that \a tellsWhoIsLost or not; and there is no server.
    void ready(bool tellsWhoIsLost, Clock::time_point now);
    void disconnected() { m_isReady = false; }

    // The server is known by now to tell.
    void serverTells(Clock::time_point now);
    bool doesServerTell() const { return m_serverTells; }

    // A node has said in so many \a bytes that it is here, or is gone.
    void isHere(const PyventNodeInfo &node, qsizetype bytes, Clock::time_point now);
    void isGone(const QUuid &node, Reason reason);

    // What is due. Returns whether all are to be asked who is here.
    bool process(Clock::time_point now);
    Clock::time_point deadline() const;

    std::vector<Change> takeChanges() { return std::exchange(m_changes, {}); }
    QList<PyventNodeInfo> nodes() const;

private:
    struct Known
    {
        PyventNodeInfo info;
        qsizetype bytes = 0;
        Clock::time_point heardAt;
    };

    void vanish(QHash<QUuid, Known>::iterator node, Reason reason);
    void loseUnheardSince(Clock::time_point time);

    const QUuid m_self;
    bool m_isWatching = false;
    bool m_isReady = false;
    bool m_serverTells = false;
    bool m_toldFull = false;
    QHash<QUuid, Known> m_nodes;
    qsizetype m_bytes = 0;
    std::vector<Change> m_changes;
    Clock::time_point m_askAt = Clock::time_point::max();
    Clock::time_point m_judgeAt = Clock::time_point::max(); // who has not been heard
    std::optional<Clock::time_point> m_unheardSince;        // this, then
    std::optional<Clock::time_point> m_askedAt;
    bool m_isPatient = false; // since this process stood still, and may not have read yet what they have said
};

} // namespace Pyvent::Internal

#endif
