// SPDX-License-Identifier: MIT
#include "samplerules.h"
#include "security/rules.h"
#include "security/rulesreader.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

class TestRules : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void reads_data();
    void reads();
    void knowsWhoIsMeant_data();
    void knowsWhoIsMeant();
    void namesTheMistake_data();
    void namesTheMistake();
    void isBounded();
    void tellsOfSeveralMistakes();
    void countsLines();
};

// A line, and the same as it is written: what is read of that is the same again.
void TestRules::reads_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("written");
    const auto row = [](const char *line, const char *written) {
        QTest::newRow(line) << QString::fromUtf8(line) << QString::fromUtf8(written);
    };
    row("allow user ada send, hear   oven.*  door", "allow user ada send, hear oven.* door");
    row("allow key  kitchen   hear         **", "allow key kitchen hear **");
    row("deny  user *         send         admin.*", "deny user * send admin.*");
    row("allow key bridge send, hear, speak-for-others **", "allow key bridge send, hear, speak-for-others **");
    row("allow user root anything", "allow user root send, hear, speak-for-others *");
    row("allow user root anything x", "allow user root send, hear, speak-for-others x");
    row("\tallow\tanyone\thear\tx\t", "allow anyone hear x");
    row("allow anyone hear,send x", "allow anyone send, hear x");
    row("allow anyone hear ,send x", "allow anyone send, hear x");
    row("allow anyone hear , send x", "allow anyone send, hear x");
    row("allow anyone hear x # and no other", "allow anyone hear x");
    row("allow anyone hear x#y", "allow anyone hear x#y");
    row("allow anyone hear \"#x\"", "allow anyone hear \"#x\"");
    row("allow anyone hear \"hear\" send", "allow anyone hear \"hear\" send");
    row("allow anyone hear \"a,\" a,b", "allow anyone hear \"a,\" a,b");
    row("allow anyone hear \",a\" ,b", "allow anyone hear \",a\" ,b");
    row("allow anyone hear \"x\"", "allow anyone hear x");
    row("allow anyone hear a\"b \"\\\"\\\\\"", "allow anyone hear a\"b \"\\\"\\\\\"");
    row("allow user \"a b\" hear x", "allow user \"a b\" hear x");
    row("allow user DOMAIN\\ada hear x", "allow user DOMAIN\\ada hear x");
    row("allow user \"*\" hear x", "allow user * hear x");
    row("allow key user hear x", "allow key user hear x");
    row("allow anyone hear grün.?", "allow anyone hear grün.?");
    row("allow anyone hear \xef\xbf\xbd", "allow anyone hear \xef\xbf\xbd"); // the character itself, not a mistake
    row("allow anyone hear x\r", "allow anyone hear x");
    row("\xef\xbb\xbf"
        "allow anyone hear x",
        "allow anyone hear x");
}

void TestRules::reads()
{
    QFETCH(const QString, line);
    QFETCH(const QString, written);
    RulesReader reader(userNamed);
    const auto rules = reader.read(line.toUtf8());
    QVERIFY2(rules, qPrintable(reader.mistakes().empty() ? QString() : reader.mistakes().front().describe()));
    QCOMPARE(QString::fromUtf8(rules->text()), written + u'\n');
    QCOMPARE(reader.read(rules->text()), rules);
}

void TestRules::knowsWhoIsMeant_data()
{
    QTest::addColumn<QString>("subject");
    QTest::addColumn<QString>("whom"); // of the peers below
    QTest::newRow("anyone") << u"anyone"_s << u"nobody ada root kitchen both"_s;
    QTest::newRow("user *") << u"user *"_s << u"ada root both"_s;
    QTest::newRow("user ada") << u"user ada"_s << u"ada both"_s;
    QTest::newRow("user 1001") << u"user 1001"_s << u"ada both"_s;
    QTest::newRow("user 0") << u"user 0"_s << u"root"_s;
    QTest::newRow("user nobody-knows") << u"user nobody-knows"_s << u""_s;
    QTest::newRow("key *") << u"key *"_s << u"kitchen both"_s;
    QTest::newRow("key kitchen") << u"key kitchen"_s << u"kitchen"_s;
    QTest::newRow("key door") << u"key door"_s << u""_s;
    QTest::newRow("a public key") << u"key "_s + QString::fromLatin1(sampleKey) << u"both"_s;
}

void TestRules::knowsWhoIsMeant()
{
    QFETCH(const QString, subject);
    QFETCH(const QString, whom);
    RulesReader reader(userNamed);
    const auto rules = reader.read(u"allow %1 hear x"_s.arg(subject).toUtf8());
    QVERIFY(rules);
    const std::pair<QString, PeerIdentity> peers[] = {
        {u"nobody"_s, {}},
        {u"ada"_s, {.user = ada}},
        {u"root"_s, {.user = 0}},
        {u"kitchen"_s, {.key = QByteArray(40, 'x'), .keyName = u"kitchen"_s}},
        {u"both"_s, {.user = ada, .key = sampleKey}}};
    QStringList matched;
    for (const auto &[name, peer] : peers) {
        if (rules->all().front().subject.matches(peer))
            matched += name;
    }
    QCOMPARE(matched.join(u' '), whom);
}

void TestRules::namesTheMistake_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("mistake"); // begins so
    const auto row = [](const char *text, const QString &mistake) {
        QTest::newRow(text) << QByteArray(text) << mistake;
    };
    row("", u"the file has no rule"_s);
    row("# nothing\n\n", u"the file has no rule"_s);
    row("alow user ada send x", u"line 1, column 1: a rule begins with 'allow' or 'deny', not with 'alow'"_s);
    row("\n  Allow anyone send x", u"line 2, column 3: a rule begins with"_s);
    row("allow", u"line 1: the rule does not say for whom it is"_s);
    row("allow usr ada send x", u"line 1, column 7: a rule is for a 'user', a 'key' or 'anyone', not for 'usr'"_s);
    row("allow user", u"line 1: the user is missing"_s);
    row("allow key", u"line 1: the key is missing"_s);
    row("allow user \"\" send x", u"line 1, column 12: a user's or a key's name has 1 to 256 characters"_s);
    row("allow user a* send x", u"line 1, column 12: 'a*' is no user's name"_s);
    row("allow key a* send x", u"line 1, column 11: 'a*' is no key's name"_s);
    row("allow key rq:rM>}U send x", u"line 1, column 11: 'rq:rM>}U' is neither a key, of 40 characters, nor a"_s);
    // 40 of Z85's characters, but no bytes.
    row("allow key $$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$ send x", u"line 1, column 11: '$$"_s);
    row("allow user 4294967295 send x", u"line 1, column 12: a user's number is 0 to 4294967294, not 4294967295"_s);
    row("allow user 99999999999999999999999 send x", u"line 1, column 12: a user's number is"_s);
    row("allow user ada", u"line 1: a right is missing"_s);
    row("allow user ada send,", u"line 1: a right is missing"_s);
    row("allow user ada sned x", u"line 1, column 16: 'sned' is no right"_s);
    row("allow user ada send,haer x", u"line 1, column 21: 'haer' is no right"_s);
    row("allow user ada , x", u"line 1, column 18: 'x' is no right"_s);
    row("allow user ada send", u"line 1: the events' names are missing"_s);
    row("allow user ada send hear x", u"line 1, column 21: a comma is missing before 'hear'"_s);
    row("allow user ada send a, b", u"line 1, column 21: names have spaces between them, and no commas"_s);
    row("allow user ada send __x", u"line 1, column 21: the event's name '__x' begins with '__'"_s);
    row("allow user ada send \"a b\"", u"line 1, column 21: the event's name 'a b' has a space"_s);
    row("allow user ada send \"\"", u"line 1, column 21: an event's name cannot be empty"_s);
    row("allow user ada send \"x", u"line 1, column 21: the quotation mark has no partner"_s);
    row("allow user ada send \"x\"y", u"line 1, column 24: a space is missing behind the quotation mark"_s);
    row("allow user ada send x\x01", u"line 1, column 22: the line has a control character"_s);
    row("allow anyone hear x\r\r\n", u"line 1, column 20: the line has a control character"_s);
    row("allow user ada send \xff", u"line 1, column 21: the line is not UTF-8"_s);
}

void TestRules::namesTheMistake()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QString, mistake);
    RulesReader reader(userNamed);
    QVERIFY(!reader.read(text));
    QCOMPARE(reader.mistakes().size(), std::size_t(1));
    QVERIFY2(reader.mistakes().front().describe().startsWith(mistake),
             qPrintable(reader.mistakes().front().describe()));
}

void TestRules::isBounded()
{
    RulesReader reader(userNamed);
    QByteArray text = QByteArray("deny anyone send x\n").repeated(Rules::mostRules);
    QVERIFY(reader.read(text));
    text += "# and a comment\n";
    QVERIFY(reader.read(text));
    text += "deny anyone send x\n";
    QVERIFY(!reader.read(text));
    QCOMPARE(reader.mistakes().front().describe(),
             u"line 1002: a file of rules has at most 1000 rules: put several names into one"_s);
    text = "deny anyone send x\n#" + QByteArray(Rules::mostBytes, 'x');
    QVERIFY(!reader.read(text));
    QVERIFY(reader.mistakes().front().text.contains(u"at most 65536 bytes, this one has 65556"));
    QVERIFY(reader.read(text.first(Rules::mostBytes)));
    QVERIFY(reader.read("deny anyone send " + QByteArray(1024, '*')));
    QVERIFY(!reader.read("deny anyone send " + QByteArray(1025, '*')));
}

void TestRules::tellsOfSeveralMistakes()
{
    RulesReader reader(userNamed);
    QVERIFY(!reader.read("x\nallow anyone send x\ny\n"));
    QCOMPARE(reader.mistakes().size(), std::size_t(2));
    QCOMPARE(reader.mistakes().back().line, 3);
    QCOMPARE(reader.mistakes().back().word, u"y"_s);
    QVERIFY(reader.mistakes().back().choices.contains(u"allow"_s));
    QVERIFY(!reader.read(QByteArray("x\n").repeated(1000)));
    QCOMPARE(reader.mistakes().size(), std::size_t(20));
    QVERIFY(reader.read("allow anyone send x"));
    QVERIFY(reader.mistakes().empty());
}

void TestRules::countsLines()
{
    RulesReader reader(userNamed);
    const auto rules = reader.read("# one\r\n\r\nallow anyone send x\r\n\t\n deny anyone hear x");
    QVERIFY(rules);
    QCOMPARE(rules->all().size(), std::size_t(2));
    QCOMPARE(rules->all()[0].line, 3);
    QCOMPARE(rules->all()[1].line, 5);
}

PYVENT_TEST(TestRules)

#include "tst_rules.moc"
