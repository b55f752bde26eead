// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_RANDOMSCHEDULES_H
#define PYVENT_TESTS_RANDOMSCHEDULES_H

#include "support/schedules.h"

#include <QtTest/qtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

// Schedules on all processors. PYVENT_SEED repeats a run, PYVENT_SCHEDULES says how many schedules it has; the number of one that fails
// repeats it alone. PYVENT_MUTATION says what mistake is in the code, which is to be found.

namespace PyventTests {

// What is wrong with the schedule of a seed; empty if nothing is. Called in several threads.
using FailureOf = std::function<QByteArray(quint32 seed)>;

// Returns the seed of one that fails, if any does.
inline std::optional<quint32> findFailure(const Schedules &schedules, const FailureOf &failureOf)
{
    std::atomic<int> next = 0;
    std::mutex mutex;
    std::optional<quint32> failed;
    const auto work = [&] {
        for (int i = next++; i < schedules.count; i = next++) {
            const quint32 seed = schedules.seed + quint32(i);
            if (failureOf(seed).isEmpty())
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

// Of a QtTest: fails if one of \a count schedules does, or, with a mistake in the code, if none does. \a explain says of the one that fails what
// there is to say.
inline void runRandomSchedules(int count, const FailureOf &failureOf, const FailureOf &explain)
{
    constexpr int longer = 20; // some mistakes do harm in one of a thousand schedules
    const QByteArray mutation = qgetenv("PYVENT_MUTATION");
    const std::optional<quint32> failed =
        findFailure(schedulesFromEnvironment(mutation.isEmpty() ? count : longer * count), failureOf);
    if (!mutation.isEmpty()) {
        QVERIFY2(failed, "no schedule has found that " + mutation);
        qInfo().noquote() << "found by" << scheduleName(*failed) << '-' << failureOf(*failed);
        return;
    }
    if (failed)
        QFAIL(scheduleName(*failed) + ": " + explain(*failed));
}

inline void runRandomSchedules(int count, const FailureOf &failureOf)
{
    runRandomSchedules(count, failureOf, failureOf);
}

} // namespace PyventTests

#endif
