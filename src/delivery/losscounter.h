// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_LOSSCOUNTER_H
#define PYVENT_DELIVERY_LOSSCOUNTER_H

#include <QtCore/qhash.h>
#include <QtCore/qstring.h>
#include <QtCore/quuid.h>

#include <utility>

namespace Pyvent::Internal {

// What was lost and not told yet. Losses come in rows: one word for a row is enough, and keeps what waits to be told
// bounded by the number of streams.
class LossCounter
{
public:
    using Stream = std::pair<QString, QUuid>; // an event's name, and who sent it

    bool isEmpty() const { return m_losses.isEmpty(); }
    void add(const QString &name, const QUuid &nodeId, quint64 count) { m_losses[{name, nodeId}] += count; }

    // How many of each stream; from then on it counts anew.
    QHash<Stream, quint64> take() { return std::exchange(m_losses, {}); }

private:
    QHash<Stream, quint64> m_losses;
};

} // namespace Pyvent::Internal

#endif
