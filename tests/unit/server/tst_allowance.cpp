// SPDX-License-Identifier: MIT
#include "server/allowance.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

class TestAllowance : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void anyNumber();
    void soMuchAtOnceAndThenBySecond();
    void neverMoreThanAtOnce();
};

void TestAllowance::anyNumber()
{
    Allowance allowance(0, 0);
    const auto now = Allowance::Clock::now();
    QCOMPARE(allowance.take(1'000'000'000'000, now), now);
}

void TestAllowance::soMuchAtOnceAndThenBySecond()
{
    Allowance allowance(100, 500);
    auto now = Allowance::Clock::now();
    QCOMPARE(allowance.take(500, now), now);
    QCOMPARE(allowance.take(100, now), now + 1s);
    now += 1s;
    QCOMPARE(allowance.take(0, now), now);
    QCOMPARE(allowance.take(50, now), now + 500ms);
}

void TestAllowance::neverMoreThanAtOnce()
{
    Allowance allowance(100, 500);
    auto now = Allowance::Clock::now();
    allowance.take(500, now);
    now += 1h;
    QCOMPARE(allowance.take(500, now), now);
    QVERIFY(allowance.take(1, now) > now);
}

PYVENT_TEST(TestAllowance)

#include "tst_allowance.moc"
