// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_WARNINGS_H
#define PYVENT_SERVER_WARNINGS_H

#include "server/serverlog.h"

#include <QtCore/qstring.h>

#include <chrono>
#include <utility>

namespace Pyvent::Internal {

// Warnings of a server's. Strangers, of whom they tell, may be many: so one is written each second, and the others are counted. Not
// thread-safe.
class Warnings
{
public:
    using Clock = std::chrono::steady_clock;

    bool isDue(Clock::time_point now) const { return now >= m_againAt; }

    // Warns of what \a text returns, which is not called if that is not due.
    template <typename Text>
    void add(Clock::time_point now, const Text &text)
    {
        if (!isDue(now)) {
            ++m_untold;
            return;
        }
        m_againAt = now + std::chrono::seconds(1);
        if (const qsizetype untold = std::exchange(m_untold, 0))
            qCWarning(serverLog).noquote()
                << text() + QStringLiteral(" (and %1 warnings before that were not written)").arg(untold);
        else
            qCWarning(serverLog).noquote() << text();
    }

private:
    Clock::time_point m_againAt;
    qsizetype m_untold = 0; // since the last one
};

} // namespace Pyvent::Internal

#endif
