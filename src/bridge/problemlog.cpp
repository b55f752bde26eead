// SPDX-License-Identifier: MIT
#include "problemlog.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

// All come from this program's texts, so there are fewer; others would share one.
constexpr qsizetype mostKinds = 1000;
const QString otherKinds = u"others"_s;

} // namespace

std::optional<QString> ProblemLog::tell(const QString &kind, const QString &text, Clock::time_point now)
{
    auto known = m_kinds.find(kind);
    if (known == m_kinds.end() && m_kinds.size() >= mostKinds) {
        m_kinds.removeIf(
            [&](QHash<QString, Kind>::iterator old) { return old->untold == 0 && now - old->toldAt >= quiet; });
        if (m_kinds.size() >= mostKinds)
            known = m_kinds.find(otherKinds);
    }
    if (known == m_kinds.end()) {
        m_kinds.insert(m_kinds.size() < mostKinds ? kind : otherKinds, {.toldAt = now});
        return text;
    }
    if (now - known->toldAt >= quiet && known->untold == 0) {
        known->toldAt = now;
        return text;
    }
    ++known->untold;
    known->newest = text;
    return std::nullopt;
}

QString ProblemLog::summary(const Kind &kind)
{
    return kind.untold == 1 ? kind.newest
                            : u"%1 (and %2 more of this kind)"_s.arg(kind.newest, QString::number(kind.untold - 1));
}

QStringList ProblemLog::process(Clock::time_point now)
{
    QStringList lines;
    for (Kind &kind : m_kinds) {
        if (kind.untold == 0 || now - kind.toldAt < quiet)
            continue;
        lines += summary(kind);
        kind.toldAt = now;
        kind.untold = 0;
    }
    return lines;
}

ProblemLog::Clock::time_point ProblemLog::deadline() const
{
    auto deadline = Clock::time_point::max();
    for (const Kind &kind : m_kinds) {
        if (kind.untold > 0)
            deadline = std::min(deadline, kind.toldAt + quiet);
    }
    return deadline;
}

} // namespace Pyvent::Bridge
