// SPDX-License-Identifier: MIT
#include "session/origins.h"

#include "wire/valuemessages.h"

namespace Pyvent::Internal {

namespace {

// What a message of a kind takes, in some 10 µs. Questions are answered, and lists are long.
qint64 costOf(const Control::Message &message)
{
    switch (message.kind) {
    case Control::Kind::Who:
    case Control::Kind::Announce:
        return 20;
    case Control::Kind::Heads:
    case Control::Kind::Here:
    case Control::Kind::Forwarder:
        return 2 + message.payload.size() / 500;
    case Control::Kind::Past:
        return 2;
    case Control::Kind::Refused:
        return 50; // people are told
    case Control::Kind::Ask:
    case Control::Kind::Answer:
    case Control::Kind::Withheld:
    case Control::Kind::Kept:
    case Control::Kind::Recall:
    case Control::Kind::Repair:
    case Control::Kind::Replay:
    case Control::Kind::Gone:
    case Control::Kind::Will:
    case Control::Kind::NoWill:
    case Control::Kind::Answerers:
    case Control::Kind::Cancel:
    case Control::Kind::Late:
    case Control::Kind::Value:
    case Control::Kind::ValueAtServer:
    case Control::Kind::ValueIsSet:
    case Control::Kind::LastEvent:
    case Control::Kind::Membership:
    case Control::Kind::Share:
    case Control::Kind::Unfinished:
    case Control::Kind::Again:
    case Control::Kind::KeptEvents:
    case Control::Kind::Server:
        break;
    }
    return 1;
}

} // namespace

bool Origins::allow(const Control::Message &message, Clock::time_point now)
{
    // These are events, or the server's.
    if (message.kind == Control::Kind::Repair || message.kind == Control::Kind::Replay
        || (message.kind == Control::Kind::Value && isValueWrite(message.payload))
        || message.kind == Control::Kind::ValueAtServer || message.kind == Control::Kind::ValueIsSet
        || message.kind == Control::Kind::LastEvent || message.kind == Control::Kind::KeptEvents
        || message.kind == Control::Kind::Share || message.kind == Control::Kind::Membership
        || message.kind == Control::Kind::Unfinished)
        return true;
    const auto node = message.kind == Control::Kind::Refused ? std::optional(QUuid()) : message.origin();
    if (!node)
        return false;
    RateLimit &limit = limitOf(*node, now);
    if (!limit.allows(now))
        return false;
    limit.spend(costOf(message));
    return true;
}

RateLimit &Origins::limitOf(const QUuid &node, Clock::time_point now)
{
    if (const auto same = m_nodes.find(node); same != m_nodes.end())
        return same->second;
    if (m_nodes.size() >= mostNodes) {
        for (auto known = m_nodes.begin(); known != m_nodes.end();)
            known = known->second.isRested(now) ? m_nodes.erase(known) : std::next(known);
    }
    if (m_nodes.size() >= mostNodes)
        return m_others;
    return m_nodes.try_emplace(node, perSecond, atOnce).first->second;
}

} // namespace Pyvent::Internal
