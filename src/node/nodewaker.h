// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_NODEWAKER_H
#define PYVENT_NODE_NODEWAKER_H

#include "node/guarded.h"
#include "transport/pollset.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qpointer.h>
#include <QtCore/qset.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qstring.h>
#include <QtCore/qtimer.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

class PyventNode;

namespace Pyvent::Internal {

// What wakes a node's thread for a turn of the node: a call in another thread, a descriptor, or a time.
//
// It has a mutex of its own, because it is asked for from anywhere, even from inside of Qt's connections. Under it, only Qt's lock
// of posted events is taken. Any thread may call what is not said to be the node's.
class NodeWaker
{
public:
    using Clock = std::chrono::steady_clock;

    explicit NodeWaker(PyventNode *node)
        : m_node(node)
    {
    }

    PyventNode *node() const { return m_node; } // null after its end
    void nodeEnds();
    void nodeIsParents(); // the same in a child of fork(), where a thread that is missing may hold the mutex
    bool isNodeThread() const;

    // Posts an event that has the node take a turn, unless one is on its way.
    void schedule();

    // The same; and the turn is to look at what stands under \a pattern, where something may have ended.
    void scheduleToPrune(const QString &pattern);

    // A turn begins: whatever is scheduled from now on is for the next one. Returns the patterns to look at.
    QSet<QString> beginTurn();

    // Has \a turn called when \a pollSet, if there is one, is readable, and at \a deadline. In the node's thread, as the next two.
    void arm(const std::shared_ptr<PollSet> &pollSet, Clock::time_point deadline, const std::function<void()> &turn);
    void disarm();

    // The thread has another event loop, which does not know what was armed and scheduled in the last one.
    void eventLoopBegins();

private:
    using Lock = std::unique_lock<std::mutex>;

    void schedule(const Lock &lock);

    mutable std::mutex m_mutex;
    Guarded<QSet<QString>> m_toPrune;
    // Changed under the mutex, read without: with each event that is delivered, it is asked for the node.
    std::atomic<PyventNode *> m_node;
    std::atomic<bool> m_isScheduled = false;

    // Children of the node, used in its thread only.
    std::shared_ptr<PollSet> m_pollSet;              // as long as it is watched
    QPointer<QAbstractEventDispatcher> m_dispatcher; // where the two are registered
    QSocketNotifier *m_notifier = nullptr;
    QTimer *m_timer = nullptr;
    Clock::time_point m_timerAt;
};

} // namespace Pyvent::Internal

#endif
