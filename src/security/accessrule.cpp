// SPDX-License-Identifier: MIT
#include "security/accessrule.h"

#include "security/users.h"

#include <algorithm>

#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr uid_t root = 0;

// There are not more users that could connect, but a user may make new ones in a namespace.
constexpr std::size_t mostRemembered = 10'000;

// A user may leave a group, or join one.
constexpr auto remembersFor = std::chrono::seconds(10);

} // namespace

AccessRule::AccessRule(const PyventLocalAccess &access)
    : AccessRule(access, ::geteuid(), groupsOf)
{
}

AccessRule::AccessRule(const PyventLocalAccess &access, uid_t own, Groups groups)
    : m_kind(access.kind())
    , m_own(own)
    , m_groups(std::move(groups))
{
    const QStringList names = access.names();
    for (const QString &name : names) {
        if (m_kind == PyventLocalAccess::Group)
            m_group = groupOf(name);
        else if (const auto user = userOf(name); user && *user != own && *user != root)
            m_users.push_back(*user);
    }
}

bool AccessRule::allows(uid_t user, Clock::time_point now)
{
    if (m_kind == PyventLocalAccess::Everyone || user == m_own || user == root)
        return true;
    if (m_kind != PyventLocalAccess::Group || !m_group)
        return std::find(m_users.begin(), m_users.end(), user) != m_users.end();
    if (const auto known = m_known.find(user); known != m_known.end() && now < known->second.until)
        return known->second.isMember;
    if (m_known.size() >= mostRemembered)
        m_known.clear();
    const std::vector<gid_t> groups = m_groups(user);
    const bool isMember = std::find(groups.begin(), groups.end(), *m_group) != groups.end();
    if (!groups.empty())
        m_known[user] = {isMember, now + remembersFor};
    return isMember;
}

bool AccessRule::allows(const OtherEnd &other, Clock::time_point now)
{
    if (!other.isLocal)
        return true;
    return other.user ? allows(*other.user, now) : m_kind == PyventLocalAccess::Everyone || !knowsOwners();
}

QString whyNotAnAccess(const PyventLocalAccess &access)
{
    const QStringList names = access.names();
    if (access.kind() == PyventLocalAccess::Group && !groupOf(names.value(0)))
        return u"this machine knows no group '%1'"_s.arg(names.value(0));
    if (access.kind() == PyventLocalAccess::Users) {
        for (const QString &name : names) {
            if (!userOf(name))
                return u"this machine knows no user '%1'"_s.arg(name);
        }
    }
    return {};
}

} // namespace Pyvent::Internal
