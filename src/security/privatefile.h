// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_PRIVATEFILE_H
#define PYVENT_SECURITY_PRIVATEFILE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <optional>

#include <sys/types.h>
#include <time.h>

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
    off_t size = 0;
    timespec modified{};
    timespec changed{};

    friend bool operator==(const FileVersion &one, const FileVersion &other);
};

// Nothing where there is no such file.
std::optional<FileVersion> versionOf(const QString &path);

// What is in the regular file at \a path, which has up to 1 MiB. Nothing if that cannot be had, or is not as private as that, and \a why says
// why, for people, and what to do.
std::optional<QByteArray> readPrivately(const QString &path, Privacy privacy, QString *why,
                                        FileVersion *version = nullptr);

// Makes the file at \a path, which is not there yet, with these bytes and this mode. Returns why not; empty if it is made.
QString writeNewFile(const QString &path, QByteArrayView bytes, mode_t mode);

} // namespace Pyvent::Internal

#endif
