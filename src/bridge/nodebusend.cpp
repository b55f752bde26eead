// SPDX-License-Identifier: MIT
#include "nodebusend.h"

#include <PyventFrame>
#include <PyventNodeInfo>

#include <algorithm>
#include <iterator>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

// Under which a node says that it is a bridge's.
const QString bridgeKey = u"bridge"_s;

PyventFrame frameOf(const BusEvent &event)
{
    return {.name = event.name,
            .sender = event.sender,
            .pickle = event.pickle,
            .nodeId = event.node,
            .sequence = event.number,
            .time = event.time,
            .replayed = event.isPast,
            .stamp = event.stamp};
}

BusEvent eventOf(const PyventFrame &frame)
{
    return {.name = frame.name,
            .sender = frame.sender,
            .pickle = frame.pickle,
            .node = frame.nodeId,
            .number = frame.sequence,
            .time = frame.time,
            .isForwarded = frame.forwarded,
            .stamp = frame.stamp};
}

} // namespace

NodeBusEnd::NodeBusEnd(const PyventOptions &options)
    : m_node(options)
{
    connect(&m_node, &PyventNode::acknowledgedChanged, this, &BusEnd::acceptedChanged);
    connect(&m_node, &PyventNode::errorOccurred, this, &NodeBusEnd::tell);
    connect(&m_node, &PyventNode::eventsLost, this, &BusEnd::lost);
    connect(&m_node, &PyventNode::stateChanged, this, [this](PyventNode::State state) {
        if (state == PyventNode::Connecting || state == PyventNode::Stopped)
            isLost();
        else if (state == PyventNode::Ready && !std::exchange(m_isJoined, true))
            Q_EMIT joined();
    });
    connect(&m_node, &PyventNode::keptEvents, this, [this](const QList<PyventFrame> &frames, quint64 next) {
        QList<BusEvent> events;
        std::ranges::transform(frames, std::back_inserter(events), eventOf);
        Q_EMIT keptEvents(events, next);
    });
    connect(&m_node, &PyventNode::lastEvent, this, [this](const QString &name, const PyventFrame &frame) {
        const auto askers = m_askers.find(name);
        if (askers == m_askers.end())
            return;
        const QObject *const asker = askers->takeFirst();
        if (askers->isEmpty())
            m_askers.erase(askers);
        Q_EMIT lastEvent(name, asker, eventOf(frame));
    });
    connect(&m_node, &PyventNode::nodeDescribed, this, [this](const PyventNodeInfo &node) {
        // Anybody can say that he is a bridge, and that this one is not to work.
        const QVariantMap words = node.forwarder ? node.about.value(bridgeKey).toMap() : QVariantMap();
        if (!words.isEmpty())
            Q_EMIT announced(node.uuid, words);
    });
}

QString NodeBusEnd::start()
{
    if (!m_node.tryStart())
        return m_node.lastError().text;
    // A bridge that is gone need not be waited for until it has been silent for long.
    connect(&m_node, &PyventNode::nodeVanished, this, &NodeBusEnd::tellVanished, Qt::UniqueConnection);
    return {};
}

// A name that several patterns have is heard by the first one of them.
void NodeBusEnd::hear(const QList<PyventPattern> &names)
{
    stopHearing();
    for (qsizetype i = 0; i < names.size(); ++i) {
        const QList<PyventPattern> before = names.first(i);
        m_handlers += m_node.onFrame(names[i].text(), this, [this, before](const PyventFrame &frame) {
            const auto hasHeard = [&](const PyventPattern &pattern) { return pattern.matches(frame.name); };
            if (std::ranges::none_of(before, hasHeard))
                Q_EMIT heard(eventOf(frame));
        });
    }
    m_node.whenReady().then(this, [this] { Q_EMIT hearing(); });
}

void NodeBusEnd::stopHearing()
{
    for (const QMetaObject::Connection &handler : std::as_const(m_handlers))
        disconnect(handler);
    m_handlers.clear();
}

BusEnd::Outcome NodeBusEnd::forward(const BusEvent &event)
{
    const quint64 before = m_node.accepted();
    m_isForwarding = true;
    const bool isTaken = m_node.forward(frameOf(event));
    m_isForwarding = false;
    const QList<PyventError> errors = std::exchange(m_errors, {});
    if (isTaken) {
        for (const PyventError &error : errors)
            tell(error);
        if (m_node.accepted() != before)
            return Outcome::Taken;
        const auto isLoop = [](const PyventError &error) { return error.code == PyventError::ForwardingLoop; };
        return std::ranges::any_of(errors, isLoop) ? Outcome::FromHere : Outcome::Known;
    }
    const PyventError error = m_node.lastError();
    if (error.code == PyventError::QueueFull)
        return Outcome::NoRoom;
    m_why = error.text;
    return Outcome::Refused;
}

BusEnd::Keeps NodeBusEnd::keep(const BusEvent &event)
{
    if (m_node.state() != PyventNode::Ready)
        return Keeps::NotNow;
    if (m_node.keep(frameOf(event)))
        return Keeps::Yes;
    m_why = u"it is no event, or has too many bytes"_s;
    return Keeps::Never;
}

// What was asked before is not answered.
void NodeBusEnd::isLost()
{
    m_isJoined = false;
    m_askers.clear();
}

bool NodeBusEnd::askLast(const QString &name, const QObject *asker)
{
    if (!m_isJoined || !m_node.askLast(name))
        return false;
    m_askers[name] += asker;
    return true;
}

// What forward() returns is told by who has called it.
void NodeBusEnd::tell(const PyventError &error)
{
    if (m_isForwarding) {
        m_errors += error;
        return;
    }
    if (error.code == PyventError::QueueFull)
        return;
    // The server's refusal comes after forward() has returned, and forward() refuses what comes next: that is of one kind.
    Q_EMIT problem(error.code == PyventError::EventRefused ? refusedKind() : u"bus %1"_s.arg(int(error.code)),
                   error.text);
}

void NodeBusEnd::tellVanished(const PyventNodeInfo &node)
{
    Q_EMIT vanished(node.uuid);
}

void NodeBusEnd::describe(const QVariantMap &words)
{
    m_node.setAbout({{bridgeKey, words}});
}

std::optional<QVariantMap> NodeBusEnd::arguments(const QByteArray &pickle, QString *sender, QString *why) const
{
    return PyventFrame{.name = {}, .sender = {}, .pickle = pickle, .nodeId = {}}.arguments(sender, why);
}

std::optional<QByteArray> NodeBusEnd::pickle(const QVariantMap &arguments, const QString &sender, QString *why) const
{
    PyventFrame frame;
    if (!frame.setArguments(arguments, sender, why))
        return std::nullopt;
    return frame.pickle;
}

} // namespace Pyvent::Bridge
