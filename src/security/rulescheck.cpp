// SPDX-License-Identifier: MIT
#include "security/rulescheck.h"

#include "security/keyfile.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// Less than a second.
constexpr qint64 workOfACheck = 100'000'000;

// So many names or lines are told of in one place.
constexpr qsizetype mostTold = 8;

constexpr std::array<Right, 3> eachRight = {Right::Send, Right::Hear, Right::SpeakForOthers};

bool isForAllNames(const PyventPattern &name)
{
    return std::all_of(name.text().begin(), name.text().end(), [](QChar c) { return c == u'*'; });
}

// "a, b and c"
QString listed(const QStringList &words)
{
    if (words.size() < 2)
        return words.join(QString());
    return words.first(words.size() - 1).join(u", "_s) + u" and "_s + words.last();
}

QString namesText(const QStringList &names)
{
    if (names.size() <= mostTold)
        return names.join(u", "_s);
    return u"%1 and %2 more"_s.arg(names.first(mostTold).join(u", "_s), QString::number(names.size() - mostTold));
}

QString nameText(const PyventPattern &name)
{
    return isForAllNames(name) ? u"all"_s : name.text();
}

QString linesText(const std::vector<const Rule *> &rules)
{
    QStringList numbers;
    for (const Rule *rule : rules)
        numbers += QString::number(rule->line);
    if (numbers.size() == 1)
        return u"line "_s + numbers.first();
    if (numbers.size() > mostTold)
        return u"lines %1 and %2 more"_s.arg(numbers.first(mostTold).join(u", "_s),
                                             QString::number(numbers.size() - mostTold));
    return u"lines "_s + listed(numbers);
}

QString verb(Right right)
{
    return right == Right::Send ? u"send"_s : right == Right::Hear ? u"hear"_s : u"speak for others in"_s;
}

QString effect(const Rule &rule)
{
    return rule.allows ? u"allows"_s : u"denies"_s;
}

// Empty if the key is not in the list.
QString nameOfKey(const AllowList &list, const RuleSubject &subject)
{
    return list.nameOf(publicKeyOf(subject.name.toUtf8()));
}

void addTo(std::vector<const Rule *> *rules, const std::vector<const Rule *> &others)
{
    for (const Rule *rule : others) {
        if (std::find(rules->begin(), rules->end(), rule) == rules->end())
            rules->push_back(rule);
    }
    std::sort(rules->begin(), rules->end(), [](const Rule *one, const Rule *other) { return one->line < other->line; });
}

} // namespace

RulesCheck::RulesCheck(const Rules &rules, const std::optional<AllowList> &keys)
    : m_rules(rules)
    , m_keys(keys)
    , m_keyNames(keys ? keys->names() : QStringList())
    , m_cover(workOfACheck)
    , m_findings()
{
}

QList<PyventRulesFinding> RulesCheck::findings()
{
    m_findings.clear();
    for (std::size_t i = 0; i < m_rules.all().size(); ++i) {
        const Rule &rule = m_rules.all()[i];
        if (!checkSubject(rule))
            continue;
        checkOwnNames(rule);
        checkHidden(i);
        checkNeedless(i);
        checkOpen(rule);
    }
    if (m_isTooMuch || m_cover.isTired()) {
        m_findings.append({.kind = PyventRulesFinding::Note,
                           .text =
                               u"the names have too many stars to be compared in a second: some rules that others hide "
                               "may not be told of"_s});
    }
    return m_findings;
}

void RulesCheck::add(PyventRulesFinding::Kind kind, const Rule &rule, const std::vector<const Rule *> &others,
                     const QString &text)
{
    PyventRulesFinding finding{.kind = kind, .line = rule.line, .text = text};
    for (const Rule *other : others)
        finding.otherLines.append(other->line);
    m_findings.append(finding);
}

// Whether \a wide is for each peer that \a narrow is for. Several that are not will not be together, either: there is always a peer
// that only the narrow one and what is for all of its kind match.
bool RulesCheck::covers(const RuleSubject &wide, const RuleSubject &narrow) const
{
    switch (wide.kind) {
    case RuleSubject::Anyone:
        return true;
    case RuleSubject::AnyUser:
        return narrow.kind == RuleSubject::AnyUser || narrow.kind == RuleSubject::User;
    case RuleSubject::User:
        return narrow.kind == RuleSubject::User && wide.user && wide.user == narrow.user;
    case RuleSubject::AnyKey:
        return narrow.kind == RuleSubject::AnyKey || narrow.kind == RuleSubject::KeyName
            || narrow.kind == RuleSubject::PublicKey;
    case RuleSubject::KeyName:
        if (narrow.kind == RuleSubject::PublicKey)
            return m_keys && nameOfKey(*m_keys, narrow) == wide.name;
        return narrow.kind == RuleSubject::KeyName && narrow.name == wide.name;
    case RuleSubject::PublicKey:
        return narrow.kind == RuleSubject::PublicKey && narrow.name == wide.name;
    }
    return false;
}

// Whether there can be a peer that both are for.
bool RulesCheck::canMeet(const RuleSubject &one, const RuleSubject &other) const
{
    if (covers(one, other) || covers(other, one))
        return true;
    const auto isUsers = [](const RuleSubject &subject) {
        return subject.kind == RuleSubject::AnyUser || subject.kind == RuleSubject::User;
    };
    if (isUsers(one) != isUsers(other)) // a local peer may have a key
        return true;
    return one.kind != other.kind && !m_keys; // a key, and a name that may be its own
}

// Returns whether it is for anybody.
bool RulesCheck::checkSubject(const Rule &rule)
{
    const RuleSubject &subject = rule.subject;
    PyventRulesFinding finding{
        .kind = PyventRulesFinding::NeverMatches, .line = rule.line, .word = subject.name, .choices = {}};
    if (subject.kind == RuleSubject::User && !subject.user) {
        finding.text = u"this machine knows no user '%1': the rule is for nobody"_s.arg(subject.name);
    } else if (subject.kind == RuleSubject::KeyName && m_keys && !m_keyNames.contains(subject.name)) {
        finding.text = u"the list of keys has no key named '%1': the rule is for nobody"_s.arg(subject.name);
        finding.choices = m_keyNames;
    } else if (subject.kind == RuleSubject::PublicKey && m_keys && nameOfKey(*m_keys, subject).isEmpty()) {
        finding.text = u"the list of keys does not have this key: the rule is for nobody"_s;
    } else {
        return true;
    }
    m_findings.append(finding);
    return false;
}

void RulesCheck::checkOwnNames(const Rule &rule)
{
    for (qsizetype i = 0; i < rule.names.size(); ++i) {
        for (qsizetype k = 0; k < rule.names.size(); ++k) {
            const PyventPattern &name = rule.names[i];
            const PyventPattern &other = rule.names[k];
            // Of two that stand for the same, the second one is too much.
            const bool isLess = i != k && m_cover.mayOverlap(name, other)
                && m_cover.ask(name, {other}) == GlobCover::Covered
                && (k < i || m_cover.ask(other, {name}) != GlobCover::Covered);
            if (isLess) {
                add(PyventRulesFinding::Repeated, rule, {},
                    u"the name '%1' is not needed: '%2' of the same rule stands for it, too"_s.arg(name.text(),
                                                                                                   other.text()));
                break;
            }
        }
    }
}

RulesCheck::Near RulesCheck::nearOf(const Rule &rule, const PyventPattern &name)
{
    Near near{.rule = &rule};
    std::copy_if(rule.names.begin(), rule.names.end(), std::back_inserter(near.names),
                 [&](const PyventPattern &each) { return m_cover.mayOverlap(each, name); });
    return near;
}

bool RulesCheck::isCovered(const PyventPattern &name, const std::vector<Near> &near)
{
    QList<PyventPattern> names;
    for (const Near &each : near)
        names += each.names;
    if (names.isEmpty())
        return false;
    const GlobCover::Answer answer = m_cover.ask(name, names);
    m_isTooMuch |= answer == GlobCover::TooMuchWork;
    return answer == GlobCover::Covered;
}

bool RulesCheck::isCovered(const PyventPattern &name, const std::vector<const Rule *> &rules)
{
    std::vector<Near> near;
    if (m_cover.isTired())
        return false;
    for (const Rule *rule : rules)
        near.push_back(nearOf(*rule, name));
    return isCovered(name, near);
}

// The rules before the number \a index that are for all peers that it is for, too, and for \a right.
std::vector<const Rule *> RulesCheck::earlierOnes(std::size_t index, Right right) const
{
    std::vector<const Rule *> earlier;
    for (std::size_t i = 0; i < index; ++i) {
        const Rule &rule = m_rules.all()[i];
        if (rule.rights.testFlag(right) && covers(rule.subject, m_rules.all()[index].subject))
            earlier.push_back(&rule);
    }
    return earlier;
}

// Those of \a earlier that decide about all names that fit \a name, and none that is not needed for that. None if they leave something.
std::vector<const Rule *> RulesCheck::hidersOf(const PyventPattern &name, const std::vector<const Rule *> &earlier)
{
    std::vector<Near> near;
    for (const Rule *rule : earlier) {
        if (m_cover.isTired())
            return {};
        near.push_back(nearOf(*rule, name));
        if (near.back().names.isEmpty())
            near.pop_back();
    }
    if (!isCovered(name, near))
        return {};
    for (const Near &each : near) {
        if (isCovered(name, std::vector<Near>{each}))
            return {each.rule};
    }
    // The last ones first: the first that decide are what people look for.
    for (std::size_t i = near.size(); i-- > 0;) {
        const Near without = std::exchange(near[i], {});
        if (!isCovered(name, near))
            near[i] = without;
    }
    std::vector<const Rule *> hiders;
    for (const Near &each : near) {
        if (each.rule)
            hiders.push_back(each.rule);
    }
    return hiders;
}

void RulesCheck::checkHidden(std::size_t index)
{
    const Rule &rule = m_rules.all()[index];
    struct Part
    {
        Right right;
        qsizetype name;
        std::vector<const Rule *> by;
    };
    std::vector<Part> parts;
    std::map<std::vector<const Rule *>, std::vector<std::vector<const Rule *>>> known; // mostly the same for each right
    for (const Right right : eachRight) {
        if (!rule.rights.testFlag(right))
            continue;
        const std::vector<const Rule *> earlier = earlierOnes(index, right);
        auto &byName = known[earlier];
        for (qsizetype i = 0; i < rule.names.size(); ++i) {
            if (std::size_t(i) == byName.size())
                byName.push_back(hidersOf(rule.names[i], earlier));
            parts.push_back({right, i, byName[std::size_t(i)]});
        }
    }
    // Whether all parts that \a belongs says are hidden, and by what.
    const auto hiders = [&parts](const auto &belongs) {
        std::vector<const Rule *> by;
        for (const Part &part : parts) {
            if (!belongs(part))
                continue;
            if (part.by.empty())
                return std::vector<const Rule *>();
            addTo(&by, part.by);
        }
        return by;
    };
    if (const auto by = hiders([](const Part &) { return true; }); !by.empty()) {
        addHidden(rule, by);
        return;
    }
    for (qsizetype i = 0; i < rule.names.size(); ++i) {
        const auto isOfName = [i](const Part &part) { return part.name == i; };
        if (const auto by = hiders(isOfName); !by.empty()) {
            addPartlyHidden(rule, u"'%1'"_s.arg(rule.names[i].text()), by);
            std::erase_if(parts, isOfName);
        }
    }
    for (const Right right : eachRight) {
        const auto isOfRight = [right](const Part &part) { return part.right == right; };
        if (const auto by = hiders(isOfRight); !by.empty()) {
            addPartlyHidden(rule, u"'%1'"_s.arg(rightsText(right)), by);
            std::erase_if(parts, isOfRight);
        }
    }
    for (const Part &part : parts) {
        if (!part.by.empty()) {
            addPartlyHidden(rule, u"'%1' for '%2'"_s.arg(rightsText(part.right), rule.names[part.name].text()),
                            part.by);
        }
    }
}

void RulesCheck::addHidden(const Rule &rule, const std::vector<const Rule *> &by)
{
    const QString lines = linesText(by);
    const bool isSame = by.size() == 1 && covers(rule.subject, by.front()->subject)
        && !(by.front()->rights & ~rule.rights)
        && std::all_of(by.front()->names.begin(), by.front()->names.end(),
                       [&](const PyventPattern &name) { return isCovered(name, std::vector<const Rule *>{&rule}); });
    const auto isContrary = [&rule](const Rule *other) { return other->allows != rule.allows; };
    if (isSame && isContrary(by.front())) {
        add(PyventRulesFinding::Contradiction, rule, by,
            u"the rule %1 what %2 %3; %2 is the first, so it holds: remove one of them"_s.arg(effect(rule), lines,
                                                                                              effect(*by.front())));
    } else if (isSame) {
        add(PyventRulesFinding::Repeated, rule, by, u"the rule says again what %1 says: remove it"_s.arg(lines));
    } else if (std::any_of(by.begin(), by.end(), isContrary)) {
        add(PyventRulesFinding::Hidden, rule, by,
            (by.size() == 1 ? u"the rule never decides: %1 decides all of it first; move it up to have it hold"_s
                            : u"the rule never decides: %1 decide all of it first; move it up to have it hold"_s)
                .arg(lines));
    } else {
        const QString all = by.size() == 1 ? u"%1 %2"_s.arg(lines, effect(rule))
                                           : u"%1 %2"_s.arg(lines, rule.allows ? u"allow"_s : u"deny"_s);
        add(PyventRulesFinding::Hidden, rule, by,
            u"the rule never decides: %1 all of it already; remove it"_s.arg(all));
    }
}

void RulesCheck::addPartlyHidden(const Rule &rule, const QString &part, const std::vector<const Rule *> &by)
{
    add(PyventRulesFinding::PartlyHidden, rule, by,
        (by.size() == 1 ? u"%1 of the rule never decides: %2 decides that first"_s
                        : u"%1 of the rule never decides: %2 decide that first"_s)
            .arg(part, linesText(by)));
}

// What nothing allows is refused, also where nothing denies it.
void RulesCheck::checkNeedless(std::size_t index)
{
    const Rule &rule = m_rules.all()[index];
    const bool isLast = index + 1 == m_rules.all().size();
    if (rule.allows || (isLast && rule.subject.kind == RuleSubject::Anyone)) // which says so to people
        return;
    const auto isException = [&](const Rule &later) {
        return later.allows && (later.rights & rule.rights) && canMeet(rule.subject, later.subject)
            && std::any_of(rule.names.begin(), rule.names.end(), [&](const PyventPattern &name) {
                   return std::any_of(later.names.begin(), later.names.end(),
                                      [&](const PyventPattern &other) { return m_cover.mayOverlap(name, other); });
               });
    };
    const auto &all = m_rules.all();
    if (std::none_of(all.begin() + std::ptrdiff_t(index) + 1, all.end(), isException)) {
        add(PyventRulesFinding::Note, rule, {},
            u"the rule denies what no later rule allows, and what is refused without it, too"_s);
    }
}

void RulesCheck::checkOpen(const Rule &rule)
{
    const bool isOpen = rule.allows && rule.subject.kind == RuleSubject::Anyone
        && std::any_of(rule.names.begin(), rule.names.end(), isForAllNames);
    if (!isOpen)
        return;
    QStringList verbs;
    for (const Right right : eachRight) {
        if (rule.rights.testFlag(right))
            verbs += right == Right::SpeakForOthers ? u"speak for others in"_s : verb(right);
    }
    add(PyventRulesFinding::Note, rule, {},
        u"whoever reaches the server may %1 all events, but for what earlier rules deny"_s.arg(listed(verbs)));
}

// "oven.*, door", "all but not admin.*"; empty if it is nothing.
QString RulesCheck::allowedTo(const RuleSubject &subject, Right right)
{
    QStringList allowed;
    QList<PyventPattern> denied;
    std::vector<const Rule *> earlier;
    for (const Rule &rule : m_rules.all()) {
        if (!rule.rights.testFlag(right) || !covers(rule.subject, subject))
            continue;
        if (!rule.allows)
            denied += rule.names;
        for (const PyventPattern &name : rule.names) {
            if (!rule.allows || isCovered(name, earlier))
                continue;
            QStringList exceptions;
            for (const PyventPattern &each : denied) {
                if (m_cover.mayOverlap(each, name) && !exceptions.contains(nameText(each)))
                    exceptions += nameText(each);
            }
            allowed +=
                nameText(name) + (exceptions.isEmpty() ? QString() : u" (but not %1)"_s.arg(namesText(exceptions)));
        }
        earlier.push_back(&rule);
    }
    return namesText(allowed);
}

QStringList RulesCheck::summary()
{
    m_cover = GlobCover(workOfACheck);
    struct Who
    {
        RuleSubject subject;
        QString text;
    };
    std::vector<Who> all;
    for (const Rule &rule : m_rules.all()) {
        const RuleSubject &subject = rule.subject;
        const bool isOne = subject.kind == RuleSubject::User || subject.kind == RuleSubject::KeyName
            || subject.kind == RuleSubject::PublicKey;
        const bool isThere = std::any_of(all.begin(), all.end(), [&](const Who &who) {
            return covers(who.subject, subject) && covers(subject, who.subject);
        });
        if (isOne && !isThere && (subject.kind != RuleSubject::User || subject.user))
            all.push_back({subject, subject.text()});
    }
    const auto addRest = [&](RuleSubject::Kind kind, const QString &text) {
        const auto &rules = m_rules.all();
        if (kind == RuleSubject::Anyone
            || std::any_of(rules.begin(), rules.end(), [&](const Rule &rule) { return rule.subject.kind == kind; }))
            all.push_back({{.kind = kind}, text});
    };
    addRest(RuleSubject::AnyUser, u"any other user"_s);
    addRest(RuleSubject::AnyKey, u"any other key"_s);
    addRest(RuleSubject::Anyone, u"anyone else"_s);

    QStringList lines;
    for (const Who &who : all) {
        QStringList texts;
        QList<QStringList> verbs;
        for (const Right right : eachRight) {
            const QString text = allowedTo(who.subject, right);
            if (text.isEmpty())
                continue;
            const qsizetype at = texts.indexOf(text);
            if (at < 0) {
                texts += text;
                verbs += QStringList(verb(right));
            } else {
                verbs[at] += verb(right);
            }
        }
        QStringList parts;
        for (qsizetype i = 0; i < texts.size(); ++i)
            parts += u"may %1 %2"_s.arg(listed(verbs[i]), texts[i]);
        lines += u"%1 %2"_s.arg(who.text, parts.isEmpty() ? u"may do nothing"_s : parts.join(u"; "_s));
    }
    if (m_cover.isTired()) // and what it said of them is not exact
        return {u"There are too many names with stars to say in a second what everyone may do."_s};
    return lines;
}

} // namespace Pyvent::Internal
