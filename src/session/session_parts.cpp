// SPDX-License-Identifier: MIT
// What a session does for what stands on top of it.
#include "session/session.h"

namespace Pyvent::Internal {

void Session::declare(const QByteArray &prefix)
{
    if (m_declared.contains(prefix))
        return;
    m_declared.insert(prefix);
    if (!m_link)
        return;
    m_link->subscribeToControl(m_seat, prefix);
    m_seat->isTouched = true;
}

void Session::withdraw(const QByteArray &prefix)
{
    if (m_declared.remove(prefix) && m_link)
        m_link->unsubscribe(m_seat, prefix);
}

void Session::sendControl(QByteArray &&frame)
{
    if (m_link)
        m_link->sendControl(std::move(frame));
}

void Session::askWhetherThere(const QUuid &node, const QByteArray &topic)
{
    if (m_link)
        m_link->sendControl(Control::Ask{.asker = m_uuid, .topic = topic, .since = m_wallClock()}.toFrame(node));
}

void Session::hurryAcknowledgements()
{
    if (m_link)
        m_link->hurryAcknowledgements();
}

} // namespace Pyvent::Internal
