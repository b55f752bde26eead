// SPDX-License-Identifier: MIT
#include "pyventstaleness.h"

#include <QtCore/qcoreevent.h>

#include <algorithm>
#include <utility>

using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

// A later timer's sum with the time that it is now would not fit.
constexpr milliseconds longest = 24h * 365;

} // namespace

PyventStaleness::PyventStaleness(QObject *parent)
    : QObject(parent)
    , m_timer()
{
}

PyventStaleness::~PyventStaleness() = default;

void PyventStaleness::setStaleAfter(milliseconds age)
{
    age = std::clamp<milliseconds>(age, 0ms, longest);
    if (std::exchange(m_staleAfter, age) == age)
        return;
    Q_EMIT staleAfterChanged();
    look();
}

milliseconds PyventStaleness::age() const
{
    return m_heardAt ? duration_cast<milliseconds>(Clock::now() - *m_heardAt) : -1ms;
}

QDateTime PyventStaleness::lastHeard() const
{
    return m_heardAt ? QDateTime::currentDateTimeUtc().addMSecs(-age().count()) : QDateTime();
}

void PyventStaleness::heard()
{
    heardAt(Clock::now());
}

// A Python node's of the past may be from yesterday.
void PyventStaleness::heard(const PyventEvent &event)
{
    if (event.replayed && !event.time.isValid())
        return;
    Clock::time_point time = Clock::now();
    if (event.replayed)
        time -= milliseconds(std::max<qint64>(0, event.time.msecsTo(QDateTime::currentDateTimeUtc())));
    heardAt(time);
}

void PyventStaleness::forget()
{
    m_heardAt.reset();
    look();
}

// With each event the time is noted, and nothing more while it is not stale: the timer looks at it when it comes.
void PyventStaleness::heardAt(Clock::time_point time)
{
    if (m_heardAt && *m_heardAt >= time)
        return;
    m_heardAt = time;
    if (m_isStale)
        look();
}

void PyventStaleness::timerEvent(QTimerEvent *event)
{
    if (event->timerId() == m_timer.timerId())
        look();
}

void PyventStaleness::look()
{
    const milliseconds rest = m_heardAt ? ceil<milliseconds>(*m_heardAt + m_staleAfter - Clock::now()) : 0ms;
    const bool isStale = m_staleAfter > 0ms && rest <= 0ms;
    m_timer.stop();
    if (m_staleAfter > 0ms && !isStale) // Qt gathers the coarse timers of a thread
        m_timer.start(int(std::min<qint64>(rest.count(), std::numeric_limits<int>::max())), Qt::CoarseTimer, this);
    if (std::exchange(m_isStale, isStale) != isStale)
        Q_EMIT staleChanged(isStale);
}
