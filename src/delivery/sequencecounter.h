// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_SEQUENCECOUNTER_H
#define PYVENT_DELIVERY_SEQUENCECOUNTER_H

#include <QtCore/qbytearray.h>
#include <QtCore/qhash.h>

namespace Pyvent::Internal {

// Numbers the events that this node sends, per topic and from 1.
class SequenceCounter
{
public:
    quint64 next(const QByteArray &topic) { return ++m_last[topic]; }

private:
    QHash<QByteArray, quint64> m_last;
};

} // namespace Pyvent::Internal

#endif
