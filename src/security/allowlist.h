// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_ALLOWLIST_H
#define PYVENT_SECURITY_ALLOWLIST_H

#include "security/watchedfile.h"

#include <QtCore/qhash.h>
#include <QtCore/qstringlist.h>

namespace Pyvent::Internal {

// Whose keys come in, and what they are called: a file of lines "name = public key", and comments that begin with '#'. A name may have several
// keys. Not thread-safe.
class AllowList
{
public:
    // Nothing if it cannot be read, or has a line that is none, and \a why says why, with the file and the line.
    static std::optional<AllowList> read(const QString &path, QString *why);

    const QString &path() const { return m_file.path(); }

    // Empty if it is nobody's. The key is its 32 bytes.
    QString nameOf(QByteArrayView key) const { return m_names.value(key.toByteArray()); }
    qsizetype size() const { return m_names.size(); }

    // Each once, in the alphabet's order.
    QStringList names() const;

    // See WatchedFile.
    FileChange refresh(WatchedFile::Clock::time_point now, QString *why);

private:
    explicit AllowList(const QString &path);
    FileChange take(const QByteArray &bytes, QString *why);

    WatchedFile m_file;
    QHash<QByteArray, QString> m_names; // by key
};

} // namespace Pyvent::Internal

#endif
