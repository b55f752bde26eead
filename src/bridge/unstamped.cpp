// SPDX-License-Identifier: MIT
#include "unstamped.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Bridge {

using namespace std::chrono_literals;

namespace {

// A server that keeps values answers within a round trip.
constexpr auto stampWithin = 500ms;

// Whether a name is a value is looked at so often, while nobody says so by a stamp.
constexpr auto lookAtNameAgain = 1s;

} // namespace

bool Unstamped::take(const BusEvent &event, Clock::time_point now)
{
    if (event.stamp > 0)
        m_values.insert(event.name);
    if (!m_waiting.contains(event.name)) {
        if (event.stamp > 0 || !m_isAnswered || !event.pickle.contains("value"))
            return false;
        if (!m_values.contains(event.name)) {
            if (isToLookAt(event.name, now)) {
                m_questions += event.name;
                ++m_forNobody[event.name];
            }
            return false;
        }
    }
    if (m_count >= m_limits.events || m_bytes + event.pickle.size() > m_limits.bytes) {
        releaseAll();
        m_ready.push_back(event);
        return true;
    }
    Waiting &waiting = m_waiting[event.name];
    waiting.events.push_back(event);
    ++m_count;
    m_bytes += event.pickle.size();
    if (waiting.asked == 0)
        ask(event.name, waiting, now);
    return true;
}

bool Unstamped::isToLookAt(const QString &name, Clock::time_point now)
{
    const auto known = m_lookAgainAt.constFind(name);
    if (known != m_lookAgainAt.cend() && now < *known)
        return false;
    if (m_lookAgainAt.size() >= m_limits.names)
        m_lookAgainAt.clear();
    m_lookAgainAt.insert(name, now + lookAtNameAgain);
    return true;
}

void Unstamped::ask(const QString &name, Waiting &waiting, Clock::time_point now)
{
    waiting.asked = waiting.events.size();
    waiting.until = now + stampWithin;
    m_due.insert({waiting.until, name});
    m_questions += name;
}

void Unstamped::told(const QString &name, const BusEvent &last, Clock::time_point now)
{
    if (const auto other = m_forNobody.find(name); other != m_forNobody.end()) {
        if (--*other <= 0)
            m_forNobody.erase(other);
        if (last.stamp > 0)
            m_values.insert(name);
        return;
    }
    const auto found = m_waiting.find(name);
    if (found == m_waiting.end())
        return;
    std::deque<BusEvent> &events = found->events;
    const auto end = events.begin() + std::ptrdiff_t(found->asked);
    // The server has what it has passed on before the question, and may have more: then those here are earlier than that.
    if (last.stamp > quint64(found->asked)) {
        auto newest = end;
        for (auto event = events.begin(); event != end; ++event) {
            if (event->pickle == last.pickle)
                newest = event;
        }
        quint64 stamp = last.stamp - (newest == end);
        if (newest != end)
            ++newest;
        for (auto event = newest; event != events.begin(); --stamp) {
            --event;
            if (event->stamp == 0)
                event->stamp = stamp;
        }
    }
    release(name, found->asked);
    if (const auto rest = m_waiting.find(name); rest != m_waiting.end())
        ask(name, *rest, now);
}

// The first \a count of those that wait under this name; what was asked about them is over.
void Unstamped::release(const QString &name, std::size_t count)
{
    Waiting &waiting = m_waiting[name];
    m_due.erase({waiting.until, name});
    waiting.asked = 0;
    for (; count > 0; --count) {
        --m_count;
        m_bytes -= waiting.events.front().pickle.size();
        m_ready.push_back(std::move(waiting.events.front()));
        waiting.events.pop_front();
    }
    if (waiting.events.empty())
        m_waiting.remove(name);
}

void Unstamped::releaseAll()
{
    const QStringList names = m_waiting.keys();
    for (const QString &name : names) {
        ++m_forNobody[name];
        release(name, m_waiting[name].events.size());
    }
}

void Unstamped::busIsNew()
{
    releaseAll();
    m_forNobody.clear();
    m_questions.clear();
    m_isAnswered = true;
}

std::vector<BusEvent> Unstamped::takeReady(Clock::time_point now)
{
    if (!m_due.empty() && m_due.begin()->first <= now) {
        m_isAnswered = false; // until there is another server
        releaseAll();
    }
    return std::exchange(m_ready, {});
}

} // namespace Pyvent::Bridge
