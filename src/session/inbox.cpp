// SPDX-License-Identifier: MIT
#include "session/inbox.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

namespace {

constexpr qsizetype maximumEvents = 100'000;
constexpr qsizetype maximumBytes = qsizetype(64) * 1024 * 1024;

} // namespace

bool Inbox::isFull() const
{
    return qsizetype(m_arrivals.size()) >= maximumEvents || m_bytes >= maximumBytes;
}

Backlog Inbox::backlog() const
{
    return std::max(backlogOf(qsizetype(m_arrivals.size()), maximumEvents), backlogOf(m_bytes, maximumBytes));
}

void Inbox::append(Fanout &&fanout, qsizetype bytes, bool mayBeSpare)
{
    m_arrivals.push_back({std::move(fanout), bytes, mayBeSpare});
    m_bytes += bytes;
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
    }
    return {};
}

Inbox::Arrivals Inbox::takeAll()
{
    m_bytes = 0;
    std::deque<Arrival> arrivals = std::exchange(m_arrivals, {});
    return Arrivals(std::make_move_iterator(arrivals.begin()), std::make_move_iterator(arrivals.end()));
}

} // namespace Pyvent::Internal
