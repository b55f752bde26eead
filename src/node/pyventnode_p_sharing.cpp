// SPDX-License-Identifier: MIT
// Handlers that share events with those of other nodes: PyventFilter::share.
#include "node/pyventnode_p.h"

#include "dispatch/longwork.h"

using namespace Pyvent::Internal;

void PyventNodePrivate::addMember(const Lock &lock, quint32 number, std::shared_ptr<Receiver> receiver,
                                  const QString &group)
{
    const PyventSender &sender = receiver->sender();
    const ShareGroup share{group.toUtf8(), receiver->pattern().text().toUtf8(),
                           sender.isAny() ? QByteArray() : sender.name().toUtf8()};
    m_session(lock).addMember(number, std::move(receiver), share, Clock::now());
    wantService(lock);
}

QMetaObject::Connection PyventNodePrivate::addSharingHandler(const QString &pattern, const PyventFilter &filter,
                                                             const QObject *context, PyventBinding::Callback callback,
                                                             Receiver::Hears hears)
{
    const quint32 number = m_session(lock()).members().newNumber();
    QMetaObject::Connection connection;
    const auto handler =
        makeHandler(pattern, filter, context, sharing(number, std::move(callback)), hears, &connection);
    const Lock lock = this->lock();
    addMember(lock, number, handler, filter.share);
    start(lock);
    return connection;
}

// \a callback as member \a number runs it. For as long as it works, the server gives this member nothing else.
PyventBinding::Callback PyventNodePrivate::sharing(quint32 number, PyventBinding::Callback callback)
{
    return [weak = weak_from_this(), number, callback = std::move(callback)](const PyventEvent &event) {
        const auto self = weak.lock();
        return self ? self->work(number, callback, event) : QString();
    };
}

// In the handler's thread. What it throws, or cannot be called with, is finished as well: it would do the same to the next member.
QString PyventNodePrivate::work(quint32 number, const PyventBinding::Callback &callback, const PyventEvent &event)
{
    const std::optional<quint64> id = m_session(lock()).beginWork(number);
    if (!id)
        return {};
    const LongWork work(event);
    QString why;
    try {
        why = callback(event);
    } catch (...) {
        endWork(number, *id);
        throw;
    }
    if (!work.whenDone()) {
        endWork(number, *id);
        return why;
    }
    work.whenDone()([weak = weak_from_this(), number, id = *id] {
        if (const auto self = weak.lock())
            self->endWork(number, id);
    });
    return why;
}

// In any thread.
void PyventNodePrivate::endWork(quint32 number, quint64 id)
{
    Lock lock = this->lock();
    m_session(lock).endWork(number, id);
    hasReplied(std::move(lock));
}
