// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PENDINGQUESTION_H
#define PYVENT_QML_PENDINGQUESTION_H

#include "jspromise.h"

#include <PyventNode>

#include <QtCore/qfuturewatcher.h>

class PyventQmlNode;

namespace Pyvent::Qml {

// One call of ask() or askAll(). It ends, and deletes itself, with what comes of the question, or with the node.
class PendingQuestion : public QObject
{
    Q_OBJECT

public:
    enum class Wants : quint8 { First, All };

    PendingQuestion(PyventQmlNode *owner, QJSEngine *engine, Wants wants);

    const QJSValue &promise() const { return m_promise.promise; }

    void start(const QFuture<PyventAnswer> &future);

    // Ends it with an error, in the next turn, since the element may be about to end.
    void giveUp(const PyventAskError &error);

private:
    void takeResult();
    void leave();

    PyventQmlNode *const m_owner;
    QJSEngine *const m_engine;
    const Wants m_wants;
    const JsPromise m_promise;
    QFutureWatcher<PyventAnswer> m_watcher;
    bool m_isOver = false;
};

} // namespace Pyvent::Qml

#endif
