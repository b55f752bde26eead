// SPDX-License-Identifier: MIT
#include "pyventrulescheck.h"

#include "security/allowlist.h"
#include "security/privatefile.h"
#include "security/rulescheck.h"
#include "security/rulesreader.h"

using namespace Pyvent::Internal;

PyventRulesCheck PyventRulesCheck::ofFile(const QString &path, const QString &keysPath)
{
    PyventRulesCheck check;
    QString why;
    std::optional<AllowList> keys;
    if (!keysPath.isEmpty()) {
        keys = AllowList::read(keysPath, &why);
        if (!keys)
            check.m_findings.append({.text = why});
    }
    auto text = readPrivately(path, Privacy::Trusted, Rules::mostBytes, &why);
    const bool isTrusted = text.has_value();
    if (!isTrusted) {
        // What it says can be looked at all the same.
        check.m_findings.append({.text = why});
        text = readPrivately(path, Privacy::Public, Rules::mostBytes, &why);
    }
    if (!text)
        return check;
    RulesReader reader;
    const auto rules = reader.read(*text);
    for (const RulesMistake &mistake : reader.mistakes()) {
        check.m_findings.append({.line = mistake.line,
                                 .column = mistake.column,
                                 .text = mistake.text,
                                 .word = mistake.word,
                                 .choices = mistake.choices});
    }
    if (!rules)
        return check;
    check.m_isUsable = isTrusted;
    RulesCheck rulesCheck(*rules, keys);
    check.m_findings += rulesCheck.findings();
    check.m_summary = rulesCheck.summary();
    return check;
}
