// SPDX-License-Identifier: MIT
#include "delivery/streamtracker.h"

#include <QtTest/qtest.h>

#include <limits>

using namespace Pyvent::Internal;

namespace {

const QUuid kitchen = QUuid::createUuid();
const QUuid till = QUuid::createUuid();
constexpr quint64 largest = std::numeric_limits<quint64>::max();

} // namespace

class TestStreamTracker : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void verdicts_data();
    void verdicts();
    void streamsAreByNodeAndTopic();
    void afterClearEverythingIsNew();
    void theLeastRecentlyHeardIsForgotten();
    void aDoubledEventKeepsItsStreamAlive();
    void neverGrowsPastItsCapacity();
    void remembersOneStream();
    void topicsAreKept();
};

void TestStreamTracker::verdicts_data()
{
    QTest::addColumn<QList<quint64>>("before");
    QTest::addColumn<quint64>("sequence");
    QTest::addColumn<bool>("isNew");
    QTest::addColumn<quint64>("missing");

    using Numbers = QList<quint64>;
    QTest::newRow("the first") << Numbers{} << quint64(1) << true << quint64(0);
    QTest::newRow("the first one heard") << Numbers{} << quint64(1000) << true << quint64(0);
    QTest::newRow("the first, forged to 0") << Numbers{} << quint64(0) << true << quint64(0);
    QTest::newRow("the first, forged to the largest") << Numbers{} << largest << true << quint64(0);
    QTest::newRow("the next") << Numbers{1} << quint64(2) << true << quint64(0);
    QTest::newRow("doubled") << Numbers{1, 2} << quint64(2) << false << quint64(0);
    QTest::newRow("older") << Numbers{1, 2, 3} << quint64(1) << false << quint64(0);
    QTest::newRow("older than the first one heard") << Numbers{10} << quint64(9) << false << quint64(0);
    QTest::newRow("one missing") << Numbers{1} << quint64(3) << true << quint64(1);
    QTest::newRow("many missing") << Numbers{5} << quint64(1000) << true << quint64(994);
    QTest::newRow("told only once") << Numbers{1, 10} << quint64(11) << true << quint64(0);
    QTest::newRow("a missing one that comes late") << Numbers{1, 3} << quint64(2) << false << quint64(0);
    QTest::newRow("everything missing") << Numbers{0} << largest << true << largest - 1;
    QTest::newRow("past the largest") << Numbers{largest} << quint64(0) << false << quint64(0);
    QTest::newRow("the largest again") << Numbers{largest} << largest << false << quint64(0);
}

void TestStreamTracker::verdicts()
{
    QFETCH(const QList<quint64>, before);
    QFETCH(const quint64, sequence);
    QFETCH(const bool, isNew);
    QFETCH(const quint64, missing);

    StreamTracker tracker;
    for (const quint64 earlier : before)
        tracker.heard(kitchen, "order", earlier);
    const StreamTracker::Verdict verdict = tracker.heard(kitchen, "order", sequence);
    QCOMPARE(verdict.isNew, isNew);
    QCOMPARE(verdict.missing, missing);
    QCOMPARE(tracker.size(), 1);
}

void TestStreamTracker::streamsAreByNodeAndTopic()
{
    StreamTracker tracker;
    QVERIFY(tracker.heard(kitchen, "order", 5).isNew);
    QVERIFY(tracker.heard(till, "order", 5).isNew);
    QVERIFY(tracker.heard(kitchen, "order-food", 5).isNew);
    QVERIFY(tracker.heard(QUuid(), "order", 5).isNew);
    QVERIFY(tracker.heard(kitchen, QByteArray("order\0x", 7), 5).isNew);
    QCOMPARE(tracker.size(), 5);
    QVERIFY(!tracker.heard(kitchen, "order", 5).isNew);
    QCOMPARE(tracker.heard(till, "order", 8).missing, quint64(2));
    QCOMPARE(tracker.heard(kitchen, "order", 6).missing, quint64(0));
    QCOMPARE(tracker.size(), 5);
}

void TestStreamTracker::afterClearEverythingIsNew()
{
    StreamTracker tracker;
    tracker.heard(kitchen, "order", 5);
    tracker.heard(till, "order", 5);
    tracker.clear();
    QCOMPARE(tracker.size(), 0);
    const StreamTracker::Verdict verdict = tracker.heard(kitchen, "order", 9);
    QVERIFY(verdict.isNew);
    QCOMPARE(verdict.missing, quint64(0));
    QVERIFY(!tracker.heard(kitchen, "order", 9).isNew);
    QCOMPARE(tracker.size(), 1);
}

void TestStreamTracker::theLeastRecentlyHeardIsForgotten()
{
    StreamTracker tracker(3);
    tracker.heard(kitchen, "a", 10);
    tracker.heard(kitchen, "b", 10);
    tracker.heard(kitchen, "c", 10);
    tracker.heard(kitchen, "a", 11); // now the oldest is b
    tracker.heard(kitchen, "d", 10);
    QCOMPARE(tracker.size(), 3);
    QVERIFY(!tracker.heard(kitchen, "a", 11).isNew);
    QVERIFY(!tracker.heard(kitchen, "c", 10).isNew);
    QVERIFY(!tracker.heard(kitchen, "d", 10).isNew);
    QVERIFY2(tracker.heard(kitchen, "b", 10).isNew, "b was not forgotten");
}

void TestStreamTracker::aDoubledEventKeepsItsStreamAlive()
{
    StreamTracker tracker(2);
    tracker.heard(kitchen, "a", 10);
    tracker.heard(kitchen, "b", 10);
    QVERIFY(!tracker.heard(kitchen, "a", 10).isNew);
    tracker.heard(kitchen, "c", 10);
    QVERIFY(!tracker.heard(kitchen, "a", 10).isNew);
}

void TestStreamTracker::neverGrowsPastItsCapacity()
{
    StreamTracker tracker(100);
    for (int i = 0; i < 10'000; ++i) {
        tracker.heard(kitchen, QByteArray::number(i), 1);
        QVERIFY(tracker.size() <= 100);
    }
    for (int i = 9'900; i < 10'000; ++i)
        QVERIFY(!tracker.heard(kitchen, QByteArray::number(i), 1).isNew);
}

void TestStreamTracker::remembersOneStream()
{
    StreamTracker tracker(1);
    QVERIFY(tracker.heard(kitchen, "a", 1).isNew);
    QVERIFY(!tracker.heard(kitchen, "a", 1).isNew);
    QVERIFY(tracker.heard(kitchen, "b", 1).isNew);
    QVERIFY(!tracker.heard(kitchen, "b", 1).isNew);
    QVERIFY(tracker.heard(kitchen, "a", 1).isNew);
    QCOMPARE(tracker.size(), 1);
}

void TestStreamTracker::topicsAreKept()
{
    StreamTracker tracker;
    QByteArray topic = "order";
    tracker.heard(kitchen, topic, 1);
    topic[0] = 'O';
    QVERIFY(!tracker.heard(kitchen, "order", 1).isNew);
    QVERIFY(tracker.heard(kitchen, topic, 1).isNew);
}

QTEST_GUILESS_MAIN(TestStreamTracker)
#include "tst_streamtracker.moc"
