// SPDX-License-Identifier: MIT
#ifndef PYVENTSUBSCRIPTION_H
#define PYVENTSUBSCRIPTION_H

#include "pyventevent.h"
#include "pyventsender.h"
#include "pyventstaleness.h"

#include <QtCore/qobject.h>

#include <chrono>

class PyventNodePrivate;

/*!
    One event's name as a QObject, so that QObject::connect() does with it all that it can do.
    Made by PyventNode::event(), which subscribes to the name, owned by the node, and living in the node's thread.

    It knows how long ago it has heard something:
    \code
    PyventSubscription *oven = node.event("oven.temperature", {.latest = true});
    oven->setStaleAfter(2s);
    connect(oven, &PyventSubscription::received, gauge, [gauge](const QVariantMap &args) { gauge->show(args["value"]); });
    connect(oven, &PyventSubscription::staleChanged, gauge, &Gauge::setGrey);
    \endcode
    Whoever calls event() with the same name and filter gets the same subscription, with its staleAfter(). All of this is for the
    node's thread.
*/
class PYVENT_EXPORT PyventSubscription : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString name READ name CONSTANT)
    Q_PROPERTY(QString sender READ sender CONSTANT)
    Q_PROPERTY(quint64 skipped READ skipped NOTIFY skippedChanged)
    Q_PROPERTY(std::chrono::milliseconds staleAfter READ staleAfter WRITE setStaleAfter NOTIFY staleAfterChanged)
    Q_PROPERTY(bool stale READ isStale NOTIFY staleChanged)
    Q_PROPERTY(QDateTime lastHeard READ lastHeard)

public:
    ~PyventSubscription() override;

    /*! The name, or the glob, that this subscription hears. */
    QString name() const;

    /*! The sender that events must have, empty for any. */
    QString sender() const;

    /*! The number of events that were skipped so far, as PyventFilter::latest and atMostEvery have it. */
    quint64 skipped() const;

    /*! The age from which on the subscription is stale: when nothing was heard for so long. 0, the default: never. */
    std::chrono::milliseconds staleAfter() const;
    void setStaleAfter(std::chrono::milliseconds age);

    /*! Whether nothing was heard for staleAfter(), or nothing yet. Always false if that is 0. */
    bool isStale() const;

    /*! How long ago the last event was heard; -1 ms before the first. A replayed event is as old as its sender's clock says;
        a Python node's, whose age nobody knows, does not count. */
    std::chrono::milliseconds age() const;

    /*! When the last event was heard, in UTC; invalid before the first. */
    QDateTime lastHeard() const;

Q_SIGNALS:
    /*! The event \a event was heard; \a args are its keyword arguments. */
    void received(const QVariantMap &args, const PyventEvent &event);

    void skippedChanged(quint64 skipped);
    void staleAfterChanged();
    void staleChanged(bool stale);

private:
    friend class PyventNodePrivate;
    PyventSubscription(const QString &name, const PyventSender &sender);
    void hear(const PyventEvent &event);

    QString m_name;
    PyventSender m_sender;
    quint64 m_skipped = 0;
    PyventStaleness *m_staleness; // a child
};

#endif
