// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_PRIVATEFILE_H
#define PYVENT_SECURITY_PRIVATEFILE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <chrono>
#include <optional>

#include <sys/types.h>

// Files that decide who is who, and so may not be anybody's.

namespace Pyvent::Internal {

enum class Privacy : quint8 {
    Secret,  // the own user's, and nobody else reads it
    Trusted, // the own user's or root's, and nobody else writes to it
    Public   // anybody's
};

// Which content a file has, as far as the system tells it.
struct FileVersion
{
    dev_t device = 0;
    ino_t number = 0;
    qint64 size = 0;
    std::chrono::nanoseconds modified{}; // since 1970
    std::chrono::nanoseconds changed{};  // also whom it belongs to, and who may do what with it

    friend bool operator==(const FileVersion &, const FileVersion &) = default;
};

// Nothing where there is no such file.
std::optional<FileVersion> versionOf(const QString &path);

// What is in the plain file at \a path, which has up to \a most bytes. Nothing if that cannot be had, or is not as private as that, and
// \a why says why, for people, and what to do.
//
// A secret or trusted file also has to be in a folder that is the own user's or root's, and that nobody else writes to, since they could
// put another file in its place, or put back an old one. sshd asks that of a list of keys, and so it is asked of secret keys, too, of
// which ssh does not. But a sticky folder, as /tmp, will do, which it will not for sshd: what is another user's can neither be removed
// from it nor renamed. Of the folders above, of which sshd asks the same, nothing is asked: in a container they may be nobody's.
// Where \a path is a link, that is so of the link and of the folders of both.
std::optional<QByteArray> readPrivately(const QString &path, Privacy privacy, qsizetype most, QString *why,
                                        FileVersion *version = nullptr);

// Makes the file at \a path, which is not there yet, with these bytes and this mode. Returns why not; empty if it is made.
QString writeNewFile(const QString &path, QByteArrayView bytes, mode_t mode);

} // namespace Pyvent::Internal

#endif
