// SPDX-License-Identifier: MIT
#ifndef PYVENTSENDER_H
#define PYVENTSENDER_H

#include "pyventglobal.h"

#include <QtCore/qanystringview.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

#include <chrono>

/*!
    The sender that a handler listens to. The sender S matches events of S itself and of all senders that begin with "S.",
    so the default, "pyvent", matches every node that sends without naming a sender, with or without an id.
*/
class PYVENT_EXPORT PyventSender
{
public:
    /*! Matches every sender. */
    enum AnySender { Any };

    PyventSender() = default;
    PyventSender(AnySender)
        : m_any(true)
        , m_name()
    {
    }
    template <typename String>
    requires std::is_convertible_v<const String &, QAnyStringView> PyventSender(const String &name)
        : m_name(QAnyStringView(name).toString())
    {
    }

    bool isAny() const noexcept { return m_any; }
    QString name() const { return m_name; }

    /*! Whether PyventNode::on() takes it. */
    bool isValid() const { return whyInvalid().isEmpty(); }

    /*! Why it is not valid, for people: "a sender cannot be empty". Empty if it is valid. */
    QString whyInvalid() const;

    /*! Whether a handler with this sender hears an event of the sender \a sender. */
    bool matches(QStringView sender) const noexcept
    {
        return m_any
            || (sender.startsWith(m_name)
                && (sender.size() == m_name.size() || sender[m_name.size()] == QLatin1Char('.')));
    }

    friend bool operator==(const PyventSender &, const PyventSender &) = default;

private:
    bool m_any = false;
    QString m_name = QStringLiteral("pyvent");
};

/*!
    \internal
    Keeps { "food" } from being read as a filter where it means a list of parameters: a filter is written with its
    member's name, {.sender = "customer-manager"}.
*/
class PyventNamedMembersOnly
{
public:
    explicit PyventNamedMembersOnly() noexcept { }
};

/*!
    The past that a handler hears: events that were sent before it listened, and that their senders still keep. If both
    members are set, an event must fit both.
*/
struct PyventReplay
{
    /*! The number of last events of each sending node; 0: any number. */
    qsizetype last = 0;

    /*! The time back to which events are heard; 0: any time. */
    std::chrono::milliseconds since = std::chrono::milliseconds(0);

    bool isNone() const noexcept { return last <= 0 && since <= std::chrono::milliseconds(0); }
};

/*!
    Chooses those of a name's events that a handler hears: {.sender = "customer-manager"}, {.sender = PyventSender::Any};
    {.replay = {.last = 10}} and {.replay = {.since = 30s}} add events that were sent before.

    From each sending node, the replayed events come first, in the order sent, with PyventEvent::replayed set, and then
    the node's new events, each once. Other handlers do not hear the replayed ones again. A node keeps its newest 100,000
    events, 64 MiB or 60 s of events, whichever limit is reached first, and none after its end; Python nodes keep none.
    A glob has no past.

    {.latest = true} is for a handler that looks at the present, such as a gauge: of the events that wait for it, only the newest of
    each name and sending node is delivered. What is skipped is not decoded, takes no room where events wait, and is counted, in
    PyventEvent::skipped; so however slow the handler is, no event is lost for its sake, and no sender waits for it. The last event
    always arrives. {.atMostEvery = 100ms} does the same, and calls the handler no more than once in that time for each name and
    sending node; the newest event comes when the time is over.

    Both are for on(), onFrame() and event(); dispatch() calls the handler each time. With a replay, the newest event of the past comes
    first. Python's nodes count as one sending node. While events of 100,000 names and nodes, or of 64 MiB, wait for one handler, those of
    further names and nodes are lost: PyventNode::eventsLost().

    answer() refuses these two, replay and last: whoever asks a question that is skipped, or has asked it before, would wait for nothing.
*/
struct PyventFilter
{
    PyventNamedMembersOnly named = PyventNamedMembersOnly();
    PyventSender sender = {};
    PyventReplay replay = {};

    /*! Delivers only the newest event of those that wait. */
    bool latest = false;

    /*! The least time between two events of a name and a sending node that are delivered; 0: none. */
    std::chrono::milliseconds atMostEvery = std::chrono::milliseconds(0);

    /*! The handler first hears the newest event of the name that the server still has, with PyventEvent::replayed set, unless a newer one
        comes before that: also a Python node's, and also after its sender's end. A server of this module keeps the newest event of each of
        the 100,000 names that were used last, if it has 60 KiB at most, and 64 MiB in all, for as long as it serves; Python's keeps
        none, and then nothing of the past comes. Cannot be combined with replay, which brings it as well. A glob has no last event. */
    bool last = false;

    /*! The name of a group whose handlers share the work, of 1 to 255 bytes of UTF-8 without control characters: of all handlers with this
        name, filter and group, on the whole bus, one gets each event; whoever has been free for longest does, and only when it has
        finished the one before. A handler has finished when it returns, or throws; one that returns a QFuture, when that has ended. If
        its node is lost before, or leaves, or the handler is taken away, another member gets the event, with PyventEvent::redelivered
        set: so an event may be worked on twice. One with which five members were lost goes to nobody any more, and its sender is told.

        Events that come while nobody is free wait at the server: 64 MiB for each group, and 256 MiB in all, and for 60 s after the last
        member is gone; of what is lost then, the sender is told with PyventError::EventRefused, unless it waits:
        PyventOptions::whenReceiversLag. When the server is lost, senders give the next one what was not finished; Python's cannot. A
        server of Python's gives each event to all, so a handler with a group hears nothing there, and the node says so with
        PyventError::NotSupported.

        For on(), onFrame() and event(). A handler hears its share of what its own node sends, too, whatever PyventOptions::hearOwnEvents
        has; dispatch() does not call it. Not to be combined with replay, latest, atMostEvery and last. */
    QString share = {};
};

Q_DECLARE_METATYPE(PyventSender)

#endif
