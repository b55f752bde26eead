// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_LANEFOLDER_H
#define PYVENT_TRANSPORT_LANEFOLDER_H

#include "pyventlocalaccess.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <optional>

#include <sys/un.h>

namespace Pyvent::Internal {

// The folder of the sockets of this user's servers: the user's own, or, where others than the user have \a access, one that they can
// reach.
QByteArray laneFolder(const PyventLocalAccess &access);

// The folder of the locks of this user's servers, whoever has access to them: the user's own.
QByteArray lockFolder();

// The folders in which a node looks for a server's socket, the own first: those of root's services and of the users that \a access
// names come after it.
QByteArrayList laneFolders(const PyventLocalAccess &access);

// Makes \a folder, if it is missing, so that nobody else can put anything into it, and, but \a forOthers, see what is there. Returns
// why that cannot be, for people; empty if it can.
QString prepareLaneFolder(const QByteArray &folder, bool forOthers);

// The address of the lane at \a path; nothing if that is too long for one.
std::optional<sockaddr_un> laneAddress(const QByteArray &path);

} // namespace Pyvent::Internal

#endif
