// SPDX-License-Identifier: MIT
#include "pyventqmlsubscription.h"

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// What waits for a frame need not be newer than that: so few events are read for it in vain.
constexpr auto partOfAFrame = 4ms;

} // namespace

PyventQmlSubscription::PyventQmlSubscription(QObject *parent)
    : QObject(parent)
    , m_link(this, QString(), u"pyvent"_s)
    , m_gate()
    , m_staleness()
{
    connect(&m_link, &Pyvent::Qml::NodeLink::nodeChanged, this, &PyventQmlSubscription::nodeChanged);
    connect(&m_link, &Pyvent::Qml::NodeLink::heard, this, [this](const PyventEvent &event) {
        if (m_isLatest)
            m_gate.put(event);
        else
            deliver(event);
    });
    connect(&m_link, &Pyvent::Qml::NodeLink::changed, this, [this] {
        m_gate.clear();
        m_staleness.forget();
    });
    connect(&m_gate, &Pyvent::Qml::FrameGate::opened, this, &PyventQmlSubscription::deliverFrame);
    connect(&m_staleness, &PyventStaleness::staleChanged, this, &PyventQmlSubscription::staleChanged);
    connect(&m_staleness, &PyventStaleness::staleAfterChanged, this, &PyventQmlSubscription::staleAfterChanged);
}

void PyventQmlSubscription::deliverFrame()
{
    const QPointer<PyventQmlSubscription> alive(this);
    for (const PyventEvent &event : m_gate.take()) {
        if (alive)
            deliver(event);
    }
}

// Each signal may run what ends this.
void PyventQmlSubscription::deliver(const PyventEvent &event)
{
    const QPointer<PyventQmlSubscription> alive(this);
    m_skipped += double(event.skipped);
    m_staleness.heard(event);
    if (alive)
        Q_EMIT lastHeardChanged();
    if (alive && event.skipped > 0)
        Q_EMIT skippedChanged();
    if (!alive)
        return;
    const PyventQmlEvent heard(event);
    Q_EMIT received(heard.args(), heard);
}

void PyventQmlSubscription::setPace()
{
    m_link.setPace(
        m_isLatest,
        std::max<std::chrono::milliseconds>(std::chrono::milliseconds(m_atMostEvery), m_isLatest ? partOfAFrame : 0ms));
}

void PyventQmlSubscription::setLatest(bool latest)
{
    if (std::exchange(m_isLatest, latest) == latest)
        return;
    if (!latest)
        deliverFrame();
    setPace();
    Q_EMIT latestChanged();
}

void PyventQmlSubscription::setAtMostEvery(int milliseconds)
{
    if (milliseconds < 0) {
        m_link.warn(u"atMostEvery cannot be %1: it is a time in milliseconds"_s.arg(milliseconds));
        return;
    }
    if (std::exchange(m_atMostEvery, milliseconds) == milliseconds)
        return;
    setPace();
    Q_EMIT atMostEveryChanged();
}

void PyventQmlSubscription::setStaleAfter(int milliseconds)
{
    m_staleness.setStaleAfter(std::chrono::milliseconds(milliseconds));
}

void PyventQmlSubscription::setName(const QString &name)
{
    if (name == m_link.pattern())
        return;
    m_link.setPattern(name);
    Q_EMIT nameChanged();
}

void PyventQmlSubscription::setSender(const QString &sender)
{
    if (sender == m_link.sender())
        return;
    m_link.setSender(sender);
    Q_EMIT senderChanged();
}

void PyventQmlSubscription::setReplayLast(int events)
{
    if (events == replayLast())
        return;
    m_link.setReplay({.last = events, .since = m_link.replay().since});
    Q_EMIT replayLastChanged();
}

void PyventQmlSubscription::setReplaySeconds(double seconds)
{
    // Nothing is kept for longer than a day, and NaN is no time.
    const std::chrono::milliseconds since(seconds > 0 ? qRound64(std::min(seconds, 86'400.0) * 1000) : 0);
    if (since == m_link.replay().since)
        return;
    m_link.setReplay({.last = m_link.replay().last, .since = since});
    Q_EMIT replaySecondsChanged();
}

void PyventQmlSubscription::setHearsLast(bool hears)
{
    if (hears == hearsLast())
        return;
    m_link.setHearsLast(hears);
    Q_EMIT lastChanged();
}

void PyventQmlSubscription::setShare(const QString &group)
{
    if (group == share())
        return;
    m_link.setShare(group);
    Q_EMIT shareChanged();
}

void PyventQmlSubscription::setEnabled(bool enabled)
{
    if (enabled == m_link.isEnabled())
        return;
    m_link.setEnabled(enabled);
    Q_EMIT enabledChanged();
}
