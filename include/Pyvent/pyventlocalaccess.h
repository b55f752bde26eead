// SPDX-License-Identifier: MIT
#ifndef PYVENTLOCALACCESS_H
#define PYVENTLOCALACCESS_H

#include "pyventglobal.h"

#include <QtCore/qstringlist.h>

/*!
    Which users of this machine may be on a bus. See PyventOptions::localAccess.

    Both ends ask the system for the other one's user: a server lets nobody else in, and a node joins nobody else's server. root is
    always one of them, since nothing could keep it out. Who comes from another machine has no user here, and is not looked at.
*/
class PyventLocalAccess
{
public:
    enum Kind { OwnUser, Group, Users, Everyone };

    /*! The user of the process alone. */
    PyventLocalAccess() = default;

    /*! The members of the group \a name, as the system has them when they connect, and the user of the process. */
    static PyventLocalAccess group(const QString &name) { return PyventLocalAccess(Group, {name}); }

    /*! The users \a names, and the user of the process. */
    static PyventLocalAccess users(const QStringList &names) { return PyventLocalAccess(Users, names); }

    /*! All users of the machine. */
    static PyventLocalAccess everyone() { return PyventLocalAccess(Everyone, {}); }

    Kind kind() const { return m_kind; }
    QStringList names() const { return m_names; } /*!< The group's name, or the users'. */

    friend bool operator==(const PyventLocalAccess &, const PyventLocalAccess &) = default;

private:
    PyventLocalAccess(Kind kind, const QStringList &names)
        : m_kind(kind)
        , m_names(names)
    {
    }

    Kind m_kind = OwnUser;
    QStringList m_names;
};

#endif
