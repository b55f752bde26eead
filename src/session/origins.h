// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_ORIGINS_H
#define PYVENT_SESSION_ORIGINS_H

#include "delivery/ratelimit.h"
#include "wire/control.h"

#include <map>

namespace Pyvent::Internal {

// How many control messages of each node's are looked at: a node that says more than any has to say does not take the time of those that
// hear it, and leaves others theirs. What is not looked at is asked, or told, again. Plain logic, without a clock. Not thread-safe.
class Origins
{
public:
    using Clock = std::chrono::steady_clock;

    // Whether \a message is to be looked at. Nobody has to read what says of no node, or of none in the right way, that it is from it.
    bool allow(const Control::Message &message, Clock::time_point now);

private:
    static constexpr std::size_t mostNodes = 1000; // that are known one by one
    static constexpr qint64 perSecond = 5000;
    static constexpr qint64 atOnce = 10'000;

    RateLimit &limitOf(const QUuid &node, Clock::time_point now);

    std::map<QUuid, RateLimit> m_nodes;
    RateLimit m_others{perSecond, atOnce};
};

} // namespace Pyvent::Internal

#endif
