// SPDX-License-Identifier: MIT
#include "server/attendance.h"

#include <algorithm>

namespace Pyvent::Internal {

void Attendance::dropWill(QByteArray *will)
{
    m_willBytes -= will->size();
    will->clear();
}

void Attendance::isHere(Guest *guest, const QUuid &node)
{
    Guest *&host = m_hosts[node];
    if (host == guest)
        return;
    if (host) {
        QByteArray will = host->m_wills.take(node);
        host->m_willBytes -= will.size();
        dropWill(&will);
    } else {
        // It may have been taken for lost a moment ago.
        const auto lost = std::find_if(m_lost.begin(), m_lost.end(), [&](const Lost &one) { return one.node == node; });
        if (lost != m_lost.end()) {
            dropWill(&lost->will);
            m_old -= lost < m_lost.begin() + std::ptrdiff_t(m_old);
            m_lost.erase(lost);
        }
    }
    host = guest;
    guest->m_wills.insert(node, {});
}

void Attendance::leaves(Guest *guest, const QUuid &node)
{
    if (m_hosts.value(node) != guest)
        return;
    m_hosts.remove(node);
    QByteArray will = guest->m_wills.take(node);
    guest->m_willBytes -= will.size();
    dropWill(&will);
}

bool Attendance::setWill(Guest *guest, const QUuid &node, const QByteArray &frame)
{
    if (frame.isEmpty() && m_hosts.value(node) != guest)
        return true;
    isHere(guest, node);
    QByteArray &will = guest->m_wills[node];
    guest->m_willBytes -= will.size();
    dropWill(&will);
    if (frame.size() > mostWillBytes || guest->m_willBytes + frame.size() > m_limits.willBytes
        || m_willBytes + frame.size() > m_limits.allWillBytes)
        return false;
    will = frame;
    guest->m_willBytes += frame.size();
    m_willBytes += frame.size();
    return true;
}

std::vector<Attendance::Lost> Attendance::takeLost(bool inAll)
{
    std::vector<Lost> taken;
    if (inAll || m_lost.size() > m_limits.lostNodes)
        m_old = m_lost.size();
    const auto end = m_lost.begin() + std::ptrdiff_t(m_old);
    taken.assign(std::make_move_iterator(m_lost.begin()), std::make_move_iterator(end));
    m_lost.erase(m_lost.begin(), end);
    m_old = m_lost.size();
    for (const Lost &lost : taken)
        m_willBytes -= lost.will.size();
    return taken;
}

} // namespace Pyvent::Internal
