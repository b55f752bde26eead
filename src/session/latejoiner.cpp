// SPDX-License-Identifier: MIT
#include "session/latejoiner.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// Of how many senders it is known. Senders of ever new UUIDs must not make it grow without bound.
constexpr qsizetype maximumSenders = 10'000;

} // namespace

bool CatchUpProgress::add(const QUuid &node, quint64 sequence)
{
    const std::lock_guard lock(m_mutex);
    if (m_last.size() >= maximumSenders && !m_last.contains(node))
        return false;
    quint64 &last = m_last[node];
    last = std::max(last, sequence);
    return true;
}

bool CatchUpProgress::contains(const QUuid &node, quint64 sequence) const
{
    const std::lock_guard lock(m_mutex);
    return sequence <= m_last.value(node);
}

LateJoiner::LateJoiner(std::shared_ptr<Receiver> receiver)
    : Receiver(receiver->pattern(), receiver->sender(), receiver->hears())
    , m_receiver(std::move(receiver))
{
}

// What has no number, of Python's nodes or of this process only, has no past to wait for.
bool LateJoiner::isToHear(const QUuid &node, quint64 sequence) const
{
    return sequence == 0 || !m_progress->contains(node, sequence);
}

void LateJoiner::deliver(const PyventEvent &event)
{
    if (isToHear(event.nodeId, event.sequence))
        m_receiver->deliver(event);
}

} // namespace Pyvent::Internal
