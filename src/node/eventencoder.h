// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_EVENTENCODER_H
#define PYVENT_NODE_EVENTENCODER_H

#include "delivery/sequencecounter.h"
#include "pyventerror.h"

#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

#include <zmq.hpp>

namespace Pyvent::Internal {

// The time now, in µs since 1970-01-01T00:00:00Z, as trailers have it.
qint64 microsecondsSinceEpoch();

// Turns what the user sends into frames, numbered per name.
class EventEncoder
{
public:
    struct Encoded
    {
        QByteArray topic;
        quint64 sequence = 0;
        qint64 time = 0; // µs since 1970
        zmq::message_t frame;
    };

    explicit EventEncoder(const QUuid &nodeId)
        : m_nodeId(nodeId)
    {
    }

    // The sender of events that are sent without one, "pyvent" or "pyvent.{id}".
    void setDefaultSender(const QString &sender) { m_defaultSender = sender.toUtf8(); }
    void setMaximumFrameSize(qsizetype bytes) { m_maximumFrameSize = bytes; }

    // Makes one event. \a sender replaces the default one if it is not empty; the argument "sender" does
    // the same, as in Python. Returns the error, and uses up no number, if the event cannot be sent:
    // PyventError::QueueFull if it has more than \a room bytes.
    PyventError encode(const QString &name, const QVariantMap &arguments, const QString &sender, qsizetype room,
                       Encoded *encoded);

private:
    PyventError writePayload(const QString &name, const QVariantMap &arguments, const QString &sender);
    PyventError checkSize(const QString &name, qsizetype size, qsizetype room) const;
    zmq::message_t takeFrame();

    const QUuid m_nodeId;
    QByteArray m_defaultSender;
    qsizetype m_maximumFrameSize = 0;
    SequenceCounter m_sequences;
    QString m_name; // the last one, which was found to be good: most are sent again and again
    QByteArray m_topic;
    QByteArray m_buffer; // kept, so that the next event needs no memory of its own
};

} // namespace Pyvent::Internal

#endif
