// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_SPEAKERS_H
#define PYVENT_SERVER_SPEAKERS_H

#include "security/nodesecret.h"

#include <QtCore/qhash.h>
#include <QtCore/qset.h>

#include <array>
#include <cstring>

namespace Pyvent::Internal {

// For which nodes each connection speaks: those whose UUIDs are made from the secret that it has shown, on any number of connections; and of
// those that are made from none, the ones that it was first to speak for, until it ends. Plain logic. Not thread-safe.
class Speakers
{
public:
    // One connection. It is told to left() before it goes.
    class Speaker
    {
    public:
        void setSecret(QByteArrayView secret) { m_secret = NodeSecret::read(secret); }

        // The node of its own that it spoke for last; null if it has not.
        const QUuid &last() const { return m_last; }

        // Whether \a rfc4122, which are 16 bytes, are that one's.
        bool isLast(QByteArrayView rfc4122) const
        {
            return std::memcmp(rfc4122.data(), m_lastBytes.data(), m_lastBytes.size()) == 0 && !m_last.isNull();
        }

    private:
        friend class Speakers;

        std::optional<NodeSecret> m_secret;
        QSet<QUuid> m_nodes;  // that it speaks for
        QSet<QUuid> m_others; // that it has been found not to have made from its secret
        QUuid m_last;
        std::array<char, 16> m_lastBytes{};
    };

    // Whether \a speaker may speak for \a node, which is not null.
    bool maySpeak(Speaker *speaker, const QUuid &node) { return isOwn(speaker, node) || claim(speaker, node); }

    // The same in two steps: whether it may already, or by its secret; and whether it is the first to speak for one that is made from
    // none, which takes a place. Who may speak for others does not need the second, and would have no place for its own.
    bool isOwn(Speaker *speaker, const QUuid &node);
    bool claim(Speaker *speaker, const QUuid &node);

    void left(Speaker *speaker);

private:
    // Nodes of one connection: more would make others forget nodes that are there.
    static constexpr qsizetype mostNodes = 1000;

    static void setLast(Speaker *speaker, const QUuid &node);

    QHash<QUuid, Speaker *> m_unproven; // whose those are that are made from no secret
};

} // namespace Pyvent::Internal

#endif
