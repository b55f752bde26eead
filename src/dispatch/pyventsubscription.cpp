// SPDX-License-Identifier: MIT
#include "pyventsubscription.h"

PyventSubscription::PyventSubscription(const QString &name, const PyventSender &sender)
    : m_name(name)
    , m_sender(sender)
{
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
