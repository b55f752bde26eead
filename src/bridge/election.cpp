// SPDX-License-Identifier: MIT
#include "election.h"

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

// More than anybody has; who invents some does not fill this process.
constexpr qsizetype mostPeers = 1000;
constexpr qsizetype longestText = 1024;
constexpr std::chrono::milliseconds longestAge = std::chrono::hours(24 * 365);

} // namespace

QVariantMap Election::Words::toMap() const
{
    return {
        {u"link"_s, link},
        {u"engine"_s, engine},
        {u"store"_s, store},
        {u"bus"_s, bus},
        {u"up"_s, isUp},
        {u"active"_s, isActive},
        {u"answer"_s, wantsAnswer},
        {u"since"_s, since},
        {u"waiting"_s, waiting},
        {u"age"_s, qint64(oldestAge.count())},
        {u"hears"_s, qint64(hears.count())},
    };
}

std::optional<Election::Words> Election::Words::fromMap(const QVariantMap &map)
{
    const auto text = [&](const QString &key) { return map.value(key).toString().left(longestText); };
    const auto number = [&](const QString &key) { return std::max<qint64>(map.value(key).toLongLong(), 0); };
    Words words{.link = text(u"link"_s),
                .engine = text(u"engine"_s),
                .store = text(u"store"_s),
                .bus = text(u"bus"_s),
                .isUp = map.value(u"up"_s).toBool(),
                .isActive = map.value(u"active"_s).toBool(),
                .wantsAnswer = map.value(u"answer"_s).toBool(),
                .since = number(u"since"_s),
                .waiting = number(u"waiting"_s),
                .oldestAge = std::min(std::chrono::milliseconds(number(u"age"_s)), longestAge),
                .hears = std::min(std::chrono::milliseconds(number(u"hears"_s)), longestAge)};
    if (words.link.isEmpty() || words.bus.isEmpty())
        return std::nullopt;
    return words;
}

void Election::setUp(bool isUp, qint64 wallTime, Clock::time_point now)
{
    if (m_words.isUp == isUp)
        return;
    m_words.isUp = isUp;
    m_words.since = wallTime;
    m_settledAt = now + settling;
    process(now);
}

void Election::setWaiting(qint64 count, std::chrono::milliseconds oldestAge)
{
    m_words.waiting = count;
    m_words.oldestAge = oldestAge;
}

bool Election::heard(const QUuid &bridge, const Words &words, Clock::time_point now)
{
    if (bridge == m_own)
        return false;
    const auto known = m_peers.find(bridge);
    const bool isNew = known == m_peers.end();
    if (isNew && m_peers.size() >= mostPeers)
        return false;
    if (isPeer(words) && words.bus != m_words.bus && (isNew || known->words.bus != words.bus)) {
        m_problems +=
            u"another bridge of this bus to %1 calls the bus '%2', and this one '%3': give both the same --bus, or "
            "events come twice"_s.arg(words.link, words.bus, m_words.bus);
    }
    m_peers.insert(bridge, {words, now});
    process(now);
    return isNew || words.wantsAnswer;
}

void Election::vanished(const QUuid &bridge)
{
    m_peers.remove(bridge);
}

void Election::process(Clock::time_point now)
{
    m_peers.removeIf([&](const auto &peer) { return now - peer->heardAt >= silence; });
    m_isSettled = now >= m_settledAt;
    m_isWaiting = m_words.isUp && m_isSettled && waitsForElder(now);
    m_isActive = m_words.isUp && m_isSettled && !m_isWaiting
        && std::none_of(m_peers.keyValueBegin(), m_peers.keyValueEnd(), [this](const auto &peer) {
                     const Words &words = peer.second.words;
                     return isPeer(words) && words.isUp
                         && std::pair(words.since, peer.first) < std::pair(m_words.since, m_own);
                 });
}

bool Election::waitsForElder(Clock::time_point now) const
{
    return now < m_settledAt + forElders && std::any_of(m_peers.cbegin(), m_peers.cend(), [this](const Peer &peer) {
               const Words &words = peer.words;
               return isPeer(words) && words.bus == m_words.bus && !words.isUp && words.waiting > 0
                   && words.oldestAge > m_words.hears;
           });
}

Election::Clock::time_point Election::deadline() const
{
    auto deadline = Clock::time_point::max();
    if (m_words.isUp && !m_isSettled)
        deadline = m_settledAt;
    else if (m_isWaiting)
        deadline = m_settledAt + forElders;
    for (const Peer &peer : m_peers)
        deadline = std::min(deadline, peer.heardAt + silence);
    return deadline;
}

bool Election::isPeer(const Words &words) const
{
    // Two clusters that have the same prefix are two links.
    const bool isOtherStore = !words.store.isEmpty() && !m_words.store.isEmpty() && words.store != m_words.store;
    return words.link == m_words.link && !isOtherStore;
}

qsizetype Election::peers() const
{
    return std::count_if(m_peers.cbegin(), m_peers.cend(), [this](const Peer &peer) { return isPeer(peer.words); });
}

Election::Words Election::words(bool wantsAnswer) const
{
    Words words = m_words;
    words.isActive = m_isActive;
    words.wantsAnswer = wantsAnswer;
    return words;
}

} // namespace Pyvent::Bridge
