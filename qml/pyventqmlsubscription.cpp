// SPDX-License-Identifier: MIT
#include "pyventqmlsubscription.h"

#include <algorithm>

using namespace Qt::StringLiterals;

PyventQmlSubscription::PyventQmlSubscription(QObject *parent)
    : QObject(parent)
    , m_link(this, QString(), u"pyvent"_s)
{
    connect(&m_link, &Pyvent::Qml::NodeLink::nodeChanged, this, &PyventQmlSubscription::nodeChanged);
    connect(&m_link, &Pyvent::Qml::NodeLink::heard, this, [this](const PyventEvent &event) {
        const PyventQmlEvent heard(event);
        Q_EMIT received(heard.args(), heard);
    });
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

void PyventQmlSubscription::setEnabled(bool enabled)
{
    if (enabled == m_link.isEnabled())
        return;
    m_link.setEnabled(enabled);
    Q_EMIT enabledChanged();
}
