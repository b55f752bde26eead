// SPDX-License-Identifier: MIT
#include "server/speakers.h"

#include <algorithm>

namespace Pyvent::Internal {

bool Speakers::isOwn(Speaker *speaker, const QUuid &node)
{
    if (!speaker->m_nodes.contains(node)) {
        if (speaker->m_nodes.size() >= mostNodes || !speaker->m_secret || !NodeSecret::needsProof(node)
            || speaker->m_others.contains(node))
            return false;
        if (!speaker->m_secret->isOf(node)) { // to find that out takes longer than all else that is done for an event
            if (speaker->m_others.size() >= mostNodes)
                speaker->m_others.clear();
            speaker->m_others.insert(node);
            return false;
        }
        speaker->m_nodes.insert(node);
    }
    setLast(speaker, node);
    return true;
}

bool Speakers::claim(Speaker *speaker, const QUuid &node)
{
    if (speaker->m_nodes.size() >= mostNodes || NodeSecret::needsProof(node) || m_unproven.contains(node))
        return false;
    m_unproven.insert(node, speaker);
    speaker->m_nodes.insert(node);
    setLast(speaker, node);
    return true;
}

void Speakers::setLast(Speaker *speaker, const QUuid &node)
{
    if (speaker->m_last == node)
        return;
    speaker->m_last = node;
    const QByteArray bytes = node.toRfc4122();
    std::copy(bytes.begin(), bytes.end(), speaker->m_lastBytes.begin());
}

void Speakers::left(Speaker *speaker)
{
    for (const QUuid &node : std::as_const(speaker->m_nodes)) {
        if (m_unproven.value(node) == speaker)
            m_unproven.remove(node);
    }
    speaker->m_nodes.clear();
}

} // namespace Pyvent::Internal
