// SPDX-License-Identifier: MIT
#include "security/allowlist.h"

#include "security/keyfile.h"

#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype mostListBytes = qsizetype(1024) * 1024;

// Why \a line cannot be one more of them; empty if it is.
QString whyNotALine(const KeyLine &line, const QHash<QByteArray, QString> &names)
{
    if (line.name.isEmpty())
        return u"a line is 'name = public key', as a .pub file has it"_s;
    if (!isKeyName(line.name))
        return u"a name has letters, digits, and '.', '_', '@' or '-'"_s;
    const QByteArray key = publicKeyOf(line.value);
    if (key.isEmpty())
        return u"what stands behind '%1 =' is no public key, which has 40 characters"_s.arg(line.name);
    if (const QString other = names.value(key); !other.isEmpty() && other != line.name)
        return u"the key of '%1' is that of '%2'"_s.arg(line.name, other);
    return {};
}

} // namespace

AllowList::AllowList(const QString &path)
    : m_file(path, mostListBytes)
    , m_names()
{
}

std::optional<AllowList> AllowList::read(const QString &path, QString *why)
{
    AllowList list(path);
    const auto take = [&list](const QByteArray &bytes, QString *problem) { return list.take(bytes, problem); };
    return list.m_file.read(take, why) ? std::optional(std::move(list)) : std::nullopt;
}

QStringList AllowList::names() const
{
    QStringList names = m_names.values();
    names.sort();
    names.removeDuplicates();
    return names;
}

FileChange AllowList::refresh(WatchedFile::Clock::time_point now, QString *why)
{
    return m_file.refresh(
        now, [this](const QByteArray &bytes, QString *problem) { return take(bytes, problem); }, why);
}

FileChange AllowList::take(const QByteArray &bytes, QString *why)
{
    QHash<QByteArray, QString> names;
    const bool isWhole = forEachKeyLine(bytes, [&](const KeyLine &line, int number) {
        const QString problem = whyNotALine(line, names);
        if (problem.isEmpty())
            names.insert(publicKeyOf(line.value), line.name);
        else
            *why = u"%1:%2: %3"_s.arg(path()).arg(number).arg(problem);
        return problem.isEmpty();
    });
    if (!isWhole)
        return FileChange::Unreadable;
    return std::exchange(m_names, names) == names ? FileChange::None : FileChange::Changed;
}

} // namespace Pyvent::Internal
