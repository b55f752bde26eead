// SPDX-License-Identifier: MIT
#include "transport/sendqueue.h"

#include "wire/batch.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// Messages between nodes are few, but for the repairs to those who have missed much.
constexpr qsizetype maximumControls = 4000;
constexpr qsizetype maximumControlBytes = qsizetype(16) * 1024 * 1024;

} // namespace

void SendQueue::append(QByteArray &&event, Share *share)
{
    const qsizetype size = event.size();
    m_entries.push_back({Kind::Event, std::move(event), share}); // first: it may take more memory than there is
    ++m_accepted;
    ++m_events;
    m_bytes += size;
    if (share) {
        ++share->accepted;
        ++share->events;
        share->bytes += size;
    }
}

void SendQueue::leave(Share *share)
{
    for (auto entry = m_entries.begin(); share->events > 0 && entry != m_entries.begin() + m_inFlight; ++entry) {
        if (entry->share != share)
            continue;
        giveUp(*entry);
        --m_eventsInFlight;
        entry->share = nullptr;
        entry->isGivenUp = true;
    }
    if (share->events > share->eventsInFlight) {
        const auto first = m_entries.begin() + m_inFlight;
        m_entries.erase(std::remove_if(first, m_entries.end(),
                                       [&](const Entry &entry) {
                                           const bool isTheirs = entry.share == share;
                                           if (isTheirs)
                                               giveUp(entry);
                                           return isTheirs;
                                       }),
                        m_entries.end());
    }
    *share = {};
}

void SendQueue::giveUp(const Entry &event)
{
    --m_events;
    m_bytes -= event.frame.size();
}

void SendQueue::putProof(QByteArray &&proof)
{
    const auto unsent = m_entries.begin() + m_inFlight;
    if (unsent != m_entries.end() && unsent->kind == Kind::Proof) {
        unsent->frame = std::move(proof);
        return;
    }
    m_entries.insert(unsent, {Kind::Proof, std::move(proof)});
    ++m_proofs;
}

bool SendQueue::putControl(QByteArray &&message)
{
    return insertControl(std::find_if(m_entries.begin() + m_inFlight, m_entries.end(),
                                      [](const Entry &entry) { return entry.kind == Kind::Event; }),
                         std::move(message));
}

bool SendQueue::appendControl(QByteArray &&message)
{
    return insertControl(m_entries.end(), std::move(message));
}

bool SendQueue::insertControl(std::deque<Entry>::iterator place, QByteArray &&message)
{
    const qsizetype size = message.size();
    const bool isSmall = m_controlBytes + size <= maximumControlBytes;
    if (m_controls >= maximumControls || (m_controls > 0 && !isSmall))
        return false;
    m_entries.insert(place, {Kind::Control, std::move(message)});
    ++m_controls;
    m_controlBytes += size;
    return true;
}

SendQueue::ControlRoom SendQueue::controlRoom() const
{
    return {maximumControls / 2 - m_controls, maximumControlBytes / 2 - m_controlBytes, m_controls == 0};
}

qsizetype SendQueue::batchSize(qsizetype count) const
{
    qsizetype size = 0;
    for (qsizetype i = 0; i < count; ++i)
        size += sizeInBatch(unsentFrame(i).size());
    return size;
}

void SendQueue::writeBatch(qsizetype count, char *to) const
{
    for (qsizetype i = 0; i < count; ++i)
        to = writeToBatch(unsentFrame(i), to);
}

qsizetype SendQueue::nextBatch(qsizetype maximumBytes) const
{
    qsizetype count = 0;
    qsizetype bytes = 0;
    for (qsizetype i = m_inFlight; i < qsizetype(m_entries.size()); ++i, ++count) {
        bytes += sizeInBatch(m_entries[std::size_t(i)].frame.size());
        if (bytes > maximumBytes && count > 0)
            break;
    }
    return count;
}

void SendQueue::sent(qsizetype count)
{
    m_messages.push_back(count); // first: it may take more memory than there is
    const auto first = m_entries.begin() + m_inFlight;
    m_inFlight += count;
    for (auto entry = first; entry != first + count; ++entry) {
        m_bytesInFlight += entry->frame.size();
        if (entry->kind != Kind::Event)
            continue;
        ++m_eventsInFlight;
        if (entry->share)
            ++entry->share->eventsInFlight;
    }
}

bool SendQueue::acknowledge()
{
    if (m_messages.empty())
        return false;
    for (qsizetype i = 0; i < m_messages.front(); ++i)
        removeOldest();
    m_messages.pop_front();
    return true;
}

void SendQueue::removeOldest()
{
    --m_inFlight;
    const Entry &oldest = m_entries.front();
    m_bytesInFlight -= oldest.frame.size();
    if (oldest.isGivenUp) {
        // It does not count any more.
    } else if (oldest.kind == Kind::Event) {
        if (SendQueue::Share *share = oldest.share) {
            ++share->acknowledged;
            --share->events;
            --share->eventsInFlight;
            share->bytes -= oldest.frame.size();
        }
        ++m_acknowledged;
        --m_events;
        --m_eventsInFlight;
        m_bytes -= oldest.frame.size();
    } else {
        if (oldest.kind == Kind::Control)
            m_controlBytes -= oldest.frame.size();
        --(oldest.kind == Kind::Control ? m_controls : m_proofs);
    }
    m_entries.pop_front();
}

void SendQueue::connectionLost()
{
    m_inFlight = m_eventsInFlight = m_bytesInFlight = 0;
    m_messages.clear();
    std::erase_if(m_entries, [](const Entry &entry) { return entry.kind != Kind::Event || entry.isGivenUp; });
    for (const Entry &event : m_entries) {
        if (event.share)
            event.share->eventsInFlight = 0;
    }
    m_proofs = m_controls = m_controlBytes = 0;
}

} // namespace Pyvent::Internal
