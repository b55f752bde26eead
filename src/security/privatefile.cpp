// SPDX-License-Identifier: MIT
#include "security/privatefile.h"

#include "security/users.h"

#include <QtCore/qfile.h>
#include <QtCore/qscopeguard.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr off_t largestFile = off_t(1024) * 1024;

QString systemText(int number)
{
    return QString::fromLocal8Bit(::strerror(number));
}

bool isSame(const timespec &one, const timespec &other)
{
    return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

FileVersion versionOf(const struct stat &status)
{
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

QString whyNotPrivate(const QString &path, const struct stat &status, Privacy privacy)
{
    const QString mode = QString::number(status.st_mode & 07777, 8).rightJustified(4, u'0');
    if (privacy == Privacy::Secret) {
        if (status.st_uid != ::geteuid())
            return u"%1 belongs to the user %2, and a secret key has to be the process's own user's: chown %3 '%1'"_s
                .arg(path, describeUser(status.st_uid), QString::number(::geteuid()));
        if (status.st_mode & (S_IRWXG | S_IRWXO))
            return u"others can read the secret key in %1 (mode %2) or change it: chmod 600 '%1', and make a new one "
                   u"if "
                   "somebody may have read it"_s.arg(path, mode);
    }
    if (privacy == Privacy::Trusted) {
        if (status.st_uid != ::geteuid() && status.st_uid != 0)
            return u"%1 belongs to the user %2, who could let anybody in: chown %3 '%1'"_s.arg(
                path, describeUser(status.st_uid), QString::number(::geteuid()));
        if (status.st_mode & (S_IWGRP | S_IWOTH))
            return u"others can write to %1 (mode %2), and let anybody in: chmod go-w '%1'"_s.arg(path, mode);
    }
    return {};
}

} // namespace

bool operator==(const FileVersion &one, const FileVersion &other)
{
    return one.device == other.device && one.number == other.number && one.size == other.size
        && isSame(one.modified, other.modified) && isSame(one.changed, other.changed);
}

std::optional<FileVersion> versionOf(const QString &path)
{
    struct stat status
    {
    };
    if (::stat(QFile::encodeName(path).constData(), &status) != 0)
        return {};
    return versionOf(status);
}

std::optional<QByteArray> readPrivately(const QString &path, Privacy privacy, QString *why, FileVersion *version)
{
    const auto fail = [why](const QString &text) {
        *why = text;
        return std::optional<QByteArray>();
    };
    const int fd = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(u"%1 cannot be read: %2"_s.arg(path, systemText(errno)));
    const auto close = qScopeGuard([fd] { ::close(fd); });
    struct stat status
    {
    };
    if (::fstat(fd, &status) != 0)
        return fail(u"%1 cannot be read: %2"_s.arg(path, systemText(errno)));
    if (!S_ISREG(status.st_mode))
        return fail(u"%1 is no file"_s.arg(path));
    if (status.st_size > largestFile)
        return fail(u"%1 is larger than such a file is"_s.arg(path));
    if (const QString text = whyNotPrivate(path, status, privacy); !text.isEmpty())
        return fail(text);
    QByteArray bytes(qsizetype(status.st_size), Qt::Uninitialized);
    qsizetype have = 0;
    while (have < bytes.size()) {
        const ssize_t count = ::read(fd, bytes.data() + have, std::size_t(bytes.size() - have));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(u"%1 cannot be read: %2"_s.arg(path, systemText(errno)));
        if (count == 0)
            break;
        have += count;
    }
    bytes.truncate(have);
    if (version)
        *version = versionOf(status);
    return bytes;
}

QString writeNewFile(const QString &path, QByteArrayView bytes, mode_t mode)
{
    const QByteArray name = QFile::encodeName(path);
    const int fd = ::open(name.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return errno == EEXIST ? u"there is %1 already, and it is not overwritten"_s.arg(path)
                               : u"%1 cannot be made: %2"_s.arg(path, systemText(errno));
    int error = 0;
    while (!bytes.isEmpty() && error == 0) {
        const ssize_t count = ::write(fd, bytes.data(), std::size_t(bytes.size()));
        if (count >= 0)
            bytes = bytes.sliced(count);
        else if (errno != EINTR)
            error = errno;
    }
    if (error == 0 && ::fsync(fd) != 0 && errno != EINVAL)
        error = errno;
    ::close(fd);
    if (error == 0)
        return {};
    ::unlink(name.constData());
    return u"%1 cannot be written: %2"_s.arg(path, systemText(error));
}

} // namespace Pyvent::Internal
