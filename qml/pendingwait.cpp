// SPDX-License-Identifier: MIT
#include "pendingwait.h"

#include "pyventqmlnode.h"

#include <QtQml/qjsengine.h>

namespace Pyvent::Qml {

using namespace Qt::StringLiterals;

PendingWait::PendingWait(PyventQmlNode *owner, QJSEngine *engine, WaitRequest request)
    : QObject(owner)
    , m_owner(owner)
    , m_engine(engine)
    , m_request(std::move(request))
    , m_promise(m_request.callback.isCallable() ? JsPromise() : JsPromise::make(engine))
    , m_timer()
    , m_context()
    , m_ready()
    , m_next()
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this,
            [this] { fail(u"no event '%1' was heard within %2 ms"_s.arg(m_request.name).arg(m_request.timeout)); });
    connect(&m_next, &QFutureWatcherBase::finished, this, &PendingWait::takeResult);
}

void PendingWait::start(PyventNode *node)
{
    m_timer.start(std::max(0, m_request.timeout));
    // The end of this handler has the node look which names nobody waits for any more.
    if (!node->on(m_request.name, {.sender = m_request.sender}, &m_context, [] {})) {
        fail(node->lastError().text);
        return;
    }
    if (m_request.send.isEmpty()) {
        hear(node);
        return;
    }
    // The question is asked only when its answer cannot be missed, and nothing that came before can be the answer.
    connect(&m_ready, &QFutureWatcherBase::finished, this, [this, node = QPointer(node)] {
        if (!node || m_isOver || m_ready.isCanceled())
            return;
        hear(node);
        if (!node->send(m_request.send, m_request.args))
            fail(node->lastError().text);
    });
    m_ready.setFuture(node->whenReady());
}

void PendingWait::hear(PyventNode *node)
{
    m_next.setFuture(node->next(m_request.name, {.sender = m_request.sender}));
}

void PendingWait::takeResult()
{
    if (m_isOver || m_next.isCanceled() || m_next.future().resultCount() == 0)
        return; // the time-out or the node's end have told, or will
    succeed(m_next.result());
}

void PendingWait::succeed(const PyventEvent &event)
{
    leave();
    const QPointer<PyventQmlNode> owner = m_owner;
    const QJSValue heard = m_engine->toScriptValue(QVariant::fromValue(PyventQmlEvent(event)));
    const QJSValue call = m_request.callback.isCallable() ? m_request.callback : m_promise.resolve;
    const QJSValue result = call.call({heard}); // it may end this
    if (result.isError() && owner) {
        qmlWarning(owner).noquote() << u"the callback of waitFor(\"%1\") failed in line %2: %3"_s.arg(
            event.name, result.property(u"lineNumber"_s).toString(), result.toString());
    }
}

void PendingWait::fail(const QString &why)
{
    if (m_isOver)
        return;
    leave();
    // In the next turn, since the element may be about to end, and never if the engine is.
    const bool isCallback = m_request.callback.isCallable();
    const auto tell = [engine = m_engine, why, isCallback, call = isCallback ? m_request.callback : m_promise.reject] {
        call.call({isCallback ? QJSValue(QJSValue::NullValue) : engine->newErrorObject(QJSValue::GenericError, why)});
    };
    QMetaObject::invokeMethod(m_engine, tell, Qt::QueuedConnection);
}

void PendingWait::giveUp(const QString &why)
{
    fail(u"no event '%1' will be heard: %2"_s.arg(m_request.name, why));
}

void PendingWait::leave()
{
    m_isOver = true;
    m_timer.stop();
    m_next.cancel();
    m_owner->removeWait(this);
    deleteLater();
}

} // namespace Pyvent::Qml
