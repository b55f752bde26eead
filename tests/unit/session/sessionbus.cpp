// SPDX-License-Identifier: MIT
#include "unit/session/sessionbus.h"

#include <algorithm>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace PyventTests {

void BusLine::send(QByteArray &&frame, bool, SendQueue::Share *share)
{
    const QByteArray sent = frame;
    m_queue.append(std::move(frame), share);
    m_queue.sent(1);
    m_queue.acknowledge();
    m_bus->take(sent);
}

void BusLine::sendControl(QByteArray &&frame, bool)
{
    if (isUp)
        m_bus->take(frame);
}

// As a server has it: a whole topic was subscribed to without its space.
bool BusLine::isFor(QByteArrayView frame) const
{
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [frame](const QByteArray &prefix) { return frame.startsWith(prefix); });
}

BusNode::BusNode(SessionBus *bus, const QUuid &uuid, const PyventOptions &options)
    : link([&](SendQueue &queue) {
        auto made = std::make_unique<BusLine>(bus, queue);
        line = made.get();
        return made;
    })
    , session(
          uuid, [time = bus->time()] { return time->wallTime(); }, uuid.data1)
    , m_time(bus->time())
{
    session.configure(options);
    session.join(&link, m_time->now());
}

void BusNode::add(std::shared_ptr<Receiver> receiver, const PyventReplay &replay)
{
    session.add(std::move(receiver), replay, m_time->now());
}

void BusNode::hear(const QString &pattern, const PyventReplay &replay)
{
    add(std::make_shared<FunctionReceiver>(
            pattern, PyventSender::Any, [] { return true; }, [this](const PyventEvent &event) { heard.append(event); }),
        replay);
}

void BusNode::hearNewest(const QString &pattern, std::chrono::milliseconds period, const PyventSender &sender,
                         const PyventReplay &replay, Receiver::Hears hears)
{
    const auto receiver = std::make_shared<FunctionReceiver>(
        pattern, sender, [] { return true; }, [this](const PyventEvent &event) { heard.append(event); }, hears);
    receiver->hearNewest(period, [this, weak = std::weak_ptr<Receiver>(receiver)] {
        return session.takeNewest(weak.lock(), m_time->now());
    });
    add(receiver, replay);
}

void BusNode::onFrame(const QString &pattern, std::function<void(const PyventFrame &)> function,
                      const PyventReplay &replay, const PyventSender &sender)
{
    add(std::make_shared<FunctionReceiver>(
            pattern, sender, [] { return true; }, [function](const PyventEvent &event) { function(frameOf(event)); },
            Receiver::Hears::Frames),
        replay);
}

void BusNode::process()
{
    const auto now = m_time->now();
    link.receive(now);
    link.process(*session.seat(), now);
    if (!isTurning)
        return;
    Inbox::Arrivals finished;
    while (const auto turn = session.nextTurn(&finished)) {
        if (turn->event)
            turn->receiver->deliver(*turn->event);
        else
            turn->receiver->call();
    }
}

QList<PyventError> BusNode::takeErrors()
{
    QList<PyventError> errors;
    while (const auto item = session.news().take()) {
        if (const auto *error = std::get_if<PyventError>(&*item))
            errors.append(*error);
    }
    return errors;
}

quint64 BusNode::takeLosses(const QString &name)
{
    quint64 count = 0;
    const auto losses = session.news().losses.take();
    for (auto loss = losses.cbegin(); loss != losses.cend(); ++loss)
        count += loss.key().first == name ? loss.value() : 0;
    return count;
}

BusNode *SessionBus::add(const QUuid &uuid, const PyventOptions &options)
{
    m_nodes.push_back(std::make_unique<BusNode>(this, uuid, options));
    return m_nodes.back().get();
}

void SessionBus::remove(BusNode *node)
{
    std::erase_if(m_nodes, [node](const auto &known) { return known.get() == node; });
}

void SessionBus::take(const QByteArray &frame)
{
    passedOn.append(frame);
    for (const auto &node : m_nodes) {
        if (node->line->isUp && node->line->isFor(frame) && (!passes || passes(frame, node.get())))
            node->line->arrived.push_back(frame);
    }
}

QList<Frame> SessionBus::events() const
{
    QList<Frame> events;
    for (const QByteArray &frame : passedOn) {
        if (!frame.startsWith('\2'))
            events.append(parseFrame(frame));
    }
    return events;
}

qsizetype SessionBus::messages(Control::Kind kind) const
{
    return std::count_if(passedOn.begin(), passedOn.end(), [kind](const QByteArray &frame) {
        const auto message = Control::Message::of(frame);
        return frame.startsWith('\2') && message && message->kind == kind;
    });
}

void settle(const std::vector<SessionBus *> &buses)
{
    for (bool isQuiet = false; !isQuiet;) {
        isQuiet = true;
        for (SessionBus *bus : buses) {
            for (const auto &node : bus->nodes()) {
                isQuiet &= !node->line->mayBeReadable() && node->link.deadline() > bus->time()->now();
                node->process();
            }
        }
    }
}

void pass(const std::vector<SessionBus *> &buses, std::chrono::milliseconds duration)
{
    BusTime *const time = buses.front()->time();
    settle(buses);
    for (const auto end = time->passed + duration; time->passed < end;) {
        auto due = time->now() + duration;
        for (const SessionBus *bus : buses) {
            for (const auto &node : bus->nodes())
                due = std::min(due, node->link.deadline());
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - time->now());
        time->passed = std::min(end, time->passed + std::max(left, 1ms));
        settle(buses);
    }
}

} // namespace PyventTests
