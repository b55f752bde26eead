// SPDX-License-Identifier: MIT
#include "dispatch/receivertable.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

using Receivers = ReceiverTable::Receivers;

class TestReceiver : public Receiver
{
public:
    explicit TestReceiver(const QString &pattern, std::function<void()> destroyed = {}, Hears hears = Hears::Arguments)
        : Receiver(pattern, PyventSender::Any, hears)
        , m_destroyed(std::move(destroyed))
    {
    }
    ~TestReceiver() override
    {
        if (m_destroyed)
            m_destroyed();
    }
    bool isWanted() const override { return m_wanted; }
    void end() override { m_wanted = false; }
    void deliver(const PyventEvent &) override { }

private:
    std::function<void()> m_destroyed;
    bool m_wanted = true;
};

class DistantReceiver : public TestReceiver
{
public:
    using TestReceiver::TestReceiver;
    bool isElsewhere() const override { return true; }
};

std::shared_ptr<Receiver> receiver(const QString &pattern)
{
    return std::make_shared<TestReceiver>(pattern);
}

std::shared_ptr<Receiver> frameReceiver(const QString &pattern)
{
    return std::make_shared<TestReceiver>(pattern, std::function<void()>(), Receiver::Hears::Frames);
}

std::function<bool(const Receiver &)> is(const std::shared_ptr<Receiver> &which)
{
    return [pointer = which.get()](const Receiver &other) { return &other == pointer; };
}

QByteArrayList sorted(QByteArrayList list)
{
    std::sort(list.begin(), list.end());
    return list;
}

} // namespace

class TestReceiverTable : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isEmptyAtFirst();
    void knowsWhetherSomebodyIsElsewhere();
    void findsNobodyWhoHasGone();
    void prefixesAreToldOnce_data();
    void prefixesAreToldOnce();
    void theEmptyPrefixIsNoNull();
    void anExactNameAndAGlobAreTwo();
    void matches();
    void matchTellsTheName_data();
    void matchTellsTheName();
    void invalidUtf8IsNobodys_data();
    void invalidUtf8IsNobodys();
    void keepsTheOrderOfRegistration();
    void aMatchSurvivesChanges();
    void removedReceiversAreTheCallersToDestroy();
    void removeIfAsksOfEach();
    void removesUnderOnePattern();
    void theSameReceiverTwice();
    void manyNames();
    void manyReceiversOfOneName();
    void thoseThatHearFramesStandApart();
    void aPrefixIsNeededByBoth();
};

void TestReceiverTable::isEmptyAtFirst()
{
    const ReceiverTable table;
    QVERIFY(table.isEmpty());
    QVERIFY(table.prefixes().isEmpty());
    QVERIFY(!table.match("order"));
    QVERIFY(!table.match(""));
}

void TestReceiverTable::knowsWhetherSomebodyIsElsewhere()
{
    ReceiverTable table;
    table.add(receiver(u"order"_s));
    QVERIFY(!table.hasElsewhere());
    for (const QString &pattern : {u"order"_s, u"o*"_s}) {
        const auto distant = std::make_shared<DistantReceiver>(pattern);
        table.add(distant);
        QVERIFY(table.hasElsewhere());
        table.removeIf(pattern, is(distant));
        QVERIFY(!table.hasElsewhere());
    }
    table.add(std::make_shared<DistantReceiver>(u"order"_s));
    table.removeIf([](const Receiver &) { return true; });
    QVERIFY(!table.hasElsewhere());
}

// What was looked up last is remembered, and must not outlive its entry.
void TestReceiverTable::findsNobodyWhoHasGone()
{
    ReceiverTable table;
    for (int i = 0; i < 3; ++i) {
        const auto order = receiver(u"order"_s);
        table.add(order);
        QCOMPARE(*table.match("order").exact, Receivers{order});
        const auto other = receiver(u"order"_s);
        table.add(other);
        QCOMPARE(*table.match("order").exact, (Receivers{order, other}));
        table.removeIf(u"order"_s, is(order));
        QCOMPARE(*table.match("order").exact, Receivers{other});
        if (i == 1)
            table.removeIf([](const Receiver &) { return true; });
        else
            table.removeIf(u"order"_s, is(other));
        QVERIFY(!table.match("order"));
    }
}

void TestReceiverTable::prefixesAreToldOnce_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QByteArray>("prefix");

    QTest::newRow("a name") << u"order"_s << QByteArray("order "); // which "order-food" does not begin with
    QTest::newRow("a glob") << u"order-*"_s << QByteArray("order-");
    QTest::newRow("everything") << u"*"_s << QByteArray("");
    QTest::newRow("UTF-8") << u"größe?"_s << QByteArray("größe");
}

void TestReceiverTable::prefixesAreToldOnce()
{
    QFETCH(const QString, pattern);
    QFETCH(const QByteArray, prefix);

    ReceiverTable table;
    const auto first = receiver(pattern);
    const auto second = receiver(pattern);
    const QByteArray told = table.add(first);
    QVERIFY(!told.isNull());
    QCOMPARE(told, prefix);
    QVERIFY(table.add(second).isNull());
    QCOMPARE(table.prefixes(), QByteArrayList{prefix});

    ReceiverTable::Removal removal = table.removeIf(is(first));
    QVERIFY(removal.prefixes.isEmpty());
    QCOMPARE(removal.receivers, Receivers{first});
    removal = table.removeIf(is(second));
    QCOMPARE(removal.prefixes, QByteArrayList{prefix});
    QVERIFY(table.isEmpty());
    QVERIFY(table.prefixes().isEmpty());

    QVERIFY2(!table.add(first).isNull(), "it is a new prefix again");
}

void TestReceiverTable::theEmptyPrefixIsNoNull()
{
    ReceiverTable table;
    QVERIFY(!table.add(receiver(u"*"_s)).isNull());
    QVERIFY(table.add(receiver(u"?"_s)).isNull());
    QVERIFY(!table.isEmpty());
    QCOMPARE(table.prefixes().size(), 1);
}

void TestReceiverTable::anExactNameAndAGlobAreTwo()
{
    ReceiverTable table;
    const auto name = receiver(u"order"_s);
    const auto glob = receiver(u"order*"_s);
    QCOMPARE(table.add(name), QByteArray("order "));
    QCOMPARE(table.add(glob), QByteArray("order"));
    QCOMPARE(table.add(receiver(u"orde?"_s)), QByteArray("orde"));
    QCOMPARE(table.removeIf(is(name)).prefixes, QByteArrayList{"order "});
    QCOMPARE(table.removeIf(is(glob)).prefixes, QByteArrayList{"order"});
    QCOMPARE(table.prefixes(), QByteArrayList{"orde"});
}

void TestReceiverTable::matches()
{
    ReceiverTable table;
    const auto order = receiver(u"order"_s);
    const auto food = receiver(u"order-food"_s);
    const auto glob = receiver(u"order-*"_s);
    for (const auto &each : {order, food, glob})
        table.add(each);

    ReceiverTable::Match match = table.match("order");
    QVERIFY(match);
    QCOMPARE(*match.exact, Receivers{order});
    QVERIFY(!match.globs);

    match = table.match("order-food");
    QCOMPARE(*match.exact, Receivers{food});
    QVERIFY(match.globs);

    match = table.match("order-drink");
    QVERIFY(match);
    QVERIFY(!match.exact);
    QVERIFY(match.globs);

    // The subscription "order" is a prefix, so it brings these, too.
    QVERIFY(!table.match("orders"));
    QVERIFY(!table.match("Order"));
    QVERIFY(!table.match(QByteArray("order\0", 6)));
    QVERIFY(!table.match(""));
}

void TestReceiverTable::matchTellsTheName_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("ASCII") << u"order"_s;
    QTest::newRow("UTF-8") << u"größe-日本-\U0001F363"_s;
    QTest::newRow("a byte order mark first") << u"\uFEFForder"_s;
    QTest::newRow("a byte order mark later") << u"or\uFEFFder"_s;
    QTest::newRow("a noncharacter") << u"order\uFFFF"_s;
    QTest::newRow("the replacement character") << u"order\uFFFD"_s;
}

void TestReceiverTable::matchTellsTheName()
{
    QFETCH(const QString, name);
    ReceiverTable names;
    names.add(receiver(name));
    QCOMPARE(names.match(name.toUtf8()).name, name);
    ReceiverTable globs;
    globs.add(receiver(u"*"_s));
    QCOMPARE(globs.match(name.toUtf8()).name, name);
}

void TestReceiverTable::invalidUtf8IsNobodys_data()
{
    QTest::addColumn<QByteArray>("topic");
    QTest::newRow("a continuation byte") << QByteArray("a\x80");
    QTest::newRow("cut off") << QByteArray("a\xC3");
    QTest::newRow("cut off after two") << QByteArray("\xE6\x97");
    QTest::newRow("overlong") << QByteArray("\xC0\xAF");
    QTest::newRow("a surrogate") << QByteArray("\xED\xA0\xBC");
    QTest::newRow("past the last character") << QByteArray("\xF5\x80\x80\x80");
    QTest::newRow("Latin-1") << QByteArray("gr\xF6\xDF"
                                           "e");
}

void TestReceiverTable::invalidUtf8IsNobodys()
{
    QFETCH(const QByteArray, topic);
    ReceiverTable table;
    table.add(receiver(u"*"_s));
    table.add(receiver(QString::fromUtf8(topic)));
    QVERIFY(!table.match(topic));
    QVERIFY2(table.match("order"), "a bad topic must not spoil the next one");
}

void TestReceiverTable::keepsTheOrderOfRegistration()
{
    ReceiverTable table;
    Receivers exact;
    Receivers globs;
    for (int i = 0; i < 10; ++i) {
        exact.push_back(receiver(u"order"_s));
        globs.push_back(receiver(i % 2 ? u"order*"_s : u"*"_s));
        table.add(globs.back());
        table.add(exact.back());
    }
    ReceiverTable::Match match = table.match("order");
    QCOMPARE(*match.exact, exact);
    QCOMPARE(*match.globs, globs);

    table.removeIf(is(exact[4]));
    exact.erase(exact.begin() + 4);
    QCOMPARE(*table.match("order").exact, exact);
}

void TestReceiverTable::aMatchSurvivesChanges()
{
    ReceiverTable table;
    const auto first = receiver(u"order"_s);
    const auto glob = receiver(u"*"_s);
    table.add(first);
    table.add(glob);
    const ReceiverTable::Match before = table.match("order");

    const auto second = receiver(u"order"_s);
    table.add(second);
    table.add(receiver(u"o*"_s));
    QCOMPARE(*before.exact, Receivers{first});
    QCOMPARE(*before.globs, Receivers{glob});
    QCOMPARE(*table.match("order").exact, (Receivers{first, second}));

    table.removeIf([](const Receiver &) { return true; });
    QVERIFY(!table.match("order"));
    QVERIFY(before);
    QCOMPARE(*before.exact, Receivers{first});
    QCOMPARE(*before.globs, Receivers{glob});
}

// A destructor of the user's may call back into the table.
void TestReceiverTable::removedReceiversAreTheCallersToDestroy()
{
    ReceiverTable table;
    int destroyed = 0;
    for (const QString &pattern : {u"order"_s, u"order"_s, u"o*"_s})
        table.add(std::make_shared<TestReceiver>(pattern, [&destroyed] { ++destroyed; }));
    {
        const ReceiverTable::Removal removal = table.removeIf([](const Receiver &) { return true; });
        QCOMPARE(destroyed, 0);
        QCOMPARE(removal.receivers.size(), std::size_t(3));
        QCOMPARE(sorted(removal.prefixes), (QByteArrayList{"o", "order "}));
        QVERIFY(table.isEmpty());
    }
    QCOMPARE(destroyed, 3);
}

void TestReceiverTable::removeIfAsksOfEach()
{
    ReceiverTable table;
    for (const QString &pattern : {u"a"_s, u"b"_s, u"b"_s, u"c*"_s, u"*"_s})
        table.add(receiver(pattern));
    QStringList asked;
    const ReceiverTable::Removal removal = table.removeIf([&asked](const Receiver &each) {
        asked.append(each.pattern().text());
        return false;
    });
    asked.sort();
    QCOMPARE(asked, (QStringList{u"*"_s, u"a"_s, u"b"_s, u"b"_s, u"c*"_s}));
    QVERIFY(removal.receivers.empty());
    QVERIFY(removal.prefixes.isEmpty());
    QCOMPARE(sorted(table.prefixes()), (QByteArrayList{"", "a ", "b ", "c"}));
    QCOMPARE(table.match("b").exact->size(), std::size_t(2));
}

void TestReceiverTable::removesUnderOnePattern()
{
    ReceiverTable table;
    const Receivers all{receiver(u"a"_s), receiver(u"a"_s), receiver(u"b"_s), receiver(u"*"_s), receiver(u"b*"_s)};
    for (const auto &each : all)
        table.add(each);
    const auto unwanted = [](const Receiver &each) { return !each.isWanted(); };
    for (const char16_t *pattern : {u"a", u"b", u"*", u"b*", u"c", u"c*"})
        QVERIFY(table.removeIf(QString::fromUtf16(pattern), unwanted).receivers.empty());

    for (const int i : {0, 2, 3})
        all[std::size_t(i)]->end();
    QVERIFY(table.removeIf(u"b*"_s, unwanted).receivers.empty());
    ReceiverTable::Removal removal = table.removeIf(u"a"_s, unwanted);
    QCOMPARE(removal.receivers, Receivers{all[0]});
    QVERIFY(removal.prefixes.isEmpty()); // "a" has another receiver
    QCOMPARE(*table.match("a").exact, Receivers{all[1]});
    removal = table.removeIf(u"*"_s, unwanted);
    QCOMPARE(removal.receivers, Receivers{all[3]});
    QCOMPARE(removal.prefixes, QByteArrayList{""});
    removal = table.removeIf(u"b"_s, unwanted);
    QCOMPARE(removal.receivers, Receivers{all[2]});
    QCOMPARE(removal.prefixes, QByteArrayList{"b "}); // "b*" has one of its own
    const ReceiverTable::Match b = table.match("b");
    QVERIFY(!b.exact);
    QCOMPARE(*b.globs, Receivers{all[4]});
}

void TestReceiverTable::theSameReceiverTwice()
{
    ReceiverTable table;
    const auto twice = receiver(u"order"_s);
    table.add(twice);
    table.add(twice);
    const ReceiverTable::Removal removal = table.removeIf(is(twice));
    QCOMPARE(removal.receivers.size(), std::size_t(2));
    QCOMPARE(removal.prefixes, QByteArrayList{"order "});
    QVERIFY(table.isEmpty());
}

void TestReceiverTable::manyNames()
{
    constexpr int count = 100'000;
    ReceiverTable table;
    Receivers all;
    for (int i = 0; i < count; ++i) {
        all.push_back(receiver(u"event-%1"_s.arg(i)));
        QVERIFY(!table.add(all.back()).isNull());
    }
    QCOMPARE(table.prefixes().size(), count);
    for (int i = 0; i < count; ++i) {
        const ReceiverTable::Match match = table.match("event-" + QByteArray::number(i));
        QVERIFY(match.exact && match.exact->front() == all[std::size_t(i)]);
        QVERIFY(!match.globs);
    }
    QVERIFY(!table.match("event-100000"));
    const ReceiverTable::Removal removal = table.removeIf([](const Receiver &) { return true; });
    QCOMPARE(removal.receivers.size(), std::size_t(count));
    QCOMPARE(removal.prefixes.size(), count);
    QVERIFY(table.isEmpty());
}

void TestReceiverTable::manyReceiversOfOneName()
{
    constexpr int count = 2'000;
    ReceiverTable table;
    for (int i = 0; i < count; ++i)
        table.add(receiver(u"order"_s));
    QCOMPARE(table.match("order").exact->size(), std::size_t(count));
    QCOMPARE(table.prefixes(), QByteArrayList{"order "});
}

void TestReceiverTable::thoseThatHearFramesStandApart()
{
    ReceiverTable table;
    const auto plain = receiver(u"order"_s);
    table.add(plain);
    QVERIFY(!table.hearsFrames());
    const auto frames = frameReceiver(u"order"_s);
    const auto all = frameReceiver(u"b*"_s);
    table.add(frames);
    table.add(all);
    QVERIFY(table.hearsFrames());
    QCOMPARE(*table.match("order").exact, Receivers{plain});
    QVERIFY(!table.match("order").globs);
    QCOMPARE(*table.matchFrames("order").exact, Receivers{frames});
    QVERIFY(!table.match("bill"));
    QCOMPARE(*table.matchFrames("bill").globs, Receivers{all});
    QVERIFY(!table.matchFrames("b\xff").isUtf8);
    QVERIFY(table.hears("order") && table.hears("bill") && !table.hears("x"));
    QCOMPARE(table.patterns(), (QStringList{u"b*"_s, u"order"_s}));
    table.removeIf([](const Receiver &other) { return other.hears() == Receiver::Hears::Frames; });
    QVERIFY(!table.hearsFrames() && !table.hears("bill"));
    QVERIFY(table.match("order"));
}

void TestReceiverTable::aPrefixIsNeededByBoth()
{
    for (const QString &pattern : {u"order"_s, u"o*"_s}) {
        ReceiverTable table;
        const auto plain = receiver(pattern);
        const auto frames = frameReceiver(pattern);
        QVERIFY(!table.add(plain).isNull());
        QVERIFY(table.add(frames).isNull());
        QVERIFY(table.removeIf(pattern, is(plain)).prefixes.isEmpty());
        const ReceiverTable::Removal removal = table.removeIf(pattern, [](const Receiver &) { return true; });
        QCOMPARE(removal.prefixes.size(), 1);
        QCOMPARE(removal.receivers, Receivers{frames});
        QVERIFY(table.isEmpty());
    }
}

PYVENT_TEST(TestReceiverTable)
#include "tst_receivertable.moc"
