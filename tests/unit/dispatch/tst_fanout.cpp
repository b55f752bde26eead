// SPDX-License-Identifier: MIT
#include "dispatch/fanout.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

std::shared_ptr<FunctionReceiver> receiver(const QString &pattern, const PyventSender &sender = PyventSender::Any)
{
    return std::make_shared<FunctionReceiver>(
        pattern, sender, [] { return true; }, [](const PyventEvent &) {});
}

std::shared_ptr<const PyventEvent> named(const QString &name, const QString &sender = u"pyvent"_s)
{
    const auto result = std::make_shared<PyventEvent>();
    result->name = name;
    result->sender = sender;
    return result;
}

} // namespace

class TestFanout : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void nobody();
    void exactNamesThenGlobs();
    void onlyMatchingGlobs();
    void senders_data();
    void senders();
    void goesOnWhereItStopped();
    void whoComesLaterHearsOnlyWhatComesLater();
    void whoEndedMeanwhileIsPassedOver();
    void removedReceiversStayAlive();
    void twoDeliveriesAreIndependent();
    void keepsTheEvent();
};

void TestFanout::nobody()
{
    ReceiverTable table;
    table.add(receiver(u"order-food"_s));
    Fanout fanout(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    QVERIFY(!fanout.next());
    QVERIFY(!fanout.next());
}

void TestFanout::exactNamesThenGlobs()
{
    ReceiverTable table;
    const auto glob1 = receiver(u"*"_s);
    const auto exact1 = receiver(u"order"_s);
    const auto glob2 = receiver(u"ord*"_s);
    const auto exact2 = receiver(u"order"_s);
    for (const auto &each : {glob1, exact1, glob2, exact2})
        table.add(each);

    Fanout fanout(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    QCOMPARE(fanout.next(), exact1);
    QCOMPARE(fanout.next(), exact2);
    QCOMPARE(fanout.next(), glob1);
    QCOMPARE(fanout.next(), glob2);
    QVERIFY(!fanout.next());
    QVERIFY(!fanout.next());
}

void TestFanout::onlyMatchingGlobs()
{
    ReceiverTable table;
    const auto fits = receiver(u"*-food"_s);
    for (const auto &each : {receiver(u"burnt-*"_s), fits, receiver(u"order-?"_s)})
        table.add(each);
    Fanout fanout(named(u"order-food"_s), table.match(named(u"order-food"_s)->name.toUtf8()));
    QCOMPARE(fanout.next(), fits);
    QVERIFY(!fanout.next());
}

void TestFanout::senders_data()
{
    QTest::addColumn<PyventSender>("wanted");
    QTest::addColumn<QString>("sender");
    QTest::addColumn<bool>("hears");

    QTest::newRow("the default hears the default") << PyventSender() << u"pyvent"_s << true;
    QTest::newRow("the default hears a node's id") << PyventSender() << u"pyvent.kitchen"_s << true;
    QTest::newRow("the default, no other name") << PyventSender() << u"pyventure"_s << false;
    QTest::newRow("the default, no other sender") << PyventSender() << u"customer-manager"_s << false;
    QTest::newRow("any") << PyventSender(PyventSender::Any) << u"customer-manager"_s << true;
    QTest::newRow("any, none") << PyventSender(PyventSender::Any) << QString() << true;
    QTest::newRow("itself") << PyventSender(u"customer-manager"_s) << u"customer-manager"_s << true;
    QTest::newRow("below") << PyventSender(u"customer-manager"_s) << u"customer-manager.till-2"_s << true;
    QTest::newRow("far below") << PyventSender(u"a"_s) << u"a.b.c"_s << true;
    QTest::newRow("above") << PyventSender(u"pyvent.kitchen"_s) << u"pyvent"_s << false;
    QTest::newRow("beside") << PyventSender(u"pyvent.kitchen"_s) << u"pyvent.till"_s << false;
    QTest::newRow("longer without a dot") << PyventSender(u"pyvent.kitchen"_s) << u"pyvent.kitchen2"_s << false;
    QTest::newRow("case") << PyventSender(u"Kitchen"_s) << u"kitchen"_s << false;
}

void TestFanout::senders()
{
    QFETCH(const PyventSender, wanted);
    QFETCH(const QString, sender);
    QFETCH(const bool, hears);
    ReceiverTable table;
    table.add(receiver(u"order"_s, wanted));
    table.add(receiver(u"ord*"_s, wanted));
    Fanout fanout(named(u"order"_s, sender), table.match(named(u"order"_s, sender)->name.toUtf8()));
    QCOMPARE(bool(fanout.next()), hears);
    QCOMPARE(bool(fanout.next()), hears);
    QVERIFY(!fanout.next());
}

// A handler that opens a nested event loop: what calls next() there gets what is left, and the outer call
// nothing twice.
void TestFanout::goesOnWhereItStopped()
{
    ReceiverTable table;
    std::vector<std::shared_ptr<Receiver>> all;
    for (int i = 0; i < 6; ++i) {
        all.push_back(receiver(i < 3 ? u"order"_s : u"*"_s));
        table.add(all.back());
    }
    Fanout fanout(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    std::vector<std::shared_ptr<Receiver>> got;
    const std::function<void()> run = [&] {
        while (const auto next = fanout.next()) {
            got.push_back(next);
            if (got.size() == 2 || got.size() == 4)
                run();
        }
    };
    run();
    QCOMPARE(got, all);
}

void TestFanout::whoComesLaterHearsOnlyWhatComesLater()
{
    ReceiverTable table;
    const auto first = receiver(u"order"_s);
    const auto glob = receiver(u"*"_s);
    table.add(first);
    table.add(glob);
    Fanout begun(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    Fanout notBegun(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    QCOMPARE(begun.next(), first);

    const auto late = receiver(u"order"_s);
    const auto lateGlob = receiver(u"o*"_s);
    table.add(late);
    table.add(lateGlob);
    QCOMPARE(begun.next(), glob);
    QVERIFY(!begun.next());
    for (const auto &expected : {first, glob})
        QCOMPARE(notBegun.next(), expected);
    QVERIFY(!notBegun.next());
    Fanout later(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    for (const auto &expected : {first, late, glob, lateGlob})
        QCOMPARE(later.next(), expected);
}

void TestFanout::whoEndedMeanwhileIsPassedOver()
{
    ReceiverTable table;
    const auto first = receiver(u"order"_s);
    const auto second = receiver(u"order"_s);
    const auto glob = receiver(u"*"_s);
    for (const auto &each : {first, second, glob})
        table.add(each);
    Fanout fanout(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    QCOMPARE(fanout.next(), first);
    second->end();
    QCOMPARE(fanout.next(), glob);
    QVERIFY(!fanout.next());
}

void TestFanout::removedReceiversStayAlive()
{
    ReceiverTable table;
    std::weak_ptr<Receiver> weak;
    {
        const auto first = receiver(u"order"_s);
        weak = first;
        table.add(first);
        table.add(receiver(u"order"_s));
    }
    Fanout fanout(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    QVERIFY(fanout.next());
    table.removeIf([](const Receiver &) { return true; });
    QVERIFY(!weak.expired());
    QVERIFY2(fanout.next(), "removed from the table, but not ended");
}

void TestFanout::twoDeliveriesAreIndependent()
{
    ReceiverTable table;
    const auto first = receiver(u"order"_s);
    const auto second = receiver(u"order"_s);
    table.add(first);
    table.add(second);
    Fanout one(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    Fanout two(named(u"order"_s), table.match(named(u"order"_s)->name.toUtf8()));
    QCOMPARE(one.next(), first);
    QCOMPARE(one.next(), second);
    QCOMPARE(two.next(), first);
    QVERIFY(!one.next());
    QCOMPARE(two.next(), second);
}

void TestFanout::keepsTheEvent()
{
    const std::shared_ptr<const PyventEvent> sent = named(u"order"_s, u"pyvent.till"_s);
    const Fanout fanout(sent, ReceiverTable::Match());
    QCOMPARE(fanout.event(), sent);
}

PYVENT_TEST(TestFanout)
#include "tst_fanout.moc"
