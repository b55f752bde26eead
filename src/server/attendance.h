// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ATTENDANCE_H
#define PYVENT_SERVER_ATTENDANCE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qhash.h>
#include <QtCore/quuid.h>

#include <utility>
#include <vector>

namespace Pyvent::Internal {

// Which nodes have said to be on the bus, by which connection each, and what is to be sent when one is lost: its connection ends, and it
// has not said that it leaves. Plain logic. Not thread-safe.
class Attendance
{
public:
    struct Limits
    {
        qsizetype willBytes = qsizetype(1024) * 1024; // of one connection's nodes
        qsizetype allWillBytes = qsizetype(64) * 1024 * 1024;
        std::size_t lostNodes = 10'000; // that are not told yet
    };

    // Of one node.
    static constexpr qsizetype mostWillBytes = qsizetype(64) * 1024;

    // One connection, by which no more nodes come than it may speak for. It is told to left() before it goes.
    class Guest
    {
    public:
        bool isHere() const { return !m_wills.isEmpty(); }

    private:
        friend class Attendance;
        QHash<QUuid, QByteArray> m_wills; // by node; empty: none
        qsizetype m_willBytes = 0;
    };

    Attendance() = default;
    explicit Attendance(const Limits &limits)
        : m_limits(limits)
    {
    }
    Q_DISABLE_COPY_MOVE(Attendance)

    // \a node is on the bus by this connection. If it was by another one, it is not any more, and has made a new one.
    void isHere(Guest *guest, const QUuid &node);

    // It leaves.
    void leaves(Guest *guest, const QUuid &node);

    // \a frame is to be sent when \a node is lost, which isHere() with that; empty: nothing is. Returns false if there is no room for that,
    // and then nothing is.
    bool setWill(Guest *guest, const QUuid &node, const QByteArray &frame);

    struct Lost
    {
        QUuid node;
        QByteArray will; // empty: none
    };

    // The connection has ended. \a maySend says whether a will may still be sent.
    template <typename MaySend>
    void left(Guest *guest, const MaySend &maySend)
    {
        for (const auto &[node, will] : std::as_const(guest->m_wills).asKeyValueRange()) {
            m_hosts.remove(node);
            Lost &lost = m_lost.emplace_back(node, will);
            if (!will.isEmpty() && !maySend(will))
                dropWill(&lost.will);
        }
        guest->m_wills.clear();
        guest->m_willBytes = 0;
    }

    // Those that are lost since this was called the time before the last; all, where they are \a inAll, or very many. Who is here again
    // since then is not.
    std::vector<Lost> takeLost(bool inAll = false);
    bool hasLost() const { return !m_lost.empty(); }

    qsizetype willBytes() const { return m_willBytes; }

private:
    void dropWill(QByteArray *will);

    const Limits m_limits;
    QHash<QUuid, Guest *> m_hosts;
    qsizetype m_willBytes = 0;
    std::vector<Lost> m_lost; // in the order in which they were
    std::size_t m_old = 0;    // of them that were there when takeLost() was called last
};

} // namespace Pyvent::Internal

#endif
