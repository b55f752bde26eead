// SPDX-License-Identifier: MIT
#include "pyventsubscription.h"

#include <QtCore/qpointer.h>

PyventSubscription::PyventSubscription(const QString &name, const PyventSender &sender)
    : m_name(name)
    , m_sender(sender)
    , m_staleness(new PyventStaleness(this))
{
    connect(m_staleness, &PyventStaleness::staleChanged, this, &PyventSubscription::staleChanged);
    connect(m_staleness, &PyventStaleness::staleAfterChanged, this, &PyventSubscription::staleAfterChanged);
}

PyventSubscription::~PyventSubscription() = default;

QString PyventSubscription::name() const
{
    return m_name;
}

QString PyventSubscription::sender() const
{
    return m_sender.isAny() ? QString() : m_sender.name();
}

quint64 PyventSubscription::skipped() const
{
    return m_skipped;
}

std::chrono::milliseconds PyventSubscription::staleAfter() const
{
    return m_staleness->staleAfter();
}

void PyventSubscription::setStaleAfter(std::chrono::milliseconds age)
{
    m_staleness->setStaleAfter(age);
}

bool PyventSubscription::isStale() const
{
    return m_staleness->isStale();
}

std::chrono::milliseconds PyventSubscription::age() const
{
    return m_staleness->age();
}

QDateTime PyventSubscription::lastHeard() const
{
    return m_staleness->lastHeard();
}

// What is connected to one signal may end the node, and with it this.
void PyventSubscription::hear(const PyventEvent &event)
{
    const QPointer<PyventSubscription> self = this;
    m_skipped += event.skipped;
    m_staleness->heard(event);
    if (self && event.skipped > 0)
        Q_EMIT skippedChanged(m_skipped);
    if (self)
        Q_EMIT received(event.args, event);
}
