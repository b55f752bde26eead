// SPDX-License-Identifier: MIT
#include "session/unreadableframes.h"

namespace Pyvent::Internal {

UnreadableFrames::Tell UnreadableFrames::add(Problem problem, const QString &name, const QUuid &nodeId)
{
    const QString known = problem == Problem::Name ? QString() : name;
    ++m_count;
    if (auto counted = m_byName.find(known); counted != m_byName.end())
        ++*counted;
    else if (m_byName.size() < maximumNames)
        m_byName.insert(known, 1);

    if (m_told.size() >= maximumTold)
        return Tell::Nothing;
    const qsizetype before = m_told.size();
    m_told.insert({{nodeId, known}, quint8(problem)});
    if (m_told.size() == before)
        return Tell::Nothing;
    return m_told.size() == maximumTold ? Tell::Last : Tell::First;
}

} // namespace Pyvent::Internal
