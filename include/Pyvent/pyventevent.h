// SPDX-License-Identifier: MIT
#ifndef PYVENTEVENT_H
#define PYVENTEVENT_H

#include "pyventglobal.h"

#include <QtCore/qdatetime.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>
#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

/*!
    One heard event.

    nodeId, sequence and time come from the sending node. They are null, 0 and invalid if that is a Python node, whose
    protocol has no place for them.
*/
struct PYVENT_EXPORT PyventEvent
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(QString sender MEMBER sender)
    Q_PROPERTY(QVariantMap args MEMBER args)
    Q_PROPERTY(QUuid nodeId MEMBER nodeId)
    Q_PROPERTY(quint64 sequence MEMBER sequence)
    Q_PROPERTY(QDateTime time MEMBER time)
    Q_PROPERTY(bool replayed MEMBER replayed)
    Q_PROPERTY(quint64 skipped MEMBER skipped)
    Q_PROPERTY(bool redelivered MEMBER redelivered)

public:
    QString name;          /*!< The event's name, "order-food". */
    QString sender;        /*!< Its sender: "pyvent", "pyvent.{id}", or the sender given to send(). */
    QVariantMap args;      /*!< The keyword arguments, without "sender". */
    QUuid nodeId;          /*!< The UUID of the sending node, new for each node. */
    quint64 sequence = 0;  /*!< Counts this node's events of this name from 1. */
    QDateTime time;        /*!< When it was sent by the sender's clock, in UTC. */
    bool replayed = false; /*!< It was sent before, and the handler asked for the past: PyventFilter::replay. */
    quint64 skipped =
        0; /*!< The number of events of this name and node that the handler did not get since the one before,
                                as PyventFilter::latest and atMostEvery have it. */
    bool redelivered =
        false; /*!< Another member of the group that shares it may have had it before, and was lost before it had
                                   finished: PyventFilter::share. */

    friend bool operator==(const PyventEvent &, const PyventEvent &) = default;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventEvent &event);

Q_DECLARE_METATYPE(PyventEvent)

#endif
