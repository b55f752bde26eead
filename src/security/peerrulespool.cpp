// SPDX-License-Identifier: MIT
#include "security/peerrulespool.h"

namespace Pyvent::Internal {

std::shared_ptr<PeerRules> PeerRulesPool::find(const PeerIdentity &peer)
{
    std::erase_if(m_peers, [](const auto &each) { return each.expired(); });
    for (const auto &each : m_peers) {
        if (auto known = each.lock(); known && known->peer() == peer)
            return known;
    }
    auto made = std::make_shared<PeerRules>(m_rules, peer);
    m_peers.push_back(made);
    return made;
}

void PeerRulesPool::setRules(const std::shared_ptr<const Rules> &rules)
{
    m_rules = rules;
    for (const auto &each : m_peers) {
        if (const auto known = each.lock())
            known->setRules(rules);
    }
}

} // namespace Pyvent::Internal
