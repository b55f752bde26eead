// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_UNSTAMPED_H
#define PYVENT_BRIDGE_UNSTAMPED_H

#include "busend.h"
#include "recentset.h"

#include <QtCore/qhash.h>
#include <QtCore/qstringlist.h>

#include <chrono>
#include <deque>
#include <set>
#include <vector>

namespace Pyvent::Bridge {

// Writes of shared values that have no stamp, as Python's are, on their way out of a bus. Its server gives them one, which they have to take along: other
// buses would give them another, and what is written there next would be earlier than this one here, or later, as their clocks are. So they wait for the
// server's word, and what follows under their name waits behind them. Plain logic, without a clock.
class Unstamped
{
public:
    using Clock = std::chrono::steady_clock;

    struct Limits
    {
        qsizetype events = 10'000;
        qsizetype bytes = qsizetype(4) << 20;
        qsizetype names = 10'000; // that are known to be values
    };

    Unstamped()
        : Unstamped(Limits())
    {
    }
    explicit Unstamped(const Limits &limits)
        : m_limits(limits)
        , m_values(limits.names)
    {
    }

    // An event is to go out. Returns whether it waits; takeReady() has it later.
    bool take(const BusEvent &event, Clock::time_point now);

    // A write of this name has a stamp.
    void isValue(const QString &name) { m_values.insert(name); }

    // Names of which the server is asked for the last event; and its answer, without a name if it has none, in the order of the questions.
    QStringList takeQuestions() { return std::exchange(m_questions, {}); }
    void told(const QString &name, const BusEvent &last, Clock::time_point now);

    // The bus has another server, or the same again: what it was asked is not answered.
    void busIsNew();

    std::vector<BusEvent> takeReady(Clock::time_point now);
    Clock::time_point deadline() const { return m_due.empty() ? Clock::time_point::max() : m_due.begin()->first; }
    bool isEmpty() const { return m_waiting.isEmpty() && m_ready.empty(); }

private:
    struct Waiting
    {
        std::deque<BusEvent> events;
        std::size_t asked = 0; // so many of them had come before the question; 0: none is under way
        Clock::time_point until = {};
    };

    void ask(const QString &name, Waiting &waiting, Clock::time_point now);
    bool isToLookAt(const QString &name, Clock::time_point now);
    void release(const QString &name, std::size_t count);
    void releaseAll();

    const Limits m_limits;
    RecentSet<QString> m_values;
    QHash<QString, Clock::time_point> m_lookAgainAt; // whether it is one by now
    QHash<QString, int> m_forNobody;                 // answers that are to come, and for which nothing waits
    QHash<QString, Waiting> m_waiting;
    qsizetype m_count = 0;
    qsizetype m_bytes = 0;
    std::set<std::pair<Clock::time_point, QString>> m_due;
    QStringList m_questions;
    std::vector<BusEvent> m_ready;
    bool m_isAnswered = true; // as far as is known
};

} // namespace Pyvent::Bridge

#endif
