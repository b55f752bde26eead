// SPDX-License-Identifier: MIT
#ifndef PYVENTSUBSCRIPTION_H
#define PYVENTSUBSCRIPTION_H

#include "pyventevent.h"
#include "pyventsender.h"

#include <QtCore/qobject.h>

class PyventNodePrivate;

/*!
    One event's name as a QObject, so that QObject::connect() does with it all that it can do.
    Made by PyventNode::event(), which subscribes to the name, owned by the node, and living in the node's thread.
*/
class PYVENT_EXPORT PyventSubscription : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString name READ name CONSTANT)
    Q_PROPERTY(QString sender READ sender CONSTANT)

public:
    ~PyventSubscription() override;

    /*! The name, or the glob, that this subscription hears. */
    QString name() const;

    /*! The sender that events must have, empty for any. */
    QString sender() const;

Q_SIGNALS:
    /*! The event \a event was heard; \a args are its keyword arguments. */
    void received(const QVariantMap &args, const PyventEvent &event);

private:
    friend class PyventNodePrivate;
    PyventSubscription(const QString &name, const PyventSender &sender);

    QString m_name;
    PyventSender m_sender;
};

#endif
