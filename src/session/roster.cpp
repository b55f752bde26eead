// SPDX-License-Identifier: MIT
#include "session/roster.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// How long nodes may take to come to another server, after the watcher has; and when those that were not heard are asked once more.
constexpr auto rollCallTime = 2s;
constexpr auto askAgainAfter = 1s;

// Where the server does not tell: how often all are asked, and how long after a question it is looked who has answered neither that nor the one
// before it. So who is lost is silent for 2.5 s at most.
constexpr auto askEvery = 1s;
constexpr auto judgeAfter = 500ms;

// Whoever comes so late to judge has stood still himself.
constexpr auto late = 300ms;

} // namespace

void Roster::watch()
{
    m_isWatching = true;
}

void Roster::unwatch()
{
    m_isWatching = false;
    forget();
}

void Roster::forget()
{
    m_isReady = m_toldFull = false;
    m_nodes.clear();
    m_bytes = 0;
    m_changes.clear();
    m_askAt = m_judgeAt = Clock::time_point::max();
    m_unheardSince.reset();
    m_askedAt.reset();
}

void Roster::ready(bool tellsWhoIsLost, Clock::time_point now)
{
    m_isReady = true;
    m_serverTells = tellsWhoIsLost;
    m_askAt = now;
    m_judgeAt = now + rollCallTime;
    m_unheardSince = now;
    m_askedAt.reset();
    m_isPatient = false;
}

void Roster::serverTells(Clock::time_point now)
{
    if (!std::exchange(m_serverTells, true) && m_isReady)
        m_askAt = m_askedAt ? Clock::time_point::max() : now;
}

void Roster::isHere(const PyventNodeInfo &node, qsizetype bytes, Clock::time_point now)
{
    if (!m_isWatching || node.uuid == m_self || node.uuid.isNull())
        return;
    auto known = m_nodes.find(node.uuid);
    const qsizetype before = known == m_nodes.end() ? 0 : known->bytes;
    if ((known == m_nodes.end() && m_nodes.size() >= mostNodes) || m_bytes - before + bytes > mostBytes) {
        if (known != m_nodes.end())
            known->heardAt = now;
        if (!std::exchange(m_toldFull, true))
            m_changes.push_back(Full{});
        return;
    }
    if (known == m_nodes.end()) {
        known = m_nodes.insert(node.uuid, {});
        m_changes.push_back(Appeared{node});
    }
    m_bytes += bytes - before;
    *known = {node, bytes, now};
}

void Roster::isGone(const QUuid &node, Reason reason)
{
    if (const auto known = m_nodes.find(node); known != m_nodes.end())
        vanish(known, reason);
}

void Roster::vanish(QHash<QUuid, Known>::iterator node, Reason reason)
{
    m_bytes -= node->bytes;
    m_changes.push_back(Vanished{std::move(node->info), reason});
    m_nodes.erase(node);
}

void Roster::loseUnheardSince(Clock::time_point time)
{
    QList<QUuid> lost;
    for (const auto &[node, known] : std::as_const(m_nodes).asKeyValueRange()) {
        if (known.heardAt < time)
            lost.append(node);
    }
    for (const QUuid &node : std::as_const(lost))
        isGone(node, Control::Gone::Lost);
}

bool Roster::process(Clock::time_point now)
{
    if (!m_isWatching || !m_isReady)
        return false;
    if (now >= m_judgeAt) {
        if (now > m_judgeAt + late && !std::exchange(m_isPatient, true)) {
            m_judgeAt = now + late;
        } else {
            loseUnheardSince(*m_unheardSince);
            m_judgeAt = Clock::time_point::max();
            m_isPatient = false;
        }
    }
    if (now < m_askAt)
        return false;
    if (m_serverTells) {
        const auto isUnheard = [this](const Known &known) { return known.heardAt < *m_unheardSince; };
        const bool isFirst = !m_askedAt;
        m_askAt = isFirst && !m_nodes.isEmpty() ? now + askAgainAfter : Clock::time_point::max();
        m_askedAt = now;
        return isFirst || std::any_of(m_nodes.cbegin(), m_nodes.cend(), isUnheard);
    }
    if (m_askedAt && m_judgeAt == Clock::time_point::max()) {
        m_unheardSince = *m_askedAt;
        m_judgeAt = now + judgeAfter;
    }
    m_askedAt = now;
    m_askAt = now + askEvery;
    return true;
}

Roster::Clock::time_point Roster::deadline() const
{
    return m_isWatching && m_isReady ? std::min(m_askAt, m_judgeAt) : Clock::time_point::max();
}

QList<PyventNodeInfo> Roster::nodes() const
{
    QList<PyventNodeInfo> nodes;
    for (const Known &known : m_nodes)
        nodes.append(known.info);
    return nodes;
}

} // namespace Pyvent::Internal
