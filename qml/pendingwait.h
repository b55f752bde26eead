// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PENDINGWAIT_H
#define PYVENT_QML_PENDINGWAIT_H

#include "jspromise.h"

#include <PyventNode>

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qtimer.h>
#include <QtQml/qjsvalue.h>

class PyventQmlNode;
class QJSEngine;

namespace Pyvent::Qml {

struct WaitRequest
{
    QString name;
    PyventSender sender;
    int timeout = 0; // in milliseconds
    QString send;    // sent first; empty: nothing
    QVariantMap args;
    QJSValue callback; // undefined: a promise is asked for
};

// One call of waitFor(). It ends, and deletes itself, with the event, with the time-out, or with the node.
class PendingWait : public QObject
{
    Q_OBJECT

public:
    PendingWait(PyventQmlNode *owner, QJSEngine *engine, WaitRequest request);

    // The promise; undefined if there is a callback.
    const QJSValue &promise() const { return m_promise.promise; }

    void start(PyventNode *node);

    // Ends it without an event: "no event 'a' will be heard: " and why.
    void giveUp(const QString &why);

private:
    void hear(PyventNode *node);
    void takeResult();
    void succeed(const PyventEvent &event);
    void fail(const QString &why);
    void leave();

    PyventQmlNode *const m_owner;
    QJSEngine *const m_engine;
    const WaitRequest m_request;
    const JsPromise m_promise;
    QTimer m_timer;
    QObject m_context; // of a handler that keeps the name subscribed
    QFutureWatcher<void> m_ready;
    QFutureWatcher<PyventEvent> m_next;
    bool m_isOver = false;
};

} // namespace Pyvent::Qml

#endif
