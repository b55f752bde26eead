// SPDX-License-Identifier: MIT
#include "transport/sendqueue.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// Messages between nodes are few, but for the repairs to those who have missed much.
constexpr qsizetype maximumControls = 4000;
constexpr qsizetype maximumControlBytes = qsizetype(16) * 1024 * 1024;

} // namespace

void SendQueue::append(zmq::message_t &&event)
{
    ++m_accepted;
    ++m_events;
    m_bytes += qsizetype(event.size());
    m_entries.push_back({Kind::Event, std::move(event)});
}

void SendQueue::putProof(zmq::message_t &&proof)
{
    const auto unsent = m_entries.begin() + m_inFlight;
    if (unsent != m_entries.end() && unsent->kind == Kind::Proof) {
        unsent->frame = std::move(proof);
        return;
    }
    m_entries.insert(unsent, {Kind::Proof, std::move(proof)});
    ++m_proofs;
}

bool SendQueue::putControl(zmq::message_t &&message)
{
    return insertControl(std::find_if(m_entries.begin() + m_inFlight, m_entries.end(),
                                      [](const Entry &entry) { return entry.kind == Kind::Event; }),
                         std::move(message));
}

bool SendQueue::appendControl(zmq::message_t &&message)
{
    return insertControl(m_entries.end(), std::move(message));
}

bool SendQueue::insertControl(std::deque<Entry>::iterator place, zmq::message_t &&message)
{
    const qsizetype size = qsizetype(message.size());
    const bool isSmall = m_controlBytes + size <= maximumControlBytes;
    if (m_controls >= maximumControls || (m_controls > 0 && !isSmall))
        return false;
    m_entries.insert(place, {Kind::Control, std::move(message)});
    ++m_controls;
    m_controlBytes += size;
    return true;
}

zmq::message_t SendQueue::copyOfNextUnsent()
{
    zmq::message_t copy;
    copy.copy(m_entries[std::size_t(m_inFlight)].frame);
    return copy;
}

bool SendQueue::acknowledge()
{
    if (m_inFlight == 0)
        return false;
    --m_inFlight;
    const Entry &oldest = m_entries.front();
    if (oldest.kind == Kind::Event) {
        ++m_acknowledged;
        --m_events;
        m_bytes -= qsizetype(oldest.frame.size());
    } else {
        if (oldest.kind == Kind::Control)
            m_controlBytes -= qsizetype(oldest.frame.size());
        --(oldest.kind == Kind::Control ? m_controls : m_proofs);
    }
    m_entries.pop_front();
    return true;
}

void SendQueue::connectionLost()
{
    m_inFlight = 0;
    std::erase_if(m_entries, [](const Entry &entry) { return entry.kind != Kind::Event; });
    m_proofs = m_controls = m_controlBytes = 0;
}

} // namespace Pyvent::Internal
