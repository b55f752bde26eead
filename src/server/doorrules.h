// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_DOORRULES_H
#define PYVENT_SERVER_DOORRULES_H

#include "security/peerrulespool.h"
#include "security/rulesfile.h"

#include <memory>

namespace Pyvent::Internal {

// The rules of those who come in by a server's doors, from a file that is read again when it has changed. Not thread-safe.
class DoorRules
{
public:
    using Clock = WatchedFile::Clock;

    // Null, and \a why, if the file cannot be used: then the server must not begin.
    static std::unique_ptr<DoorRules> read(const QString &path, QString *why);

    // What \a peer may do, by whatever rules are in force.
    std::shared_ptr<PeerRules> find(const PeerIdentity &peer) { return m_pool.find(peer); }

    // Looks whether the file has changed, once a second at most. It is called when something has come: what nobody asks for needs no
    // rules. \a told says what is to be told of it, if anything is.
    void refresh(Clock::time_point now, QString *told);

private:
    explicit DoorRules(RulesFile file)
        : m_file(std::move(file))
        , m_pool(m_file.rules())
    {
    }

    RulesFile m_file;
    PeerRulesPool m_pool;
};

} // namespace Pyvent::Internal

#endif
