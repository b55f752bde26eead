// SPDX-License-Identifier: MIT
#ifndef PYVENT_STOPPED_CAST_H
#define PYVENT_STOPPED_CAST_H

#include "judge.h"
#include "support/childprocess.h"
#include "support/portpair.h"

#include <memory>
#include <vector>

namespace PyventFaults {

// Nodes of the fault harness on one bus, each in a process of its own, for a test that says itself what happens to them.
// What they have sent and heard is the judge's matter.
class Cast
{
public:
    struct Node
    {
        int id = 0;
        QString label;
        QByteArray state;
        qint64 stateSince = 0; // in microseconds of the system's clock, as now()
        bool serving = false;
        qint64 servingSince = 0;
        qint64 unsent = 0; // as it has said last, at queueAt
        qint64 unacknowledged = 0;
        qint64 queueAt = 0;
        bool isPaused = false;
        bool wasBlocked = false;
        qint64 heard = 0;
        qint64 told = 0; // how many events are lost
        std::unique_ptr<PyventTests::ChildProcess> child;
    };

    Cast() = default;
    Q_DISABLE_COPY_MOVE(Cast)

    static qint64 now();

    // Starts one; \a arguments are those of fault_node, or of another \a program that speaks as it does.
    Node &add(const QString &label, const QStringList &arguments,
              const QString &program = QStringLiteral(PYVENT_FAULT_NODE));
    const std::vector<std::unique_ptr<Node>> &nodes() const { return m_nodes; }
    int port() const { return m_ports.port(); }

    // A node's process is gone, and is asked for nothing any more.
    void hasBeenKilled(const Node &node);

    void tellAll(const QByteArray &command);
    bool waitForReady();

    // How many events all of them have sent, and whether every receiver has heard the last one of each stream.
    qint64 sent() const { return m_sent; }
    bool hasCaughtUp() const { return m_judge.behind(m_judge.sentSoFar()).isEmpty(); }

    // Has all of them send no more, and waits until nothing is missing but what somebody has told of.
    bool pauseAndWaitForAllHeard();

    Verdict verdict() const { return m_judge.verdict(); }
    int errors(const QByteArray &code) const { return int(m_errors.count(code)); }

    // For messages: what happened, and what is wrong.
    QString log() const;

private:
    void read(Node &node, const QByteArrayList &words);

    PyventTests::PortPair m_ports;
    Judge m_judge;
    qint64 m_sent = 0;
    QByteArrayList m_errors; // their codes
    QString m_log;
    std::vector<std::unique_ptr<Node>> m_nodes;
};

} // namespace PyventFaults

// QVERIFY that shows what has happened.
#define CAST_VERIFY(condition) \
    do { \
        const bool holds = condition; \
        if (!holds) \
            qWarning().noquote() << cast.log(); \
        QVERIFY2(holds, #condition); \
    } while (false)

#endif
