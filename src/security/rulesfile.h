// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_RULESFILE_H
#define PYVENT_SECURITY_RULESFILE_H

#include "security/rulesreader.h"
#include "security/watchedfile.h"

#include <memory>

namespace Pyvent::Internal {

// A file of rules. Not thread-safe.
class RulesFile
{
public:
    // Nothing if it cannot be used, and \a why says why: without its rules, a server must not begin.
    static std::optional<RulesFile> read(const QString &path, QString *why, RulesReader::Users users = {});

    const QString &path() const { return m_file.path(); }

    // The rules in force.
    const std::shared_ptr<const Rules> &rules() const { return m_rules; }

    // See WatchedFile. Changed only if the rules are other ones.
    FileChange refresh(WatchedFile::Clock::time_point now, QString *why);

private:
    RulesFile(const QString &path, RulesReader::Users users);
    FileChange take(const QByteArray &bytes, QString *why);

    WatchedFile m_file;
    RulesReader::Users m_users;
    std::shared_ptr<const Rules> m_rules;
};

} // namespace Pyvent::Internal

#endif
