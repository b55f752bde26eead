// SPDX-License-Identifier: MIT
#include "support/schedules.h"
#include "support/testprogram.h"
#include "world.h"

#include <QtTest/qtest.h>

#include <atomic>
#include <mutex>
#include <thread>

using namespace PyventTests;

// Whole buses on random schedules: sessions, links and relays as they are, over simulated connections and time. PYVENT_SEED repeats
// a run, PYVENT_SCHEDULES says how many schedules it has. One that fails is shrunk, and prints its own seed, which repeats it alone.
// PYVENT_MUTATION says what mistake is in the code, which is to be found.
class TestSimulation : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void randomSchedules();
};

namespace {

QByteArray failureOf(const Schedule &schedule)
{
    return World(schedule).run();
}

// Runs them on all processors. Returns the seed of one that fails, if any does.
std::optional<quint32> findFailure(const Schedules &schedules)
{
    std::atomic<int> next = 0;
    std::mutex mutex;
    std::optional<quint32> failed;
    const auto work = [&] {
        for (int i = next++; i < schedules.count; i = next++) {
            const quint32 seed = schedules.seed + quint32(i);
            if (failureOf(Schedule::fromSeed(seed)).isEmpty())
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

void TestSimulation::randomSchedules()
{
    const Schedules schedules = schedulesFromEnvironment(10'000);
    const std::optional<quint32> failed = findFailure(schedules);
    if (const QByteArray mutation = qgetenv("PYVENT_MUTATION"); !mutation.isEmpty()) {
        QVERIFY2(failed, "no schedule has found that " + mutation);
        qInfo().noquote() << "found by" << scheduleName(*failed) << '-' << failureOf(Schedule::fromSeed(*failed));
        return;
    }
    if (!failed)
        return;
    const Schedule schedule =
        shrunk(Schedule::fromSeed(*failed), [](const Schedule &shorter) { return !failureOf(shorter).isEmpty(); });
    QFAIL(scheduleName(*failed) + ": " + failureOf(schedule) + '\n' + schedule.toText());
}

PYVENT_TEST(TestSimulation)

#include "tst_simulation.moc"
