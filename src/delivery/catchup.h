// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_CATCHUP_H
#define PYVENT_DELIVERY_CATCHUP_H

#include "delivery/receivewindow.h"

#include <QtCore/qhash.h>

namespace Pyvent::Internal {

// What one late joiner hears of a topic until it has caught up: of each sender first what that still keeps, then what it
// sends, in order and once each. It asks all senders what they keep, and those that answer for what it is to hear of it.
// What senders send meanwhile waits; the one that does not answer in time is heard without its past.
//
// A receive window of its own does that: the past is what is missing in it. Plain logic, without sockets and clock. Not
// thread-safe.
class CatchUp
{
public:
    using Clock = ReceiveWindow::Clock;
    using Verdict = ReceiveWindow::Verdict;
    using Request = ReceiveWindow::Request;

    explicit CatchUp(const QByteArray &topic, quint32 seed = std::random_device()());

    const QByteArray &topic() const { return m_topic; }

    // Whether the question to all senders is to be sent now, for the first time or once more, because it may be lost.
    bool takeQuestion(Clock::time_point now);
    bool isAsked() const { return m_isAsked; }

    // A server is there again after one was lost, and with it what was on its way.
    void resumed(Clock::time_point now);

    // An event has arrived that is new to this node.
    Verdict heard(const QUuid &node, quint64 sequence, QByteArrayView frame, Clock::time_point now);

    // The same, but there is no room for it now: it is asked for later.
    void missed(const QUuid &node, quint64 sequence, Clock::time_point now);

    // A sender's answers: it keeps the events \a first to \a last, the newest one; here is one of them; nothing before \a first
    // is kept any more.
    void keeps(const QUuid &node, quint64 first, quint64 last, Clock::time_point now);
    Verdict replayed(const QUuid &node, quint64 sequence, QByteArrayView frame, Clock::time_point now);
    void isGone(const QUuid &node, quint64 first, Clock::time_point now);
    void isWithheld(const QUuid &node, const std::vector<ReceiveWindow::Range> &numbers, Clock::time_point now);

    // The next event whose turn has come; false if there is none.
    bool takeReleased(QByteArray *frame) { return m_window.takeReleased(frame); }

    // What to ask for now, and from whom.
    std::vector<Request> takeRequests(Clock::time_point now);

    // When takeQuestion() or takeRequests() has something next; max() if it waits for a server, or is over.
    Clock::time_point deadline() const;

    // Whether it has caught up with all senders: there is nothing left to hear out of its turn.
    bool isOver() const { return m_isAsked && !isOpen() && m_window.isIdle(); }

private:
    void waitFor(const QUuid &node, quint64 first);
    bool isOpen() const { return !m_isAsked || m_ends != Clock::time_point::max(); }

    const QByteArray m_topic;
    ReceiveWindow m_window;
    bool m_isAsked = false;
    Clock::time_point m_askAt;                           // once more
    Clock::time_point m_ends = Clock::time_point::max(); // of the time to answer; max(): it is over
    QHash<QUuid, quint64> m_unanswered; // who may still answer, and the first event that was heard of them
};

} // namespace Pyvent::Internal

#endif
