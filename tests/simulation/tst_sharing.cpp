// SPDX-License-Identifier: MIT
#include "sharingbus.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

using namespace PyventTests;

// Groups that share events, on random schedules. PYVENT_SEED repeats a run, PYVENT_SCHEDULES says how many schedules it has; the number of
// one that fails repeats it alone. PYVENT_MUTATION says what mistake is in the code, which is to be found.
class TestSharingSimulation : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void randomSchedules();
};

namespace {

std::optional<quint32> findFailure(const Schedules &schedules)
{
    std::atomic<int> next = 0;
    std::mutex mutex;
    std::optional<quint32> failed;
    const auto work = [&] {
        for (int i = next++; i < schedules.count; i = next++) {
            const quint32 seed = schedules.seed + quint32(i);
            if (SharingBus(seed).run().isEmpty())
                continue;
            const std::lock_guard lock(mutex);
            failed = std::min(seed, failed.value_or(seed));
            next = schedules.count;
        }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
        threads.emplace_back(work);
    threads.clear();
    return failed;
}

} // namespace

void TestSharingSimulation::randomSchedules()
{
    const Schedules schedules = schedulesFromEnvironment(3000);
    const std::optional<quint32> failed = findFailure(schedules);
    if (const QByteArray mutation = qgetenv("PYVENT_MUTATION"); !mutation.isEmpty()) {
        QVERIFY2(failed, "no schedule has found that " + mutation);
        qInfo().noquote() << "found by" << scheduleName(*failed) << '-' << SharingBus(*failed).run();
        return;
    }
    if (failed)
        QFAIL(scheduleName(*failed) + ": " + SharingBus(*failed).run());
}

PYVENT_TEST(TestSharingSimulation)

#include "tst_sharing.moc"
