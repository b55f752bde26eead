// SPDX-License-Identifier: MIT
#include "nearestword.h"

#include <algorithm>
#include <vector>

namespace Pyvent::Cli {

namespace {

// How many letters must be inserted, left out, replaced or swapped with the next one to make the one of the other.
int distance(const QString &left, const QString &right)
{
    const auto width = std::size_t(right.size()) + 1;
    std::vector<std::vector<int>> costs(std::size_t(left.size()) + 1, std::vector<int>(width));
    for (std::size_t i = 0; i < costs.size(); ++i) {
        for (std::size_t k = 0; k < width; ++k) {
            if (i == 0 || k == 0) {
                costs[i][k] = int(i + k);
                continue;
            }
            const auto at = [](const QString &text, std::size_t index) { return text[qsizetype(index)]; };
            const bool isSame = at(left, i - 1) == at(right, k - 1);
            costs[i][k] = std::min({costs[i - 1][k] + 1, costs[i][k - 1] + 1, costs[i - 1][k - 1] + (isSame ? 0 : 1)});
            const bool isSwapped =
                i > 1 && k > 1 && at(left, i - 1) == at(right, k - 2) && at(left, i - 2) == at(right, k - 1);
            if (isSwapped)
                costs[i][k] = std::min(costs[i][k], costs[i - 2][k - 2] + 1);
        }
    }
    return costs.back().back();
}

} // namespace

QString nearestWord(const QString &word, const QStringList &words)
{
    constexpr qsizetype longest = 64;
    if (word.isEmpty() || word.size() > longest)
        return {};
    const QString lower = word.toLower();
    QString nearest;
    int least = std::max(1, int(word.size()) / 3) + 1;
    for (const QString &candidate : words) {
        const int steps = candidate.startsWith(lower) ? 1 : distance(lower, candidate);
        if (steps < least) {
            least = steps;
            nearest = candidate;
        }
    }
    return nearest;
}

} // namespace Pyvent::Cli
