// SPDX-License-Identifier: MIT
#include "pyventqmlvalue.h"

#include "valuefromjs.h"
#include "valuetoqml.h"

#include <PyventPattern>

#include <QtCore/qfuturewatcher.h>
#include <QtQml/qjsengine.h>

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

PyventQmlValue::PyventQmlValue(QObject *parent)
    : QObject(parent)
    , m_link(this, QString(), QString())
{
    connect(&m_link, &Pyvent::Qml::NodeLink::nodeChanged, this, &PyventQmlValue::nodeChanged);
    connect(&m_link, &Pyvent::Qml::NodeLink::runningChanged, this, &PyventQmlValue::hold);
}

PyventQmlValue::~PyventQmlValue() = default;

void PyventQmlValue::componentComplete()
{
    m_isComplete = true;
    m_wasStale = isStale();
    m_link.complete();
    hold(m_running);
}

void PyventQmlValue::setName(const QString &name)
{
    if (std::exchange(m_name, name) == name)
        return;
    hold(m_running);
    Q_EMIT nameChanged();
}

void PyventQmlValue::hold(PyventNode *node)
{
    m_running = node;
    m_held.reset();
    if (!m_isComplete || !node || m_name.isEmpty())
        return;
    QString why = PyventPattern(m_name).whyInvalid();
    if (why.isEmpty() && PyventPattern(m_name).isGlob())
        why = u"'%1' stands for many names"_s.arg(m_name);
    if (!why.isEmpty())
        return m_link.warn(u"has no value: "_s + why);
    m_held = std::make_unique<PyventValue<QVariant>>(node, m_name);
    connect(m_held.get(), &PyventValueBase::changed, this, &PyventQmlValue::update);
    connect(m_held.get(), &PyventValueBase::staleChanged, this, &PyventQmlValue::update);
    m_held->setStaleAfter(std::chrono::milliseconds(qRound64(m_staleAfter * 1000)));
    if (std::exchange(m_isPending, false))
        write(std::exchange(m_pending, {}));
    update();
}

void PyventQmlValue::update()
{
    const QPointer<PyventQmlValue> self = this;
    if (m_held && m_held->isKnown()) {
        QVariant value = Pyvent::Qml::valueToQml(m_held->written());
        if (value != m_value) {
            m_value = std::move(value);
            Q_EMIT valueChanged();
        }
        if (self)
            Q_EMIT changed();
    }
    if (self && std::exchange(m_wasStale, isStale()) != m_wasStale)
        Q_EMIT staleChanged();
}

// What JavaScript gives may be an object of its own.
bool PyventQmlValue::read(const QJSValue &value, QVariant *result)
{
    QJSEngine *const engine = qjsEngine(this);
    if (!engine)
        return false;
    QJSValue arguments = engine->newObject();
    arguments.setProperty(u"value"_s, value);
    Pyvent::Qml::ValueFromJs reader(engine);
    QVariantMap read;
    if (!reader.readArguments(arguments, &read)) {
        m_link.warn(u"is not written: "_s + reader.problem());
        return false;
    }
    *result = read.value(u"value"_s);
    return true;
}

void PyventQmlValue::setValue(const QVariant &value)
{
    QJSEngine *const engine = qjsEngine(this);
    QVariant read = value;
    if (engine
        && !this->read(value.metaType() == QMetaType::fromType<QJSValue>() ? value.value<QJSValue>()
                                                                           : engine->toScriptValue(value),
                       &read))
        return;
    if (!m_isComplete) { // it is only what it has until a write is known
        m_value = Pyvent::Qml::valueToQml(read);
        Q_EMIT valueChanged();
        return;
    }
    if (m_held && m_held->isKnown() && Pyvent::Qml::valueToQml(read) == m_value)
        return;
    if (m_held) {
        write(read);
        return;
    }
    m_pending = read;
    m_isPending = true;
    m_value = Pyvent::Qml::valueToQml(read);
    Q_EMIT valueChanged();
}

bool PyventQmlValue::write(const QVariant &value)
{
    if (m_held->setValue(value))
        return true;
    m_link.warn(u"is not written: "_s + m_held->node()->lastError().text);
    return false;
}

bool PyventQmlValue::isKnown() const
{
    return m_held && m_held->isKnown();
}

QString PyventQmlValue::origin() const
{
    return m_held && !m_held->origin().isNull() ? m_held->origin().toString(QUuid::WithoutBraces) : QString();
}

QString PyventQmlValue::sender() const
{
    return m_held ? m_held->sender() : QString();
}

QDateTime PyventQmlValue::time() const
{
    return m_held ? m_held->time() : QDateTime();
}

double PyventQmlValue::age() const
{
    return isKnown() ? double(m_held->age().count()) / 1000 : std::numeric_limits<double>::infinity();
}

void PyventQmlValue::setStaleAfter(double seconds)
{
    const double limit = seconds > 0 ? std::min(seconds, 86'400.0 * 365) : 0; // and NaN is no time
    if (std::exchange(m_staleAfter, limit) == limit)
        return;
    if (m_held)
        m_held->setStaleAfter(std::chrono::milliseconds(qRound64(limit * 1000)));
    Q_EMIT staleAfterChanged();
    update();
}

bool PyventQmlValue::isStale() const
{
    return m_held ? m_held->isStale() : m_staleAfter > 0;
}

void PyventQmlValue::compareAndSet(const QJSValue &expected, const QJSValue &desired, const QJSValue &callback)
{
    QVariant from;
    QVariant to;
    if (!read(expected, &from) || !read(desired, &to))
        return;
    if (!m_held) {
        m_link.warn(u"is not written, because the element is not on the bus"_s);
        return;
    }
    if (Pyvent::Qml::valueToQml(from) != m_value) {
        callback.call({QJSValue(false)});
        return;
    }
    auto *const watcher = new QFutureWatcher<bool>(this);
    connect(watcher, &QFutureWatcher<bool>::finished, this, [watcher, callback] {
        watcher->deleteLater();
        const QFuture<bool> future = watcher->future();
        const bool isAnswered = !future.isCanceled() && future.resultCount() > 0;
        callback.call({isAnswered ? QJSValue(future.result()) : QJSValue()});
    });
    watcher->setFuture(m_held->compareAndSet(m_held->value(), to));
}
