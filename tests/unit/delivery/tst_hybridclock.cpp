// SPDX-License-Identifier: MIT
#include "delivery/hybridclock.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestHybridClock : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void followsTheTime()
    {
        HybridClock clock;
        const quint64 first = clock.next(5'000'000);
        QCOMPARE(first, HybridClock::stampOf(5'000'000));
        QCOMPARE(HybridClock::microsecondsOf(first), 5'000'000);
        QCOMPARE(clock.next(5'000'999), first + 1); // the same millisecond
        QCOMPARE(clock.next(1'000'000), first + 2); // the clock was put back
        QCOMPARE(clock.next(6'000'000), HybridClock::stampOf(6'000'000));
    }

    void isLaterThanWhatItHears()
    {
        HybridClock clock;
        const quint64 heard = HybridClock::stampOf(9'000'000) + 7;
        clock.hear(heard);
        QCOMPARE(clock.next(5'000'000), heard + 1);
        clock.hear(1);
        QVERIFY(clock.next(0) > heard + 1);
    }

    void theCounterRunsOver()
    {
        HybridClock clock;
        quint64 last = clock.next(1'000'000);
        for (int i = 0; i < 70'000; ++i) {
            const quint64 next = clock.next(1'000'000);
            QCOMPARE(next, last + 1);
            last = next;
        }
        QCOMPARE(HybridClock::microsecondsOf(last), 1'001'000);
    }

    void refusesWhatNobodyHas()
    {
        constexpr qint64 now = 1'800'000'000'000'000;
        constexpr qint64 day = qint64(24) * 3600 * 1'000'000;
        QVERIFY(!HybridClock::isPlausible(0, now));
        QVERIFY(HybridClock::isPlausible(1, now));
        QVERIFY(HybridClock::isPlausible(HybridClock::stampOf(now + 365 * day), now));
        QVERIFY(!HybridClock::isPlausible(HybridClock::stampOf(now + 367 * day), now));
        QVERIFY(!HybridClock::isPlausible(~quint64(0), now));
        QVERIFY(HybridClock::isPlausible(HybridClock::stampOf(1000), -5));
    }
};

PYVENT_TEST(TestHybridClock)

#include "tst_hybridclock.moc"
