// SPDX-License-Identifier: MIT
#include "pyventvalue.h"

#include "dispatch/name.h"
#include "node/pyventnode_p.h"

#include <QtCore/qpointer.h>
#include <QtCore/qthread.h>
#include <QtCore/qtimer.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// What a value has besides its type.
class PyventValuePrivate
{
public:
    using Clock = std::chrono::steady_clock;
    using State = PyventNodePrivate::ValueState;

    PyventValuePrivate(PyventValueBase *value, PyventNode *ofNode, const QString &itsName)
        : name(itsName)
        , node(ofNode)
        , timer(value)
    {
        timer.setSingleShot(true);
        QObject::connect(&timer, &QTimer::timeout, value, [this, value] { lookAtAge(value); });
    }

    void hold(PyventValueBase *value);
    void release();
    void update(PyventValueBase *value);
    void lookAtAge(PyventValueBase *value);
    bool isKnown() const { return bool(state.write.version); }
    std::chrono::milliseconds age() const;

    const QString name;
    const QPointer<PyventNode> node;
    std::weak_ptr<PyventNodePrivate> inside;
    std::shared_ptr<HeldValue> held;
    State state;
    QVariant written;
    QString sender;
    std::chrono::milliseconds staleAfter{0};
    QTimer timer;
};

void PyventValuePrivate::hold(PyventValueBase *value)
{
    if (!node)
        return;
    const auto insideOfNode = PyventNodePrivate::of(*node);
    QString why = whyNotAName(name);
    PyventError::Code code = PyventError::InvalidName;
    if (why.isEmpty() && PyventPattern(name).isGlob())
        why = u"a value has one name, and '%1' stands for many"_s.arg(name);
    if (why.isEmpty() && value->thread() != node->thread()) {
        why = u"the value '%1' does not live in its node's thread"_s.arg(name);
        code = PyventError::InvalidHandler;
    }
    if (!why.isEmpty()) {
        insideOfNode->fail(insideOfNode->lock(), {code, why, name});
        insideOfNode->tell();
        return;
    }
    inside = insideOfNode;
    held = insideOfNode->holdValue(name, [this, value] { update(value); });
    insideOfNode->tell();
    update(value); // another one in this program may have it already
}

void PyventValuePrivate::release()
{
    if (const auto last = std::exchange(held, nullptr)) {
        last->hasEnded = true;
        if (const auto insideOfNode = inside.lock())
            insideOfNode->releaseValue(last);
    }
}

// Taken before anybody is told, since that runs code of the user's.
void PyventValuePrivate::update(PyventValueBase *value)
{
    const auto insideOfNode = inside.lock();
    if (!insideOfNode)
        return;
    State newest = insideOfNode->valueState(*held);
    if (newest.write.version == state.write.version)
        return;
    state = std::move(newest);
    PyventFrame frame;
    frame.name = name;
    frame.pickle = state.write.pickle;
    QString why;
    QString named;
    const std::optional<QVariantMap> arguments = frame.arguments(&named, &why);
    written = arguments ? arguments->value(u"value"_s) : QVariant();
    sender = !named.isEmpty()          ? named
        : state.write.sender.isEmpty() ? u"pyvent"_s
                                       : QString::fromUtf8(state.write.sender);
    if (arguments && !arguments->contains(u"value"_s))
        why = u"it has no argument 'value'"_s;
    const QPointer<PyventValueBase> self = value;
    lookAtAge(value);
    if (!self)
        return;
    if (why.isEmpty())
        value->take(written, &why);
    if (!self)
        return;
    if (!why.isEmpty()) {
        insideOfNode->handlerFailed(name, why);
        if (self)
            Q_EMIT value->mistyped(written, why);
    }
    if (self)
        Q_EMIT value->changed();
}

std::chrono::milliseconds PyventValuePrivate::age() const
{
    return isKnown() ? std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - state.since)
                     : std::chrono::milliseconds::max();
}

void PyventValuePrivate::lookAtAge(PyventValueBase *value)
{
    timer.stop();
    const bool isLimited = staleAfter > 0ms;
    const bool isStale = isLimited && age() >= staleAfter;
    if (isLimited && !isStale)
        timer.start(std::min<std::chrono::milliseconds>(staleAfter - age(), 24h) + 1ms);
    value->m_stale = isStale;
}

PyventValueBase::PyventValueBase(PyventNode *node, QAnyStringView name, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<PyventValuePrivate>(this, node, name.toString()))
{
}

PyventValueBase::~PyventValueBase()
{
    d->release();
}

void PyventValueBase::hold()
{
    d->hold(this);
}

void PyventValueBase::release()
{
    d->release();
}

PyventNode *PyventValueBase::node() const
{
    return d->node;
}

QString PyventValueBase::name() const
{
    return d->name;
}

bool PyventValueBase::isKnown() const
{
    return d->isKnown();
}

QVariant PyventValueBase::written() const
{
    return d->written;
}

QUuid PyventValueBase::origin() const
{
    const QUuid &writer = d->state.write.version.node;
    return isNobody(writer) ? QUuid() : writer;
}

QString PyventValueBase::sender() const
{
    return d->sender;
}

QDateTime PyventValueBase::time() const
{
    return isKnown() ? QDateTime::fromMSecsSinceEpoch(d->state.write.time / 1000, Qt::UTC) : QDateTime();
}

std::chrono::milliseconds PyventValueBase::age() const
{
    return d->age();
}

std::chrono::milliseconds PyventValueBase::staleAfter() const
{
    return d->staleAfter;
}

void PyventValueBase::setStaleAfter(std::chrono::milliseconds age)
{
    d->staleAfter = age;
    d->lookAtAge(this);
}

bool PyventValueBase::write(const QVariant &value)
{
    const auto inside = d->inside.lock();
    return inside && d->held && inside->setValue(d->name, value);
}

QFuture<bool> PyventValueBase::writeIfUnchanged(const QVariant &value, std::chrono::milliseconds timeout)
{
    const auto inside = d->inside.lock();
    if (inside && d->held)
        return inside->compareAndSet(*d->held, value, timeout);
    QPromise<bool> refused; // canceled by its end
    refused.start();
    return refused.future();
}

QFuture<bool> PyventValueBase::no()
{
    QPromise<bool> promise;
    promise.start();
    promise.addResult(false);
    promise.finish();
    return promise.future();
}
