// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_RULESREADER_H
#define PYVENT_SECURITY_RULESREADER_H

#include "security/rules.h"

#include <QtCore/qstringlist.h>

#include <functional>
#include <optional>
#include <vector>

namespace Pyvent::Internal {

// What is wrong with a file of rules.
struct RulesMistake
{
    int line = 0;   // from 1; 0: it is the whole file
    int column = 0; // in characters, from 1
    QString text;   // what it is, and what to do
    QString word = {};
    QStringList choices = {}; // that could stand for the word

    // "line 3, column 7: …", for people.
    QString describe() const;
};

// Reads the text of a file of rules, as RULES.md describes it.
class RulesReader
{
public:
    // Which user of this machine a name means; the system's, but in tests.
    using Users = std::function<std::optional<uid_t>(const QString &name)>;

    RulesReader();
    explicit RulesReader(Users users);

    // The rules of \a text; nothing if it has a mistake.
    std::optional<Rules> read(QByteArrayView text);

    // Of what was read last: the first of them, at most 20.
    const std::vector<RulesMistake> &mistakes() const { return m_mistakes; }

private:
    struct Word
    {
        QString text;
        int column = 0;
        bool isQuoted = false;
    };
    std::optional<std::vector<Word>> split(const QString &text);
    bool readRule(const std::vector<Word> &words, Rule *rule);
    bool readSubject(const std::vector<Word> &words, std::size_t *at, RuleSubject *subject);
    bool readUser(const Word &word, RuleSubject *subject);
    bool readRights(const std::vector<Word> &words, std::size_t *at, Rule *rule);
    bool readNames(const std::vector<Word> &words, std::size_t at, Rule *rule);
    bool fail(int column, const QString &text, const QString &word = {}, const QStringList &choices = {});

    const Users m_users;
    std::vector<RulesMistake> m_mistakes;
    int m_line = 0;
};

} // namespace Pyvent::Internal

#endif
