// SPDX-License-Identifier: MIT
#ifndef PYVENTSENDER_H
#define PYVENTSENDER_H

#include "pyventglobal.h"

#include <QtCore/qanystringview.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

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

/*! Which of a name's events a handler hears: {.sender = "customer-manager"} or {.sender = PyventSender::Any}. */
struct PyventFilter
{
    PyventNamedMembersOnly named = PyventNamedMembersOnly();
    PyventSender sender = {};
};

Q_DECLARE_METATYPE(PyventSender)

#endif
