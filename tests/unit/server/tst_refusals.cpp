// SPDX-License-Identifier: MIT
#include "server/refusals.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <algorithm>

using namespace Pyvent::Internal;

class TestRefusals : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void tellsOnceOfAllThatIsAlike();
    void tellsOfFewKinds();
    void boundsWhatItTells();
    void knowsTheLastOne();
};

void TestRefusals::tellsOnceOfAllThatIsAlike()
{
    const QUuid node = QUuid::createUuid();
    const QUuid as = QUuid::createUuid();
    Refusals refusals;
    QVERIFY(refusals.isEmpty());
    for (int i = 0; i < 3; ++i)
        refusals.add(node, "order", Control::Refused::Impersonation, as, {});
    refusals.add(node, "order", Control::Refused::NotPermitted, {}, "line 3 denies it");
    refusals.add(node, "bell", Control::Refused::NotPermitted, {}, "no rule allows it");
    refusals.add({}, "order", Control::Refused::NotPermitted, {}, "no rule allows it");
    QVERIFY(!refusals.isEmpty());
    const std::vector<Control::Refused> told = refusals.take();
    QCOMPARE(told.size(), std::size_t(4));
    const auto same =
        std::find_if(told.begin(), told.end(), [](const Control::Refused &one) { return one.count == 3; });
    QVERIFY(same != told.end());
    QCOMPARE(same->node, node);
    QCOMPARE(same->topic, QByteArray("order"));
    QCOMPARE(same->reason, Control::Refused::Impersonation);
    QCOMPARE(same->as, as);
    QVERIFY(refusals.isEmpty());
    QVERIFY(refusals.take().empty());
}

void TestRefusals::tellsOfFewKinds()
{
    Refusals refusals;
    for (int i = 0; i < 1000; ++i)
        refusals.add({}, QByteArray::number(i), Control::Refused::NotPermitted, {}, "no rule allows it");
    quint64 all = 0;
    const std::vector<Control::Refused> told = refusals.take();
    for (const Control::Refused &one : told)
        all += one.count;
    QCOMPARE(all, quint64(1000));
    QCOMPARE(told.size(), std::size_t(101));
    QCOMPARE(told.front().topic, QByteArray()); // all the others, by no name
    QCOMPARE(told.front().count, quint64(900));
}

void TestRefusals::boundsWhatItTells()
{
    const QByteArray longOne(1'000'000, 'x');
    Refusals refusals;
    refusals.add({}, longOne, Control::Refused::UnsafePickle, {}, longOne);
    const std::vector<Control::Refused> told = refusals.take();
    QCOMPARE(told.size(), std::size_t(1));
    QCOMPARE(told[0].topic, longOne.first(1000));
    QCOMPARE(told[0].text, longOne.first(1000));
    QVERIFY(refusals.lastRefusal().size() < 1300);
}

void TestRefusals::knowsTheLastOne()
{
    Refusals refusals;
    refusals.add({}, "bell", Control::Refused::NotPermitted, {}, "line 3 of the rules denies it");
    refusals.take();
    QCOMPARE(refusals.lastRefusal(), QStringLiteral("'bell': line 3 of the rules denies it"));
    refusals.add({}, "bell", Control::Refused::Impersonation, QUuid::createUuid(), {});
    QCOMPARE(refusals.lastRefusal(), QStringLiteral("they speak for nodes of others, or for the server"));
}

PYVENT_TEST(TestRefusals)

#include "tst_refusals.moc"
