// SPDX-License-Identifier: MIT
#include "asking/waitingaskers.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

constexpr auto askEvery = 1s;

// Where the server tells, it is only to be found out who has not come back. Else a node's thread may be busy for a while, and must not lose its work.
constexpr int mostUnanswered = 3;
constexpr int mostUnansweredUntold = 5;

// Whoever comes so late to look has stood still himself, and may not have read the answers.
constexpr auto late = 300ms;

} // namespace

void WaitingAskers::begin(const QUuid &asker, const QByteArray &name, Clock::time_point now)
{
    if (asker.isNull())
        return;
    Waiting &waiting = m_waiting[asker];
    waiting.name = name;
    // Its question may be from before, or it is here again.
    if (waiting.hasGone || (waiting.work == 0 && std::find(m_gone.begin(), m_gone.end(), asker) != m_gone.end())) {
        waiting.hasGone = false;
        waiting.isInDoubt = true;
        waiting.unanswered = 0;
    }
    ++waiting.work;
    if ((waiting.isInDoubt || !m_isTold) && m_askAt == Clock::time_point::max())
        m_askAt = now + askEvery;
}

void WaitingAskers::end(const QUuid &asker)
{
    if (const auto waiting = m_waiting.find(asker); waiting != m_waiting.end() && --waiting->work == 0)
        m_waiting.erase(waiting);
}

void WaitingAskers::isHere(const QUuid &asker)
{
    const auto waiting = m_waiting.find(asker);
    if (waiting == m_waiting.end())
        return;
    waiting->isInDoubt = waiting->hasGone = false;
    waiting->unanswered = 0;
    std::erase(m_gone, asker);
}

bool WaitingAskers::isGone(const QUuid &asker)
{
    if (asker.isNull())
        return false;
    if (std::find(m_gone.begin(), m_gone.end(), asker) == m_gone.end()) {
        m_gone.push_back(asker);
        if (m_gone.size() > mostGone)
            m_gone.pop_front();
    }
    const auto waiting = m_waiting.find(asker);
    if (waiting == m_waiting.end())
        return false;
    waiting->isInDoubt = false;
    return !std::exchange(waiting->hasGone, true);
}

void WaitingAskers::ready(Clock::time_point now)
{
    m_isReady = true;
    m_isTold = false;
    for (Waiting &waiting : m_waiting) {
        waiting.isInDoubt = !waiting.hasGone;
        waiting.unanswered = 0;
    }
    m_askAt = m_waiting.isEmpty() ? Clock::time_point::max() : now + askEvery;
}

WaitingAskers::Due WaitingAskers::process(bool tellsWhoIsLost, Clock::time_point now)
{
    m_isTold = tellsWhoIsLost;
    if (!m_isReady || now < m_askAt)
        return {};
    const bool isLate = now > m_askAt + late;
    m_askAt = Clock::time_point::max();
    Due due;
    int left = mostAtOnce;
    for (auto [asker, waiting] : m_waiting.asKeyValueRange()) {
        if (waiting.hasGone || (m_isTold && !waiting.isInDoubt))
            continue;
        m_askAt = now + askEvery;
        if (waiting.unanswered < (m_isTold ? mostUnanswered : mostUnansweredUntold) || isLate) {
            if (left-- <= 0)
                continue;
            due.toAsk.push_back({asker, waiting.name});
            waiting.unanswered += !isLate;
        } else {
            due.gone.push_back(asker);
        }
    }
    return due;
}

WaitingAskers::Clock::time_point WaitingAskers::deadline() const
{
    return m_isReady ? m_askAt : Clock::time_point::max();
}

} // namespace Pyvent::Internal
