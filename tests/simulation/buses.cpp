// SPDX-License-Identifier: MIT
#include "buses.h"

#include <algorithm>

namespace PyventTests {

namespace {

constexpr Milliseconds begin = 1'000'000;
constexpr Milliseconds longestStart = 60'000;
constexpr Milliseconds longestEnd = 120'000;
constexpr Milliseconds lookAgain = 100;

// What stands in for what was killed has to have what that had.
constexpr Milliseconds betweenKills = 10'000;
constexpr Milliseconds longestOutage = 5'000;

// Until all have reached an engine again. A bridge that was started meanwhile does not have what waits in the other one.
constexpr Milliseconds afterOutage = 2'000;

// One bus in so many sends.
constexpr int senderEach = 5;

// What may wait at once in a bridge: the engine's own bound for what is not acknowledged, and what is sent while it is away.
qsizetype mostWaiting(const Buses::Plan &plan)
{
    return 1000 + 2 * plan.events;
}

} // namespace

Buses::Buses(const Plan &plan)
    : m_plan(plan)
    , m_random(plan.seed)
    , m_now(begin)
    , m_engines(plan.gateways > 0 ? 2 : 1)
    , m_quietUntil(std::size_t(plan.buses), begin)
    , m_due(std::size_t(plan.buses), never)
{
    m_random.discard(2);
    for (SimulatedEngine &engine : m_engines)
        engine.wake = [this](int bus, Milliseconds time) { schedule(bus, time); };
    for (int i = 0; i < plan.buses; ++i) {
        SimulatedBus::Plan bus{.number = i, .isSender = i % senderEach == 0, .bridges = 1 + i % 2, .engines = {}};
        if (i < plan.gateways) {
            bus.isSender = false;
            bus.engines = {&m_engines[0], &m_engines[1]};
        } else {
            bus.engines = {&m_engines[std::size_t(i) % m_engines.size()]};
        }
        if (bus.isSender)
            m_senders.push_back(i);
        m_buses.push_back(std::make_unique<SimulatedBus>(bus, quint32(m_random()), begin + below(1000)));
        schedule(i, begin);
    }
}

Buses::~Buses() = default;

void Buses::makeSteps()
{
    const Milliseconds first = m_now;
    const auto anyTime = [&] { return first + below(m_plan.duration); };
    const auto anyBus = [&] { return int(below(m_plan.buses)); };
    for (int i = 0; i < m_plan.events; ++i)
        m_steps.push_back({anyTime(), Step::Send, m_senders[std::size_t(below(Milliseconds(m_senders.size())))]});
    for (int i = 0; i < m_plan.kills; ++i) {
        m_steps.push_back({anyTime(), Step::KillRelay, anyBus()});
        m_steps.push_back({anyTime(), Step::KillBridge, anyBus()});
        m_steps.push_back({anyTime(), Step::CutBridge, anyBus()});
    }
    for (int i = 0; i < m_plan.outages; ++i) {
        const Milliseconds down = first + m_plan.duration * i / m_plan.outages;
        const int which = i % int(m_engines.size());
        const Milliseconds up = down + 1 + below(std::min(longestOutage, m_plan.duration / m_plan.outages));
        const bool isOfLeader = below(2) == 0;
        m_steps.push_back({down, isOfLeader ? Step::LeaderGone : Step::EngineDown, which});
        m_steps.push_back({up, isOfLeader ? Step::LeaderBack : Step::EngineUp, which});
        m_outages.emplace_back(down, up + afterOutage);
    }
    std::ranges::stable_sort(m_steps, {}, &Step::time);
}

void Buses::take(const Step &step)
{
    const bool isOfEngine = step.kind == Step::EngineDown || step.kind == Step::EngineUp;
    const bool isOfLeader = step.kind == Step::LeaderGone || step.kind == Step::LeaderBack;
    if (isOfEngine || isOfLeader) {
        SimulatedEngine &engine = m_engines[std::size_t(step.which)];
        if (isOfLeader)
            engine.setLed(step.kind == Step::LeaderBack, m_now);
        else
            engine.setUp(step.kind == Step::EngineUp, below(2) == 0, m_now);
        for (int i = 0; i < m_plan.buses; ++i)
            schedule(i, m_now);
        return;
    }
    SimulatedBus &bus = *m_buses[std::size_t(step.which)];
    Milliseconds &quietUntil = m_quietUntil[std::size_t(step.which)];
    bus.passTo(m_now);
    const auto which = std::size_t(below(Milliseconds(bus.bridges())));
    const Milliseconds until = m_now + 500 + below(2500);
    const bool mayKill = quietUntil <= m_now && (step.kind == Step::KillRelay || bus.mayLoseABridge());
    switch (step.kind) {
    case Step::Send:
        for (Milliseconds count = 1 + below(3), name = below(SimulatedBus::names); count > 0; --count) {
            bus.send(int(name));
            ++m_sentCount;
        }
        break;
    case Step::KillRelay:
    case Step::KillBridge:
        if (!mayKill)
            break;
        ++m_killed;
        quietUntil = std::max(until, engineIsAwayUntil(m_now, until)) + betweenKills;
        if (step.kind == Step::KillRelay)
            bus.killRelay(until);
        else
            bus.killBridge(which, until);
        break;
    case Step::CutBridge:
        bus.cutBridge(which);
        break;
    case Step::EngineDown:
    case Step::EngineUp:
    case Step::LeaderGone:
    case Step::LeaderBack:
        break;
    }
    schedule(step.which, m_now);
}

// Meanwhile only the bridge that is left has what waits.
Milliseconds Buses::engineIsAwayUntil(Milliseconds from, Milliseconds to) const
{
    Milliseconds until = 0;
    for (const auto &outage : m_outages) {
        if (outage.first <= to && from <= outage.second)
            until = std::max(until, outage.second);
    }
    return until;
}

void Buses::schedule(int bus, Milliseconds time)
{
    Milliseconds &due = m_due[std::size_t(bus)];
    if (time >= due)
        return;
    due = time;
    m_queue.emplace(time, bus);
}

void Buses::passTo(Milliseconds time)
{
    while (!m_queue.empty() && m_queue.top().first <= time && m_failure.isEmpty()) {
        const auto [due, index] = m_queue.top();
        m_queue.pop();
        if (due != m_due[std::size_t(index)])
            continue;
        m_due[std::size_t(index)] = never;
        m_now = std::max(m_now, due);
        SimulatedBus &bus = *m_buses[std::size_t(index)];
        bus.passTo(m_now);
        m_failure = bus.failure();
        schedule(index, bus.nextTime());
    }
    m_now = std::max(m_now, time);
}

bool Buses::passUntil(Milliseconds end, const std::function<bool()> &isDone)
{
    while (m_now < end && m_failure.isEmpty()) {
        if (isDone())
            return true;
        passTo(m_now + lookAgain);
    }
    return m_failure.isEmpty() && isDone();
}

bool Buses::hasAll(const SimulatedBus &bus) const
{
    return bus.heard() == m_sentCount && bus.isIdle();
}

QByteArray Buses::run()
{
    const auto areAllReady = [this] { return std::ranges::all_of(m_buses, &SimulatedBus::isReady); };
    if (!passUntil(m_now + longestStart, areAllReady))
        return m_failure.isEmpty() ? "not all are ready at the beginning" : m_failure;
    makeSteps();
    for (const Step &step : m_steps) {
        passTo(step.time);
        if (!m_failure.isEmpty())
            return m_failure;
        take(step);
    }
    for (SimulatedEngine &engine : m_engines) {
        engine.setLed(true, m_now);
        engine.setUp(true, false, m_now);
    }
    for (int i = 0; i < m_plan.buses; ++i) {
        m_buses[std::size_t(i)]->clearSky();
        schedule(i, m_now);
    }
    const auto haveAllAll = [this] {
        return std::ranges::all_of(m_buses, [this](const auto &bus) { return hasAll(*bus); });
    };
    if (passUntil(m_now + longestEnd, haveAllAll))
        passTo(m_now + 3000); // what comes then has come twice
    if (m_failure.isEmpty())
        check();
    return m_failure;
}

void Buses::check()
{
    for (const auto &bus : m_buses)
        m_sent.insert(bus->sent());
    for (int i = 0; i < m_plan.buses && m_failure.isEmpty(); ++i) {
        const SimulatedBus &bus = *m_buses[std::size_t(i)];
        const QByteArray who = "bus " + QByteArray::number(i) + ' ';
        for (auto sent = m_sent.cbegin(); sent != m_sent.cend(); ++sent) {
            const quint64 heard = bus.heardUpTo().value(sent.key());
            if (heard != *sent)
                m_failure = who + "has heard " + QByteArray::number(heard) + " of " + QByteArray::number(*sent)
                    + " events '" + sent.key().name.toUtf8() + "' of " + sent.key().node.toByteArray();
        }
        if (m_failure.isEmpty() && !hasAll(bus))
            m_failure = who + "does not come to rest";
        if (m_failure.isEmpty() && bus.mostWaiting() > mostWaiting(m_plan))
            m_failure = who + "has had " + QByteArray::number(bus.mostWaiting()) + " events waiting in a bridge";
    }
}

QByteArray Buses::summary() const
{
    quint64 heard = 0;
    quint64 doubled = 0;
    quint64 direct = 0;
    qsizetype waiting = 0;
    for (const auto &bus : m_buses) {
        heard += bus->heard();
        doubled += bus->doubled();
        direct += bus->direct();
        waiting = std::max(waiting, bus->mostWaiting());
    }
    quint64 logged = 0;
    quint64 dropped = 0;
    for (const SimulatedEngine &engine : m_engines) {
        logged += engine.logged();
        dropped += engine.dropped();
    }
    const auto number = [](auto value) { return QByteArray::number(value); };
    return number(m_plan.buses) + " buses, " + number(m_sentCount) + " events, " + number(heard) + " times heard, "
        + number(direct) + " directly; " + number(m_killed) + " processes killed, " + number(m_plan.outages)
        + " outages; the engines had " + number(logged) + " messages and dropped " + number(dropped)
        + " doubles, bridges dropped " + number(doubled) + "; at most " + number(waiting) + " waited in a bridge; "
        + number((m_now - begin) / 1000) + " s of simulated time";
}

} // namespace PyventTests
