// SPDX-License-Identifier: MIT
#include "security/rulesfile.h"

#include "security/users.h"

#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

RulesFile::RulesFile(const QString &path, RulesReader::Users users)
    : m_file(path, Rules::mostBytes)
    , m_users(users ? std::move(users) : userOf)
    , m_rules()
{
}

std::optional<RulesFile> RulesFile::read(const QString &path, QString *why, RulesReader::Users users)
{
    RulesFile file(path, std::move(users));
    const auto take = [&file](const QByteArray &bytes, QString *problem) { return file.take(bytes, problem); };
    return file.m_file.read(take, why) ? std::optional(std::move(file)) : std::nullopt;
}

FileChange RulesFile::refresh(WatchedFile::Clock::time_point now, QString *why)
{
    return m_file.refresh(
        now, [this](const QByteArray &bytes, QString *problem) { return take(bytes, problem); }, why);
}

FileChange RulesFile::take(const QByteArray &bytes, QString *why)
{
    RulesReader reader(m_users);
    auto rules = reader.read(bytes);
    if (!rules) {
        QStringList mistakes;
        for (const RulesMistake &mistake : reader.mistakes())
            mistakes += mistake.describe();
        *why = u"the rules in %1 have mistakes: %2"_s.arg(path(), mistakes.join(u"; "_s));
        return FileChange::Unreadable;
    }
    if (m_rules && *m_rules == *rules)
        return FileChange::None;
    m_rules = std::make_shared<const Rules>(std::move(*rules));
    return FileChange::Changed;
}

} // namespace Pyvent::Internal
