// SPDX-License-Identifier: MIT
#include "simulatedengine.h"

#include <algorithm>

namespace PyventTests {

namespace {

// How much may be given to a bus before the first of it is acknowledged.
constexpr std::size_t mostGiven = 1000;

// Of what is published, one in so many is said as well, to see what comes of it.
constexpr quint32 saidEach = 4;
constexpr quint32 longestSaying = 3000; // milliseconds

} // namespace

void SimulatedEngine::setUp(bool isUp, bool forgets, Milliseconds now)
{
    m_isUp = isUp;
    m_changedAt = now;
    if (isUp)
        return;
    ++m_outages;
    if (forgets)
        m_ids.clear();
}

void SimulatedEngine::setLed(bool isLed, Milliseconds now)
{
    m_isLed = isLed;
    m_changedAt = now;
}

void SimulatedEngine::append(const Message &message, Milliseconds now)
{
    QSet<quint64> &numbers = m_ids[message.stream()];
    if (numbers.contains(message.number)) {
        ++m_dropped;
        return;
    }
    numbers.insert(message.number);
    m_log.push_back({now, message});
    for (const EngineLine *line : m_lines) {
        if (line->m_isReading)
            wake(line->m_bus, now + line->m_readDelay);
    }
}

EngineLine::EngineLine(SimulatedEngine *engine, int bus, quint32 seed)
    : m_engine(engine)
    , m_bus(bus)
    , m_random(seed)
    , m_readDelay(delay())
    , m_outages(engine->m_outages)
{
    m_engine->m_lines.push_back(this);
}

EngineLine::~EngineLine()
{
    std::erase(m_engine->m_lines, this);
}

void EngineLine::publish(const QList<Engine::Publication> &publications, Milliseconds now)
{
    if (!m_isUp)
        return;
    for (const Engine::Publication &publication : publications) {
        m_lastDue = std::max(m_lastDue, now + delay());
        m_sent.push_back({m_lastDue, publication});
        if (m_random() % saidEach == 0)
            tell(publication.message, now);
    }
}

void EngineLine::say(const QList<Engine::Publication> &publications, Milliseconds now)
{
    if (!m_isUp)
        return;
    for (const Engine::Publication &publication : publications)
        tell(publication.message, now);
}

void EngineLine::tell(const SimulatedEngine::Message &message, Milliseconds now)
{
    for (EngineLine *line : m_engine->m_lines) {
        if (line->m_bus == m_bus || !line->m_isUp || !line->m_shallRead)
            continue;
        // Lost, or once, or twice.
        for (quint32 times = (m_random() >> 3) % 8; times < 7; times += 6) {
            const bool isLate = (m_random() >> 3) % 4 == 0;
            const Milliseconds due = now + (isLate ? 1 + Milliseconds(m_random() % longestSaying) : delay());
            line->m_said.emplace(due, message);
            m_engine->wake(line->m_bus, due);
        }
    }
}

void EngineLine::hearSaid(Milliseconds now, News *news)
{
    for (; !m_said.empty() && m_said.begin()->first <= now; m_said.erase(m_said.begin())) {
        if (!m_shallRead || m_given.size() >= mostGiven)
            continue;
        news->arrivals += Engine::Arrival{.token = ++m_token, .message = m_said.begin()->second, .isDirect = true};
        m_given.emplace_back(m_token, 0);
    }
}

void EngineLine::acknowledge(quint64 token, Milliseconds now)
{
    quint64 number = 0;
    for (; !m_given.empty() && m_given.front().first <= token; m_given.pop_front())
        number = std::max(number, m_given.front().second);
    if (m_isReading && number > 0)
        m_acknowledged.push_back({now + m_readDelay, number});
}

void EngineLine::setReading(bool on)
{
    m_shallRead = on;
    if (!on)
        m_isReading = false;
}

void EngineLine::cut(Milliseconds now)
{
    m_wasCut = m_wasCut || m_isUp;
    m_isUp = m_isReading = false;
    m_sent.clear();
    m_said.clear();
    m_carried.clear();
    m_acknowledged.clear();
    m_given.clear();
    m_retryAt = now + 50 + Milliseconds(m_random() % 500);
}

EngineLine::News EngineLine::process(Milliseconds now)
{
    News news;
    if (std::exchange(m_outages, m_engine->m_outages) != m_engine->m_outages)
        cut(now);
    news.isDown = std::exchange(m_wasCut, false);
    if (!m_isUp) {
        if (!m_engine->isUp() || now < m_retryAt)
            return news;
        m_isUp = news.isUp = true;
    }
    for (; !m_sent.empty() && m_sent.front().due <= now; m_sent.pop_front()) {
        if (!m_engine->m_isLed) {
            news.refused += m_sent.front().what.id;
            continue;
        }
        m_engine->append(m_sent.front().what.message, now);
        const Milliseconds before = m_carried.empty() ? 0 : m_carried.back().due;
        m_carried.push_back({std::max(before, now + delay()), m_sent.front().what.id});
    }
    for (; !m_carried.empty() && m_carried.front().due <= now; m_carried.pop_front())
        news.published += m_carried.front().what;
    quint64 &acknowledged = m_engine->m_acknowledged[m_bus];
    for (; !m_acknowledged.empty() && m_acknowledged.front().due <= now; m_acknowledged.pop_front())
        acknowledged = std::max(acknowledged, m_acknowledged.front().what);
    if (m_shallRead && !m_isReading && m_engine->m_isLed) {
        m_isReading = news.beginsReading = true;
        m_next = std::size_t(acknowledged);
        m_given.clear();
    }
    hearSaid(now, &news);
    read(now, &news);
    return news;
}

bool EngineLine::mayRead() const
{
    return m_isReading && m_engine->m_isLed && m_next < m_engine->m_log.size() && m_given.size() < mostGiven;
}

void EngineLine::read(Milliseconds now, News *news)
{
    for (; mayRead() && readableAt(m_next) <= now; ++m_next) {
        news->arrivals += Engine::Arrival{.token = ++m_token, .message = m_engine->m_log[m_next].message};
        m_given.emplace_back(m_token, m_next + 1);
    }
}

Milliseconds EngineLine::nextTime() const
{
    if (m_wasCut)
        return 0;
    if (m_outages != m_engine->m_outages)
        return m_engine->m_changedAt;
    if (!m_isUp)
        return m_engine->isUp() ? std::max(m_retryAt, m_engine->m_changedAt) : never;
    Milliseconds next = m_shallRead && !m_isReading && m_engine->m_isLed ? 0 : never;
    if (!m_said.empty())
        next = std::min(next, m_said.begin()->first);
    if (!m_sent.empty())
        next = std::min(next, m_sent.front().due);
    if (!m_carried.empty())
        next = std::min(next, m_carried.front().due);
    if (!m_acknowledged.empty())
        next = std::min(next, m_acknowledged.front().due);
    if (mayRead())
        next = std::min(next, readableAt(m_next));
    return next;
}

} // namespace PyventTests
