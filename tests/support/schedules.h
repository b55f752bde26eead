// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SCHEDULES_H
#define PYVENT_TESTS_SCHEDULES_H

#include <QtCore/qbytearray.h>
#include <QtCore/qlogging.h>
#include <QtCore/qstring.h>

#include <random>

// Which random schedules a simulation runs: PYVENT_SCHEDULES of them, from the seed PYVENT_SEED on; so many as it says from a random
// one where these are not set.

namespace PyventTests {

struct Schedules
{
    quint32 seed;
    int count;
};

inline Schedules schedulesFromEnvironment(int count = 20'000)
{
    bool hasSeed = false;
    bool hasCount = false;
    Schedules schedules{qEnvironmentVariable("PYVENT_SEED").toUInt(&hasSeed),
                        qEnvironmentVariableIntValue("PYVENT_SCHEDULES", &hasCount)};
    if (!hasSeed)
        schedules.seed = std::random_device()();
    if (!hasCount)
        schedules.count = count;
    qInfo("PYVENT_SEED=%u PYVENT_SCHEDULES=%d", schedules.seed, schedules.count);
    return schedules;
}

// What runs the schedule with this seed again, and no other.
inline QByteArray scheduleName(quint32 seed)
{
    return "PYVENT_SCHEDULES=1 PYVENT_SEED=" + QByteArray::number(seed);
}

} // namespace PyventTests

#endif
