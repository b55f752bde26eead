// SPDX-License-Identifier: MIT
#include "security/rulesreader.h"

#include "security/keyfile.h"
#include "security/users.h"

#include <algorithm>
#include <limits>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t mostMistakes = 20;
constexpr qsizetype longestWho = 256;

bool isBlank(QChar c)
{
    return c == u' ' || c == u'\t';
}

std::optional<Rights> rightOf(QStringView word)
{
    if (word == "send"_L1)
        return Right::Send;
    if (word == "hear"_L1)
        return Right::Hear;
    if (word == "speak-for-others"_L1)
        return Right::SpeakForOthers;
    if (word == "anything"_L1)
        return allRights;
    return {};
}

QStringList rightsWords()
{
    return {u"send"_s, u"hear"_s, u"speak-for-others"_s, u"anything"_s};
}

} // namespace

QString RulesMistake::describe() const
{
    if (line == 0)
        return text;
    return column > 0 ? u"line %1, column %2: %3"_s.arg(QString::number(line), QString::number(column), text)
                      : u"line %1: %2"_s.arg(QString::number(line), text);
}

RulesReader::RulesReader()
    : RulesReader(userOf)
{
}

RulesReader::RulesReader(Users users)
    : m_users(std::move(users))
    , m_mistakes()
{
}

bool RulesReader::fail(int column, const QString &text, const QString &word, const QStringList &choices)
{
    if (m_mistakes.size() < mostMistakes)
        m_mistakes.push_back({m_line, column, text, word, choices});
    return false;
}

std::optional<Rules> RulesReader::read(QByteArrayView text)
{
    m_mistakes.clear();
    m_line = 0;
    if (text.size() > Rules::mostBytes) {
        fail(0, u"a file of rules has at most %1 bytes, this one has %2"_s.arg(Rules::mostBytes).arg(text.size()));
        return {};
    }
    if (text.startsWith("\xef\xbb\xbf")) // which some editors begin a file with
        text = text.sliced(3);
    std::vector<Rule> all;
    while (!text.isEmpty() && m_mistakes.size() < mostMistakes) {
        ++m_line;
        const qsizetype end = text.indexOf('\n');
        QByteArrayView line = end < 0 ? text : text.first(end);
        text = end < 0 ? QByteArrayView() : text.sliced(end + 1);
        if (line.endsWith('\r'))
            line.chop(1);
        const QString characters = QString::fromUtf8(line);
        if (!line.isValidUtf8()) {
            fail(int(characters.indexOf(QChar::ReplacementCharacter)) + 1,
                 u"the line is not UTF-8: save the file as UTF-8"_s);
            continue;
        }
        const auto words = split(characters);
        if (!words || words->empty())
            continue;
        Rule rule{.line = m_line};
        if (!readRule(*words, &rule))
            continue;
        if (qsizetype(all.size()) == Rules::mostRules) {
            fail(0, u"a file of rules has at most %1 rules: put several names into one"_s.arg(Rules::mostRules));
            break;
        }
        all.push_back(std::move(rule));
    }
    if (all.empty() && m_mistakes.empty()) {
        // Also what is left of a file while an editor writes it.
        m_line = 0;
        fail(0, u"the file has no rule; where nobody may do anything, write 'deny anyone anything'"_s);
    }
    return m_mistakes.empty() ? std::optional(Rules(std::move(all))) : std::nullopt;
}

// The words of a line, without a comment.
std::optional<std::vector<RulesReader::Word>> RulesReader::split(const QString &text)
{
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (c.category() == QChar::Other_Control && c != u'\t')
            return fail(int(i) + 1, u"the line has a control character: remove it"_s), std::nullopt;
    }
    std::vector<Word> words;
    qsizetype i = 0;
    for (;;) {
        while (i < text.size() && isBlank(text[i]))
            ++i;
        if (i == text.size() || text[i] == u'#')
            return words;
        Word word{.column = int(i) + 1, .isQuoted = text[i] == u'"'};
        if (!word.isQuoted) {
            while (i < text.size() && !isBlank(text[i]))
                word.text += text[i++];
            words.push_back(std::move(word));
            continue;
        }
        for (++i; i < text.size() && text[i] != u'"'; ++i) {
            if (text[i] == u'\\' && i + 1 < text.size() && (text[i + 1] == u'"' || text[i + 1] == u'\\'))
                ++i;
            word.text += text[i];
        }
        if (i == text.size())
            return fail(word.column, u"the quotation mark has no partner: put another one behind the word"_s),
                   std::nullopt;
        ++i;
        if (i < text.size() && !isBlank(text[i]))
            return fail(int(i) + 1, u"a space is missing behind the quotation mark"_s), std::nullopt;
        words.push_back(std::move(word));
    }
}

bool RulesReader::readRule(const std::vector<Word> &words, Rule *rule)
{
    const Word &first = words.front();
    if (first.text != "allow"_L1 && first.text != "deny"_L1) {
        return fail(first.column, u"a rule begins with 'allow' or 'deny', not with '%1'"_s.arg(first.text), first.text,
                    {u"allow"_s, u"deny"_s});
    }
    rule->allows = first.text == "allow"_L1;
    std::size_t at = 1;
    return readSubject(words, &at, &rule->subject) && readRights(words, &at, rule) && readNames(words, at, rule);
}

bool RulesReader::readSubject(const std::vector<Word> &words, std::size_t *at, RuleSubject *subject)
{
    if (*at == words.size())
        return fail(0, u"the rule does not say for whom it is: write 'user NAME', 'key NAME' or 'anyone'"_s);
    const Word &kind = words[(*at)++];
    if (kind.text == "anyone"_L1)
        return true;
    const bool isUser = kind.text == "user"_L1;
    if (!isUser && kind.text != "key"_L1) {
        return fail(kind.column, u"a rule is for a 'user', a 'key' or 'anyone', not for '%1'"_s.arg(kind.text),
                    kind.text, {u"user"_s, u"key"_s, u"anyone"_s});
    }
    if (*at == words.size()) {
        return fail(0,
                    isUser ? u"the user is missing: write a name, a number, or * for every user of this machine"_s
                           : u"the key is missing: write its name in the list of keys, the key, or * for every key"_s);
    }
    const Word &who = words[(*at)++];
    if (who.text.isEmpty() || who.text.size() > longestWho)
        return fail(who.column, u"a user's or a key's name has 1 to %1 characters"_s.arg(longestWho));
    if (who.text == "*"_L1) {
        subject->kind = isUser ? RuleSubject::AnyUser : RuleSubject::AnyKey;
        return true;
    }
    if (isUser)
        return readUser(who, subject);
    const bool isKey = !publicKeyOf(who.text.toUtf8()).isEmpty();
    subject->kind = isKey ? RuleSubject::PublicKey : RuleSubject::KeyName;
    subject->name = who.text;
    if (isKey || isKeyName(who.text))
        return true;
    if (who.text.contains(u'*')) {
        return fail(who.column,
                    u"'%1' is no key's name: * stands for every key, and not for a part of a name"_s.arg(who.text));
    }
    return fail(
        who.column,
        u"'%1' is neither a key, of 40 characters, nor a key's name, which has letters, digits, and '.', '_', '@' or '-'"_s
            .arg(who.text));
}

bool RulesReader::readUser(const Word &word, RuleSubject *subject)
{
    subject->kind = RuleSubject::User;
    subject->name = word.text;
    if (word.text.contains(u'*')) {
        return fail(word.column,
                    u"'%1' is no user's name: * stands for every user, and not for a part of a name"_s.arg(word.text));
    }
    const bool isNumber =
        std::all_of(word.text.begin(), word.text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    if (!isNumber) {
        subject->user = m_users(word.text);
        return true;
    }
    // The largest one stands for "no user" in the system's calls.
    constexpr qulonglong largest = std::numeric_limits<uid_t>::max() - 1;
    bool isRead = false;
    const qulonglong number = word.text.toULongLong(&isRead);
    if (!isRead || number > largest)
        return fail(word.column, u"a user's number is 0 to %1, not %2"_s.arg(QString::number(largest), word.text));
    subject->user = uid_t(number);
    return true;
}

bool RulesReader::readRights(const std::vector<Word> &words, std::size_t *at, Rule *rule)
{
    const QString rights = u"'send', 'hear', 'speak-for-others' or 'anything'"_s;
    for (bool goesOn = true; goesOn;) {
        if (*at == words.size())
            return fail(0, u"a right is missing: write %1"_s.arg(rights));
        const Word &word = words[(*at)++];
        int column = word.column;
        for (const QString &piece : word.text.split(u',')) {
            if (!piece.isEmpty()) {
                const auto right = rightOf(piece);
                if (!right) {
                    return fail(column, u"'%1' is no right: write %2"_s.arg(piece, rights), piece, rightsWords());
                }
                rule->rights |= *right;
            }
            column += int(piece.size()) + 1;
        }
        goesOn = word.text.endsWith(u',')
            || (*at < words.size() && words[*at].text.startsWith(u',') && !words[*at].isQuoted);
    }
    return rule->rights ? true : fail(0, u"a right is missing: write %1"_s.arg(rights));
}

bool RulesReader::readNames(const std::vector<Word> &words, std::size_t at, Rule *rule)
{
    if (at == words.size()) {
        if (rule->rights != allRights)
            return fail(0, u"the events' names are missing: write them with spaces between them, or * for all"_s);
        rule->names.append(PyventPattern(u"*"_s));
        return true;
    }
    for (bool isFirst = true; at < words.size(); ++at, isFirst = false) {
        const Word &word = words[at];
        if (!word.isQuoted && isFirst && rightOf(word.text)) {
            return fail(word.column,
                        u"a comma is missing before '%1'; if it is an event's name, write it in quotation marks"_s.arg(
                            word.text));
        }
        if (!word.isQuoted && word.text.endsWith(u',')) {
            return fail(
                word.column,
                u"names have spaces between them, and no commas; if the comma belongs to the name '%1', write it "
                "in quotation marks"_s.arg(word.text));
        }
        const PyventPattern pattern(word.text);
        if (const QString why = pattern.whyInvalid(); !why.isEmpty())
            return fail(word.column, why);
        rule->names.append(pattern);
    }
    return true;
}

} // namespace Pyvent::Internal
