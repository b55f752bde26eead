// SPDX-License-Identifier: MIT
#ifndef PYVENT_UNORDEREDEQUAL_H
#define PYVENT_UNORDEREDEQUAL_H

#include <QtCore/qlist.h>
#include <QtCore/qstring.h>

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

// Whether two lists hold equal items in any order. Items that differ in type only, such as 1 and 1.0, are
// matched by \a spelling, which sorts them: QVariants have no order and no hash, and comparing all with all
// would let a peer's large set take for ever.
template <typename T, typename Spelling>
bool unorderedEqual(const QList<T> &left, const QList<T> &right, Spelling spelling)
{
    if (left.size() != right.size())
        return false;
    if (left == right)
        return true;
    const auto sorted = [&](const QList<T> &items) {
        QList<std::pair<QString, const T *>> result;
        result.reserve(items.size());
        for (const T &item : items)
            result.emplaceBack(spelling(item), &item);
        std::sort(result.begin(), result.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        return result;
    };
    const auto a = sorted(left);
    const auto b = sorted(right);
    return std::equal(a.begin(), a.end(), b.begin(),
                      [](const auto &x, const auto &y) { return *x.second == *y.second; });
}

} // namespace Pyvent::Internal

#endif
