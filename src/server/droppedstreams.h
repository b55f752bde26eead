// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_DROPPEDSTREAMS_H
#define PYVENT_SERVER_DROPPEDSTREAMS_H

#include "wire/control.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace Pyvent::Internal {

// What was not passed on to a receiver: of each stream, the newest event. All events of a stream between what was passed on and that are
// missing, so this is all that the receiver has to know to count them, and to ask for them.
class DroppedStreams
{
public:
    bool isEmpty() const { return m_heads.empty() && m_values.empty(); }

    // One or more frames with their ZMTP headers. What has no number (a Python node's) or is for nodes themselves cannot be told of, but for
    // writes of shared values.
    void add(QByteArrayView frames);

    // As a sender would announce it, for each sender.
    std::vector<Control::Heads> take();

    // The names of shared values of which a write was among that.
    std::set<QByteArray> takeValues() { return std::exchange(m_values, {}); }

private:
    // By sender and topic.
    std::map<std::pair<QUuid, QByteArray>, Control::Heads::Head> m_heads;
    std::set<QByteArray> m_values;
};

} // namespace Pyvent::Internal

#endif
