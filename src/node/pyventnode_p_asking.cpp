// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

#include "node/backgroundcalls.h"

#include <QtCore/qscopeguard.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

QFuture<PyventAnswer> PyventNodePrivate::ask(const QString &name, const QVariantMap &args,
                                             const PyventAskOptions &options, Asker::Wants wants)
{
    Lock lock = this->lock();
    if (!start(lock)) {
        const QString why = m_session(lock).news().lastError().text;
        return endedFuture(
            PyventAskError{m_life(lock).hasEnded ? PyventAskError::Stopped : PyventAskError::NotSent, why});
    }
    const auto future = m_questions(lock).ask({name, args, options.sender, options.timeout, wants}, Clock::now());
    hasSent(lock);
    const bool hasDue = m_questions(lock).hasDue();
    const bool tells = hasNews(lock);
    lock.unlock();
    if (hasDue)
        runDue();
    if (tells)
        tell();
    return future;
}

QMetaObject::Connection PyventNodePrivate::addAnswerer(const QString &pattern, const PyventFilter &filter,
                                                       const QObject *context, PyventBinding::Answering function)
{
    QMetaObject::Connection connection;
    const auto callback = [weak = weak_from_this(), function = std::move(function)](const PyventEvent &event) {
        const auto self = weak.lock();
        return self ? self->answer(function, event) : QString();
    };
    const auto handler = makeHandler(pattern, filter, context, callback, Receiver::Hears::Arguments, &connection);
    const Lock lock = this->lock();
    m_questions(lock).answers(handler.get()); // before anybody is heard who could ask
    add(lock, handler);
    start(lock);
    return connection;
}

// In the answering function's thread. Returns why it could not be called.
QString PyventNodePrivate::answer(const PyventBinding::Answering &function, const PyventEvent &event)
{
    const auto address = ReplyAddress::of(event);
    if (address && m_questions(lock()).isCanceled(*address))
        return {};
    PyventBinding::Outcome outcome;
    QString why;
    try {
        why = function(event, &outcome);
    } catch (const PyventRefusal &refusal) {
        outcome.answer = refusal;
    } catch (...) {
        if (address)
            reply(*address, PyventBinding::currentError());
        throw;
    }
    if (!why.isEmpty())
        outcome.answer = PyventAskError{PyventAskError::Refused, why};
    if (outcome.whenDone && address) {
        const quint64 number = beginWork({*address, event.name, std::move(outcome.cancel)});
        outcome.whenDone([weak = weak_from_this(), number](const PyventAnswer &answer) {
            if (const auto self = weak.lock())
                self->endWork(number, answer);
        });
    } else if (address) {
        reply(*address, outcome.answer);
    }
    return why;
}

void PyventNodePrivate::reply(const ReplyAddress &address, const PyventAnswer &answer)
{
    Lock lock = this->lock();
    m_questions(lock).reply(address, answer, Clock::now());
    hasReplied(std::move(lock));
}

quint64 PyventNodePrivate::beginWork(Answerer::Work &&work)
{
    const Lock lock = this->lock();
    Questions &questions = m_questions(lock);
    const quint64 number = questions.begin(std::move(work), Clock::now());
    if (m_life(lock).driver && questions.deadline() != Clock::time_point::max())
        hasSent(lock); // whoever drives the link may know of no such deadline
    return number;
}

// In any thread.
void PyventNodePrivate::endWork(quint64 number, const PyventAnswer &answer)
{
    Lock lock = this->lock();
    m_questions(lock).end(number, answer, Clock::now());
    hasReplied(std::move(lock));
}

void PyventNodePrivate::hasReplied(Lock lock)
{
    if (!m_life(lock).driver)
        return;
    hasSent(lock);
    if (hasNews(lock)) {
        lock.unlock();
        tell();
    }
}

// Where the node's event loop has just looked, it runs what is due as well. Where it is somebody else who drives the link, the node's
// thread may wait for just that.
void PyventNodePrivate::seeToDue(const Lock &lock)
{
    Questions &questions = m_questions(lock);
    if (!questions.hasDue() || questions.isSeenTo)
        return;
    if (m_life(lock).driver->isServicedByEventLoop(lock) && m_waker.isNodeThread())
        return;
    questions.isSeenTo = true;
    callInBackground([weak = weak_from_this()] {
        if (const auto self = weak.lock())
            self->runDue();
    });
}

// One after the other: what one of them runs may wait for another one, which somebody else then takes.
void PyventNodePrivate::runDue()
{
    const std::shared_ptr<PyventNodePrivate> self = shared_from_this();
    for (;;) {
        Questions::Due due;
        {
            const Lock lock = this->lock();
            Questions &questions = m_questions(lock);
            questions.isSeenTo = false;
            due = questions.takeDue();
            if (!questions.hasDue())
                m_session(lock).updateDeadline();
            if (!due)
                return;
        }
        due();
    }
}
