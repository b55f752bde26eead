// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_GUARDED_H
#define PYVENT_NODE_GUARDED_H

#include <QtCore/qglobal.h>

#include <mutex>
#include <utility>

namespace Pyvent::Internal {

// A value that only who holds its lock can reach: the compiler refuses the rest. So what a lock guards is said by the members'
// types, and a function that needs it held has to be given it.
template <typename Value, typename Lock = std::unique_lock<std::mutex>>
class Guarded
{
public:
    template <typename... Arguments>
    explicit Guarded(Arguments &&...arguments)
        : m_value(std::forward<Arguments>(arguments)...)
    {
    }
    Q_DISABLE_COPY_MOVE(Guarded)

    Value &operator()([[maybe_unused]] const Lock &lock)
    {
        Q_ASSERT(lock);
        return m_value;
    }
    const Value &operator()([[maybe_unused]] const Lock &lock) const
    {
        Q_ASSERT(lock);
        return m_value;
    }

    // In a child of fork(), where the lock means nothing: who held it is missing there.
    const Value &unguarded() const { return m_value; }

private:
    Value m_value;
};

} // namespace Pyvent::Internal

#endif
