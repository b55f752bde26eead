// SPDX-License-Identifier: MIT
#include "support/waituntil.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qtimer.h>

namespace PyventTests {

bool waitUntil(const std::function<bool()> &condition, int timeout, int interval)
{
    const QDeadlineTimer deadline(timeout);
    QTimer look;
    look.start(interval);
    while (!condition()) {
        if (deadline.hasExpired())
            return false;
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    return true;
}

} // namespace PyventTests
