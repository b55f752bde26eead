// SPDX-License-Identifier: MIT
#ifndef PYVENTFRAME_H
#define PYVENTFRAME_H

#include "pyventglobal.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>
#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

#include <optional>

/*!
    One event as it travels, with its arguments undecoded: what a bridge between buses, or a recorder, needs of it.

    PyventNode::onFrame() hears events so, and PyventNode::forward() sends one on another bus in the name of the node that sent it
    first. There, node and number are what tells it from all others: whoever stores or transports frames has to keep all members
    but previous, replayed and forwarded as they are.

    An event of a Python node has a name and a pickle only: nodeId is null, and sequence, time and previous are 0. It cannot be
    forwarded, since nothing would tell it from the same event that comes by another way; PyventNode::send() sends its arguments.
*/
struct PYVENT_EXPORT PyventFrame
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(QString sender MEMBER sender)
    Q_PROPERTY(QByteArray pickle MEMBER pickle)
    Q_PROPERTY(QUuid nodeId MEMBER nodeId)
    Q_PROPERTY(quint64 sequence MEMBER sequence)
    Q_PROPERTY(qint64 time MEMBER time)
    Q_PROPERTY(qint64 previous MEMBER previous)
    Q_PROPERTY(bool replayed MEMBER replayed)
    Q_PROPERTY(bool forwarded MEMBER forwarded)
    Q_PROPERTY(quint64 stamp MEMBER stamp)

public:
    QString name; /*!< The event's name, "order-food". */
    QString
        sender; /*!< Its full sender, "pyvent.{id}" or the one that was given to send(); empty means "pyvent", or, of an event
                               of a Python node, that it stands in the pickle if it is another one. */
    QByteArray
        pickle;   /*!< The keyword arguments, as they came: nobody has looked at them. Empty where there are none. */
    QUuid nodeId; /*!< The node that sent it first; null: a Python node. */
    quint64 sequence = 0; /*!< Counts this node's events of this name from 1. */
    qint64 time = 0;      /*!< When it was sent, in µs since 1970-01-01T00:00:00Z, by the sender's clock. */
    qint64 previous =
        0; /*!< When the event before it in its stream was sent on this bus, in the same unit; 0: it is the first one. */
    bool replayed = false;  /*!< It was sent before, and the handler asked for the past: PyventFilter::replay. */
    bool forwarded = false; /*!< It was sent on another bus first, and came to this one by forward(). */
    quint64 stamp =
        0; /*!< It is a write of a PyventValue: which one, in the order of all writes of that value; 0: it is none. */

    /*!
        Reads the keyword arguments out of the pickle, as a handler's event has them: without running anything. \a from becomes
        the one that the pickle names; empty where it names none, as nodes of this module do for their default one. Returns nothing
        where the pickle cannot be read, or expands beyond the README's Limits; \a whyNot then says why, for people. May be called from any
        thread.
    */
    [[nodiscard]] std::optional<QVariantMap> arguments(QString *from = nullptr, QString *whyNot = nullptr) const;

    /*!
        Makes the pickle that a node sends for these keyword arguments, and takes \a from for the frame's, if it is not empty. One
        that is no default, "pyvent" or "pyvent.{id}", goes into the pickle as well, where Python's nodes look for it. Returns
        false, and changes nothing, where send() would refuse them; \a whyNot then says why, for people. May be called from any thread.
    */
    bool setArguments(const QVariantMap &args, const QString &from = {}, QString *whyNot = nullptr);

    friend bool operator==(const PyventFrame &, const PyventFrame &) = default;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventFrame &frame);

Q_DECLARE_METATYPE(PyventFrame)

#endif
