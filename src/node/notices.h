// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_NOTICES_H
#define PYVENT_NODE_NOTICES_H

#include "pyventnode.h"
#include "session/session.h"

#include <QtCore/qpromise.h>
#include <QtCore/qset.h>

#include <deque>
#include <functional>
#include <vector>

namespace Pyvent::Internal {

// The state as the user knows it.
PyventNode::State publicState(Session::State state);

// What waits to be told to the user, in the node's thread and under no lock, since that runs code of the user's. Not thread-safe.
class Notices
{
public:
    using Notice = std::function<void(PyventNode *)>;

    bool isEmpty() const { return m_notices.empty(); }
    void add(Notice notice);

    // The oldest one; an empty one if there is none.
    Notice take();
    // All, to be destroyed under no lock.
    std::deque<Notice> takeAll() { return std::exchange(m_notices, {}); }

    // The state has changed, and with it what waits for Ready.
    void stateChanged(Session::State state);
    void addReadyPromise(QPromise<void> &&promise) { m_readyPromises.push_back(std::move(promise)); }
    // Those that nobody will finish, for the caller to destroy under no lock.
    std::vector<QPromise<void>> takeReadyPromises() { return std::exchange(m_readyPromises, {}); }

    // A handler has failed. Returns whether it is the first failure of \a name, which is logged.
    bool handlerFailed(const QString &name, const QString &reason);

    // What the properties' signals are to have. Called once in a turn, so that a fast sender is not told of each event.
    void updateCounts(const Session &session);

    // From now on the number of acknowledged events is among them: that changes in most turns.
    void tellAcknowledged() { m_tellsAcknowledged = true; }
    bool hasNewCounts(const Session &session) const;

private:
    std::deque<Notice> m_notices;
    std::vector<QPromise<void>> m_readyPromises;
    QSet<QString> m_failedNames; // whose handlers' first failure was logged
    Session::Waiting m_toldWaiting;
    bool m_tellsAcknowledged = false;
    quint64 m_toldAcknowledged = 0;
    quint64 m_toldUnreadable = 0;
};

} // namespace Pyvent::Internal

#endif
