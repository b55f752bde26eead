// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_RULESFILE_H
#define PYVENT_SECURITY_RULESFILE_H

#include "security/rulesreader.h"

#include <QtCore/qstring.h>

#include <memory>
#include <optional>

#include <sys/stat.h>

namespace Pyvent::Internal {

// The text of a plain file of \a most bytes; nothing, and \a why, if there is none. If others than its reader's user or root can have
// written it, \a why says so, too: it and its folder must belong to one of these, and be closed to others' writing.
std::optional<QByteArray> readGuardedFile(const QString &path, qsizetype most, QString *why);

// A file of rules, which is read again when it has changed. Not thread-safe. A look at it costs about a microsecond, so that once a
// second is cheap.
class RulesFile
{
public:
    explicit RulesFile(const QString &path, RulesReader::Users users = {});
    Q_DISABLE_COPY_MOVE(RulesFile)

    const QString &path() const { return m_path; }

    // The rules in force; null before the file could be read.
    const std::shared_ptr<const Rules> &rules() const { return m_rules; }

    // Reads it, as a server must before it begins. Returns false if it cannot be used, and tells why: with no rules, a server must not
    // begin.
    bool read(QString *problem);

    // Reads it if it has changed, also if another file is in its place. Returns whether there are other rules. If it cannot be used, the
    // earlier rules stay; \a problem is empty but where there is something new to be told of this. A file that was written within the
    // last 100 ms may be half of one, and is left for the next time.
    bool readIfChanged(QString *problem);

private:
    // Which file it was, and in which state.
    struct Stamp
    {
        dev_t device = 0;
        ino_t inode = 0;
        qint64 bytes = -1;
        qint64 modified = 0; // ns
        qint64 changed = 0;  // ns, also what belongs to whom

        friend bool operator==(const Stamp &, const Stamp &) = default;
    };
    static Stamp stampOf(const QString &path);
    std::shared_ptr<const Rules> load(QString *problem) const;

    const QString m_path;
    const RulesReader::Users m_users;
    Stamp m_stamp; // as it was read last
    QString m_problem;
    std::shared_ptr<const Rules> m_rules;
};

} // namespace Pyvent::Internal

#endif
