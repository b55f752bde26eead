// SPDX-License-Identifier: MIT
#ifndef PYVENT_ASKING_WAITINGASKERS_H
#define PYVENT_ASKING_WAITINGASKERS_H

#include <QtCore/qhash.h>
#include <QtCore/qlist.h>
#include <QtCore/quuid.h>

#include <chrono>
#include <deque>
#include <vector>

namespace Pyvent::Internal {

// The nodes for which this one works, and whether they are still there: a server of this module tells who has gone. Where it may not have
// told, as after its end, or tells nobody, as Python's, they are asked one by one, and who says nothing for some seconds has gone. Plain
// logic, without a clock. Not thread-safe.
class WaitingAskers
{
public:
    using Clock = std::chrono::steady_clock;

    // Work for \a asker's question of \a name begins, or one work has ended, or all. Null askers, as Python's nodes, are not known.
    void begin(const QUuid &asker, const QByteArray &name, Clock::time_point now);
    void end(const QUuid &asker);
    void endAll() { m_waiting.clear(); }

    // It has said something; and it has left, or is lost. Returns whether this node works for it.
    void isHere(const QUuid &asker);
    bool isGone(const QUuid &asker);

    // There is a server, which may be another one; and there is none any more.
    void ready(Clock::time_point now);
    void lostServer() { m_isReady = false; }

    struct Question
    {
        QUuid asker;
        QByteArray name; // of a question that it has asked
    };
    struct Due
    {
        std::vector<Question> toAsk; // whether they are there
        std::vector<QUuid> gone;
    };

    // What is due, where the server \a tellsWhoIsLost, or not.
    Due process(bool tellsWhoIsLost, Clock::time_point now);
    Clock::time_point deadline() const;

private:
    // How many nodes are remembered that have gone, whose questions may still wait for their turn.
    static constexpr std::size_t mostGone = 1000;
    static constexpr int mostAtOnce = 1000; // that are asked

    struct Waiting
    {
        QByteArray name;
        qsizetype work = 0;
        int unanswered = 0; // that it was asked since it has said something
        bool isInDoubt = false;
        bool hasGone = false;
    };

    QHash<QUuid, Waiting> m_waiting;
    std::deque<QUuid> m_gone;
    bool m_isReady = false;
    bool m_isTold = false; // by the server, as far as is known
    Clock::time_point m_askAt = Clock::time_point::max();
};

} // namespace Pyvent::Internal

#endif
