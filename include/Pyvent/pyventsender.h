// SPDX-License-Identifier: MIT
#ifndef PYVENTSENDER_H
#define PYVENTSENDER_H

#include "pyventglobal.h"

#include <QtCore/qanystringview.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

#include <chrono>

/*!
    Whom a handler listens to. The sender S matches events of S itself and of everyone whose sender begins with "S.", so
    the default, "pyvent", hears every node that sends without naming a sender, with or without an id.
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
    What a handler hears of the past: events that were sent before it listened, and that their senders still keep. With both
    members set, an event must fit both.
*/
struct PyventReplay
{
    /*! Of each sending node, its last events, so many at most; 0: any number. */
    qsizetype last = 0;

    /*! Events that were sent so long ago at most; 0: any time. */
    std::chrono::milliseconds since = std::chrono::milliseconds(0);

    bool isNone() const noexcept { return last <= 0 && since <= std::chrono::milliseconds(0); }
};

/*!
    Which of a name's events a handler hears: {.sender = "customer-manager"} or {.sender = PyventSender::Any}, and with
    {.replay = {.last = 10}} or {.replay = {.since = 30s}} also those that were sent before.

    Of each sending node what is replayed comes first, in the order sent, with PyventEvent::replayed set, and then what the
    node sends, each event once. Other handlers do not hear it again. A sender keeps its newest 100,000 events, 64 MiB or
    those of 60 s, whichever is first, and nothing beyond its own end; Python nodes keep nothing. Only one name has a past,
    not a glob.
*/
struct PyventFilter
{
    PyventNamedMembersOnly named = PyventNamedMembersOnly();
    PyventSender sender = {};
    PyventReplay replay = {};
};

Q_DECLARE_METATYPE(PyventSender)

#endif
