// SPDX-License-Identifier: MIT
#include "security/users.h"

#include <QtCore/qbytearray.h>

#include <cerrno>

#include <grp.h>
#include <pwd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype firstBuffer = 1024;
constexpr qsizetype largestBuffer = qsizetype(1024) * 1024;

// Calls \a ask, one of the C library's functions, with a buffer that is large enough. Returns false if there is no such entry.
template <typename Entry, typename Ask>
bool find(Entry *entry, QByteArray *buffer, const Ask &ask)
{
    for (qsizetype size = firstBuffer; size <= largestBuffer; size *= 2) {
        buffer->resize(size);
        Entry *found = nullptr;
        const int error = ask(entry, buffer->data(), std::size_t(size), &found);
        if (error != ERANGE)
            return error == 0 && found;
    }
    return false;
}

} // namespace

std::optional<uid_t> userOf(const QString &name)
{
    passwd entry{};
    QByteArray buffer;
    const QByteArray known = name.toLocal8Bit();
    const auto ask = [&](auto... to) { return ::getpwnam_r(known.constData(), to...); };
    return find(&entry, &buffer, ask) ? std::optional(entry.pw_uid) : std::nullopt;
}

std::optional<gid_t> groupOf(const QString &name)
{
    group entry{};
    QByteArray buffer;
    const QByteArray known = name.toLocal8Bit();
    const auto ask = [&](auto... to) { return ::getgrnam_r(known.constData(), to...); };
    return find(&entry, &buffer, ask) ? std::optional(entry.gr_gid) : std::nullopt;
}

std::vector<gid_t> groupsOf(uid_t user)
{
    passwd entry{};
    QByteArray buffer;
    if (!find(&entry, &buffer, [user](auto... to) { return ::getpwuid_r(user, to...); }))
        return {};
    std::vector<gid_t> groups(16);
    for (;;) {
        int count = int(groups.size());
        const bool isAll = ::getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count) >= 0;
        groups.resize(std::size_t(count));
        if (isAll)
            return groups;
    }
}

QString describeUser(uid_t user)
{
    passwd entry{};
    QByteArray buffer;
    if (!find(&entry, &buffer, [user](auto... to) { return ::getpwuid_r(user, to...); }))
        return QString::number(user);
    return u"%1 (%2)"_s.arg(QString::fromLocal8Bit(entry.pw_name)).arg(user);
}

} // namespace Pyvent::Internal
