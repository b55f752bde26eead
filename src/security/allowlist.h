// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_ALLOWLIST_H
#define PYVENT_SECURITY_ALLOWLIST_H

#include "security/privatefile.h"

#include <QtCore/qhash.h>

#include <chrono>

namespace Pyvent::Internal {

// Whose keys come in, and what they are called: a file of lines "name = public key", and comments that begin with '#'. A name may have several
// keys. Not thread-safe.
class AllowList
{
public:
    using Clock = std::chrono::steady_clock;

    // Nothing if it cannot be read, or has a line that is none, and \a why says why, with the file and the line.
    static std::optional<AllowList> read(const QString &path, QString *why);

    const QString &path() const { return m_path; }

    // Empty if it is nobody's.
    QString nameOf(QByteArrayView key) const { return m_names.value(key.toByteArray()); }
    qsizetype size() const { return m_names.size(); }

    enum class Change : quint8 {
        None,
        Changed,
        Unreadable // what was read before stays, and \a why says why
    };

    // Looks whether the file has changed, a second after it was last asked to at the earliest, and reads it again.
    Change refresh(Clock::time_point now, QString *why);

private:
    explicit AllowList(const QString &path)
        : m_path(path)
    {
    }
    bool readNames(QString *why);

    QString m_path;
    QHash<QByteArray, QString> m_names; // by key
    std::optional<FileVersion> m_version;
    Clock::time_point m_looksAgainAt;
};

} // namespace Pyvent::Internal

#endif
