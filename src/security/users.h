// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_USERS_H
#define PYVENT_SECURITY_USERS_H

#include <QtCore/qstring.h>

#include <optional>
#include <vector>

#include <sys/types.h>

// The system's users and groups. These ask its databases, which may take a while where they are on a network.

namespace Pyvent::Internal {

std::optional<uid_t> userOf(const QString &name);
std::optional<gid_t> groupOf(const QString &name);

// The groups of \a user, the first one included.
std::vector<gid_t> groupsOf(uid_t user);

// "ada (1001)", for people.
QString describeUser(uid_t user);

} // namespace Pyvent::Internal

#endif
