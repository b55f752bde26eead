// SPDX-License-Identifier: MIT
#include "pyventqmlanswerer.h"

#include "handlererrors.h"
#include "valuefromjs.h"

#include <QtQml/qjsengine.h>
#include <QtQml/qqmlengine.h>

using namespace Qt::StringLiterals;

namespace Pyvent::Qml {

Reply::Reply(QJSEngine *engine, QString name)
    : QObject()
    , m_engine(engine)
    , m_name(std::move(name))
    , m_promise()
{
    m_promise.start();
}

QJSValue Reply::toFunction()
{
    const QJSValue make = m_engine->evaluate(u"(r => { const reply = value => r.send(value);"
                                             " reply.refuse = why => r.refuse(why);"
                                             " Object.defineProperty(reply, 'canceled', { get: () => r.canceled });"
                                             " return reply; })"_s);
    QJSEngine::setObjectOwnership(this, QJSEngine::JavaScriptOwnership);
    return make.call({m_engine->newQObject(this)});
}

void Reply::send(const QJSValue &value)
{
    QJSValue object = m_engine->newObject();
    object.setProperty(u"value"_s, value);
    QVariantMap read;
    ValueFromJs reader(m_engine);
    if (reader.readArguments(object, &read))
        return finish(read.value(u"value"_s));
    const QString why = u"the answer cannot be sent: "_s + reader.problem();
    finish(PyventRefusal(why));
    m_engine->throwError(why);
}

void Reply::refuse(const QString &why)
{
    finish(PyventRefusal(why));
}

void Reply::fail(const QString &why)
{
    if (!m_isOver)
        finish(PyventRefusal(why));
}

void Reply::finish(const PyventAnswer &answer)
{
    if (std::exchange(m_isOver, true)) {
        m_engine->throwError(u"the question '%1' has been answered before"_s.arg(m_name));
        return;
    }
    m_promise.addResult(answer);
    m_promise.finish();
}

} // namespace Pyvent::Qml

PyventQmlAnswerer::PyventQmlAnswerer(QObject *parent)
    : QObject(parent)
    , m_link(this, QString(), u"pyvent"_s)
{
    m_link.answerWith([this](const PyventEvent &event) { return answer(event); });
    connect(&m_link, &Pyvent::Qml::NodeLink::nodeChanged, this, &PyventQmlAnswerer::nodeChanged);
}

QFuture<PyventAnswer> PyventQmlAnswerer::answer(const PyventEvent &event)
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&PyventQmlAnswerer::asked);
    QJSEngine *const engine = qjsEngine(this);
    if (!engine || !isSignalConnected(signal))
        return QtFuture::makeReadyFuture(PyventAnswer(PyventRefusal(u"the PyventAnswerer has no onAsked"_s)));
    auto *const reply = new Pyvent::Qml::Reply(engine, event.name);
    const QFuture<PyventAnswer> future = reply->future();
    const PyventQmlEvent heard(event);
    const QJSValue function = reply->toFunction(); // which keeps the reply
    const Pyvent::Qml::HandlerErrors errors(engine);
    Q_EMIT asked(heard.args(), function, heard);
    if (const QString text = errors.firstText(); !text.isEmpty())
        reply->fail(text);
    return future;
}

void PyventQmlAnswerer::setName(const QString &name)
{
    if (name == m_link.pattern())
        return;
    m_link.setPattern(name);
    Q_EMIT nameChanged();
}

void PyventQmlAnswerer::setSender(const QString &sender)
{
    if (sender == m_link.sender())
        return;
    m_link.setSender(sender);
    Q_EMIT senderChanged();
}

void PyventQmlAnswerer::setEnabled(bool enabled)
{
    if (enabled == m_link.isEnabled())
        return;
    m_link.setEnabled(enabled);
    Q_EMIT enabledChanged();
}
