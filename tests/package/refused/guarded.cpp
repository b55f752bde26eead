// SPDX-License-Identifier: MIT
#include "node/guarded.h"

// What must compile with CASE=0, and must not with the others: a value is reached by its lock, and in no other way.

int read(const Pyvent::Internal::Guarded<int> &value, std::mutex &mutex)
{
#if CASE == 0
    const std::unique_lock lock(mutex);
    return value(lock);
#elif CASE == 1
    const std::lock_guard held(mutex); // is not shown
    return value();
#elif CASE == 2
    const std::lock_guard lock(mutex); // of a kind that may not be held any more, or guards something else
    return value(lock);
#elif CASE == 3
    const std::unique_lock lock(mutex);
    return value.m_value;
#endif
}
