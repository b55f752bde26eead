// SPDX-License-Identifier: MIT
#include "orderkeeper.h"

#include <algorithm>

namespace Pyvent::Bridge {

namespace {

bool follows(const Message &message, quint64 delivered)
{
    return message.number - 1 - message.lost <= delivered;
}

qsizetype bytesOf(const QString &name)
{
    return name.size() * qsizetype(sizeof(QChar));
}

} // namespace

OrderKeeper::State &OrderKeeper::add(const Stream &stream)
{
    makeRoom(bytesOf(stream.name));
    m_nameBytes += bytesOf(stream.name);
    const auto state = m_states.insert(m_states.end(), State{.stream = stream, .reading = m_reading});
    m_byStream.insert(stream, state);
    return *state;
}

bool OrderKeeper::take(Item &&item, Clock::time_point now)
{
    const Stream stream = item.message.stream();
    const auto known = m_byStream.constFind(stream);
    if (known == m_byStream.constEnd()) {
        State &state = add(stream);
        state.isDoubtful = now < m_doubtsUntil && item.message.number - 1 > item.message.lost;
        if (state.isDoubtful)
            hold(state, std::move(item), now);
        else
            deliver(state, std::move(item));
        return state.isDoubtful;
    }
    m_states.splice(m_states.end(), m_states, *known);
    State &state = **known;
    const bool isFirst = std::exchange(state.reading, m_reading) != m_reading;
    // What seemed to begin it may have been old, and another one may have read on.
    if (std::exchange(state.isBegunDirectly, false))
        state.isDoubtful = !follows(item.message, state.delivered);
    if (isFirst && !state.isHeard && state.held.empty() && now >= m_doubtsUntil)
        state.delivered = std::max(state.delivered, item.message.number - 1);
    if (item.message.number <= state.delivered) {
        m_doubles.push_back(item.token);
    } else if (follows(item.message, state.delivered)) {
        deliver(state, std::move(item));
        release(state);
    } else {
        if (const auto direct = state.direct.find(item.message.number); direct != state.direct.end())
            forgetDirect(state, direct);
        hold(state, std::move(item), now);
        return true;
    }
    return false;
}

bool OrderKeeper::takeDirect(Item &&item, Clock::time_point now)
{
    const Message &message = item.message;
    const auto known = m_byStream.constFind(message.stream());
    if (known == m_byStream.constEnd()) {
        if (!follows(message, 0))
            return false;
        State &state = add(message.stream());
        state.isBegunDirectly = true;
        deliver(state, std::move(item));
        return true;
    }
    State &state = **known;
    // Another bridge may have gone on from what is known here.
    const bool isCertain = (state.reading == m_reading || state.isHeard) && !state.isDoubtful;
    if (!isCertain || message.number <= state.delivered || state.held.contains(message.number))
        return false;
    if (follows(message, state.delivered)) {
        deliver(state, std::move(item));
        release(state);
        return true;
    }
    const qsizetype size = message.size();
    if (m_direct >= m_limits.direct || m_directBytes + size > m_limits.directBytes
        || !state.direct.try_emplace(message.number, std::move(item)).second)
        return false;
    if (m_direct++ == 0)
        m_directSince = now;
    m_directBytes += size;
    return false;
}

void OrderKeeper::forgetDirect(State &state, std::map<quint64, Item>::iterator item)
{
    --m_direct;
    m_directBytes -= item->second.message.size();
    state.direct.erase(item);
}

void OrderKeeper::heard(const Stream &stream, quint64 number)
{
    const auto known = m_byStream.constFind(stream);
    State &state = known == m_byStream.constEnd() ? add(stream) : **known;
    state.isHeard = true;
    if (number <= state.delivered)
        return;
    state.delivered = number;
    release(state);
}

void OrderKeeper::deliver(State &state, Item &&item)
{
    state.delivered = item.message.number;
    m_ready.push_back(std::move(item));
}

void OrderKeeper::hold(State &state, Item &&item, Clock::time_point now)
{
    const qsizetype size = item.message.size();
    const quint64 number = item.message.number;
    const quint64 token = item.token;
    if (!state.held.try_emplace(number, Held{std::move(item), m_lastPlace + 1}).second) {
        m_doubles.push_back(token);
        return;
    }
    m_waiting.emplace(++m_lastPlace, Waiting{&state, token, now});
    m_heldBytes += size;
    while (held() > m_limits.held || m_heldBytes > m_limits.heldBytes)
        giveUpLongestHeld();
}

// Delivers what follows what was delivered.
void OrderKeeper::release(State &state)
{
    const bool wasHolding = !state.held.empty();
    bool hasMoved = false;
    while (releaseHeld(state) || releaseDirect(state))
        hasMoved = true;
    if (hasMoved && wasHolding)
        state.isDoubtful = false;
}

bool OrderKeeper::releaseHeld(State &state)
{
    const auto next = state.held.begin();
    if (next == state.held.end() || !follows(next->second.item.message, state.delivered))
        return false;
    Item &item = next->second.item;
    m_waiting.erase(next->second.place);
    m_heldBytes -= item.message.size();
    if (item.message.number > state.delivered)
        deliver(state, std::move(item));
    else // what one said to be lost has come, and then this one again
        m_doubles.push_back(item.token);
    state.held.erase(next);
    return true;
}

bool OrderKeeper::releaseDirect(State &state)
{
    const auto next = state.direct.begin();
    if (next == state.direct.end() || !follows(next->second.message, state.delivered))
        return false;
    Item item = next->second;
    forgetDirect(state, next);
    if (item.message.number > state.delivered)
        deliver(state, std::move(item));
    return true;
}

// Waits no longer for what is before the first one that is held.
void OrderKeeper::giveUp(State &state)
{
    const auto held = state.held.begin();
    const bool isDirectFirst = !state.direct.empty() && state.direct.begin()->first < held->first;
    const Message &first = (isDirectFirst ? state.direct.begin()->second : held->second.item).message;
    if (!std::exchange(state.isDoubtful, false))
        m_losses.push_back({state.stream.name, first.number - 1 - first.lost - state.delivered});
    state.delivered = first.number - 1 - first.lost;
    release(state);
}

void OrderKeeper::process(Clock::time_point now)
{
    while (!m_waiting.empty() && m_waiting.begin()->second.since + m_limits.patience <= now)
        giveUpLongestHeld();
    if (m_direct > 0 && m_directSince + m_limits.patience <= now) { // it comes from the store, if at all
        for (State &state : m_states)
            state.direct.clear();
        m_direct = 0;
        m_directBytes = 0;
    }
    if (m_doubtsUntil == Clock::time_point::min() || now < m_doubtsUntil)
        return;
    m_doubtsUntil = Clock::time_point::min();
    std::vector<State *> doubtful;
    for (const auto &[place, waiting] : m_waiting) {
        if (waiting.state->isDoubtful)
            doubtful.push_back(waiting.state);
    }
    for (State *state : doubtful) {
        if (state->isDoubtful) // giving up ends that
            giveUp(*state);
    }
}

std::optional<quint64> OrderKeeper::longestHeld() const
{
    return m_waiting.empty() ? std::nullopt : std::optional(m_waiting.begin()->second.token);
}

void OrderKeeper::giveUpLongestHeld()
{
    const quint64 place = m_waiting.begin()->first;
    State &state = *m_waiting.begin()->second.state;
    while (!m_waiting.empty() && m_waiting.begin()->first == place)
        giveUp(state);
}

OrderKeeper::Clock::time_point OrderKeeper::deadline() const
{
    auto deadline = m_waiting.empty() ? Clock::time_point::max() : m_waiting.begin()->second.since + m_limits.patience;
    if (m_doubtsUntil != Clock::time_point::min())
        deadline = std::min(deadline, m_doubtsUntil);
    if (m_direct > 0)
        deadline = std::min(deadline, m_directSince + m_limits.patience);
    return deadline;
}

void OrderKeeper::forgetHeld()
{
    for (const auto &[place, waiting] : m_waiting)
        waiting.state->held.clear();
    m_waiting.clear();
    m_heldBytes = 0;
}

void OrderKeeper::takeBack(const Message &message)
{
    const auto state = m_byStream.constFind(message.stream());
    if (state != m_byStream.constEnd())
        (*state)->delivered = std::min((*state)->delivered, message.number - 1 - message.lost);
}

bool OrderKeeper::has(const Stream &stream, quint64 number) const
{
    const auto state = m_byStream.constFind(stream);
    return state != m_byStream.constEnd() && number <= (*state)->delivered;
}

// For one more stream, whose name has so many bytes.
void OrderKeeper::makeRoom(qsizetype nameBytes)
{
    const auto isFull = [&] {
        return m_byStream.size() >= m_limits.streams || m_nameBytes + nameBytes > m_limits.nameBytes;
    };
    for (auto state = m_states.begin(); state != m_states.end() && isFull();) {
        if (!state->held.empty() || !state->direct.empty()) {
            ++state;
            continue;
        }
        m_nameBytes -= bytesOf(state->stream.name);
        m_byStream.remove(state->stream);
        state = m_states.erase(state);
    }
}

} // namespace Pyvent::Bridge
