// SPDX-License-Identifier: MIT
#include "security/privatefile.h"

#include "security/users.h"

#include <QtCore/qfile.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qscopeguard.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr mode_t othersWrite = S_IWGRP | S_IWOTH;

QString systemText(int number)
{
    return QString::fromLocal8Bit(::strerror(number));
}

QString modeText(const struct stat &status)
{
    return QString::number(status.st_mode & 07777, 8).rightJustified(4, u'0');
}

QString ownUser()
{
    return QString::number(::geteuid());
}

bool isOwnOrRoots(const struct stat &status)
{
    return status.st_uid == ::geteuid() || status.st_uid == 0;
}

std::chrono::nanoseconds sinceEpoch(const timespec &time)
{
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

FileVersion versionOf(const struct stat &status)
{
    return {status.st_dev, status.st_ino, qint64(status.st_size), sinceEpoch(status.st_mtim),
            sinceEpoch(status.st_ctim)};
}

QString whyNotSecret(const QString &path, const struct stat &status)
{
    if (status.st_uid != ::geteuid()) {
        return u"%1 belongs to the user %2, and a secret has to be the process's own user's: chown %3 '%1'"_s.arg(
            path, describeUser(status.st_uid), ownUser());
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        return u"others can read the secret in %1 (mode %2) or change it: chmod 600 '%1', and make a new one if "
               "somebody may have read it"_s.arg(path, modeText(status));
    }
    return {};
}

// Of a file or a link.
QString whyNotTrusted(const QString &path, const struct stat &status)
{
    if (!isOwnOrRoots(status)) {
        return u"%1 belongs to the user %2, and has to be the process's own user's or root's: %3 %4 '%1'"_s.arg(
            path, describeUser(status.st_uid), S_ISLNK(status.st_mode) ? u"chown -h"_s : u"chown"_s, ownUser());
    }
    if ((status.st_mode & othersWrite) && !S_ISLNK(status.st_mode))
        return u"others can write to %1 (mode %2): chmod go-w '%1'"_s.arg(path, modeText(status));
    return {};
}

// Why others could put another file in the place of the one at \a path.
QString whyNotInPlace(const QString &path)
{
    const QString folder = QFileInfo(path).absolutePath();
    struct stat status = {};
    if (::stat(QFile::encodeName(folder).constData(), &status) != 0)
        return u"%1 cannot be read: %2"_s.arg(folder, systemText(errno));
    if (!isOwnOrRoots(status)) {
        return u"%1 is in a folder of the user %2, who can replace it: move it to one of your own"_s.arg(
            path, describeUser(status.st_uid));
    }
    if ((status.st_mode & othersWrite) && !(status.st_mode & S_ISVTX)) {
        return u"others can replace %1, since they can write to its folder (mode %2): chmod go-w '%3'"_s.arg(
            path, modeText(status), folder);
    }
    return {};
}

QString whyNotPrivate(const QString &path, const struct stat &status, Privacy privacy)
{
    if (privacy == Privacy::Public)
        return {};
    if (const QString why = privacy == Privacy::Secret ? whyNotSecret(path, status) : whyNotTrusted(path, status);
        !why.isEmpty())
        return why;
    if (const QString why = whyNotInPlace(path); !why.isEmpty())
        return why;
    struct stat link = {};
    if (::lstat(QFile::encodeName(path).constData(), &link) != 0)
        return u"%1 cannot be read: %2"_s.arg(path, systemText(errno));
    if (!S_ISLNK(link.st_mode))
        return {};
    if (const QString why = whyNotTrusted(path, link); !why.isEmpty())
        return why;
    return whyNotInPlace(QFileInfo(path).canonicalFilePath());
}

} // namespace

std::optional<FileVersion> versionOf(const QString &path)
{
    struct stat status = {};
    if (::stat(QFile::encodeName(path).constData(), &status) != 0)
        return {};
    return versionOf(status);
}

std::optional<QByteArray> readPrivately(const QString &path, Privacy privacy, qsizetype most, QString *why,
                                        FileVersion *version)
{
    const auto fail = [why](const QString &text) {
        *why = text;
        return std::optional<QByteArray>();
    };
    // Does not wait for a pipe's other end, and is no terminal's.
    const int fd = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(u"%1 cannot be read: %2"_s.arg(path, systemText(errno)));
    const auto close = qScopeGuard([fd] { ::close(fd); });
    struct stat status = {};
    if (::fstat(fd, &status) != 0)
        return fail(u"%1 cannot be read: %2"_s.arg(path, systemText(errno)));
    if (!S_ISREG(status.st_mode))
        return fail(u"%1 is no plain file"_s.arg(path));
    if (const QString text = whyNotPrivate(path, status, privacy); !text.isEmpty())
        return fail(text);
    if (status.st_size > most)
        return fail(u"%1 has more than %2 bytes"_s.arg(path).arg(most));
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
