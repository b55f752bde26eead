// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_PEERRULESPOOL_H
#define PYVENT_SECURITY_PEERRULESPOOL_H

#include "security/peerrules.h"

#include <memory>
#include <vector>

namespace Pyvent::Internal {

// The rules in force, and what they mean for each identity on the bus: connections of the same one share it and its answers. Not
// thread-safe.
class PeerRulesPool
{
public:
    explicit PeerRulesPool(const std::shared_ptr<const Rules> &rules)
        : m_rules(rules)
        , m_peers()
    {
    }
    Q_DISABLE_COPY_MOVE(PeerRulesPool)

    // What is for \a peer, from now on by whatever rules are in force. Connections keep it as long as they are there.
    std::shared_ptr<PeerRules> find(const PeerIdentity &peer);

    // Other rules are in force, for those also that are on the bus already.
    void setRules(const std::shared_ptr<const Rules> &rules);

    // How many identities it knows; those whose connections have gone are forgotten when others come.
    std::size_t peers() const { return m_peers.size(); }

private:
    std::shared_ptr<const Rules> m_rules;
    std::vector<std::weak_ptr<PeerRules>> m_peers;
};

} // namespace Pyvent::Internal

#endif
