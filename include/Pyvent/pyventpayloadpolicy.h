// SPDX-License-Identifier: MIT
#ifndef PYVENTPAYLOADPOLICY_H
#define PYVENTPAYLOADPOLICY_H

#include "pyventglobal.h"

#include <QtCore/qstringlist.h>

/*!
    What a server passes on to Python's nodes. See PyventSecurity::payloads.

    Python's nodes read arguments with pickle, which runs what a pickle says: whoever may send an event can have them run a program. So a
    server of this module looks at each event before Python's nodes get it, and passes on only what makes plain values and instances of
    harmless types of Python's standard library (and NumPy's arrays). Nodes of this module read all events: they run nothing.
*/
class PyventPayloadPolicy
{
public:
    enum Kind {
        Refuse, /*!< What is not harmless does not reach Python's nodes. Its sender is told. The default. */
        Warn,   /*!< It does, and the server logs a warning. */
        Off     /*!< Nobody looks. */
    };

    PyventPayloadPolicy(Kind kind = Refuse)
        : m_kind(kind)
    {
    }

    /*! Python's nodes also get what makes instances of \a names, such as "shop.Order": classes and functions of Python's, which
        events may then call with any arguments. */
    static PyventPayloadPolicy withNames(const QStringList &names, Kind kind = Refuse)
    {
        PyventPayloadPolicy policy(kind);
        policy.m_names = names;
        return policy;
    }

    Kind kind() const { return m_kind; }
    QStringList names() const { return m_names; }

    friend bool operator==(const PyventPayloadPolicy &, const PyventPayloadPolicy &) = default;

private:
    Kind m_kind;
    QStringList m_names;
};

#endif
