// SPDX-License-Identifier: MIT
#include "randomschedules.h"
#include "support/testprogram.h"
#include "world.h"

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

void TestSimulation::randomSchedules()
{
    const auto failureOf = [](const Schedule &schedule) { return World(schedule).run(); };
    runRandomSchedules(
        10'000, [&](quint32 seed) { return failureOf(Schedule::fromSeed(seed)); },
        [&](quint32 seed) {
            const Schedule schedule = shrunk(Schedule::fromSeed(seed),
                                             [&](const Schedule &shorter) { return !failureOf(shorter).isEmpty(); });
            return failureOf(schedule) + '\n' + schedule.toText();
        });
}

PYVENT_TEST(TestSimulation)

#include "tst_simulation.moc"
