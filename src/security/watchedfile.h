// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_WATCHEDFILE_H
#define PYVENT_SECURITY_WATCHEDFILE_H

#include "security/privatefile.h"

#include <chrono>
#include <functional>

namespace Pyvent::Internal {

// What came of looking at a file again.
enum class FileChange : quint8 {
    None,      // or nothing new is to be told of it
    Changed,   // there is something else now
    Unreadable // what was read before stays; this is told once
};

// A trusted file that is read at the start, and again when it has changed, also if another one is in its place. A look at it costs about a
// microsecond. Not thread-safe.
class WatchedFile
{
public:
    using Clock = std::chrono::steady_clock;

    // Makes of its bytes what is wanted of them. Unreadable if they are no good, and why.
    using Take = std::function<FileChange(const QByteArray &bytes, QString *why)>;

    WatchedFile(const QString &path, qsizetype most)
        : m_path(path)
        , m_most(most)
    {
    }

    const QString &path() const { return m_path; }

    // Returns false if it cannot be read or taken, and \a why says why.
    bool read(const Take &take, QString *why);

    // Looks whether it has changed, a second after it was last asked to at the earliest. A file that was written within the last 100 ms
    // may be half of one, and is left for the next time. \a why is set if it is unreadable.
    FileChange refresh(Clock::time_point now, const Take &take, QString *why);

private:
    QString m_path;
    qsizetype m_most;
    std::optional<FileVersion> m_version; // that was taken, or was no good; none if none could be read
    QString m_problem;                    // was told
    Clock::time_point m_looksAgainAt;
};

} // namespace Pyvent::Internal

#endif
