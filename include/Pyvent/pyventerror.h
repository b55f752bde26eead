// SPDX-License-Identifier: MIT
#ifndef PYVENTERROR_H
#define PYVENTERROR_H

#include "pyventglobal.h"

#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

/*!
    An error: its kind, its subject, and a text that says what to do. See PyventNode::errorOccurred() and
    PyventNode::lastError().
*/
struct PYVENT_EXPORT PyventError
{
    Q_GADGET
    Q_PROPERTY(Code code MEMBER code)
    Q_PROPERTY(QString text MEMBER text)
    Q_PROPERTY(QString subject MEMBER subject)

public:
    enum Code {
        NoError,
        InvalidName,       /*!< An event's name, a glob or a sender that is not allowed. */
        InvalidArgument,   /*!< A value that cannot be sent, or an argument's name that would end Python's receivers. */
        InvalidHandler,    /*!< A slot that does not exist, or parameters that do not fit the function. */
        InvalidOption,     /*!< An option outside of its range. */
        ConfiguredTooLate, /*!< Options were changed after first use. */
        EventTooLarge,     /*!< The event is larger than PyventOptions::maximumEventSize. */
        QueueFull,         /*!< The server acknowledges too slowly, or not at all, and the send queue is full. */
        PortTaken,         /*!< The port, or the next one, is bound by something that is no Pyvent server. */
        CannotServe,       /*!< The server could not be started for another reason. */
        ServerNotResponding, /*!< Something accepts the connection but does not answer as a Pyvent server, or the
                                  server's host has no address. */
        UnreadableFrame, /*!< Something was received that is no event. Reported once per sending node, name and kind. */
        EventsNotDelivered, /*!< The linger ran out before the server had acknowledged everything. */
        UsedAfterFork,      /*!< A node that was made before fork() was used in the child. */
        OutOfResources,  /*!< The system gives no more file descriptors, threads or memory. The node goes on trying. */
        NotAllowed,      /*!< The server, or this process, is another user's than PyventOptions::localAccess has. */
        EventRefused,    /*!< The server does not pass on what this node sends. The text says why. */
        ForwardingLoop,  /*!< PyventNode::forward() was given an event that was sent on this very bus. Told once. */
        OriginForgotten, /*!< There are more nodes on other buses than PyventNode::forward() stands in for. */
        NotSupported     /*!< The server cannot do what was asked for: it is Python's, or of an earlier version. */
    };
    Q_ENUM(Code)

    Code code = NoError;
    QString text;    /*!< For people: what happened and what to do. */
    QString subject; /*!< An event's name, an option, a port, a host or a slot. */

    explicit operator bool() const noexcept { return code != NoError; }
    friend bool operator==(const PyventError &, const PyventError &) = default;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventError &error);

Q_DECLARE_METATYPE(PyventError)

#endif
