// SPDX-License-Identifier: MIT
#include "bridge/testbus.h"

#include "jsonreader.h"
#include "jsonwriter.h"

#include <algorithm>

using namespace Pyvent::Bridge;
using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

constexpr std::size_t queueSize = 2000; // events that an end keeps while there is no server

// Not a real pickle: bridges look at none.
QByteArray toPickle(const QVariantMap &arguments, const QString &sender)
{
    QVariantMap all = arguments;
    if (!sender.isEmpty())
        all.insert(u"sender"_s, sender);
    QByteArray json;
    Pyvent::Text::JsonWriter(&json).writeObject(all);
    return "pickle:" + json;
}

} // namespace

void TestBus::setServing(bool isServing)
{
    m_isServing = isServing;
    if (isServing) {
        for (TestBusEnd *end : std::as_const(m_ends))
            end->flush();
    }
}

void TestBus::send(const QString &name, const QVariantMap &arguments, const QString &sender)
{
    sendAs(m_node, name, arguments, sender);
}

void TestBus::sendAs(const QUuid &node, const QString &name, const QVariantMap &arguments, const QString &sender)
{
    m_nodes.insert(node);
    const quint64 number = ++m_sent[{node, name}];
    deliver({.name = name,
             .sender = sender,
             .pickle = toPickle(arguments, sender),
             .node = node,
             .number = number,
             .time = 1'000'000 + qint64(number)});
}

void TestBus::sendPythons(const QString &name, const QVariantMap &arguments, const QString &sender)
{
    deliver({.name = name, .pickle = toPickle(arguments, sender)});
}

void TestBus::deliver(const BusEvent &event, const TestBusEnd *except)
{
    const QList<TestBusEnd *> ends = m_ends;
    for (TestBusEnd *end : ends) {
        if (end == except || end->m_isDead)
            continue;
        const bool isHeard = std::ranges::any_of(
            end->m_names, [&](const PyventPattern &pattern) { return pattern.matches(event.name); });
        if (isHeard)
            QMetaObject::invokeMethod(
                end,
                [end, event] {
                    if (!end->m_isDead)
                        Q_EMIT end->heard(event);
                },
                Qt::QueuedConnection);
    }
}

BusEnd::Outcome TestBus::take(TestBusEnd *from, const BusEvent &event)
{
    const Stream stream{event.node, event.name};
    quint64 &heard = m_heard[stream];
    if (event.number <= heard) {
        ++m_known;
        return BusEnd::Outcome::Known;
    }
    if (heard > 0 && event.number != heard + 1) {
        m_mistakes +=
            u"'%1' number %2 follows %3"_s.arg(event.name, QString::number(event.number), QString::number(heard));
    }
    heard = event.number;
    QString sender;
    QString why;
    const auto arguments = from->arguments(event.pickle, &sender, &why);
    if (!arguments)
        m_mistakes += why;
    m_received += {event.name, event.sender, event.node, event.number, arguments.value_or(QVariantMap())};
    BusEvent forwarded = event;
    forwarded.isForwarded = true;
    deliver(forwarded, from);
    return BusEnd::Outcome::Taken;
}

qsizetype TestBus::count(const QString &name) const
{
    return std::ranges::count(m_received, name, &Received::name);
}

QList<quint64> TestBus::numbers(const QUuid &node, const QString &name) const
{
    QList<quint64> numbers;
    for (const Received &each : m_received) {
        if (each.node == node && each.name == name)
            numbers += each.number;
    }
    return numbers;
}

TestBusEnd::TestBusEnd(TestBus *bus)
    : m_bus(bus)
{
    bus->m_ends += this;
}

TestBusEnd::~TestBusEnd()
{
    m_bus->m_ends.removeOne(this);
    const QList<TestBusEnd *> others = m_bus->m_ends;
    for (TestBusEnd *other : others)
        QMetaObject::invokeMethod(
            other, [other, id = m_id] { Q_EMIT other->vanished(id); }, Qt::QueuedConnection);
}

void TestBusEnd::hear(const QList<PyventPattern> &names)
{
    m_names = names;
}

BusEnd::Outcome TestBusEnd::forward(const BusEvent &event)
{
    if (m_isDead)
        return Outcome::NoRoom;
    if (event.name.contains(u' ') || event.name.startsWith("__"_L1)) {
        m_why = u"'%1' is no event's name"_s.arg(event.name);
        return Outcome::Refused;
    }
    if (m_bus->m_nodes.contains(event.node))
        return Outcome::FromHere;
    if (m_queue.size() >= queueSize)
        return Outcome::NoRoom;
    m_queue.push_back(event);
    QMetaObject::invokeMethod(this, &TestBusEnd::flush, Qt::QueuedConnection);
    return Outcome::Taken;
}

void TestBusEnd::flush()
{
    if (!m_bus->m_isServing || m_isDead || m_queue.empty())
        return;
    const auto events = std::exchange(m_queue, {});
    for (const BusEvent &event : events) {
        m_bus->take(this, event);
        ++m_accepted;
    }
    Q_EMIT acceptedChanged();
}

void TestBusEnd::announce(const QUuid &bridge)
{
    if (m_isDead)
        return;
    const QList<TestBusEnd *> others = m_bus->m_ends;
    for (TestBusEnd *other : others) {
        if (other != this && !other->m_isDead && (bridge.isNull() || bridge == other->m_id))
            QMetaObject::invokeMethod(
                other, [other, id = m_id, words = m_words] { Q_EMIT other->announced(id, words); },
                Qt::QueuedConnection);
    }
}

std::optional<QVariantMap> TestBusEnd::arguments(const QByteArray &pickle, QString *sender, QString *why) const
{
    const auto result = Pyvent::Text::JsonReader::readArguments(
        QString::fromUtf8(pickle.sliced(std::min<qsizetype>(7, pickle.size()))));
    if (!pickle.startsWith("pickle:") || !result.isValid()) {
        *why = u"it is no pickle"_s;
        return std::nullopt;
    }
    QVariantMap arguments = result.value.toMap();
    *sender = arguments.take(u"sender"_s).toString();
    return arguments;
}

std::optional<QByteArray> TestBusEnd::pickle(const QVariantMap &arguments, const QString &sender, QString *) const
{
    return toPickle(arguments, sender);
}

} // namespace PyventTests
