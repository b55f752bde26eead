// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_BACKOFF_H
#define PYVENT_BRIDGE_BACKOFF_H

#include <QtCore/qrandom.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace Pyvent::Bridge {

// How long to wait before trying again: longer each time, up to some seconds, and not as long as others do.
class BackOff
{
public:
    static constexpr std::chrono::milliseconds shortest{100};
    static constexpr std::chrono::milliseconds longest{3'000};

    std::chrono::milliseconds next()
    {
        const std::chrono::milliseconds now = std::clamp(m_next, shortest, longest);
        m_next = std::min(2 * now, longest);
        return now / 2 + std::chrono::milliseconds(QRandomGenerator::global()->bounded(qint64(now.count() / 2 + 1)));
    }

    // It has succeeded.
    void reset() { m_next = {}; }

private:
    std::chrono::milliseconds m_next{};
};

} // namespace Pyvent::Bridge

#endif
