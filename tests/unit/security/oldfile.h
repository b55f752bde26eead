// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURITY_OLDFILE_H
#define PYVENT_TESTS_SECURITY_OLDFILE_H

#include <QtCore/qfile.h>

#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>

namespace PyventTests {

// As if the file had been written some time ago, so that it counts as whole.
inline bool makeOld(const QString &path, int seconds = 10)
{
    const timespec time{.tv_sec = ::time(nullptr) - seconds, .tv_nsec = 0};
    const timespec times[] = {time, time};
    return ::utimensat(AT_FDCWD, QFile::encodeName(path).constData(), times, 0) == 0;
}

// A text that others may read.
inline bool writeText(const QString &path, const QByteArray &text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(text) == text.size()
        && ::fchmod(file.handle(), 0644) == 0;
}

inline bool writeOld(const QString &path, const QByteArray &text, int seconds = 10)
{
    return writeText(path, text) && makeOld(path, seconds);
}

} // namespace PyventTests

#endif
