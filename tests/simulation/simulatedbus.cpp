// SPDX-License-Identifier: MIT
#include "simulatedbus.h"

#include "wire/frame.h"
#include "wire/topic.h"

#include <algorithm>

namespace PyventTests {

using namespace Qt::StringLiterals;

namespace {

constexpr Weather weather{.delay = 5, .doubledPercent = 2, .capacity = 5000};
constexpr int mostTurns = 100'000; // in one millisecond
constexpr Milliseconds timeOfNetwork = 1'000'000;

QString nameOf(int name)
{
    return name == 0 ? u"order"_s : u"order-food"_s;
}

} // namespace

SimulatedBus::SimulatedBus(const Plan &plan, quint32 seed, Milliseconds begin)
    : m_plan(plan)
    , m_random(seed)
    , m_network(seed, weather)
    , m_takesBatches(m_random() % 2 == 0)
    , m_relayStartsAt(begin)
{
    Q_ASSERT(begin >= timeOfNetwork);
    m_network.taken = [this](QByteArrayView frame) { relayed(frame); };
    m_receiver = std::make_unique<SimulatedNode>(&m_network, nextId(), quint32(m_random()));
    m_receiver->hear(PyventPattern(u"*"_s), SimulatedNode::Receiver::Hears::Arguments,
                     [this](const PyventEvent &event) { heard(event); });
    failOnErrors(m_receiver.get(), "the node that hears");
    if (plan.isSender) {
        m_sender = std::make_unique<SimulatedNode>(&m_network, nextId(), quint32(m_random()));
        failOnErrors(m_sender.get(), "the node that sends");
    }
    for (std::size_t engine = 0; engine < plan.engines.size(); ++engine) {
        for (int i = 0; i < plan.bridges; ++i)
            m_bridges.push_back(
                {plan.engines[engine], u"nats:engine-%1"_s.arg(engine), {}, begin + Milliseconds(m_random() % 1000)});
    }
}

SimulatedBus::~SimulatedBus() = default;

QUuid SimulatedBus::nextId()
{
    return QUuid(quint32(m_plan.number) + 1, quint16(++m_processes), 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);
}

void SimulatedBus::failOnErrors(SimulatedNode *node, const char *who)
{
    node->told = [this, who](const Pyvent::Internal::News::Item &item) {
        if (const auto *error = std::get_if<PyventError>(&item))
            fail(QByteArray(who) + " was told: " + error->text.toUtf8());
    };
    node->lost = [this, who](quint64 count) {
        fail(QByteArray(who) + " has lost " + QByteArray::number(count) + " events");
    };
}

void SimulatedBus::fail(const QByteArray &what)
{
    if (m_failure.isEmpty())
        m_failure =
            "bus " + QByteArray::number(m_plan.number) + " at " + QByteArray::number(m_network.now()) + ": " + what;
}

void SimulatedBus::send(int name)
{
    if (!m_sender->session.send(nameOf(name), {{u"n"_s, 1}}, {}, m_sender->now()))
        return fail("an event was refused: " + m_sender->session.news().lastError().text.toUtf8());
    ++m_sent[{m_sender->session.uuid(), nameOf(name)}];
}

void SimulatedBus::heard(const PyventEvent &event)
{
    quint64 &last = m_heard[{event.nodeId, event.name}];
    if (event.sequence != last + 1)
        fail("'" + event.name.toUtf8() + "' number " + QByteArray::number(event.sequence) + " of "
             + event.nodeId.toByteArray() + " came after number " + QByteArray::number(last));
    last = event.sequence;
    ++m_heardCount;
}

// What a node of this bus has sent does not come from a bridge.
void SimulatedBus::relayed(QByteArrayView frame)
{
    using namespace Pyvent::Internal;
    if (!m_sender || isControlTopic(frame))
        return;
    const Frame parsed = parseFrame(frame);
    if (parsed.trailer.nodeId == m_sender->session.uuid() && parsed.trailer.flags & Trailer::Forwarded)
        fail("an event has come back");
}

void SimulatedBus::killRelay(Milliseconds until)
{
    m_network.killRelay();
    m_relayStartsAt = until;
}

void SimulatedBus::killBridge(std::size_t index, Milliseconds until)
{
    Bridge &bridge = m_bridges[index];
    if (bridge.process) {
        m_doubled += bridge.process->in().doubled;
        m_direct += bridge.process->in().direct;
    }
    bridge.process.reset();
    bridge.startsAt = until;
}

void SimulatedBus::cutBridge(std::size_t index)
{
    if (m_bridges[index].process)
        m_bridges[index].process->cut();
}

quint64 SimulatedBus::doubled() const
{
    quint64 count = m_doubled;
    for (const Bridge &bridge : m_bridges)
        count += bridge.process ? bridge.process->in().doubled : 0;
    return count;
}

quint64 SimulatedBus::direct() const
{
    quint64 count = m_direct;
    for (const Bridge &bridge : m_bridges)
        count += bridge.process ? bridge.process->in().direct : 0;
    return count;
}

bool SimulatedBus::isReady() const
{
    using State = SimulatedNode::Session::State;
    const auto isNodeReady = [](const SimulatedNode *node) { return !node || node->session.state() == State::Ready; };
    return isNodeReady(m_receiver.get()) && isNodeReady(m_sender.get())
        && std::ranges::all_of(m_bridges, [&](const Bridge &bridge) {
               return bridge.process && bridge.process->isReady() && isNodeReady(&bridge.process->node());
           });
}

bool SimulatedBus::isIdle() const
{
    return isReady() && std::ranges::all_of(m_bridges, [](const Bridge &bridge) {
               return bridge.process->waitingIn() == 0 && (!bridge.process->isActive() || bridge.process->isIdle());
           });
}

Milliseconds SimulatedBus::nextTime() const
{
    Milliseconds next = std::min({m_network.nextTime(), m_relayStartsAt, m_receiver->nextTime()});
    if (m_sender)
        next = std::min(next, m_sender->nextTime());
    for (const Bridge &bridge : m_bridges)
        next = std::min(next, bridge.process ? bridge.process->nextTime() : bridge.startsAt);
    return std::max(next, m_network.now());
}

void SimulatedBus::passTo(Milliseconds time)
{
    for (int turns = 0; m_failure.isEmpty(); ++turns) {
        const Milliseconds next = nextTime();
        if (next > time)
            break;
        if (turns > mostTurns)
            return fail("it turns without end");
        m_network.passTo(next);
        service();
    }
    m_network.passTo(time);
}

void SimulatedBus::startWhatIsDue()
{
    const Milliseconds now = m_network.now();
    if (m_relayStartsAt <= now) {
        m_relayStartsAt = never;
        m_network.startRelay(m_takesBatches);
    }
    for (Bridge &bridge : m_bridges) {
        if (bridge.process || bridge.startsAt > now)
            continue;
        bridge.process = std::make_unique<SimulatedBridge>(
            SimulatedBridge::Place{&m_network, bridge.engine, m_plan.number, bridge.link}, nextId(),
            quint32(m_random()));
    }
}

void SimulatedBus::service()
{
    startWhatIsDue();
    const Milliseconds now = m_network.now();
    if (m_receiver->nextTime() <= now)
        m_receiver->process();
    if (m_sender && m_sender->nextTime() <= now)
        m_sender->process();
    for (Bridge &bridge : m_bridges) {
        if (!bridge.process || bridge.process->nextTime() > now)
            continue;
        bridge.process->process();
        m_mostWaiting = std::max({m_mostWaiting, bridge.process->waiting(), bridge.process->waitingIn()});
        if (const QByteArray mistake = bridge.process->mistake(); !mistake.isEmpty())
            fail(mistake);
    }
}

} // namespace PyventTests
