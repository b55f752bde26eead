// SPDX-License-Identifier: MIT
#include "security/allowlist.h"

#include "security/keyfile.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr auto looksAgainAfter = std::chrono::seconds(1);

} // namespace

std::optional<AllowList> AllowList::read(const QString &path, QString *why)
{
    AllowList list(path);
    return list.readNames(why) ? std::optional(std::move(list)) : std::nullopt;
}

bool AllowList::readNames(QString *why)
{
    FileVersion version;
    const auto bytes = readPrivately(m_path, Privacy::Trusted, why, &version);
    if (!bytes)
        return false;
    QHash<QByteArray, QString> names;
    QByteArrayView rest = *bytes;
    for (int number = 1; !rest.isEmpty(); ++number) {
        const qsizetype end = rest.indexOf('\n');
        const QByteArrayView text = end < 0 ? rest : rest.first(end);
        rest = end < 0 ? QByteArrayView() : rest.sliced(end + 1);
        const auto line = readKeyLine(text);
        if (!line)
            continue;
        const QByteArray key = publicKeyOf(line->value);
        const auto fail = [&](const QString &what) {
            *why = u"%1:%2: %3"_s.arg(m_path).arg(number).arg(what);
            return false;
        };
        if (line->name.isEmpty())
            return fail(u"a line is 'name = public key', as a .pub file has it"_s);
        if (!isKeyName(line->name))
            return fail(u"a name has letters, digits, and '.', '_', '@' or '-'"_s);
        if (key.isEmpty())
            return fail(u"what stands behind '%1 =' is no public key, which has 40 characters"_s.arg(line->name));
        if (const QString other = names.value(key); !other.isEmpty() && other != line->name)
            return fail(u"the key of '%1' is that of '%2'"_s.arg(line->name, other));
        names.insert(key, line->name);
    }
    m_names = std::move(names);
    m_version = version;
    return true;
}

AllowList::Change AllowList::refresh(Clock::time_point now, QString *why)
{
    if (now < m_looksAgainAt)
        return Change::None;
    m_looksAgainAt = now + looksAgainAfter;
    const auto version = versionOf(m_path);
    if (version == m_version)
        return Change::None;
    if (readNames(why))
        return Change::Changed;
    m_version = version; // it is told once
    return Change::Unreadable;
}

} // namespace Pyvent::Internal
