// SPDX-License-Identifier: MIT
#include "security/peerrules.h"

#include "samplerules.h"
#include "security/peerrulespool.h"
#include "security/rulesreader.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

std::shared_ptr<const Rules> sharedRules(QByteArrayView text)
{
    return std::make_shared<const Rules>(rulesOf(text));
}

// The example of RULES.md.
constexpr QByteArrayView example = R"(
deny  user *         send                           admin.*
allow user ada       send, hear                     oven.*  door
allow key  kitchen   hear                           *
allow key  bridge    send, hear, speak-for-others   *
allow user root      anything
)";

QString askedText(PeerRules *rules, QByteArrayView name)
{
    const AskedName asked(name);
    const QString text = rightsText(rules->rightsFor(asked));
    const Rights rights = rules->rightsFor(asked); // kept
    const bool isSame = rules->maySend(asked) == rights.testFlag(Right::Send)
        && rules->mayHear(asked) == rights.testFlag(Right::Hear)
        && rules->maySpeakForOthers(asked) == rights.testFlag(Right::SpeakForOthers);
    return isSame && rightsText(rights) == text ? text : u"another answer"_s;
}

} // namespace

class TestPeerRules : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void decides_data();
    void decides();
    void firstRuleDecides();
    void refusesWhatIsNoName_data();
    void refusesWhatIsNoName();
    void saysWhyNot();
    void keepsFewAnswers();
    void poolSharesAndForgets();
    void poolChangesRules();
    void asksQuickly_data();
    void asksQuickly();
};

void TestPeerRules::decides_data()
{
    QTest::addColumn<PeerIdentity>("peer");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QString>("rights");
    const auto row = [](const char *title, const PeerIdentity &peer, const char *name, const QString &rights) {
        QTest::addRow("%s, %s", title, name) << peer << QByteArray(name) << rights;
    };
    const PeerIdentity kitchen{.key = QByteArray(40, 'k'), .keyName = u"kitchen"_s};
    const PeerIdentity bridge{.key = QByteArray(40, 'b'), .keyName = u"bridge"_s};
    row("ada", {.user = ada}, "oven.temp", u"send, hear"_s);
    row("ada", {.user = ada}, "door", u"send, hear"_s);
    row("ada", {.user = ada}, "doors", {});
    row("ada", {.user = ada}, "admin.off", {});
    row("bob", {.user = bob}, "door", {});
    row("kitchen", kitchen, "door", u"hear"_s);
    row("kitchen", kitchen, "admin.off", u"hear"_s);
    row("bridge", bridge, "admin.off", u"send, hear, speak-for-others"_s);
    row("bridge of a local user", {.user = bob, .key = bridge.key, .keyName = bridge.keyName}, "admin.off",
        u"hear, speak-for-others"_s);
    row("root", {.user = 0}, "door", u"send, hear, speak-for-others"_s);
    row("root", {.user = 0}, "admin.off", u"hear, speak-for-others"_s);
    row("nobody", {}, "door", {});
}

void TestPeerRules::decides()
{
    QFETCH(const PeerIdentity, peer);
    QFETCH(const QByteArray, name);
    QFETCH(const QString, rights);
    PeerRules rules(sharedRules(example), peer);
    QCOMPARE(askedText(&rules, name), rights);
    QCOMPARE(rules.whyNot(Right::Send, name).isEmpty(), rules.maySend(AskedName(name)));
}

void TestPeerRules::firstRuleDecides()
{
    PeerRules first(sharedRules("allow anyone send a*\ndeny anyone send, hear *b\nallow anyone hear *"), {});
    QCOMPARE(askedText(&first, "ab"), u"send"_s);
    QCOMPARE(askedText(&first, "a"), u"send, hear"_s);
    QCOMPARE(askedText(&first, "b"), QString());
    QCOMPARE(askedText(&first, "c"), u"hear"_s);
}

void TestPeerRules::refusesWhatIsNoName_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("not UTF-8") << QByteArray("a\xff");
    QTest::newRow("a longer spelling of a letter") << QByteArray("\xc1\xa1");
    QTest::newRow("half of a surrogate pair") << QByteArray("\xed\xa0\x80");
    QTest::newRow("a byte order mark, which readers leave out") << QByteArray("\xef\xbb\xbfoven");
    QTest::newRow("a control topic") << QByteArray("\x02proof/x");
    QTest::newRow("Python's own") << QByteArray("__check");
    QTest::newRow("a space") << QByteArray("a b");
    QTest::newRow("1,025 characters") << QByteArray(1025, 'x');
    QTest::newRow("a megabyte") << QByteArray(1 << 20, 'x');
}

void TestPeerRules::refusesWhatIsNoName()
{
    QFETCH(const QByteArray, name);
    PeerRules rules(sharedRules("allow anyone anything"), {});
    QCOMPARE(askedText(&rules, "oven"), rightsText(allRights));
    QCOMPARE(askedText(&rules, QByteArray(1024, 'x')), rightsText(allRights));
    QCOMPARE(askedText(&rules, name), QString());
    QCOMPARE(rules.whyNot(Right::Send, name), u"it is no event's name"_s);
}

void TestPeerRules::saysWhyNot()
{
    PeerRules rules(sharedRules(example), {.user = ada});
    QCOMPARE(rules.whyNot(Right::Send, "admin.off"), u"line 2 of the rules denies it"_s);
    QCOMPARE(rules.whyNot(Right::Hear, "admin.off"), u"no rule allows it"_s);
    QCOMPARE(rules.whyNot(Right::Hear, "door"), QString());
}

// Names that take each other's place are still told apart.
void TestPeerRules::keepsFewAnswers()
{
    PeerRules rules(sharedRules("allow anyone send *7"), {});
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 5000; ++i) {
            const QByteArray name = "oven." + QByteArray::number(i);
            QCOMPARE(rules.maySend(AskedName(name)), name.endsWith('7'));
        }
    }
    const QByteArray longName(500, 'x');
    QVERIFY(!rules.maySend(AskedName(longName)));
    QVERIFY(rules.maySend(AskedName(longName + '7')));
}

void TestPeerRules::poolSharesAndForgets()
{
    PeerRulesPool pool(sharedRules(example));
    auto one = pool.find({.user = ada});
    QCOMPARE(pool.find({.user = ada}), one);
    QVERIFY(pool.find({.user = bob}) != one);
    auto third = pool.find({.key = QByteArray(40, 'k')});
    QVERIFY(third != pool.find({.user = ada, .key = QByteArray(40, 'k')}));
    for (uid_t user = 5000; user < 6000; ++user)
        QVERIFY(!pool.find({.user = user})->maySend(AskedName("door")));
    QVERIFY(pool.peers() <= 3);
    one.reset();
    third.reset();
    pool.find({});
    QCOMPARE(pool.peers(), std::size_t(1));
}

void TestPeerRules::poolChangesRules()
{
    PeerRulesPool pool(sharedRules("allow user ada send a"));
    const auto rules = pool.find({.user = ada});
    QVERIFY(rules->maySend(AskedName("a")));
    QVERIFY(!rules->maySend(AskedName("b")));
    pool.setRules(sharedRules("allow user ada send b"));
    QVERIFY(!rules->maySend(AskedName("a")));
    QVERIFY(rules->maySend(AskedName("b")));
    QVERIFY(pool.find({.user = bob})->whyNot(Right::Send, "b") == u"no rule allows it"_s);
}

void TestPeerRules::asksQuickly_data()
{
    QTest::addColumn<int>("names"); // how many take turns
    QTest::newRow("one name") << 1;
    QTest::newRow("a hundred names") << 100;
    QTest::newRow("more names than are kept") << 10'000;
}

void TestPeerRules::asksQuickly()
{
    QFETCH(const int, names);
    QByteArray text;
    for (int i = 0; i < 20; ++i)
        text += "allow user ada send, hear room" + QByteArray::number(i) + ".*\n";
    PeerRules rules(sharedRules(text), {.user = ada});
    QByteArrayList all;
    for (int i = 0; i < names; ++i)
        all.append("room" + QByteArray::number(i % 30) + ".temperature" + QByteArray::number(i));
    qsizetype allowed = 0;
    QBENCHMARK
    {
        for (int i = 0; i < 10'000; ++i)
            allowed += rules.maySend(AskedName(all[i % names]));
    }
    QVERIFY(allowed > 0);
}

PYVENT_TEST(TestPeerRules)

#include "tst_peerrules.moc"
