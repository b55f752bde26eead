// SPDX-License-Identifier: MIT
#include "delivery/ratelimit.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

RateLimit::Clock::time_point at(std::chrono::microseconds time)
{
    return RateLimit::Clock::time_point(time + 1h);
}

int spend(RateLimit *limit, RateLimit::Clock::time_point now)
{
    int times = 0;
    for (; limit->allows(now); ++times)
        limit->spend(1);
    return times;
}

} // namespace

class TestRateLimit : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void allowsSoMuchAtOnce();
    void allowsSoMuchInASecond();
    void whatIsSpentInAdvanceIsMadeUpFor();
};

void TestRateLimit::allowsSoMuchAtOnce()
{
    RateLimit limit(1000, 20);
    QCOMPARE(spend(&limit, at(0ms)), 20);
    QCOMPARE(spend(&limit, at(0ms)), 0);
    QCOMPARE(spend(&limit, at(1h)), 20);   // however long the rest
    QCOMPARE(spend(&limit, at(30min)), 0); // time does not go back
}

void TestRateLimit::allowsSoMuchInASecond()
{
    RateLimit limit(1000, 20);
    int times = 0;
    for (auto time = 0us; time < 10s; time += 100us) // each brings a tenth
        times += spend(&limit, at(time));
    QVERIFY2(times > 9900 && times <= 10'020, QByteArray::number(times));
}

void TestRateLimit::whatIsSpentInAdvanceIsMadeUpFor()
{
    RateLimit limit(1000, 20);
    QVERIFY(limit.allows(at(0ms)));
    limit.spend(520);
    QVERIFY(!limit.allows(at(500ms)));
    QCOMPARE(spend(&limit, at(510ms)), 10);
}

PYVENT_TEST(TestRateLimit)

#include "tst_ratelimit.moc"
