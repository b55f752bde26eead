// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_RECENTSET_H
#define PYVENT_BRIDGE_RECENTSET_H

#include <QtCore/qhash.h>

#include <list>

namespace Pyvent::Bridge {

// Values that were used lately, up to a number of them.
template <typename T>
class RecentSet
{
public:
    explicit RecentSet(qsizetype most)
        : m_most(most)
    {
    }

    void insert(const T &value)
    {
        const auto known = m_places.constFind(value);
        if (known != m_places.constEnd()) {
            m_values.splice(m_values.end(), m_values, *known);
            return;
        }
        if (m_places.size() >= m_most) {
            m_places.remove(m_values.front());
            m_values.pop_front();
        }
        m_places.insert(value, m_values.insert(m_values.end(), value));
    }

    bool contains(const T &value) const { return m_places.contains(value); }
    qsizetype size() const { return m_places.size(); }

private:
    using Values = std::list<T>; // least recently used first

    const qsizetype m_most;
    Values m_values;
    QHash<T, typename Values::iterator> m_places;
};

} // namespace Pyvent::Bridge

#endif
