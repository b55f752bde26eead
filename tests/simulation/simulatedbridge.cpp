// SPDX-License-Identifier: MIT
#include "simulatedbridge.h"

#include "dispatch/frameevent.h"

#include <algorithm>

namespace PyventTests {

using namespace Pyvent::Bridge;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr qsizetype mostOwnNodes = 1000;
constexpr auto keptLonger = 5s; // as bridge.cpp has it
constexpr qsizetype mostSaid = qsizetype(8) << 20;
constexpr Milliseconds beat = Election::beat.count();

// Under which a node says that it is a bridge's.
const QString bridgeKey = u"bridge"_s;

QString busName(int bus)
{
    return u"bus-%1"_s.arg(bus);
}

} // namespace

SimulatedNode::SimulatedNode(Network *network, const QUuid &uuid, quint32 seed)
    : link([&](Pyvent::Internal::SendQueue &queue) {
        auto made = std::make_unique<SimulatedConnection>(*network, queue, uuid);
        connection = made.get();
        return made;
    })
    , session(
          uuid, [network] { return network->now() * 1000; }, seed)
    , m_network(network)
{
    session.configure({});
    session.join(&link, now());
}

void SimulatedNode::hear(const PyventPattern &pattern, Receiver::Hears hears,
                         std::function<void(const PyventEvent &)> function)
{
    session.add(std::make_shared<Pyvent::Internal::FunctionReceiver>(
                    pattern, PyventSender::Any, [] { return true; }, std::move(function), hears),
                {}, now());
}

void SimulatedNode::process()
{
    link.receive(now());
    link.process(*session.seat(), now());
    Pyvent::Internal::Inbox::Arrivals finished;
    while (const auto turn = session.nextTurn(&finished))
        turn->receiver->deliver(*turn->event);
    while (const auto item = session.news().take())
        told(*item);
    const auto losses = session.news().losses.take();
    for (const quint64 count : losses)
        lost(count);
}

Milliseconds SimulatedNode::nextTime() const
{
    return link.mayBeReadable() ? 0 : millisecondsOf(link.deadline());
}

SimulatedBusEnd::SimulatedBusEnd(Network *network, const QUuid &uuid, quint32 seed)
    : m_node(network, uuid, seed)
{
    m_node.session.hearDescriptions();
    m_node.told = [this](const Pyvent::Internal::News::Item &item) {
        if (const auto *described = std::get_if<Pyvent::Internal::News::Described>(&item)) {
            const QVariantMap words = described->node.about.value(bridgeKey).toMap();
            if (!words.isEmpty())
                Q_EMIT announced(described->node.uuid, words);
        }
        if (const auto *error = std::get_if<PyventError>(&item)) {
            if (error->code == PyventError::ForwardingLoop)
                m_isLoop = true;
            else
                Q_EMIT problem(u"bus"_s, error->text);
        }
    };
}

void SimulatedBusEnd::hear(const QList<PyventPattern> &names)
{
    for (const PyventPattern &pattern : names) {
        m_node.hear(pattern, SimulatedNode::Receiver::Hears::Frames, [this](const PyventEvent &event) {
            const PyventFrame frame = Pyvent::Internal::frameOf(event);
            Q_EMIT heard({.name = frame.name,
                          .sender = frame.sender,
                          .pickle = frame.pickle,
                          .node = frame.nodeId,
                          .number = frame.sequence,
                          .time = frame.time,
                          .isForwarded = frame.forwarded,
                          .stamp = frame.stamp});
        });
    }
}

void SimulatedBusEnd::process()
{
    m_node.process();
    if (std::exchange(m_accepted, accepted()) != accepted())
        Q_EMIT acceptedChanged();
}

BusEnd::Outcome SimulatedBusEnd::forward(const BusEvent &event)
{
    auto &session = m_node.session;
    const quint64 before = session.accepted();
    m_isLoop = false;
    if (session.forward({.name = event.name,
                         .sender = event.sender,
                         .pickle = event.pickle,
                         .nodeId = event.node,
                         .sequence = event.number,
                         .time = event.time,
                         .stamp = event.stamp},
                        m_node.now())) {
        if (session.accepted() != before)
            return Outcome::Taken;
        while (const auto item = session.news().take())
            m_node.told(*item);
        return m_isLoop ? Outcome::FromHere : Outcome::Known;
    }
    return session.news().lastError().code == PyventError::QueueFull ? Outcome::NoRoom : Outcome::Refused;
}

void SimulatedBusEnd::describe(const QVariantMap &words)
{
    m_node.session.setAbout({{bridgeKey, words}});
}

void SimulatedBusEnd::announce(const QUuid &bridge)
{
    m_node.session.announce(bridge);
}

SimulatedBridge::SimulatedBridge(const Place &place, const QUuid &uuid, quint32 seed)
    : m_network(place.network)
    , m_bus(busName(place.bus))
    , m_end(place.network, uuid, seed)
    , m_line(place.engine, place.bus, seed)
    , m_ownNodes(mostOwnNodes)
    , m_outbox({.said = mostSaid})
    , m_inbound(&m_end, &m_ownNodes,
                {.bus = m_bus.toUtf8(),
                 .names = {PyventPattern(u"*"_s)},
                 .foreignSender = {},
                 .clock = [this] { return now(); }})
    , m_outbound(&m_end, &m_outbox, &m_inbound, &m_ownNodes, {.bus = m_bus.toUtf8(), .clock = [this] { return now(); }})
    , m_election(uuid, {.link = place.link, .engine = place.link, .bus = m_bus})
    , m_hearsSince(place.network->now())
    , m_beatAt(place.network->now() + Milliseconds(seed % quint32(beat)))
{
    QObject::connect(&m_end, &BusEnd::announced, &m_end,
                     [this](const QUuid &bridge, const QVariantMap &map) { heardPeer(bridge, map); });
    QObject::connect(&m_inbound, &Inbound::acknowledge, &m_end,
                     [this](quint64 token) { m_line.acknowledge(token, m_network->now()); });
    const auto fail = [this](const QString &, const QString &text) {
        m_mistake = "the bridge to " + m_election.words().link.toUtf8() + " says: " + text.toUtf8();
    };
    QObject::connect(&m_end, &BusEnd::problem, &m_end, fail);
    QObject::connect(&m_inbound, &Inbound::problem, &m_end, fail);
    QObject::connect(&m_outbound, &Outbound::problem, &m_end, fail);
    m_outbox.setHoldingBack(true); // until it is known who works
    m_end.hear({PyventPattern(u"*"_s)});
    announce(true);
}

bool SimulatedBridge::isReady() const
{
    return m_isUp && (m_isActive ? m_hasRead : m_election.peers() > 0);
}

void SimulatedBridge::cut()
{
    m_line.cut(m_network->now());
}

void SimulatedBridge::process()
{
    m_end.process();
    takeNews();
    if (m_network->now() >= m_beatAt) {
        m_beatAt = m_network->now() + beat;
        for (const QUuid &bridge : m_election.known())
            announce(false, bridge);
        decide();
    }
    m_outbox.process(now());
    if (const auto publications = m_outbox.takePublications(now()); !publications.isEmpty())
        m_line.publish(publications, m_network->now());
    if (const auto sayings = m_outbox.takeSayings(now()); !sayings.isEmpty())
        m_line.say(sayings, m_network->now());
    m_inbound.process(now());
    if (m_election.deadline() <= now())
        decide();
}

void SimulatedBridge::takeNews()
{
    const EngineLine::News news = m_line.process(m_network->now());
    if (news.isDown || news.isUp) {
        m_isUp = news.isUp;
        m_outbox.setUp(m_isUp, now());
        m_election.setUp(false, 0, now());
        m_election.setUp(m_isUp, m_network->now() * 1000 - std::chrono::microseconds(m_outbox.oldestAge(now())).count(),
                         now());
        announce(m_isUp);
        decide();
    }
    if (news.beginsReading) {
        m_hasRead = true;
        m_inbound.restart();
    }
    if (!news.published.isEmpty())
        m_outbox.published(news.published, now());
    for (const quint64 id : news.refused)
        m_outbox.refused(id, Engine::Refusal::NotNow, now());
    if (!news.arrivals.isEmpty())
        m_inbound.take(news.arrivals);
}

void SimulatedBridge::heardPeer(const QUuid &bridge, const QVariantMap &map)
{
    const auto words = Election::Words::fromMap(map);
    if (!words)
        return;
    const bool wantsAnswer = m_election.heard(bridge, *words, now());
    decide();
    if (wantsAnswer)
        announce(false, bridge);
    if (m_election.isPeer(*words) && words->bus == m_bus && words->isActive && !m_isActive) {
        m_hasOtherRead = true;
        const auto since = m_isUp ? Clock::time_point::min() : Election::hearsSince(*words, now());
        m_outbox.dropHeard(since, now() - words->oldestAge - keptLonger);
    }
}

void SimulatedBridge::decide()
{
    const qsizetype known = m_election.known().size();
    m_election.process(now());
    if (m_election.known().size() < known)
        announce(true);
    m_outbound.setRole(m_election.isActive(), m_election.hasOtherLinks());
    if (std::exchange(m_isActive, m_election.isActive()) == m_isActive)
        return;
    m_outbox.setHoldingBack(!m_isActive);
    if (m_isActive && std::exchange(m_hasOtherRead, false) && m_election.hasOtherLinks())
        m_inbound.othersHaveRead();
    m_line.setReading(m_isActive);
    announce();
}

void SimulatedBridge::announce(bool wantsAnswer, const QUuid &to)
{
    m_election.setWaiting(m_outbox.waiting(), m_outbox.oldestAge(now()));
    m_election.setHearsFor(std::chrono::milliseconds(m_network->now() - m_hearsSince));
    m_end.describe(m_election.words(wantsAnswer).toMap());
    m_end.announce(to);
}

Milliseconds SimulatedBridge::nextTime() const
{
    const auto due = millisecondsOf(std::min({m_outbox.deadline(), m_inbound.deadline(), m_election.deadline()}));
    return std::min({m_end.nextTime(), m_line.nextTime(), m_beatAt, due});
}

} // namespace PyventTests
