// SPDX-License-Identifier: MIT
#include "dispatch/receiver.h"

#include <QtCore/qmetaobject.h>
#include <QtCore/qthread.h>

#include <exception>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// How many events may wait in the event queue of a handler's thread. A thread that is stuck must not make the process
// grow without bound.
constexpr int maximumBacklog = 100'000;

// One without a name, which no event lacks, has its receiver take what it hears.
bool isCall(const PyventEvent &event)
{
    return event.name.isEmpty();
}

} // namespace

Receiver::~Receiver() = default;

void HandlerEmitter::disconnectNotify(const QMetaMethod &)
{
    m_state->ended = true; // before anyone is told, who might look
    m_connectionsChanged();
}

HandlerReceiver::HandlerReceiver(const PyventPattern &pattern, const PyventSender &sender, const QObject *context,
                                 PyventBinding::Callback callback, HandlerFailed failed, HandlerMissed missed,
                                 std::function<void()> connectionsChanged, const QThread *nodeThread, Hears hears)
    : Receiver(pattern, sender, hears)
    , m_isElsewhere(context && nodeThread && context->thread() != nodeThread)
    , m_thread(context ? context->thread() : nullptr)
    , m_failed(std::move(failed))
    , m_missed(std::move(missed))
    , m_emitter(m_state, std::move(connectionsChanged))
    , m_context(context)
{
    // The connection has no callback of its own: Qt may end it while another thread emits, and that one is not to be where the
    // destructors of what the callback has captured run.
    const auto shared = std::make_shared<const PyventBinding::Callback>(std::move(callback));
    m_call = [shared, handlerFailed = m_failed](const PyventEvent &event) {
        QString why;
        try {
            why = (*shared)(event);
        } catch (...) {
            why = currentExceptionText();
        }
        if (!why.isEmpty())
            handlerFailed(event.name, why);
    };
    m_connection = QObject::connect(
        &m_emitter, &HandlerEmitter::fired, context,
        [call = m_call, state = m_state](const PyventEvent &event) {
            --state->backlog;
            if (state->ended)
                return;
            if (!isCall(event))
                call(event);
            else if (const auto newest = state->newest->pull())
                call(*newest);
        },
        // Whoever posts may be in any thread, and not run the handler there.
        m_isElsewhere ? Qt::QueuedConnection : Qt::AutoConnection);
}

bool HandlerReceiver::isWanted() const
{
    return m_connection && !m_state->ended;
}

bool HandlerReceiver::post(const PyventEvent &event, QString *why)
{
    if (m_state->backlog.load(std::memory_order_relaxed) >= maximumBacklog) {
        if (!m_overflowing.exchange(true)) {
            *why =
                u"the handler's thread is %1 events behind; further events are not handed to it until it catches up"_s
                    .arg(maximumBacklog);
        }
        return false;
    }
    if (m_overflowing.load(std::memory_order_relaxed)) // to write costs far more than to look
        m_overflowing = false;
    // Counted before: the handler may run, and end the count again, before the emission returns. If the context goes
    // away with events in its queue the count stays, but then so does nobody who would be handed more.
    ++m_state->backlog;
    Q_EMIT m_emitter.fired(event);
    return true;
}

Backlog HandlerReceiver::backlog() const
{
    return backlogOf(m_state->backlog.load(std::memory_order_relaxed), maximumBacklog);
}

void HandlerReceiver::deliver(const PyventEvent &event)
{
    if (m_isElsewhere && m_thread == QThread::currentThread()) // of PyventNode::dispatch(), which does not wait
        return isWanted() ? m_call(event) : void();
    QString why;
    if (post(event, &why))
        return;
    if (!why.isEmpty())
        m_failed(event.name, why);
    m_missed(event);
}

void HandlerReceiver::hearNewest(std::chrono::milliseconds period, Pull pull)
{
    m_state->newest = std::make_unique<Newest>(Newest{NewestEvents(period), std::move(pull)});
}

// There is one at a time, so that nothing gathers where it hears.
void HandlerReceiver::call()
{
    ++m_state->backlog;
    Q_EMIT m_emitter.fired(PyventEvent());
}

void FunctionReceiver::hearNewest(std::chrono::milliseconds period, Pull pull)
{
    m_newest = std::make_unique<Newest>(Newest{NewestEvents(period), std::move(pull)});
}

void FunctionReceiver::call()
{
    const auto event = isWanted() ? m_newest->pull() : nullptr;
    if (event)
        m_function(*event);
}

QString currentExceptionText()
{
    try {
        throw;
    } catch (const std::exception &exception) {
        return u"it threw: %1"_s.arg(QString::fromLocal8Bit(exception.what()));
    } catch (...) {
        return u"it threw something that is no std::exception"_s;
    }
}

} // namespace Pyvent::Internal
