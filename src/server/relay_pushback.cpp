// SPDX-License-Identifier: MIT
// Senders that wait for receivers that lag, rather than have them lose something: what they send is not acknowledged meanwhile, so they
// send only so much more, and it is passed on.
#include "server/relay.h"

#include "wire/frame.h"
#include "wire/zmtp.h"

#include <algorithm>

namespace Pyvent::Internal {

namespace {

// Of what may wait for a receiver: from where it is waited for, and until when.
constexpr qsizetype partBehind = 2;
constexpr qsizetype partCaughtUp = 4;

// A node of this module sends no more than that before it is acknowledged. Of who sends on, receivers lose what is too much.
constexpr qsizetype mostMeanwhile = qsizetype(64) * 1024 * 1024;

constexpr int stillTooOften = 2;

// Whether an event of one that waits is among \a frames. Control messages may be, which tell nothing.
bool hasWaiting(QByteArrayView frames)
{
    while (const auto header = Zmtp::readHeader(frames)) {
        const QByteArrayView body = frames.sliced(header->size, qsizetype(header->bodySize));
        if (endsWithFlag(Trailer::Waits, body))
            return true;
        frames = frames.sliced(header->size + body.size());
    }
    return false;
}

} // namespace

// With what it is about to get, \a all bytes wait for it.
bool Relay::isBehind(const Client &client, qsizetype all) const
{
    return client.m_lags || all > m_limits.waitingBytes / partBehind
        || (m_bytes > m_limits.allBytes / partBehind && all > m_limits.waitingBytes / partCaughtUp);
}

bool Relay::hasCaughtUp(const Client &client) const
{
    return client.m_isGivenUp || (!client.m_lags && client.output.cost() <= m_limits.waitingBytes / partCaughtUp);
}

// What it has taken so far: in its own words, where it says that it lags.
quint64 Relay::progressOf(const Client &client)
{
    return client.m_lags ? client.m_changes : client.m_changes + client.output.written();
}

// Whether \a sender waits for \a receiver, which is behind, rather than have it lose \a block.
bool Relay::waitsFor(Client *receiver, Client *sender, const Block &block)
{
    if (receiver->m_isGivenUp && receiver->m_progress == progressOf(*receiver))
        return false;
    receiver->m_isGivenUp = false;
    if (!hasWaiting(block.bytes()) || sender->m_sentMeanwhile > mostMeanwhile)
        return false;
    if (!isHeld(sender))
        m_held.push_back(sender);
    std::vector<const Client *> &slow = sender->m_waitsFor;
    if (std::find(slow.begin(), slow.end(), receiver) == slow.end())
        slow.push_back(receiver);
    return true;
}

void Relay::setLags(Client *client, bool lags)
{
    client->m_changes += client->m_lags != lags;
    client->m_lags = lags;
}

// Who sends more than groups that share it keep up with.
void Relay::waitForShares(Client *sender, QByteArrayView event)
{
    if (sender->m_waitsForShares || sender->m_sentMeanwhile > mostMeanwhile || !endsWithFlag(Trailer::Waits, event)
        || !m_sharing.isBehind(topicOf(event)))
        return;
    if (!isHeld(sender))
        m_held.push_back(sender);
    sender->m_waitsForShares = true;
}

bool Relay::releaseHeld()
{
    const bool isBehind = !m_held.empty() && m_sharing.isBehind();
    return std::erase_if(m_held,
                         [this, isBehind](Client *held) {
                             held->m_waitsForShares = held->m_waitsForShares && isBehind && !m_ends;
                             std::erase_if(held->m_waitsFor, [this](const Client *slow) { return hasCaughtUp(*slow); });
                             if (isHeld(held))
                                 return false;
                             held->m_sentMeanwhile = 0;
                             for (const Withheld &withheld : std::exchange(held->m_withheld, {})) {
                                 for (qsizetype i = 0; i < withheld.count; ++i)
                                     acknowledge(held, withheld.reply);
                             }
                             touch(held);
                             return true;
                         })
        > 0;
}

void Relay::giveUpThoseThatStandStill(bool end)
{
    m_ends = m_ends || end;
    for (const std::unique_ptr<Client> &client : m_clients) {
        const quint64 progress = progressOf(*client);
        const bool standsStill = client->m_lags || !client->output.isEmpty();
        const bool isSame = std::exchange(client->m_progress, progress) == progress;
        client->m_timesStill = !standsStill ? 0 : isSame && client->m_timesStill > 0 ? client->m_timesStill + 1 : 1;
        client->m_isGivenUp = end || client->m_timesStill > stillTooOften;
    }
}

} // namespace Pyvent::Internal
