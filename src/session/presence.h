// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_PRESENCE_H
#define PYVENT_SESSION_PRESENCE_H

#include "pyventnodeinfo.h"
#include "wire/control.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qfuture.h>
#include <QtCore/qhash.h>
#include <QtCore/qpromise.h>

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

namespace Pyvent::Internal {

// Who is on the bus: asks all nodes, gathers their answers, and answers others. wire/PROTOCOL.md has the frames.
// Plain logic, without sockets and clock. Not thread-safe.
class Presence
{
public:
    using Clock = std::chrono::steady_clock;
    using Promise = QPromise<QList<PyventNodeInfo>>;

    struct Finished
    {
        Promise promise; // to be finished by the caller, since that runs user code
        QList<PyventNodeInfo> nodes;
    };

    explicit Presence(const QUuid &nodeId);

    // Asks who is there, and gathers the answers until \a end.
    QFuture<QList<PyventNodeInfo>> find(Clock::time_point end);

    // Whether a question is to be sent as soon as the answers would be heard.
    bool mustAsk() const;

    // The question to send now.
    QByteArray question();

    // Another node's question has come. Returns the frame to answer it with, which says what \a self returns; empty where
    // there is nothing to answer.
    QByteArray answer(QByteArrayView question, Clock::time_point now, const std::function<PyventNodeInfo()> &self);

    // The answer for all nodes that is due where there were too many questions; empty where there is none.
    QByteArray answerToAll(Clock::time_point now, const std::function<PyventNodeInfo()> &self);

    // The same without a question, to all nodes, to one, and to those who watch.
    static QByteArray toAll(const PyventNodeInfo &self, QByteArrayView kind = Control::here);
    static QByteArray toOne(const QUuid &node, const PyventNodeInfo &self, QByteArrayView kind = Control::here);
    static QByteArray toWatchers(const PyventNodeInfo &self);

    // Another node's answer has come. Returns what it says, where somebody wants to know, or \a isWanted.
    std::optional<PyventNodeInfo> heard(QByteArrayView answer, bool isWanted = false);

    // From now on heard() returns what any answer says.
    void wantAll() { m_wantsAll = true; }
    bool wantsAll() const { return m_wantsAll; }

    // Whether \a about fits in an answer.
    static bool fits(const QVariantMap &about);

    // What is over by \a now. What was never asked, because no server was there, is canceled by its end.
    std::vector<Finished> takeFinished(Clock::time_point now);

    // When takeFinished() has something next; max() if nobody asks.
    Clock::time_point deadline() const;

    // Cancels all that is not finished.
    // They are the caller's to destroy, since that runs user code.
    std::vector<Promise> cancel();

private:
    struct Search
    {
        Clock::time_point end;
        bool isAsked = false;
        QHash<QUuid, PyventNodeInfo> found;
        Promise promise;
    };

    bool mayAnswer(Clock::time_point now);

    const QUuid m_nodeId;
    bool m_wantsAll = false;
    std::vector<Search> m_searches;
    Clock::time_point m_answersSince;
    int m_answers = 0; // since then
    Clock::time_point m_answersAllAt = Clock::time_point::max();
};

} // namespace Pyvent::Internal

#endif
