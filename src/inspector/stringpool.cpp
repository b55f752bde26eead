// SPDX-License-Identifier: MIT
#include "stringpool.h"

namespace Pyvent::Inspector {

quint32 StringPool::add(const QString &text)
{
    if (const auto known = m_ids.constFind(text); known != m_ids.cend()) {
        ++m_slots[*known].uses;
        return *known;
    }
    quint32 id = end();
    if (m_free.isEmpty()) {
        m_slots.append({text, 1});
    } else {
        id = m_free.takeLast();
        m_slots[id] = {text, 1};
        ++m_generation;
    }
    m_ids.insert(text, id);
    return id;
}

void StringPool::release(quint32 id)
{
    Slot &slot = m_slots[id];
    if (--slot.uses > 0)
        return;
    m_ids.remove(slot.text);
    slot.text.clear();
    m_free.append(id);
}

} // namespace Pyvent::Inspector
