// SPDX-License-Identifier: MIT
#include "pyventqmlsubscription.h"

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

void PyventQmlSubscription::setEnabled(bool enabled)
{
    if (enabled == m_link.isEnabled())
        return;
    m_link.setEnabled(enabled);
    Q_EMIT enabledChanged();
}
