// SPDX-License-Identifier: MIT
#include "server/speakers.h"

#include <algorithm>

namespace Pyvent::Internal {

bool Speakers::maySpeak(Speaker *speaker, const QUuid &node)
{
    if (!speaker->m_nodes.contains(node) && !claim(speaker, node))
        return false;
    if (speaker->m_last != node) {
        speaker->m_last = node;
        const QByteArray bytes = node.toRfc4122();
        std::copy(bytes.begin(), bytes.end(), speaker->m_lastBytes.begin());
    }
    return true;
}

bool Speakers::claim(Speaker *speaker, const QUuid &node)
{
    if (speaker->m_nodes.size() >= mostNodes)
        return false;
    if (NodeSecret::needsProof(node)) {
        if (!speaker->m_secret || !speaker->m_secret->isOf(node))
            return false;
    } else if (m_unproven.contains(node)) {
        return false;
    } else {
        m_unproven.insert(node, speaker);
    }
    speaker->m_nodes.insert(node);
    return true;
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
