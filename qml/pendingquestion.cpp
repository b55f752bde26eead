// SPDX-License-Identifier: MIT
#include "pendingquestion.h"

#include "pyventqmlnode.h"
#include "valuetoqml.h"

#include <QtCore/qmetaobject.h>
#include <QtQml/qjsengine.h>

namespace Pyvent::Qml {

using namespace Qt::StringLiterals;

namespace {

// An Error, with the kind as text: "NobodyAnswers".
QJSValue toJs(const PyventAskError &error, QJSEngine *engine)
{
    QJSValue object = engine->newErrorObject(QJSValue::GenericError, error.text);
    const char *const kind = QMetaEnum::fromType<PyventAskError::Kind>().valueToKey(error.kind);
    object.setProperty(u"kind"_s, QString::fromLatin1(kind));
    return object;
}

QJSValue toJs(const QVariant &value, QJSEngine *engine)
{
    return engine->toScriptValue(valueToQml(value));
}

} // namespace

PendingQuestion::PendingQuestion(PyventQmlNode *owner, QJSEngine *engine, Wants wants)
    : QObject(owner)
    , m_owner(owner)
    , m_engine(engine)
    , m_wants(wants)
    , m_promise(JsPromise::make(engine))
    , m_watcher()
{
    connect(&m_watcher, &QFutureWatcherBase::finished, this, &PendingQuestion::takeResult);
}

void PendingQuestion::start(const QFuture<PyventAnswer> &future)
{
    m_watcher.setFuture(future);
}

void PendingQuestion::takeResult()
{
    if (m_isOver)
        return;
    QFuture<PyventAnswer> future = m_watcher.future();
    const QList<PyventAnswer> answers = future.results();
    leave();
    if (m_wants == Wants::First) {
        const PyventAnswer answer = answers.value(0);
        if (answer)
            m_promise.resolve.call({toJs(answer.value(), m_engine)});
        else
            m_promise.reject.call({toJs(answer.error(), m_engine)});
        return;
    }
    QJSValue all = m_engine->newArray(uint(answers.size()));
    for (qsizetype i = 0; i < answers.size(); ++i) {
        const PyventAnswer &answer = answers[i];
        const bool isAnswerers = answer || answer.error().kind == PyventAskError::Refused;
        if (!isAnswerers) { // it was not sent, or the node has stopped
            m_promise.reject.call({toJs(answer.error(), m_engine)});
            return;
        }
        QJSValue object = m_engine->newObject();
        object.setProperty(u"value"_s, answer ? toJs(answer.value(), m_engine) : QJSValue());
        object.setProperty(u"error"_s, answer ? QJSValue(QJSValue::NullValue) : QJSValue(answer.error().text));
        object.setProperty(u"node"_s,
                           answer.nodeId().isNull() ? QJSValue(QJSValue::NullValue)
                                                    : QJSValue(answer.nodeId().toString(QUuid::WithoutBraces)));
        object.setProperty(u"sender"_s, answer.sender());
        all.setProperty(quint32(i), object);
    }
    m_promise.resolve.call({all});
}

void PendingQuestion::giveUp(const PyventAskError &error)
{
    if (m_isOver)
        return;
    leave();
    const auto tell = [engine = m_engine, error, reject = m_promise.reject] { reject.call({toJs(error, engine)}); };
    QMetaObject::invokeMethod(m_engine, tell, Qt::QueuedConnection);
}

void PendingQuestion::leave()
{
    m_isOver = true;
    m_owner->removeQuestion(this);
    deleteLater();
}

} // namespace Pyvent::Qml
