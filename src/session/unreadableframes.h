// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_UNREADABLEFRAMES_H
#define PYVENT_SESSION_UNREADABLEFRAMES_H

#include <QtCore/qmap.h>
#include <QtCore/qset.h>
#include <QtCore/qstring.h>
#include <QtCore/quuid.h>

#include <utility>

namespace Pyvent::Internal {

// Frames that could not be read: which of them people are told of, and how many there were of each name. Whoever sends ever
// new names or UUIDs cannot make it grow without bound, nor have people told without end.
class UnreadableFrames
{
public:
    // What is wrong with a frame.
    enum class Problem : quint8 { Name, Payload, Sender, Trailer };

    // What is to be told of a frame.
    enum class Tell : quint8 {
        Nothing, // one like it was told of before
        First,   // it is the first of its sender, name and problem
        Last     // likewise, and nothing will be told any more
    };

    // As many names have a count of their own, and of as many senders, names and problems the first frame is told of.
    static constexpr qsizetype maximumNames = 1'000;
    static constexpr qsizetype maximumTold = 1'000;

    // Counts a frame of the node \a nodeId, null where that is unknown, as it is of all Python nodes. What has the problem
    // Name counts as one name, since there is none.
    Tell add(Problem problem, const QString &name, const QUuid &nodeId);

    quint64 count() const { return m_count; }

    // How many of them had which name, an empty one where it was none. Those past maximumNames have none here.
    const QMap<QString, quint64> &byName() const { return m_byName; }

private:
    quint64 m_count = 0;
    QMap<QString, quint64> m_byName;
    QSet<std::pair<std::pair<QUuid, QString>, quint8>> m_told;
};

} // namespace Pyvent::Internal

#endif
