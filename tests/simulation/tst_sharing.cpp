// SPDX-License-Identifier: MIT
#include "randomschedules.h"
#include "sharingbus.h"
#include "support/testprogram.h"

using namespace PyventTests;

// Groups that share events, on random schedules: randomschedules.h.
class TestSharingSimulation : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void randomSchedules()
    {
        runRandomSchedules(3000, [](quint32 seed) { return SharingBus(seed).run(); });
    }
};

PYVENT_TEST(TestSharingSimulation)

#include "tst_sharing.moc"
