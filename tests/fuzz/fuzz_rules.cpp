// SPDX-License-Identifier: MIT
#include "require.h"
#include "security/peerrules.h"
#include "security/rulescheck.h"
#include "security/rulesreader.h"

#include <ctime>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

// Of the processor's time: many times what the slowest check takes; a sanitizer takes its part of it.
constexpr std::clock_t patience = 20 * CLOCKS_PER_SEC;

// The system is not asked for users: it would take most of the time.
std::optional<uid_t> userNamed(const QString &name)
{
    return name.size() % 4 == 0 ? std::nullopt : std::optional(uid_t(name.size()));
}

// What has a mistake says so, and where.
void requireMistakes(const RulesReader &reader, QByteArrayView bytes)
{
    require(!reader.mistakes().empty(), "a file cannot be read, and nobody says why");
    const auto lines = bytes.toByteArray().count('\n') + 1;
    for (const RulesMistake &mistake : reader.mistakes()) {
        require(!mistake.text.isEmpty() && mistake.line >= 0 && mistake.line <= lines && mistake.column >= 0,
                "a mistake is nowhere");
    }
}

// The rules by their definition.
Rights rightsByDefinition(const Rules &rules, const PeerIdentity &peer, const QString &name)
{
    Rights rights;
    for (const Right right : {Right::Send, Right::Hear, Right::SpeakForOthers}) {
        for (const Rule &rule : rules.all()) {
            if (rule.rights.testFlag(right) && rule.subject.matches(peer) && rule.fits(name)) {
                rights.setFlag(right, rule.allows);
                break;
            }
        }
    }
    return rights;
}

void requireSameAnswers(const Rules &rules)
{
    const auto shared = std::make_shared<const Rules>(rules);
    const PeerIdentity peers[] = {{}, {.user = uid_t(3)}, {.key = "k", .keyName = u"kitchen"_s}};
    for (const PeerIdentity &peer : peers) {
        PeerRules ofPeer(shared, peer);
        for (const QString &name : {u"a"_s, u"oven.x"_s, u"é"_s}) {
            const QByteArray bytes = name.toUtf8();
            const Rights rights = rightsByDefinition(rules, peer, name);
            for (int i = 0; i < 2; ++i) // the second answer is one that was kept
                require(ofPeer.rightsFor(AskedName(bytes)) == rights, "an answer is another one");
            require(ofPeer.whyNot(Right::Send, bytes).isEmpty() == rights.testFlag(Right::Send), "a reason is wrong");
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArrayView bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    RulesReader reader(userNamed);
    auto rules = reader.read(bytes);
    if (!rules) {
        requireMistakes(reader, bytes);
        return 0;
    }
    require(reader.mistakes().empty(), "a file with mistakes is read");

    // What is written is read as the same, but for the lines that had no rule.
    const QByteArray text = rules->text();
    std::vector<Rule> again = rules->all();
    for (std::size_t i = 0; i < again.size(); ++i)
        again[i].line = int(i) + 1;
    if (text.size() <= Rules::mostBytes)
        require(reader.read(text) == Rules(again), "what is written is read as another thing");

    const std::clock_t start = std::clock();
    RulesCheck check(*rules);
    const auto findings = check.findings();
    for (const PyventRulesFinding &finding : findings)
        require(finding.line >= 0 && !finding.text.isEmpty(), "a finding is nowhere");
    require(!check.summary().isEmpty(), "there is no summary");
    require(std::clock() - start < patience, "a check takes too long");
    requireSameAnswers(*rules);
    return 0;
}
