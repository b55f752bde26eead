// SPDX-License-Identifier: MIT
#include "buses.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtCore/qhashfunctions.h>
#include <QtTest/qtest.h>

using namespace PyventTests;

// A thousand buses and two engines between them. PYVENT_SEED repeats a run; PYVENT_SCHEDULES says how many there are, PYVENT_BUSES and PYVENT_EVENTS how
// large each is, PYVENT_GATEWAYS how many buses join two engines. PYVENT_MUTATION says what mistake is in the code, which is to be found.
class TestBuses : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QHashSeed::setDeterministicGlobalSeed(); } // so that a seed repeats a run
    void eachEventReachesEachBusOnce();
};

namespace {

int fromEnvironment(const char *name, int otherwise)
{
    bool isSet = false;
    const int value = qEnvironmentVariableIntValue(name, &isSet);
    return isSet ? std::max(value, 1) : otherwise;
}

} // namespace

void TestBuses::eachEventReachesEachBusOnce()
{
    const QByteArray mutation = qgetenv("PYVENT_MUTATION");
    const bool isMutated = !mutation.isEmpty();
    const Schedules schedules = schedulesFromEnvironment(isMutated ? 100 : 1);
    const int buses = fromEnvironment("PYVENT_BUSES", isMutated ? 40 : 1000);
    const int events = fromEnvironment("PYVENT_EVENTS", isMutated ? 200 : 30);
    for (int i = 0; i < schedules.count; ++i) {
        const quint32 seed = schedules.seed + quint32(i);
        Buses all({.seed = seed,
                   .buses = buses,
                   .events = events,
                   .kills = std::max(buses / 10, 10),
                   .gateways = qEnvironmentVariableIntValue("PYVENT_GATEWAYS")});
        const QByteArray failure = all.run();
        if (isMutated && !failure.isEmpty()) {
            qInfo().noquote() << "found by" << scheduleName(seed) << '-' << failure;
            return;
        }
        QVERIFY2(failure.isEmpty(), scheduleName(seed) + ": " + failure);
        if (!isMutated)
            qInfo().noquote() << all.summary();
    }
    QVERIFY2(!isMutated, "no schedule has found that " + mutation);
}

PYVENT_TEST(TestBuses)

#include "tst_buses.moc"
