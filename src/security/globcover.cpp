// SPDX-License-Identifier: MIT
#include "security/globcover.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

namespace Pyvent::Internal {

namespace {

// Of a glob, a character is itself, and these are not characters.
constexpr char32_t anyCharacter = 0x110000;
constexpr char32_t anyText = 0x110001;

using Tokens = std::vector<char32_t>;

// With one spelling for what is the same: of neighbouring '*' and '?', first all '?' and then at most one '*'.
Tokens tokenize(const QString &glob)
{
    Tokens tokens;
    bool hasStar = false;
    const auto endRun = [&] {
        if (hasStar)
            tokens.push_back(anyText);
        hasStar = false;
    };
    for (const char32_t c : glob.toUcs4()) {
        if (c == U'*') {
            hasStar = true;
        } else if (c == U'?') {
            tokens.push_back(anyCharacter);
        } else {
            endRun();
            tokens.push_back(c);
        }
    }
    endRun();
    return tokens;
}

// Whether the characters that both begin with differ.
template <typename Iterator>
bool areApart(Iterator left, Iterator leftEnd, Iterator right, Iterator rightEnd)
{
    for (; left != leftEnd && right != rightEnd; ++left, ++right) {
        if (*left >= anyCharacter || *right >= anyCharacter)
            return false;
        if (*left != *right)
            return true;
    }
    return false;
}

// Some of the positions in some globs: which of them a name's beginning may have reached.
using Positions = std::vector<quint64>;

void insert(Positions *positions, std::size_t bit)
{
    (*positions)[bit / 64] |= quint64(1) << (bit % 64);
}

bool meet(const Positions &one, const Positions &other)
{
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (one[i] & other[i])
            return true;
    }
    return false;
}

// Several globs side by side. Each has a position before each token, and one at the end.
class Union
{
public:
    explicit Union(const std::vector<Tokens> &all)
    {
        std::size_t bits = 0;
        for (const Tokens &tokens : all)
            bits += tokens.size() + 1;
        m_words = (bits + 63) / 64;
        for (Positions *each : {&m_first, &m_last, &m_stars, &m_any, &m_rests})
            each->resize(m_words);
        std::size_t bit = 0;
        for (const Tokens &tokens : all) {
            insert(&m_first, bit);
            for (std::size_t i = 0; i < tokens.size(); ++i, ++bit) {
                if (tokens[i] == anyText) {
                    insert(&m_stars, bit);
                    if (i + 1 == tokens.size())
                        insert(&m_rests, bit);
                } else if (tokens[i] == anyCharacter) {
                    insert(&m_any, bit);
                } else {
                    Positions &own = m_characters[tokens[i]];
                    own.resize(m_words);
                    insert(&own, bit);
                }
            }
            insert(&m_last, bit++);
        }
        // A letter, or one of the many other characters that names can have.
        m_others = U'a';
        while (m_characters.contains(m_others))
            m_others = m_others == U'z' ? U'\u4e00' : m_others + 1;
        skipStars(&m_first);
    }

    std::size_t words() const { return m_words; }
    const Positions &first() const { return m_first; }
    bool isAtEnd(const Positions &positions) const { return meet(positions, m_last); }
    bool takesAll(const Positions &positions) const { return meet(positions, m_rests); } // whatever follows
    char32_t others() const { return m_others; }                                         // that stands in none of them

    Positions after(const Positions &positions, char32_t character) const
    {
        const auto own = m_characters.find(character);
        Positions next(m_words);
        quint64 carry = 0;
        for (std::size_t i = 0; i < m_words; ++i) {
            quint64 takers = m_any[i];
            if (own != m_characters.end())
                takers |= own->second[i];
            const quint64 moves = positions[i] & takers;
            next[i] = moves << 1 | carry | (positions[i] & m_stars[i]);
            carry = moves >> 63;
        }
        skipStars(&next);
        return next;
    }

private:
    // A star may stand for nothing. Two are never neighbours, so that one step is enough.
    void skipStars(Positions *positions) const
    {
        quint64 carry = 0;
        for (std::size_t i = 0; i < m_words; ++i) {
            const quint64 skips = (*positions)[i] & m_stars[i];
            (*positions)[i] |= skips << 1 | carry;
            carry = skips >> 63;
        }
    }

    std::size_t m_words = 0;
    Positions m_first;
    Positions m_last;
    Positions m_stars;
    Positions m_any;
    Positions m_rests; // stars that are the last token
    std::map<char32_t, Positions> m_characters;
    char32_t m_others = 0;
};

// A beginning of a name: where in the glob it ends, and where it may in the others.
struct Step
{
    std::size_t position;
    Positions others;
    std::size_t before; // its place among the steps
    char32_t character; // that led from there to here; 0: none
};

constexpr std::size_t noStep = std::size_t(-1);

// That one question may take, which is some 30 MB, too.
constexpr qint64 workOfAQuestion = 20'000'000;

// The name that led to the step \a at.
std::u32string nameOf(const std::vector<Step> &steps, std::size_t at)
{
    std::u32string name;
    for (; at != noStep; at = steps[at].before) {
        if (steps[at].character)
            name += steps[at].character;
    }
    std::reverse(name.begin(), name.end());
    return name;
}

} // namespace

const GlobCover::Tokens &GlobCover::tokensOf(const PyventPattern &glob)
{
    auto known = m_tokens.find(glob.text());
    if (known == m_tokens.end())
        known = m_tokens.emplace(glob.text(), tokenize(glob.text())).first;
    return known->second;
}

GlobCover::Answer GlobCover::ask(const PyventPattern &glob, const QList<PyventPattern> &others)
{
    Tokens tokens = tokensOf(glob);
    if (tokens == Tokens{anyText}) // a name is not empty
        tokens.insert(tokens.begin(), anyCharacter);
    std::vector<Tokens> tokensOfOthers;
    for (const PyventPattern &other : others) {
        tokensOfOthers.push_back(tokensOf(other));
        m_work -= 20 * qint64(other.text().size() + 1);
        if (isTired())
            return TooMuchWork;
    }
    const Union all(tokensOfOthers);

    // A search for a name that fits the glob, and none of the others.
    qint64 work = std::min(m_work, workOfAQuestion);
    const auto spend = [&](qint64 steps) {
        work -= steps;
        m_work -= steps;
    };
    std::set<std::pair<std::size_t, Positions>> seen;
    std::vector<Step> steps;
    const auto visit = [&](std::size_t position, Positions positions, std::size_t before, char32_t character) {
        if (all.takesAll(positions) || !seen.insert({position, positions}).second)
            return;
        steps.push_back({position, std::move(positions), before, character});
        spend(100 + 4 * qint64(all.words()));
    };
    visit(0, all.first(), noStep, 0);
    for (std::size_t at = 0; at < steps.size(); ++at) {
        spend(qint64(2 * all.words() + 10));
        if (work < 0)
            return TooMuchWork;
        const std::size_t position = steps[at].position;
        const Positions positions = steps[at].others;
        if (position == tokens.size()) {
            if (!all.isAtEnd(positions)) {
                const std::u32string name = nameOf(steps, at);
                m_example = QString::fromUcs4(name.data(), qsizetype(name.size()));
                return NotCovered;
            }
            continue;
        }
        const char32_t token = tokens[position];
        if (token == anyText)
            visit(position + 1, positions, at, 0);
        const std::size_t next = token == anyText ? position : position + 1;
        // Where the glob takes any character, one that stands in none of the others fits the fewest of them: what is to be found is
        // found with it.
        const char32_t character = token == anyText || token == anyCharacter ? all.others() : token;
        visit(next, all.after(positions, character), at, character);
    }
    return Covered;
}

bool GlobCover::mayOverlap(const PyventPattern &one, const PyventPattern &other)
{
    if (isTired())
        return true;
    const Tokens &left = tokensOf(one);
    const Tokens &right = tokensOf(other);
    m_work -= 50;
    if (areApart(left.begin(), left.end(), right.begin(), right.end())
        || areApart(left.rbegin(), left.rend(), right.rbegin(), right.rend()))
        return false;
    // What the one begins with and the other one ends with are a name of both.
    const auto isStar = [](char32_t token) { return token == anyText; };
    if (!left.empty() && !right.empty()
        && ((isStar(left.back()) && isStar(right.front())) || (isStar(left.front()) && isStar(right.back()))))
        return true;
    m_work -= qint64((left.size() + 5) * (right.size() + 5));
    if (isTired())
        return true;
    const auto fit = [](char32_t a, char32_t b) { return a == b || a == anyCharacter || b == anyCharacter; };
    // Row by row: whether what is left of both from here on has a name in common.
    std::vector<char> &below = m_rowBelow;
    std::vector<char> &row = m_row;
    below.assign(right.size() + 1, false);
    row.assign(right.size() + 1, false);
    for (std::size_t i = left.size() + 1; i-- > 0;) {
        for (std::size_t k = right.size() + 1; k-- > 0;) {
            const bool isLeftStar = i < left.size() && left[i] == anyText;
            const bool isRightStar = k < right.size() && right[k] == anyText;
            if (i == left.size() && k == right.size())
                row[k] = true;
            else if (isLeftStar)
                row[k] = below[k] || (k < right.size() && row[k + 1]);
            else if (isRightStar)
                row[k] = row[k + 1] || (i < left.size() && below[k]);
            else
                row[k] = i < left.size() && k < right.size() && fit(left[i], right[k]) && below[k + 1];
        }
        std::swap(below, row);
    }
    return below[0];
}

} // namespace Pyvent::Internal
