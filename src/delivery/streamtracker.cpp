// SPDX-License-Identifier: MIT
#include "delivery/streamtracker.h"

namespace Pyvent::Internal {

StreamTracker::Verdict StreamTracker::heard(const QUuid &node, const QByteArray &topic, quint64 sequence)
{
    const Key key{node, topic};
    const auto found = m_streams.find(key);
    if (found == m_streams.end()) {
        if (m_streams.size() >= m_capacity) {
            m_streams.remove(m_byAge.front());
            m_byAge.pop_front();
        }
        m_byAge.push_back(key);
        m_streams.insert(key, Stream{sequence, std::prev(m_byAge.end())});
        return {};
    }
    Stream &stream = *found;
    m_byAge.splice(m_byAge.end(), m_byAge, stream.age);
    if (sequence <= stream.last)
        return {.isNew = false};
    const quint64 missing = sequence - stream.last - 1;
    stream.last = sequence;
    return {.missing = missing};
}

void StreamTracker::clear()
{
    m_streams.clear();
    m_byAge.clear();
}

} // namespace Pyvent::Internal
