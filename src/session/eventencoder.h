// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_EVENTENCODER_H
#define PYVENT_SESSION_EVENTENCODER_H

#include "delivery/transmitwindow.h"
#include "pickle/argumentlist.h"
#include "pyventerror.h"
#include "wire/frame.h"

#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Internal {

// Turns what the user sends into frames, numbered per name, and keeps them in the transmit window.
class EventEncoder
{
public:
    using Window = TransmitWindow<QByteArray>;

    EventEncoder(const QUuid &nodeId, Window *window)
        : m_nodeId(nodeId)
        , m_window(window)
    {
    }

    // Whether what is sent says that its sender waits for receivers.
    void setWaits(bool waits) { m_flags = waits ? Trailer::Waits : 0; }

    // The sender of events that are sent without one, "pyvent" or "pyvent.{id}".
    void setDefaultSender(const QString &sender) { m_defaultSender = sender.toUtf8(); }
    void setMaximumFrameSize(qsizetype bytes) { m_maximumFrameSize = bytes; }

    // Makes one event. \a sender replaces the default one if it is not empty; the argument "sender" does
    // the same, as in Python. Returns the error, and uses up no number, if the event cannot be sent:
    // PyventError::QueueFull if it has more than \a room bytes. \a time is when it is sent, in µs since 1970. With a \a stamp, it is a
    // write of a shared value.
    PyventError encode(QAnyStringView name, const ArgumentList &arguments, const QString &sender, qsizetype room,
                       qint64 time, Window::Clock::time_point now, QByteArray *frame, quint64 stamp = 0);

    // The same, but it is a write of a shared value that the server sends, if it does: it has no number, and is not kept.
    PyventError encodeForServer(QAnyStringView name, const ArgumentList &arguments, qint64 time, quint64 stamp,
                                QByteArray *frame);

    // Makes an event that is to be sent by the server when this node is lost: it takes no number, and is not kept.
    PyventError encodeWill(QAnyStringView name, const ArgumentList &arguments, const QString &sender, qsizetype room,
                           qint64 time, QByteArray *frame);

    // What is wrong with the arguments of the event \a name. \a sender is the one that was given, and becomes the one among the arguments
    // if none was.
    static PyventError checkArguments(const QString &name, const ArgumentList &arguments, QString *sender);

private:
    PyventError write(QAnyStringView name, const ArgumentList &arguments, const QString &sender, qsizetype room,
                      Trailer *trailer, QByteArray *fullSender);
    PyventError setName(QAnyStringView name);
    PyventError writePayload(const ArgumentList &arguments, const QString &sender);
    PyventError checkSize(qsizetype size, qsizetype room) const;
    QByteArray takeFrame();

    const QUuid m_nodeId;
    quint16 m_flags = 0; // of each trailer
    QByteArray m_defaultSender;
    qsizetype m_maximumFrameSize = 0;
    Window *m_window;
    QString m_name; // the last one, which was found to be good: most are sent again and again
    QByteArray m_topic;
    QByteArray m_buffer; // kept, so that the next event needs no memory of its own
};

} // namespace Pyvent::Internal

#endif
