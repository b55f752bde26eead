// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_NUMBERS_H
#define PYVENT_TESTS_NUMBERS_H

#include <QtCore/qlist.h>

#include <algorithm>
#include <numeric>

namespace PyventTests {

// All numbers from \a first to \a last, as a test expects them where nothing is lost, doubled or out of order.
inline QList<int> numbersFromTo(int first, int last)
{
    QList<int> numbers(std::max(0, last - first + 1));
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

} // namespace PyventTests

#endif
