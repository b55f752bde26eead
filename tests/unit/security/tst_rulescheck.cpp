// SPDX-License-Identifier: MIT
#include "security/rulescheck.h"

#include "oldfile.h"
#include "samplerules.h"
#include "security/rulesreader.h"
#include "support/cputimer.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <random>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const char *wordOf(PyventRulesFinding::Kind kind)
{
    switch (kind) {
    case PyventRulesFinding::Mistake:
        return "mistake";
    case PyventRulesFinding::NeverMatches:
        return "never";
    case PyventRulesFinding::Hidden:
        return "hidden";
    case PyventRulesFinding::PartlyHidden:
        return "partly";
    case PyventRulesFinding::Repeated:
        return "repeated";
    case PyventRulesFinding::Contradiction:
        return "contradiction";
    case PyventRulesFinding::Note:
        return "note";
    }
    return "";
}

// "3 hidden 1 2": the line, what it is, and the other lines.
QString briefly(const PyventRulesFinding &finding)
{
    QString text = u"%1 %2"_s.arg(QString::number(finding.line), QLatin1StringView(wordOf(finding.kind)));
    for (const int line : finding.otherLines)
        text += u' ' + QString::number(line);
    return text;
}

QString briefly(const QList<PyventRulesFinding> &findings)
{
    QStringList all;
    for (const PyventRulesFinding &finding : findings)
        all += briefly(finding);
    return all.join(u", ");
}

} // namespace

class TestRulesCheck : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void finds_data();
    void finds();
    void saysWhatToDo();
    void knowsKeys();
    void agreesWithEveryQuestion();
    void summarises_data();
    void summarises();
    void ends_data();
    void ends();
    void ofAFile();
    void findsNothingInTheManual();
};

void TestRulesCheck::finds_data()
{
    QTest::addColumn<QByteArray>("text"); // ';' ends a line
    QTest::addColumn<QString>("findings");
    const auto row = [](const char *text, const char *findings) {
        QTest::newRow(text) << QByteArray(text) << QString::fromLatin1(findings);
    };
    row("allow user ada send oven.* door", "");
    row("allow user ada send oven.*;allow user ada send door", "");
    row("allow user ada send oven.*;allow user bob send oven.*", "");
    row("allow user ada send oven.*;allow user ada hear oven.*", "");
    row("deny user ada send oven.temp;allow user ada send oven.*", "");
    row("allow user ada send oven.temp;deny user ada send oven.*;allow user ada send *", "");
    row("allow user ada send oven.*;allow key k send oven.*", "");
    row("allow user ada send x;deny anyone anything", "");

    row("allow user ada send oven.*;allow user ada send oven.temp", "2 hidden 1");
    row("deny user ada send oven.*;allow user ada send oven.temp", "2 hidden 1");
    row("deny user ada send oven.*;allow user ada send oven.temp;allow user ada send *", "2 hidden 1");
    row("allow user * send oven.*;allow user ada send oven.temp", "2 hidden 1");
    row("allow user ada send oven.*;allow user * send oven.temp", "");
    row("allow anyone send, hear *;allow key k send x", "1 note, 2 hidden 1");
    row("allow key * send *;allow key k send x;allow user ada send x", "2 hidden 1");
    row("allow user 1001 send *;allow user ada send x", "2 hidden 1");
    row("allow user ada anything;allow user ada send x", "2 hidden 1");
    row("allow user ada send *;allow user ada anything", "2 partly 1");
    row("allow user ada send a*;allow user ada send, hear a b", "2 partly 1");
    row("allow user ada send, hear a*;allow user ada send, hear a b", "2 partly 1");

    row("allow user ada send ?;allow user ada send ??*;allow user ada send *", "3 hidden 1 2");
    row("allow user ada send ?;allow user ada send x;allow user ada send ??*;allow user ada send *",
        "2 hidden 1, 4 hidden 1 3");
    row("allow user ada send a;allow user ada hear b;allow user ada send, hear a b", "3 partly 1, 3 partly 2");
    row("allow user ada send a b;allow user ada hear a b;allow user ada send, hear a b", "3 hidden 1 2");
    row("allow user ada send ? ??*;allow user ada send *", "2 repeated 1");

    row("allow user ada send x;allow user ada send x", "2 repeated 1");
    row("allow user ada send, hear x y;allow user 1001 hear, send y x", "2 repeated 1");
    row("allow user ada send x;deny user ada send x", "2 note, 2 contradiction 1");
    row("allow user ada send x;deny user ada send x;allow user ada send *", "2 contradiction 1");
    row("deny user ada send *;allow user ada send **", "2 contradiction 1");

    row("allow user ada send oven.* oven.temp", "1 repeated");
    row("allow user ada send oven.temp oven.*", "1 repeated");
    row("allow user ada send x x", "1 repeated");
    row("allow user carol send x", "1 never");
    row("allow user carol send *;allow user carol send *", "1 never, 2 never");
    row("deny user ada send x;allow user bob send x", "1 note");
    row("deny user ada send x;allow key k send x", ""); // who may be both
    row("deny user ada send x;allow user ada hear x", "1 note");
    row("allow anyone send *", "1 note");
    row("allow anyone hear oven.*", "");
}

void TestRulesCheck::finds()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, findings);
    const Rules rules = rulesOf(text.replace(';', '\n'));
    QVERIFY(!rules.all().empty());
    QStringList expected = findings.split(u", "_s, Qt::SkipEmptyParts);
    QStringList found = briefly(RulesCheck(rules).findings()).split(u", "_s, Qt::SkipEmptyParts);
    expected.sort();
    found.sort();
    QCOMPARE(found, expected);
}

void TestRulesCheck::saysWhatToDo()
{
    const auto texts = [](QByteArrayView text) {
        QStringList all;
        RulesCheck check(rulesOf(text));
        const auto findings = check.findings();
        for (const PyventRulesFinding &finding : findings)
            all += finding.text;
        return all;
    };
    QCOMPARE(texts("allow user ada send oven.*\nallow user ada send oven.temp"),
             QStringList(u"the rule never decides: line 1 allows all of it already; remove it"_s));
    QCOMPARE(texts("deny user ada send oven.*\nallow user ada send oven.temp\nallow user ada send *"),
             QStringList(u"the rule never decides: line 1 decides all of it first; move it up to have it hold"_s));
    QCOMPARE(texts("allow user ada send ?\nallow user ada send ??*\nallow user ada send *"),
             QStringList(u"the rule never decides: lines 1 and 2 allow all of it already; remove it"_s));
    QCOMPARE(texts("allow user ada send x\nallow user ada send x"),
             QStringList(u"the rule says again what line 1 says: remove it"_s));
    QCOMPARE(
        texts("allow user ada send x\ndeny user ada send x\nallow user ada send *"),
        QStringList(u"the rule denies what line 1 allows; line 1 is the first, so it holds: remove one of them"_s));
    QCOMPARE(texts("allow user ada send *\nallow user ada send, hear x"),
             QStringList(u"'send' of the rule never decides: line 1 decides that first"_s));
    QCOMPARE(texts("allow user ada send a b\nallow user ada send b c"),
             QStringList(u"'b' of the rule never decides: line 1 decides that first"_s));
    QCOMPARE(texts("allow user ada send a b\nallow user ada send, hear b c"),
             QStringList(u"'send' for 'b' of the rule never decides: line 1 decides that first"_s));
    QCOMPARE(texts("allow user carol send x"),
             QStringList(u"this machine knows no user 'carol': the rule is for nobody"_s));
    QCOMPARE(
        texts("allow anyone send, hear *"),
        QStringList(u"whoever reaches the server may send and hear all events, but for what earlier rules deny"_s));
}

void TestRulesCheck::knowsKeys()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"allowed"_s);
    QVERIFY(writeText(path, "# the keys\nkitchen = " + sampleKey + "\ndoor = " + QByteArray(40, 'd') + '\n'));
    QString why;
    const auto keys = AllowList::read(path, &why);
    QVERIFY2(keys, qPrintable(why));

    const Rules rules = rulesOf("allow key kitchn hear *\nallow key kitchen send *\nallow key " + sampleKey
                                + " send x\nallow key " + QByteArray(40, 'x') + " send x\n");
    RulesCheck check(rules, keys);
    const auto findings = check.findings();
    QCOMPARE(briefly(findings), u"1 never, 3 hidden 2, 4 never"_s);
    QCOMPARE(findings.first().word, u"kitchn"_s);
    QCOMPARE(findings.first().choices, QStringList({u"door"_s, u"kitchen"_s}));
    QCOMPARE(briefly(RulesCheck(rules).findings()), QString()); // it is not known whose the key is
}

// A rule is said to be hidden if and only if it decides nothing for any peer, right and short name. Random rules, which a seed repeats.
void TestRulesCheck::agreesWithEveryQuestion()
{
    const auto schedules = schedulesFromEnvironment(200);
    QStringList names;
    QStringList last = {QString()};
    for (int size = 1; size <= 4; ++size) {
        QStringList longer;
        for (const QString &name : std::as_const(last)) {
            for (const QChar c : u"abx"_s)
                longer += name + c;
        }
        names += longer;
        last = longer;
    }
    const PeerIdentity peers[] = {{},
                                  {.user = 1001},
                                  {.user = 1002},
                                  {.user = 5},
                                  {.key = "k", .keyName = u"k"_s},
                                  {.key = "o", .keyName = u"o"_s}};
    int hidden = 0;
    for (int i = 0; i < schedules.count; ++i) {
        const quint32 seed = schedules.seed + quint32(i);
        std::mt19937 random(seed);
        const auto pick = [&random](const auto &from) { return from[random() % std::size(from)]; };
        QByteArray text;
        for (auto count = 2 + random() % 4; count > 0; --count) {
            static constexpr const char *subjects[] = {"user ada", "user bob", "user *", "key k", "key *", "anyone"};
            static constexpr const char *rights[] = {"send", "hear", "send, hear", "anything"};
            // Short ones, so that short names show all that they do.
            static constexpr const char *globs[] = {"a", "b", "?", "a*", "*a", "??", "??*", "*", "?a*", "*b*", "b?"};
            text += QByteArray(pick(std::array{"allow ", "deny "})) + pick(subjects) + ' ' + pick(rights);
            for (auto k = 1 + random() % 2; k > 0; --k)
                text += ' ' + QByteArray(pick(globs));
            text += '\n';
        }
        const Rules rules = rulesOf(text);
        QList<int> said;
        const auto findings = RulesCheck(rules).findings();
        for (const PyventRulesFinding &finding : findings) {
            if (finding.kind == PyventRulesFinding::Hidden || finding.kind == PyventRulesFinding::Contradiction
                || (finding.kind == PyventRulesFinding::Repeated && !finding.otherLines.isEmpty()))
                said += finding.line;
        }
        QList<int> idle;
        for (const Rule &rule : rules.all()) {
            bool decides = false;
            for (const PeerIdentity &peer : peers) {
                for (const Right right : {Right::Send, Right::Hear, Right::SpeakForOthers}) {
                    for (const QString &name : std::as_const(names)) {
                        const auto isOf = [&](const Rule &each) {
                            return each.rights.testFlag(right) && each.subject.matches(peer) && each.fits(name);
                        };
                        const auto first = std::find_if(rules.all().begin(), rules.all().end(), isOf);
                        decides = decides || (first != rules.all().end() && first->line == rule.line);
                    }
                }
            }
            if (!decides)
                idle += rule.line;
        }
        hidden += int(idle.size());
        QVERIFY2(said == idle, (scheduleName(seed) + '\n' + text).constData());
    }
    QVERIFY(hidden > 0 || schedules.count < 100);
}

void TestRulesCheck::summarises_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("summary");
    const auto row = [](const char *text, const char *summary) {
        QTest::newRow(text) << QByteArray(text) << QString::fromLatin1(summary);
    };
    row("allow user ada send, hear oven.* door", "user ada may send and hear oven.*, door;anyone else may do nothing");
    row("deny user * send admin.*;allow user ada anything",
        "user ada may send all (but not admin.*), may hear and speak for others in all;"
        "any other user may do nothing;anyone else may do nothing");
    row("allow user ada send x;allow user ada send x y", "user ada may send x, y;anyone else may do nothing");
    row("deny user ada send x;allow user ada send x", "user ada may do nothing;anyone else may do nothing");
    row("allow key k hear a;allow anyone hear b", "key k may hear a, b;anyone else may hear b");
    row("allow user carol send x;allow key * hear y", "any other key may hear y;anyone else may do nothing");
    row("allow user ada send a b c d e f g h i j",
        "user ada may send a, b, c, d, e, f, g, h and 2 more;anyone else may do nothing");
}

void TestRulesCheck::summarises()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, summary);
    RulesCheck check(rulesOf(text.replace(';', '\n')));
    QCOMPARE(check.summary().join(u';').replace(u"; may"_s, u", may"_s), summary);
}

void TestRulesCheck::ends_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto repeated = [](int times, const auto &line) {
        QByteArray text;
        for (int i = 0; i < times; ++i)
            text += line(QByteArray::number(i));
        return text;
    };
    QTest::newRow("1,000 rules") << repeated(
        1000, [](const QByteArray &i) { return "allow user " + i + " send, hear room" + i + ".* door" + i + '\n'; });
    QTest::newRow("1,000 rules of one user") << repeated(
        1000, [](const QByteArray &i) { return "allow user ada anything room" + i + ".* *door" + i + '\n'; });
    QTest::newRow("1,000 of the same") << repeated(1000,
                                                   [](const QByteArray &) { return "allow user ada anything\n"; });
    QTest::newRow("many names with stars") << repeated(
        900, [](const QByteArray &i) { return "allow user ada anything *a*b*c*" + i + "*d*e*f*" + i + "*a*b\n"; });
    QTest::newRow("stars and question marks") << repeated(60, [](const QByteArray &i) {
        return "allow user ada send *a" + QByteArray(30 + i.toInt() % 7, '?') + "*b" + QByteArray(30, '?') + '\n';
    });
    QTest::newRow("long names") << repeated(
        60, [](const QByteArray &) { return "allow user ada send " + QByteArray("*a").repeated(500) + "\n"; });
    QTest::newRow("a thousand names") << "allow user ada send"
            + repeated(9000, [](const QByteArray &i) { return " *" + i; }) + '\n';
}

void TestRulesCheck::ends()
{
    QFETCH(const QByteArray, text);
    const Rules rules = rulesOf(text);
    QVERIFY(!rules.all().empty());
    CpuTimer timer;
    RulesCheck check(rules);
    check.findings();
    QVERIFY(!check.summary().isEmpty());
    qInfo("%lld ms", qlonglong(timer.elapsed().count()));
    QVERIFY(timer.elapsed() < std::chrono::seconds(30)); // a sanitizer takes ten times as long
}

void TestRulesCheck::ofAFile()
{
    QTemporaryDir folder;
    const auto write = [&folder](const QString &name, const QByteArray &text) {
        QFile file(folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(text) != text.size())
            return QString();
        file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
        return file.fileName();
    };
    auto check = PyventRulesCheck::ofFile(folder.filePath(u"none"_s));
    QVERIFY(!check.isUsable());
    QCOMPARE(check.findings().size(), 1);
    QVERIFY(check.findings().first().text.contains(u"No such file"));

    const QString path = write(u"rules"_s, "allow user root anything\nallow key kitchn hear x\n");
    check = PyventRulesCheck::ofFile(path);
    QVERIFY(check.isUsable());
    QCOMPARE(briefly(check.findings()), QString());
    QCOMPARE(check.summary().first(), u"user root may send, hear and speak for others in all"_s);
    check = PyventRulesCheck::ofFile(path, write(u"keys"_s, "kitchen = " + sampleKey + '\n'));
    QCOMPARE(briefly(check.findings()), u"2 never"_s);
    check = PyventRulesCheck::ofFile(path, write(u"bad keys"_s, sampleKey + " kitchen\n"));
    QVERIFY(check.isUsable());
    QVERIFY2(check.findings().first().text.contains(u"bad keys:1: a line is 'name = public key'"_s),
             qPrintable(check.findings().first().text));
    check = PyventRulesCheck::ofFile(path, folder.filePath(u"none"_s));
    QVERIFY(check.isUsable());
    QCOMPARE(briefly(check.findings()), u"0 mistake"_s);

    check = PyventRulesCheck::ofFile(write(u"bad"_s, "allow user root sned x\n"));
    QVERIFY(!check.isUsable());
    QCOMPARE(briefly(check.findings()), u"1 mistake"_s);
    QCOMPARE(check.findings().first().column, 17);
    QVERIFY(check.summary().isEmpty());

    // It is looked at all the same, but no server of this user takes it.
    QFile(path).setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::WriteOther);
    check = PyventRulesCheck::ofFile(path);
    QVERIFY(!check.isUsable());
    QCOMPARE(briefly(check.findings()), u"0 mistake"_s);
    QVERIFY(!check.summary().isEmpty());
}

// The examples are rules that one may begin with.
void TestRulesCheck::findsNothingInTheManual()
{
    QFile manual(QFINDTESTDATA("../../../src/security/RULES.md"));
    QVERIFY(manual.open(QIODevice::ReadOnly));
    const QStringList parts = QString::fromUtf8(manual.readAll()).split(u"```"_s);
    int examples = 0;
    for (const QString &part : parts) {
        if (!part.startsWith(u"rules\n"_s))
            continue;
        ++examples;
        const Rules rules = rulesOf(part.sliced(6).toUtf8());
        QVERIFY2(!rules.all().empty(), qPrintable(part));
        RulesCheck check(rules);
        const auto findings = check.findings();
        for (const PyventRulesFinding &finding : findings)
            QVERIFY2(finding.kind == PyventRulesFinding::Note, qPrintable(part + finding.text));
    }
    QCOMPARE(examples, 5);
}

PYVENT_TEST(TestRulesCheck)

#include "tst_rulescheck.moc"
