// SPDX-License-Identifier: MIT
#include "session/pacer.h"

#include <algorithm>

namespace Pyvent::Internal {

bool Pacer::put(const std::shared_ptr<Receiver> &receiver, QByteArrayView topic, const QUuid &node,
                QByteArrayView frame, Clock::time_point now)
{
    NewestEvents &events = *receiver->newest();
    if (!events.put(topic, node, frame, now))
        return false;
    if (!events.isCalled)
        look(receiver, events, now);
    return true;
}

// Has it called if it is its turn, or at the time when it will be.
void Pacer::look(const std::shared_ptr<Receiver> &receiver, NewestEvents &events, Clock::time_point now)
{
    if (events.isDue(now)) {
        events.isCalled = true;
        if (receiver->isElsewhere())
            receiver->call();
        else
            m_called.push_back(receiver);
        return;
    }
    const Clock::time_point at = events.nextDue();
    if (at == events.isCalledAt)
        return;
    m_timed.erase({events.isCalledAt, &events});
    events.isCalledAt = at;
    if (at != Clock::time_point::max())
        m_timed.emplace(std::pair(at, &events), receiver);
}

bool Pacer::take(const std::shared_ptr<Receiver> &receiver, Clock::time_point now, QByteArray *frame, quint64 *skipped)
{
    NewestEvents &events = *receiver->newest();
    if (events.hasEnded)
        return false;
    const bool isTaken = events.take(now, frame, skipped);
    events.isCalled = false;
    look(receiver, events, now);
    return isTaken;
}

std::shared_ptr<Receiver> Pacer::next()
{
    if (m_called.empty())
        return nullptr;
    std::shared_ptr<Receiver> receiver = std::move(m_called.front());
    m_called.pop_front();
    return receiver;
}

void Pacer::process(Clock::time_point now)
{
    while (!m_timed.empty() && m_timed.begin()->first.first <= now) {
        const std::shared_ptr<Receiver> receiver = std::move(m_timed.begin()->second);
        m_timed.erase(m_timed.begin());
        NewestEvents &events = *receiver->newest();
        events.isCalledAt = Clock::time_point::max();
        if (!events.isCalled)
            look(receiver, events, now);
    }
}

Pacer::Clock::time_point Pacer::deadline() const
{
    return m_timed.empty() ? Clock::time_point::max() : m_timed.begin()->first.first;
}

void Pacer::remove(const Receiver &receiver)
{
    if (!receiver.newest())
        return;
    forget(receiver);
    receiver.newest()->hasEnded = true;
}

void Pacer::forget(const Receiver &receiver)
{
    NewestEvents *const events = receiver.newest();
    m_timed.erase({events->isCalledAt, events});
    std::erase_if(m_called, [events](const auto &called) { return called->newest() == events; });
    events->clear();
    events->isCalledAt = Clock::time_point::max();
    events->isCalled = events->isCalled && receiver.isElsewhere(); // whose call is on its way all the same
}

} // namespace Pyvent::Internal
