// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_PROBLEMLOG_H
#define PYVENT_BRIDGE_PROBLEMLOG_H

#include <QtCore/qhash.h>
#include <QtCore/qstring.h>

#include <chrono>
#include <optional>

namespace Pyvent::Bridge {

// Which lines about problems to print: the first of each kind at once, and of those that follow within half a minute only how many there were, and
// the newest. Plain logic, without a clock.
class ProblemLog
{
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::milliseconds quiet = std::chrono::seconds(30);

    // The line to print now, if there is one.
    std::optional<QString> tell(const QString &kind, const QString &text, Clock::time_point now);

    // The problem of this kind is over: the next one is told at once. Returns whether there was one.
    bool forget(const QString &kind) { return m_kinds.remove(kind) > 0; }

    // What there were more of, by now.
    QStringList process(Clock::time_point now);

    // When process() is to be called next; max() if never.
    Clock::time_point deadline() const;

private:
    struct Kind
    {
        Clock::time_point toldAt;
        quint64 untold = 0;
        QString newest = {};
    };
    static QString summary(const Kind &kind);

    QHash<QString, Kind> m_kinds;
};

} // namespace Pyvent::Bridge

#endif
