// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_ACCESSRULE_H
#define PYVENT_SECURITY_ACCESSRULE_H

#include "pyventlocalaccess.h"
#include "security/socketowner.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <sys/types.h>

namespace Pyvent::Internal {

// Which users a PyventLocalAccess means. Not thread-safe.
class AccessRule
{
public:
    using Clock = std::chrono::steady_clock;

    // The groups of a user; the system's, but in tests. None where they are not known.
    using Groups = std::function<std::vector<gid_t>(uid_t user)>;

    explicit AccessRule(const PyventLocalAccess &access);
    AccessRule(const PyventLocalAccess &access, uid_t own, Groups groups);

    // Whether \a user may be at the other end. A user's groups are looked up again after some seconds.
    bool allows(uid_t user, Clock::time_point now = Clock::now());

    // The same for whoever is at the other end of a connection: also who is on another machine, and nobody whom the kernel does not know
    // although it could.
    bool allows(const OtherEnd &other, Clock::time_point now = Clock::now());

    // Others than the own user and root that it names, as far as they are known here.
    const std::vector<uid_t> &named() const { return m_users; }

private:
    const PyventLocalAccess::Kind m_kind;
    const uid_t m_own;
    const Groups m_groups;
    std::vector<uid_t> m_users;
    std::optional<gid_t> m_group;
    struct Known
    {
        bool isMember;
        Clock::time_point until;
    };
    std::map<uid_t, Known> m_known;
};

// Why \a access cannot be, for people; empty if it can.
QString whyNotAnAccess(const PyventLocalAccess &access);

} // namespace Pyvent::Internal

#endif
