// SPDX-License-Identifier: MIT
// Events that a group of members shares: each goes to one of them. Who gets which is Sharing's business.
#include "server/relay.h"

#include "wire/topic.h"
#include "wire/zmtp.h"

#include <algorithm>

namespace Pyvent::Internal {

// Of a body that has only the ends of an event, \a whole has all.
void Relay::shareOut(Client *client, QByteArrayView body, const Block *whole)
{
    if (isControlTopic(body) || isReservedTopic(body))
        return;
    if (!whole) {
        m_sharing.offer(body);
    } else {
        const Block all = whole->whole();
        if (const auto header = Zmtp::readHeader(all.bytes()))
            m_sharing.offer(all.bytes().sliced(header->size));
    }
    if (client)
        waitForShares(client, body);
}

bool Relay::mayShare(Sharing::Client client, QByteArrayView name) const
{
    return mayHear(*static_cast<const Client *>(client), name);
}

// A member that does not read what it has got before is not given more.
bool Relay::hasRoomFor(Sharing::Client client, qsizetype bytes) const
{
    const qsizetype waiting = static_cast<const Client *>(client)->output.cost();
    return !isFull() && (waiting == 0 || waiting + bytes <= m_limits.waitingBytes / 2);
}

void Relay::give(Sharing::Client client, const QUuid &node, const Control::Share &share)
{
    const QByteArray beginning = share.beginning(node);
    const qsizetype size = beginning.size() + share.frame.size();
    Block block(Zmtp::headerSize(size) + size, &m_bytes);
    char *to = Zmtp::writeHeader(0, size, block.data());
    to = std::copy(beginning.begin(), beginning.end(), to);
    std::copy(share.frame.begin(), share.frame.end(), to);
    auto *const member = static_cast<Client *>(const_cast<void *>(client));
    member->output.append(block);
    touch(member);
}

void Relay::tellMember(Sharing::Client client, const Control::Membership &membership)
{
    sendTo(static_cast<Client *>(const_cast<void *>(client)), membership.toFrame());
}

// One on another bus, whose events a bridge has brought, keeps nothing for this server's end.
void Relay::tellSender(const Control::Unfinished &unfinished)
{
    if (m_nodesHere.contains(unfinished.node) && !isFull())
        publish(nullptr, unfinished.toFrame());
}

void Relay::isLost(const QUuid &sender, QByteArrayView topic, qint64 count, const QString &why)
{
    m_refusals.add(sender, topic, Control::Refused::Other, {}, why.toUtf8(), quint64(count));
}

void Relay::processSharing(Sharing::Clock::time_point now)
{
    if (!m_sharing.isEmpty())
        m_sharing.process(now);
}

} // namespace Pyvent::Internal
