// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_RULESCHECK_H
#define PYVENT_SECURITY_RULESCHECK_H

#include "pyventrulescheck.h"
#include "security/allowlist.h"
#include "security/globcover.h"
#include "security/rules.h"

#include <optional>
#include <vector>

namespace Pyvent::Internal {

// What there is to say of rules that can be read. It is exact: a rule is hidden if and only if the rules before it, also several of them
// together, decide for each peer, right and name that it is for. Where that takes too much work, a note says so.
class RulesCheck
{
public:
    // With \a keys, the list of those that are allowed, if there is one.
    explicit RulesCheck(const Rules &rules, const std::optional<AllowList> &keys = {});

    // By lines.
    QList<PyventRulesFinding> findings();

    // What each subject of the rules may do, and everyone else.
    QStringList summary();

private:
    bool covers(const RuleSubject &wide, const RuleSubject &narrow) const;
    bool canMeet(const RuleSubject &one, const RuleSubject &other) const;
    bool checkSubject(const Rule &rule);
    void checkOwnNames(const Rule &rule);
    void checkHidden(std::size_t index);
    void checkNeedless(std::size_t index);
    void checkOpen(const Rule &rule);
    std::vector<const Rule *> earlierOnes(std::size_t index, Right right) const;
    // Of a rule, the names that have to do with another name.
    struct Near
    {
        const Rule *rule = nullptr;
        QList<PyventPattern> names = {};
    };
    Near nearOf(const Rule &rule, const PyventPattern &name);
    bool isCovered(const PyventPattern &name, const std::vector<Near> &near);
    std::vector<const Rule *> hidersOf(const PyventPattern &name, const std::vector<const Rule *> &earlier);
    bool isCovered(const PyventPattern &name, const std::vector<const Rule *> &rules);
    void addHidden(const Rule &rule, const std::vector<const Rule *> &by);
    void addPartlyHidden(const Rule &rule, const QString &part, const std::vector<const Rule *> &by);
    void add(PyventRulesFinding::Kind kind, const Rule &rule, const std::vector<const Rule *> &others,
             const QString &text);
    QString allowedTo(const RuleSubject &subject, Right right);

    const Rules m_rules;
    const std::optional<AllowList> m_keys;
    const QStringList m_keyNames; // of m_keys
    GlobCover m_cover;
    bool m_isTooMuch = false;
    QList<PyventRulesFinding> m_findings;
};

} // namespace Pyvent::Internal

#endif
