// SPDX-License-Identifier: MIT
#ifndef PYVENT_DELIVERY_SEQUENCECOUNTER_H
#define PYVENT_DELIVERY_SEQUENCECOUNTER_H

#include <QtCore/qbytearray.h>
#include <QtCore/qhash.h>

#include <utility>

namespace Pyvent::Internal {

// Numbers the events that this node sends, per topic and from 1, and remembers when the last one of each was sent.
class SequenceCounter
{
public:
    struct Number
    {
        quint64 sequence;
        qint64 previous; // the time of the event before; 0 if there is none
    };

    // The event that is sent at \a time, which is never 0.
    Number next(const QByteArray &topic, qint64 time)
    {
        Last &last = m_last[topic];
        return {++last.sequence, std::exchange(last.time, time)};
    }

private:
    struct Last
    {
        quint64 sequence = 0;
        qint64 time = 0;
    };
    QHash<QByteArray, Last> m_last;
};

} // namespace Pyvent::Internal

#endif
