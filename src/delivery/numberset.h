// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_NUMBERSET_H
#define PYVENT_DELIVERY_NUMBERSET_H

#include <QtCore/qglobal.h>

#include <iterator>
#include <map>

namespace Pyvent::Internal {

// Numbers of events, kept as ranges, since most follow each other.
class NumberSet
{
public:
    using Ranges = std::map<quint64, quint64>; // the first and the last of each

    bool isEmpty() const { return m_ranges.empty(); }
    const Ranges &ranges() const { return m_ranges; }

    bool contains(quint64 number) const
    {
        const auto next = m_ranges.upper_bound(number);
        return next != m_ranges.begin() && std::prev(next)->second >= number;
    }

    // \a number is not there yet.
    void insert(quint64 number)
    {
        const auto next = m_ranges.upper_bound(number);
        const bool joinsNext = next != m_ranges.end() && next->first == number + 1;
        if (next != m_ranges.begin() && std::prev(next)->second + 1 == number) {
            std::prev(next)->second = joinsNext ? next->second : number;
            if (joinsNext)
                m_ranges.erase(next);
        } else if (joinsNext) {
            auto range = m_ranges.extract(next);
            range.key() = number;
            m_ranges.insert(std::move(range));
        } else {
            m_ranges.emplace_hint(next, number, number);
        }
    }

    void remove(quint64 number)
    {
        const auto next = m_ranges.upper_bound(number);
        if (next == m_ranges.begin() || std::prev(next)->second < number)
            return;
        const auto range = std::prev(next);
        const quint64 last = range->second;
        if (last > number)
            m_ranges.emplace_hint(next, number + 1, last);
        if (range->first == number)
            m_ranges.erase(range);
        else
            range->second = number - 1;
    }

private:
    Ranges m_ranges;
};

} // namespace Pyvent::Internal

#endif
