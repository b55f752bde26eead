// SPDX-License-Identifier: MIT
#include "session/inbox.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

namespace {

constexpr qsizetype maximumEvents = 100'000;
constexpr qsizetype maximumBytes = qsizetype(64) * 1024 * 1024;

// As much as a server keeps for a receiver, by default: what it has kept while this process stood still comes at once. And what a
// frame takes beside its bytes.
constexpr qsizetype maximumKeptBytes = qsizetype(256) * 1024 * 1024;
constexpr qsizetype costOfKeeping = qsizetype(sizeof(Inbox::Kept)) + 32;

} // namespace

bool Inbox::isFull() const
{
    return hasKept() || qsizetype(m_arrivals.size()) >= maximumEvents || m_bytes >= maximumBytes;
}

bool Inbox::hasRoomToKeep(qsizetype bytes) const
{
    return m_keptBytes + bytes + costOfKeeping <= maximumKeptBytes;
}

void Inbox::keep(QByteArrayView frame, ReceiverTable::Match &&match, std::unique_ptr<ReceiverTable::Match> frames)
{
    m_kept.push_back({frame.toByteArray(), std::move(match), std::move(frames)});
    m_keptBytes += frame.size() + costOfKeeping;
    ++m_arrived;
}

Inbox::Kept Inbox::takeKept()
{
    Kept oldest = std::move(m_kept.front());
    m_kept.pop_front();
    m_keptBytes -= oldest.frame.size() + costOfKeeping;
    --m_arrived;
    return oldest;
}

Backlog Inbox::backlog() const
{
    if (hasKept())
        return Backlog::Large;
    return std::max(backlogOf(qsizetype(m_arrivals.size()), maximumEvents), backlogOf(m_bytes, maximumBytes));
}

void Inbox::append(Fanout &&fanout, qsizetype bytes, bool mayBeSpare)
{
    m_arrivals.push_back({std::move(fanout), bytes, mayBeSpare});
    m_bytes += bytes;
    ++m_arrived;
}

std::optional<Inbox::Turn> Inbox::next(Arrivals *finished)
{
    while (!m_arrivals.empty()) {
        Arrival &oldest = m_arrivals.front();
        if (std::shared_ptr<Receiver> receiver = oldest.fanout.next())
            return Turn{oldest.fanout.event(), std::move(receiver)};
        m_bytes -= oldest.bytes;
        if (oldest.mayBeSpare)
            m_spare.add(oldest.fanout.takeEvent());
        finished->push_back(std::move(oldest));
        m_arrivals.pop_front();
        ++m_finished;
    }
    return {};
}

Inbox::Arrivals Inbox::takeAll()
{
    m_bytes = m_keptBytes = 0;
    m_finished = m_arrived;
    std::deque<Arrival> arrivals = std::exchange(m_arrivals, {});
    for (Kept &kept : std::exchange(m_kept, {})) { // whose handlers may end with it, too
        arrivals.push_back({Fanout(nullptr, std::move(kept.match)), 0, false});
        if (kept.frames)
            arrivals.push_back({Fanout(nullptr, std::move(*kept.frames)), 0, false});
    }
    return Arrivals(std::make_move_iterator(arrivals.begin()), std::make_move_iterator(arrivals.end()));
}

} // namespace Pyvent::Internal
