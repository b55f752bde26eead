// SPDX-License-Identifier: MIT
#include "pyventstaleness.h"
#include "support/testprogram.h"

#include <QtTest/qsignalspy.h>
#include <QtTest/qtest.h>

using namespace std::chrono_literals;

class TestStaleness : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void beforeAndAfterTheFirst();
    void neverWithoutALimit();
    void whileEventsComeItIsNot();
    void thePastIsAsOldAsItSays();
    void theLimitMayChange();
};

void TestStaleness::beforeAndAfterTheFirst()
{
    PyventStaleness staleness;
    QCOMPARE(staleness.age(), -1ms);
    QVERIFY(!staleness.lastHeard().isValid());
    QSignalSpy changes(&staleness, &PyventStaleness::staleChanged);
    staleness.setStaleAfter(50ms);
    QVERIFY(staleness.isStale());
    QCOMPARE(changes, QList<QVariantList>({{true}}));
    const QDateTime before = QDateTime::currentDateTimeUtc();
    staleness.heard();
    QVERIFY(!staleness.isStale());
    QVERIFY(staleness.age() >= 0ms);
    QVERIFY(qAbs(before.msecsTo(staleness.lastHeard())) < 60'000);
    QTRY_VERIFY(staleness.isStale());
    QVERIFY(staleness.age() >= 50ms);
    QCOMPARE(changes, QList<QVariantList>({{true}, {false}, {true}}));
    staleness.heard();
    QCOMPARE(changes.size(), 4);
}

void TestStaleness::neverWithoutALimit()
{
    PyventStaleness staleness;
    QSignalSpy changes(&staleness, &PyventStaleness::staleChanged);
    staleness.heard();
    QTRY_VERIFY(staleness.age() > 20ms);
    QVERIFY(!staleness.isStale());
    staleness.setStaleAfter(-1ms);
    QCOMPARE(staleness.staleAfter(), 0ms);
    QVERIFY(!staleness.isStale());
    QCOMPARE(changes.size(), 0);
}

void TestStaleness::whileEventsComeItIsNot()
{
    PyventStaleness staleness;
    staleness.setStaleAfter(1h);
    staleness.heard();
    QSignalSpy changes(&staleness, &PyventStaleness::staleChanged);
    for (int i = 0; i < 1000; ++i)
        staleness.heard();
    QCoreApplication::processEvents();
    QVERIFY(!staleness.isStale());
    QCOMPARE(changes.size(), 0);
}

void TestStaleness::thePastIsAsOldAsItSays()
{
    PyventStaleness staleness;
    staleness.setStaleAfter(1h);
    PyventEvent event;
    event.replayed = true;
    event.time = QDateTime::currentDateTimeUtc().addSecs(-7200);
    staleness.heard(event);
    QVERIFY(staleness.isStale());
    QVERIFY(staleness.age() >= 2h - 1min && staleness.age() < 3h);
    event.time = QDateTime::currentDateTimeUtc().addSecs(-1800);
    staleness.heard(event);
    QVERIFY(!staleness.isStale());
    event.time = QDateTime::currentDateTimeUtc().addSecs(-7200); // it does not grow older by it
    staleness.heard(event);
    QVERIFY(!staleness.isStale());
    event.time = QDateTime::currentDateTimeUtc().addSecs(7200); // a clock that is fast
    staleness.heard(event);
    QVERIFY(staleness.age() >= 0ms && staleness.age() < 1min);
    event.replayed = false; // of the present, the clock is not asked
    event.time = QDateTime::currentDateTimeUtc().addSecs(-7200);
    staleness.heard(event);
    QVERIFY(staleness.age() < 1min);

    // A Python node does not tell when that was.
    staleness.forget();
    event.time = QDateTime();
    event.replayed = true;
    staleness.heard(event);
    QVERIFY(staleness.isStale());
    QCOMPARE(staleness.age(), -1ms);
    event.replayed = false;
    staleness.heard(event);
    QVERIFY(!staleness.isStale());
}

void TestStaleness::theLimitMayChange()
{
    PyventStaleness staleness;
    staleness.setStaleAfter(1h);
    staleness.heard();
    QTRY_VERIFY(staleness.age() > 5ms);
    QVERIFY(!staleness.isStale());
    staleness.setStaleAfter(2ms);
    QVERIFY(staleness.isStale());
    staleness.setStaleAfter(std::chrono::milliseconds::max());
    QVERIFY(!staleness.isStale());
    staleness.forget();
    QVERIFY(staleness.isStale());
    QCOMPARE(staleness.age(), -1ms);
    staleness.setStaleAfter(0ms);
    QVERIFY(!staleness.isStale());
}

PYVENT_TEST(TestStaleness)
#include "tst_staleness.moc"
