// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_GLOBCOVER_H
#define PYVENT_SECURITY_GLOBCOVER_H

#include "pyventpattern.h"

#include <QtCore/qhashfunctions.h>
#include <QtCore/qlist.h>
#include <QtCore/qstring.h>

#include <unordered_map>
#include <vector>

namespace Pyvent::Internal {

// Which names globs stand for, compared exactly: as sets of all names that are not empty, of any length and in any characters.
class GlobCover
{
public:
    enum Answer : quint8 { Covered, NotCovered, TooMuchWork };

    // \a work is how many steps, of some nanoseconds each, all questions together may take.
    explicit GlobCover(qint64 work)
        : m_work(work)
        , m_tokens()
        , m_row()
        , m_rowBelow()
        , m_example()
    {
    }

    // Whether each name that fits \a glob fits one of \a others, too. If not, example() is a name that shows it.
    Answer ask(const PyventPattern &glob, const QList<PyventPattern> &others);

    // No work is left: what may be so is taken to be so, and nothing else can be answered.
    bool isTired() const { return m_work < 0; }

    // Only after NotCovered.
    const QString &example() const { return m_example; }

    // Whether there is a name that fits both.
    bool mayOverlap(const PyventPattern &one, const PyventPattern &other);

private:
    using Tokens = std::vector<char32_t>;
    const Tokens &tokensOf(const PyventPattern &glob);

    qint64 m_work;
    std::unordered_map<QString, Tokens> m_tokens; // of globs that were asked about
    std::vector<char> m_row;
    std::vector<char> m_rowBelow;
    QString m_example;
};

} // namespace Pyvent::Internal

#endif
