// SPDX-License-Identifier: MIT
#include "randomschedules.h"
#include "support/testprogram.h"
#include "valuebus.h"

using namespace PyventTests;

// Shared values, on random schedules: randomschedules.h.
class TestValues : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void randomSchedules()
    {
        runRandomSchedules(3000, [](quint32 seed) { return ValueBus(seed).run(); });
    }
};

PYVENT_TEST(TestValues)

#include "tst_values.moc"
