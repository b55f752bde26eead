// SPDX-License-Identifier: MIT
#include "hostilebus.h"

#include "require.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <algorithm>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace PyventTests {

namespace {

const QByteArray topics[] = {"x", "y", "unheard"};

// Nodes on other buses: an honest one, and one that says anything.
const QUuid abroad = nodeOf(2000);
const QUuid strangerAbroad = nodeOf(2001);

bool isControl(QByteArrayView frame)
{
    return frame.startsWith('\2');
}

} // namespace

void HostileBusConnection::send(QByteArray &&frame, bool, SendQueue::Share *share)
{
    sent.push_back(frame);
    m_queue.append(std::move(frame), share);
    m_queue.sent(1);
    m_queue.acknowledge();
}

void HostileBusConnection::sendControl(QByteArray &&frame, bool)
{
    if (isUp)
        sent.push_back(std::move(frame));
}

bool HostileBusConnection::receive(QByteArrayView *frame)
{
    if (arrived.empty())
        return false;
    m_received = std::move(arrived.front());
    arrived.pop_front();
    *frame = m_received;
    return true;
}

HostileBus::Node::Node(HostileBus *bus, quint16 number, bool areSendersProven)
    : link([&](SendQueue &queue) {
        auto made = std::make_unique<HostileBusConnection>(queue, areSendersProven);
        connection = made.get();
        return made;
    })
    , session(
          nodeOf(number), [bus] { return bus->wallTime(); }, number)
{
    session.configure({});
    session.join(&link, bus->now());
}

HostileBus::HostileBus(bool areSendersProven)
    : m_receiver(this, 1000, areSendersProven)
    , m_sender(this, 1001, areSendersProven)
    , m_bridge(this, 1002, areSendersProven)
{
    hear(false);
    m_now += 1ms;
    process();
}

HostileBus::~HostileBus()
{
    m_receiver.session.leave(now());
    m_sender.session.leave(now());
    m_bridge.session.leave(now());
}

void HostileBus::hear(bool asLateJoiner)
{
    const auto handler = [this, asLateJoiner](const PyventEvent &event) {
        const bool isHere = event.nodeId == m_sender.session.uuid();
        if (!isHere && event.nodeId != abroad)
            return;
        Count &count = isHere ? m_here : m_abroad;
        quint64 &last = asLateJoiner ? count.joined : count.heard;
        require(event.sequence == ++last, "an event is heard again, or without the one before it");
    };
    PyventReplay replay;
    if (asLateJoiner) {
        m_hasJoiner = true;
        replay.last = 1'000'000;
    }
    m_receiver.session.add(std::make_shared<FunctionReceiver>(
                               u"x"_s, PyventSender::Any, [] { return true; }, handler),
                           replay, now());
    if (!asLateJoiner) {
        m_receiver.session.add(std::make_shared<FunctionReceiver>(
                                   u"y*"_s, PyventSender::Any, [] { return true; }, [](const PyventEvent &) {}),
                               {}, now());
    }
}

void HostileBus::run(Script *script)
{
    constexpr int mostSteps = 500;
    for (int i = 0; i < mostSteps && !script->isOver(); ++i) {
        step(script);
        process();
    }
    settle();
    for (const Count *count : {&m_here, &m_abroad}) {
        require(count->heard == count->head, "an event is not heard");
        require(!m_hasJoiner || count->joined == count->head, "a late joiner does not hear an event");
    }
    for (Node *node : {&m_receiver, &m_sender, &m_bridge})
        require(node->link.deadline() > now(), "something is due for ever");
}

void HostileBus::step(Script *script)
{
    enum : quint8 { Say = 0, Honest = 12, HonestLost, Pass, Join, Forward, ForwardLost, ForwardAnything, All };
    switch (script->next() % All) {
    case HonestLost:
        m_losesNext = true;
        [[fallthrough]];
    case Honest:
        require(m_sender.session.send(u"x"_s, {}, {}, now()), "an event is not sent");
        ++m_here.head;
        m_now += 1ms;
        return;
    case ForwardLost:
        m_losesNext = true;
        [[fallthrough]];
    case Forward:
        forward(abroad, "x", ++m_abroad.head);
        m_now += 1ms;
        return;
    case ForwardAnything: { // of a hostile node here, or of one abroad
        const quint8 who = script->next();
        const QUuid node = who & 8 ? strangerAbroad : nodeOf(quint16(1 + who % hostileNodes));
        const QByteArray &topic = topics[who / 16 % std::size(topics)];
        quint64 &last = m_last[{node, topic}];
        return forward(node, topic, last = script->number(last, m_here.head, 100'000));
    }
    case Pass:
        return pass(script->pause());
    case Join:
        if (!m_hasJoiner && m_now < 50s) // while all is kept
            hear(true);
        return;
    default:
        say(script);
    }
}

void HostileBus::forward(const QUuid &node, const QByteArray &topic, quint64 sequence)
{
    const PyventFrame frame{.name = QString::fromUtf8(topic),
                            .pickle = "}.",
                            .nodeId = node,
                            .sequence = sequence,
                            .time = wallTime(),
                            .previous = wallTime() - 1000};
    const bool isTaken = m_bridge.session.forward(frame, now());
    require(isTaken || node != abroad, "an event is not forwarded");
}

QByteArray HostileBus::eventOf(Script *script, const QUuid &node, const QByteArray &topic)
{
    quint64 &last = m_last[{node, topic}];
    const quint8 how = script->next();
    last = script->number(last, m_here.head, 100'000);
    QByteArray frame = topic + (how & 1 ? " }." : " nonsense.");
    Trailer trailer{.nodeId = node, .sequence = last, .time = wallTime(), .flags = quint16(how >> 4), .sender = {}};
    trailer.previous = how & 2 ? 0 : wallTime() - qint64(script->next()) * 1000;
    appendTrailer(trailer, &frame);
    return frame;
}

// What one message of the hostile peer's says, in its own nodes' names.
void HostileBus::say(Script *script)
{
    using namespace Control;
    const quint8 who = script->next();
    const QUuid node = nodeOf(quint16(1 + who % hostileNodes));
    const QByteArray &topic = topics[who / 4 % std::size(topics)];
    const QUuid to = who & 0x80 ? m_receiver.session.uuid() : m_sender.session.uuid();
    quint64 &last = m_last[{node, topic}];
    const auto number = [&] { return script->number(last, m_here.head, 100'000); };
    const auto time = [&] { return wallTime() + (qint64(script->next()) - 200) * 100'000; };
    const auto ranges = [&] {
        std::vector<Range> several;
        for (int i = script->next() % 4; i > 0; --i) {
            const quint64 first = number();
            several.push_back({first, number()});
        }
        return several;
    };
    switch (script->next() % 14) {
    case 0:
    case 1:
        return publish(eventOf(script, node, topic));
    case 2:
        return publish(nodeTopic(to, repair) + eventOf(script, node, topic));
    case 3:
        return publish(nodeTopic(to, replay) + eventOf(script, node, topic));
    case 4: {
        Heads message{.node = node, .heads = {}, .asOf = time()};
        for (int i = 1 + script->next() % 3; i > 0; --i)
            message.heads.push_back({topic, last = number(), time()});
        return publish(who & 0x40 ? message.toFrame() : message.toFrame(to));
    }
    case 5: {
        Answer message{.node = node, .topic = topic, .first = number()};
        message.isBase = script->next() & 1;
        message.since = message.isBase ? time() : 0;
        if (script->next() & 1)
            message.base = number();
        return publish(message.toFrame(to));
    }
    case 6:
        return publish(Withheld{node, topic, ranges()}.toFrame(to));
    case 7:
        return publish(Kept{node, topic, number(), number(), quint64(script->next() % 3)}.toFrame(to));
    case 8: {
        const Ask message{.asker = node, .topic = topic, .since = time(), .missing = ranges(), .limit = script->next()};
        const QUuid of = message.limit & 1 ? message.limit & 2 ? abroad : strangerAbroad : to;
        return publish(message.toFrame(of, who & 0x40 ? recall : ask));
    }
    case 9:
        return publish(Announce{node, {topic, QByteArray()}}.toFrame());
    case 10:
        return publish(commonTopic(announce));
    case 11:
        return publish(Past{node, topic, number(), time(), time(), 1}.toFrame());
    case 12:
        return publish(commonTopic(Control::who) + node.toByteArray(QUuid::WithoutBraces));
    default: { // anything else
        const QByteArrayView kinds[] = {here, heads, ask, answer, withheld, past, kept, recall};
        QByteArray frame = nodeTopic(to, kinds[script->next() % std::size(kinds)]);
        frame += "\x83\xD8\x25\x50" + node.toRfc4122();
        for (int i = script->next() % 16; i > 0; --i)
            frame += char(script->next());
        publish(frame);
    }
    }
}

void HostileBus::publish(const QByteArray &frame)
{
    for (const Node *node : {&m_receiver, &m_sender, &m_bridge})
        node->connection->arrived.push_back(frame);
}

// Until all that was said has been heard and answered.
void HostileBus::process()
{
    bool isQuiet = false;
    for (int i = 0; i < 1000 && !isQuiet; ++i) {
        isQuiet = true;
        for (Node *node : {&m_receiver, &m_sender, &m_bridge}) {
            node->link.receive(now());
            node->link.process(*node->session.seat(), now());
            Inbox::Arrivals finished;
            while (const auto turn = node->session.nextTurn(&finished))
                turn->receiver->deliver(*turn->event);
            while (!node->connection->sent.empty()) {
                isQuiet = false;
                const QByteArray frame = std::move(node->connection->sent.front());
                node->connection->sent.pop_front();
                if (isControl(frame))
                    m_saidBytes += frame.size();
                else if (std::exchange(m_losesNext, false))
                    continue;
                publish(frame);
            }
            isQuiet &= !node->connection->mayBeReadable();
        }
    }
    require(isQuiet, "the bus is never quiet");
    constexpr qint64 perSecond = 80'000'000; // as answers may cost, and what is asked beside them
    require(m_saidBytes <= 3 * perSecond * (1 + m_now / 1s), "more is said than answers may cost");
    m_receiver.session.news() = {};
    m_sender.session.news() = {};
    m_bridge.session.news() = {};
}

void HostileBus::pass(Milliseconds time)
{
    for (const Milliseconds end = m_now + time; m_now < end;) {
        const Clock::time_point due =
            std::min({m_receiver.link.deadline(), m_sender.link.deadline(), m_bridge.link.deadline()});
        const auto left = due > now() + time ? time : std::chrono::ceil<Milliseconds>(due - now());
        m_now = std::min(end, m_now + std::max(left, 1ms));
        process();
    }
}

void HostileBus::settle()
{
    m_losesNext = false;
    pass(15s);
}

} // namespace PyventTests
