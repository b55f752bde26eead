// SPDX-License-Identifier: MIT
#include "node/nodewaker.h"

#include "pyventnode.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <memory>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

void NodeWaker::nodeEnds()
{
    const Lock lock(m_mutex);
    m_node = nullptr;
}

void NodeWaker::nodeIsParents()
{
    std::construct_at(&m_mutex);
    if (isNodeThread()) { // else nothing runs its event loop here
        delete std::exchange(m_notifier, nullptr);
        delete std::exchange(m_timer, nullptr);
    }
    nodeEnds();
}

bool NodeWaker::isNodeThread() const
{
    const Lock lock(m_mutex);
    const PyventNode *const node = m_node;
    return node && node->thread() == QThread::currentThread();
}

// Under the mutex, so that the node cannot end meanwhile.
void NodeWaker::schedule(const Lock &)
{
    if (PyventNode *const node = m_node; node && !m_isScheduled.exchange(true))
        QCoreApplication::postEvent(node, new QEvent(QEvent::User));
}

void NodeWaker::schedule()
{
    if (m_isScheduled) // and the turn will begin with taking that back, before it looks at anything
        return;
    const Lock lock(m_mutex);
    schedule(lock);
}

void NodeWaker::scheduleToPrune(const QString &pattern)
{
    const Lock lock(m_mutex);
    m_toPrune(lock).insert(pattern);
    schedule(lock);
}

QSet<QString> NodeWaker::beginTurn()
{
    const Lock lock(m_mutex);
    m_isScheduled = false;
    return std::exchange(m_toPrune(lock), {});
}

void NodeWaker::arm(const std::shared_ptr<PollSet> &pollSet, Clock::time_point deadline,
                    const std::function<void()> &turn)
{
    PyventNode *const node = this->node();
    QAbstractEventDispatcher *const dispatcher = QAbstractEventDispatcher::instance();
    if (!node || !dispatcher)
        return;
    if (m_pollSet != pollSet || m_dispatcher != dispatcher)
        disarm();
    if (!m_timer) {
        m_pollSet = pollSet;
        m_dispatcher = dispatcher;
        if (pollSet) {
            m_notifier = new QSocketNotifier(pollSet->fd(), QSocketNotifier::Read, node);
            QObject::connect(m_notifier, &QSocketNotifier::activated, node, turn);
        }
        m_timer = new QTimer(node);
        m_timer->setSingleShot(true);
        m_timer->setTimerType(Qt::PreciseTimer);
        QObject::connect(m_timer, &QTimer::timeout, node, turn);
    }
    // A timer that comes too early only has the next one set; to set it anew with each turn costs far more.
    if (deadline == Clock::time_point::max() || (m_timer->isActive() && m_timerAt <= deadline))
        return;
    m_timerAt = deadline;
    m_timer->start(std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now())));
}

void NodeWaker::disarm()
{
    // Later, because a turn may be the call of one of them.
    for (QObject *child : {static_cast<QObject *>(m_notifier), static_cast<QObject *>(m_timer)}) {
        if (child)
            child->deleteLater();
    }
    if (m_notifier)
        m_notifier->setEnabled(false);
    if (m_timer)
        m_timer->stop();
    m_notifier = nullptr;
    m_timer = nullptr;
    m_pollSet.reset();
}

void NodeWaker::eventLoopBegins()
{
    disarm();
    const Lock lock(m_mutex);
    m_isScheduled = false;
}

} // namespace Pyvent::Internal
