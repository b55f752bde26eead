// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_BURST_H
#define PYVENT_TRANSPORT_BURST_H

#include <QtCore/qglobal.h>

#include <algorithm>

namespace Pyvent::Internal {

// How many events follow each other, and so how many may wait for others to share their way.
class Burst
{
public:
    // One of \a size bytes has been queued, and \a unsent wait with it. Returns whether it may wait.
    bool mayWait(qsizetype size, qsizetype unsent)
    {
        ++m_events;
        return size <= maximumSize && unsent < std::min(m_events / 2, maximumWaiting);
    }

    // Some time has passed.
    void halve() { m_events /= 2; }

private:
    // More would save nothing.
    static constexpr qsizetype maximumWaiting = 512;
    static constexpr qsizetype maximumSize = 4 * 1024;

    qsizetype m_events = 0; // lately
};

} // namespace Pyvent::Internal

#endif
