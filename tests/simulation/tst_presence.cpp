// SPDX-License-Identifier: MIT
#include "presencebus.h"
#include "randomschedules.h"
#include "support/testprogram.h"

using namespace PyventTests;

// Who is there, on random schedules: randomschedules.h.
class TestPresence : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void randomSchedules()
    {
        runRandomSchedules(3000, [](quint32 seed) { return PresenceBus(seed).run(); });
    }
};

PYVENT_TEST(TestPresence)

#include "tst_presence.moc"
