// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

#include <QtCore/qscopeguard.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

} // namespace

// The link's side

void PyventNodePrivate::processed(const Lock &lock, Clock::time_point now)
{
    const Life &life = m_life(lock);
    const Connection::Silence silence = life.driver->link(lock).silence(now);
    Serving &serving = m_serving(lock);
    if (serving.dropYielded())
        servingEnds(lock);
    if (serving.mayServeWithoutPorts(silence, *life.endpoint, now))
        serve(lock, Serving::How::WithoutPorts);
    else if (const PyventError error = serving.explain(silence, life.options))
        fail(lock, error);
    collectNews(lock);
    seeToDue(lock);
}

bool PyventNodePrivate::tryToServe(const Lock &lock)
{
    if (!m_serving(lock).isAllowed() || isServing(lock))
        return false;
    serve(lock, Serving::How::ByItself);
    return true;
}

bool PyventNodePrivate::needsTurn(const Lock &lock) const
{
    return m_session(lock).hasTurns() || m_questions(lock).hasDue() || hasNotices(lock)
        || m_notices(lock).hasNewCounts(m_session(lock));
}

// A session of this node's may have something to do that no socket tells of.
void PyventNodePrivate::wantService(const Lock &lock)
{
    if (const auto &driver = m_life(lock).driver)
        driver->wantService(lock);
}

PyventNodePrivate::Clock::time_point PyventNodePrivate::after(std::chrono::milliseconds timeout)
{
    return Clock::now() + std::clamp<std::chrono::milliseconds>(timeout, 0ms, 24h * 365);
}

bool PyventNodePrivate::waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition)
{
    Life &life = m_life(lock);
    while (!life.driver && !condition()) {
        const Clock::time_point now = Clock::now();
        if (now >= deadline)
            return false;
        if (life.retryAt && now >= *life.retryAt)
            start(lock);
        else
            m_group->waitForChange(lock, std::min(deadline, life.retryAt.value_or(deadline)));
    }
    return life.driver ? life.driver->waitUntil(lock, deadline, condition) : condition();
}

QFuture<void> PyventNodePrivate::whenReady(const Lock &lock)
{
    QPromise<void> promise;
    promise.start();
    const QFuture<void> future = promise.future();
    const Life &life = m_life(lock);
    if (!start(lock) && !life.retryAt)
        return future; // canceled, since nobody will finish it
    // A thread that was busy has not seen yet that a server ended; and what this sees, the event loop does not any more.
    if (life.driver) {
        life.driver->catchUp(lock);
        life.driver->wantService(lock);
    }
    if (state(lock) == PyventNode::Ready)
        promise.finish();
    else
        m_notices(lock).addReadyPromise(std::move(promise));
    return future;
}

QFuture<QList<PyventNodeInfo>> PyventNodePrivate::findNodes(const Lock &lock, std::chrono::milliseconds within)
{
    if (!start(lock)) {
        QPromise<QList<PyventNodeInfo>> refused; // canceled, since nobody will finish it
        refused.start();
        return refused.future();
    }
    const auto future = m_session(lock).find(after(within));
    wantService(lock);
    return future;
}

// The event loop's side

void PyventNodePrivate::turn()
{
    const std::shared_ptr<PyventNodePrivate> self = shared_from_this();
    if (const QSet<QString> patterns = m_waker.beginTurn(); !patterns.isEmpty())
        prune(patterns);
    const Qt::HANDLE outer = m_turningThread.exchange(QThread::currentThreadId());
    const auto turned = qScopeGuard([&] { m_turningThread = outer; });
    const Clock::time_point begin = Clock::now();
    const Clock::time_point end = begin + TurnBudget::maximumTime;
    TurnBudget budget(begin, &Clock::now);
    Inbox::Arrivals finished;
    int delivered = 0;
    bool isAlone = true;
    do {
        {
            const Lock lock = this->lock();
            const Life &life = m_life(lock);
            if (life.retryAt && Clock::now() >= *life.retryAt)
                start(lock);
            if (life.driver && life.driver->isDriver(lock, this))
                life.driver->serviceByEventLoop(lock, Clock::now(), this, &budget);
            else if (life.driver)
                life.driver->loopTurns(lock, Clock::now());
            isAlone = !life.driver || life.driver->isAlone(lock);
            // A handler may open a nested event loop, and nothing but this would wake it for the rest of the inbox.
            if (m_session(lock).mayHaveSeveralTurns())
                scheduleTurn();
        }
        runDue();
        if (node())
            tell();
        delivered = 0;
        while (node() && deliverOne(&finished, &budget) && ++delivered > 0 && Clock::now() < end && !budget.isSpent()) {
        }
        // More has come meanwhile, where one event follows the other. To look for what follows a single one costs more than it saves; and
        // where other nodes have the same events, these are delivered before the processor's caches forget them.
    } while (node() && delivered > 1 && isAlone && Clock::now() < end && !budget.isSpent());
    if (!node())
        return;
    {
        const Lock lock = this->lock();
        m_notices(lock).updateCounts(m_session(lock));
    }
    tell();
    if (node())
        arm();
}

// \a finished is the caller's to keep from one call to the next, because making a list for each event costs as much as the rest.
bool PyventNodePrivate::deliverOne(Inbox::Arrivals *finished, TurnBudget *budget)
{
    const std::optional<Inbox::Turn> turn = [&] {
        const Lock lock = this->lock();
        Session &session = m_session(lock);
        const qint64 before = session.decoded(); // of what was kept
        std::optional<Inbox::Turn> next = session.nextTurn(finished);
        budget->spend(qsizetype(session.decoded() - before));
        return next;
    }();
    finished->clear();
    if (turn && Q_LIKELY(turn->event))
        deliver(*turn->receiver, *turn->event);
    else if (turn)
        call(*turn->receiver);
    return turn.has_value();
}

void PyventNodePrivate::deliver(Receiver &receiver, const PyventEvent &event)
{
    try {
        receiver.deliver(event);
    } catch (...) {
        handlerFailed(event.name, currentExceptionText());
    }
}

void PyventNodePrivate::call(Receiver &receiver)
{
    try {
        receiver.call();
    } catch (...) {
        handlerFailed(receiver.pattern().text(), currentExceptionText());
    }
}

// What the receiver's turn is, in its thread.
std::shared_ptr<const PyventEvent> PyventNodePrivate::takeNewest(const std::shared_ptr<Receiver> &receiver)
{
    const Lock lock = this->lock();
    Session &session = m_session(lock);
    std::shared_ptr<const PyventEvent> event = session.takeNewest(receiver, Clock::now());
    if (const auto &driver = m_life(lock).driver)
        driver->mayBeDueEarlier(lock, session);
    if (session.hasTurns() || hasNotices(lock)) // the handler may open a nested event loop
        scheduleTurn();
    return event;
}

void PyventNodePrivate::arm()
{
    const Lock lock = this->lock();
    const Life &life = m_life(lock);
    if (m_session(lock).hasTurns())
        scheduleTurn();
    if (life.retryAt)
        return m_waker.arm(nullptr, *life.retryAt, [this] { turn(); });
    if (!life.driver || !life.driver->isDriver(lock, this))
        return m_waker.disarm();
    LinkDriver &driver = *life.driver;
    if (driver.link(lock).mayBeReadable())
        driver.wantService(lock);
    const Clock::time_point deadline = driver.link(lock).deadline();
    m_waker.arm(driver.pollSet(), deadline, [this] { turn(); });
    driver.armed(lock, deadline);
}

void PyventNodePrivate::eventLoopBegins()
{
    m_waker.eventLoopBegins();
    scheduleTurn();
}
