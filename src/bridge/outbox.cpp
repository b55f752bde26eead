// SPDX-License-Identifier: MIT
#include "outbox.h"

#include <algorithm>

namespace Pyvent::Bridge {

using namespace std::chrono_literals;

namespace {

// Of so many streams it is remembered that events were dropped; receivers wait some seconds in vain for those of others.
constexpr qsizetype mostLostStreams = 10'000;

} // namespace

Outbox::Outbox(const Limits &limits, SpoolStore *store)
    : m_limits(limits)
    , m_store(store)
{
}

void Outbox::setStored(qsizetype count, qsizetype bytes, quint64 lastId)
{
    m_stored = count;
    m_storedBytes = bytes;
    m_lastId = lastId;
    loadMore();
}

bool Outbox::append(Message &&message, bool isOwn, Clock::time_point now)
{
    const Stream stream = message.stream();
    const auto lost = m_lost.find(stream);
    if (lost != m_lost.end())
        message.lost += *lost;
    const qsizetype size = message.size();
    // An empty outbox takes any event.
    const bool isFull = !isEmpty() && waitingBytes() + size > m_limits.bytes;
    if (isFull || (m_store && m_store->isBehind())) {
        ++m_counters.dropped;
        if (lost != m_lost.end())
            ++*lost;
        else if (m_lost.size() < mostLostStreams)
            m_lost.insert(stream, 1);
        return false;
    }
    if (lost != m_lost.end())
        m_lost.erase(lost);

    StoredMessage stored{++m_lastId, isOwn, std::move(message)};
    if (m_store)
        m_store->append(stored);
    if (m_store && (m_stored > 0 || m_waitingBytes >= m_limits.memory)) {
        ++m_stored;
        m_storedBytes += size;
        return true;
    }
    m_loadedUpTo = stored.id;
    push(std::move(stored), now);
    return true;
}

void Outbox::push(StoredMessage &&message, Clock::time_point heardAt)
{
    const qsizetype size = message.message.size();
    m_entries.push_back({.stored = std::move(message), .size = size, .heardAt = heardAt});
    ++m_waiting;
    m_waitingBytes += size;
}

void Outbox::loadMore()
{
    if (!m_store || m_stored == 0 || m_isLoading || m_waitingBytes > m_limits.memory / 2)
        return;
    m_isLoading = true;
    m_store->load(m_loadedUpTo, m_limits.memory / 2);
}

void Outbox::loaded(const QList<StoredMessage> &messages, bool isAll, Clock::time_point now)
{
    m_isLoading = false;
    for (const StoredMessage &message : messages) {
        m_loadedUpTo = message.id;
        m_lastId = std::max(m_lastId, message.id);
        --m_stored;
        m_storedBytes -= message.message.size();
        push(StoredMessage(message), now);
    }
    if (isAll || m_stored <= 0) { // what it was said to have and has not cannot be waited for
        m_stored = 0;
        m_storedBytes = 0;
    }
    loadMore();
}

qsizetype Outbox::storeFailed()
{
    m_store = nullptr;
    m_removed.clear();
    m_storedBytes = 0;
    m_isLoading = false;
    return std::exchange(m_stored, 0);
}

void Outbox::setUp(bool isUp, Clock::time_point now)
{
    m_isUp = isUp;
    goBack();
    m_pausedUntil = now;
    m_pause = {};
    m_isProbing = false;
    m_saidAt = now - m_limits.sayAgainAfter; // by the next connection, at once
    if (isUp)
        repeat(now);
}

void Outbox::repeatIfWanted(Clock::time_point now)
{
    if (isRepeating())
        return;
    if (std::exchange(m_repeatsUpTo, 0) > 0)
        m_repeatAgainAt = now + std::max<Clock::duration>(m_limits.repeatPause, 2 * (now - m_repeatedAt));
    if (m_isRepeatWanted && m_isUp && now >= m_repeatAgainAt)
        repeat(now);
}

void Outbox::repeat(Clock::time_point now)
{
    m_isRepeatWanted = false;
    if (m_forgetsFor == 0ms)
        return;
    m_repeatedAt = now;
    m_repeatAgainAt = now + m_limits.repeatPause;
    goBack();
    forgetDone(now);
    for (Entry &entry : m_entries) {
        if (entry.state != State::Done || !entry.wasDone)
            continue;
        m_remembered -= entry.size;
        setState(entry, State::Waiting);
        m_repeatsUpTo = entry.stored.id;
    }
    m_first = 0;
    m_next = 0;
    passDone();
}

void Outbox::setState(Entry &entry, State state)
{
    const auto count = [&](int sign) {
        if (entry.state != State::Done) {
            m_waiting += sign;
            m_waitingBytes += sign * entry.size;
        }
        if (entry.state == State::UnderWay) {
            m_underWay += sign;
            m_bytesUnderWay += sign * entry.size;
        }
    };
    count(-1);
    entry.state = state;
    count(1);
}

void Outbox::goBack()
{
    for (std::size_t i = m_first; i < m_next; ++i) {
        if (m_entries[i].state == State::UnderWay)
            setState(m_entries[i], State::Waiting);
    }
    m_next = m_first;
}

void Outbox::pause(Clock::time_point now)
{
    m_pause = std::clamp(2 * m_pause, m_limits.firstPause, m_limits.longestPause);
    m_pausedUntil = now + m_pause;
    m_isProbing = true;
}

void Outbox::setHoldingBack(bool holdsBack)
{
    if (std::exchange(m_holdsBack, holdsBack) == holdsBack)
        return;
    goBack();
    m_isProbing = false;
    m_isSaying = false;
}

qsizetype Outbox::dropHeard(Clock::time_point since, Clock::time_point before)
{
    qsizetype older = 0;
    for (std::size_t i = m_first; i < m_entries.size(); ++i) {
        Entry &entry = m_entries[i];
        if (entry.state == State::UnderWay || entry.stored.isOwn || entry.heardAt >= before)
            break;
        if (entry.state == State::Waiting && entry.heardAt < since) {
            ++older;
        } else if (entry.state == State::Waiting) {
            if (m_store)
                m_removed += entry.stored.id;
            setState(entry, State::Done);
            m_remembered += entry.size;
            entry.at = entry.heardAt;
            entry.wasDone = true; // by the other one; and if the engine forgets it, it may be this one's turn
        }
    }
    passDone();
    flushRemoved();
    forgetDone(before);
    loadMore();
    return older;
}

bool Outbox::isStuck(Clock::time_point now) const
{
    return m_underWay > 0 && now - m_entries[m_first].at > m_limits.unusual;
}

// When what is under way is taken for lost.
Outbox::Clock::time_point Outbox::lateAt() const
{
    return m_entries[m_first].at + (m_isProbing ? m_limits.tryPatience : m_limits.patience);
}

QList<Engine::Publication> Outbox::takePublications(Clock::time_point now)
{
    QList<Engine::Publication> publications;
    if (!m_isUp || now < m_pausedUntil || isStuck(now))
        return publications;
    const qsizetype most = m_isProbing ? 1 : m_limits.underWay;
    while (m_next < m_entries.size() && m_underWay < most && m_bytesUnderWay < m_limits.bytesUnderWay) {
        Entry &entry = m_entries[m_next];
        if (entry.state == State::Done) { // of those that are sent again, one that had been acknowledged
            ++m_next;
            continue;
        }
        if (m_holdsBack && !entry.stored.isOwn)
            break;
        if (m_underWay == 0 && !m_isProbing)
            m_acknowledgedAt = now;
        if (entry.at != Clock::time_point())
            ++m_counters.repeated;
        entry.at = now;
        setState(entry, State::UnderWay);
        publications += {entry.stored.id, entry.stored.message};
        ++m_next;
    }
    passDone();
    return publications;
}

bool Outbox::isTrying() const
{
    return m_isUp && !m_holdsBack && (m_underWay > 0 || (m_isProbing && m_next < m_entries.size()));
}

Outbox::Clock::time_point Outbox::sayAt() const
{
    if (m_limits.said == 0 || !isTrying())
        return Clock::time_point::max();
    return m_isSaying ? m_saidAt + m_limits.sayAgainAfter : m_acknowledgedAt + m_limits.sayAfter;
}

QList<Engine::Publication> Outbox::takeSayings(Clock::time_point now)
{
    QList<Engine::Publication> sayings;
    if (sayAt() <= now) {
        m_isSaying = true;
        m_saidAt = now;
        m_saidUpTo = 0;
        m_saidBytes = 0;
    }
    if (!m_isSaying || !isTrying())
        return sayings;
    auto entry = std::ranges::upper_bound(m_entries, m_saidUpTo, {}, [](const Entry &each) { return each.stored.id; });
    for (; entry != m_entries.end() && m_saidBytes + entry->size <= m_limits.said; ++entry) {
        m_saidUpTo = entry->stored.id;
        m_saidBytes += entry->size;
        if (entry->state == State::Done && !entry->wasDone) // the engine never carries it
            continue;
        sayings += {entry->stored.id, entry->stored.message};
        ++m_counters.said;
    }
    return sayings;
}

std::deque<Outbox::Entry>::iterator Outbox::find(quint64 id)
{
    const auto found = std::ranges::lower_bound(m_entries, id, {}, [](const Entry &entry) { return entry.stored.id; });
    return found != m_entries.end() && found->stored.id == id ? found : m_entries.end();
}

void Outbox::published(const QList<quint64> &ids, Clock::time_point now)
{
    for (const quint64 id : ids) {
        const auto entry = find(id);
        if (entry == m_entries.end() || entry->state == State::Done)
            continue;
        // It may have gone back to those that wait: the acknowledgement is of the first time that it was sent.
        setState(*entry, State::Done);
        m_remembered += entry->size;
        entry->at = now;
        if (!std::exchange(entry->wasDone, true)) {
            ++m_counters.published;
            if (m_store)
                m_removed += id;
        }
        m_acknowledgedAt = now;
        m_carriedAt = now;
        m_pause = {};
        m_isProbing = false;
        m_isSaying = false;
    }
    passDone();
    flushRemoved();
    forgetDone(now);
    loadMore();
}

void Outbox::passDone()
{
    while (m_first < m_entries.size() && m_entries[m_first].state == State::Done)
        ++m_first;
    m_next = std::max(m_next, m_first);
}

void Outbox::flushRemoved()
{
    if (m_store && !m_removed.isEmpty())
        m_store->remove(std::exchange(m_removed, {}));
}

bool Outbox::isRemembered(const Entry &entry, Clock::time_point now) const
{
    if (!entry.wasDone)
        return false;
    if (m_forgetsFor > 0ms && m_remembered <= m_limits.remembered && entry.at + m_forgetsFor > now)
        return true;
    return m_limits.said > 0 && m_remembered <= m_limits.recentBytes && entry.at + m_limits.recently > m_carriedAt;
}

void Outbox::forgetDone(Clock::time_point now)
{
    std::size_t count = 0;
    while (count < m_first && count < m_entries.size()) {
        const Entry &entry = m_entries[count];
        if (isRemembered(entry, now))
            break;
        m_remembered -= entry.size;
        ++count;
    }
    m_entries.erase(m_entries.begin(), m_entries.begin() + qptrdiff(count));
    m_first -= count;
    m_next -= count;
}

QString Outbox::refused(quint64 id, Engine::Refusal refusal, Clock::time_point now)
{
    const auto entry = find(id);
    if (entry == m_entries.end() || entry->state != State::UnderWay)
        return {};
    if (refusal == Engine::Refusal::NotNow) {
        goBack();
        pause(now);
        return {};
    }
    const Stream stream = entry->stored.message.stream();
    ++m_counters.refused;
    if (m_store)
        m_removed += id;
    setState(*entry, State::Done);
    m_remembered += entry->size;
    entry->at = now;
    tellLost(entry + 1, stream, entry->stored.message.lost + 1);
    m_acknowledgedAt = now;
    m_isProbing = false;
    passDone();
    flushRemoved();
    forgetDone(now);
    loadMore();
    return stream.name;
}

void Outbox::tellLost(std::deque<Entry>::iterator after, const Stream &stream, quint64 count)
{
    const auto next = std::find_if(after, m_entries.end(),
                                   [&](const Entry &entry) { return entry.stored.message.stream() == stream; });
    if (next != m_entries.end())
        next->stored.message.lost += count;
    else if (m_lost.size() < mostLostStreams)
        m_lost[stream] += count;
}

void Outbox::process(Clock::time_point now)
{
    if (m_underWay > 0 && now >= lateAt()) {
        goBack();
        pause(now);
    }
    repeatIfWanted(now);
    forgetDone(now);
    loadMore();
}

Outbox::Clock::time_point Outbox::deadline() const
{
    auto deadline = Clock::time_point::max();
    if (m_underWay > 0)
        deadline = lateAt();
    else if (m_isUp && m_next < m_entries.size() && !(m_holdsBack && !m_entries[m_next].stored.isOwn))
        deadline = m_pausedUntil;
    if (m_first > 0 && m_forgetsFor > 0ms)
        deadline = std::min(deadline, m_entries.front().at + m_forgetsFor);
    if (m_isRepeatWanted && m_isUp && !isRepeating())
        deadline = std::min(deadline, m_repeatAgainAt);
    return std::min(deadline, sayAt());
}

std::chrono::milliseconds Outbox::oldestAge(Clock::time_point now) const
{
    if (m_first >= m_entries.size())
        return 0ms;
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - m_entries[m_first].heardAt);
}

std::chrono::milliseconds Outbox::stuckFor(Clock::time_point now) const
{
    const bool isTrying = m_isProbing && m_next < m_entries.size();
    if (m_holdsBack || (m_underWay == 0 && !isTrying))
        return 0ms;
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - m_acknowledgedAt);
}

} // namespace Pyvent::Bridge
