// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_JOINEDBUS_H
#define PYVENT_TESTS_JOINEDBUS_H

#include "support/childprocess.h"
#include "support/portpair.h"
#include "support/program.h"

#include <QtCore/qmap.h>

#include <memory>
#include <optional>

namespace PyventTests {

// A bus of processes: a relay, and two bridges to an engine, of which one works and the other one stands by.
class JoinedBus : public QObject
{
    Q_OBJECT

public:
    static constexpr int bridges = 2;

    // \a rules are a file's; they have to let bridges speak for others.
    JoinedBus(const QString &name, const QString &rules, const QString &engine);

    const QString &name() const { return m_name; }
    int port() const { return m_ports.port(); }

    bool startRelay();
    void killRelay();
    void startBridge(int index);
    void killBridge(int index);

    // Which bridge works; nothing if none does, or both.
    std::optional<int> active() const;

    // Why not all is as it should be, for people; empty if one bridge works, and the other one, if it was started, stands by. \a hears: it has heard
    // events already.
    QString notReady(bool hears) const;

    // Whether nothing waits at its bridges.
    bool isDone() const;

    // What the bridges have counted, the killed ones, too.
    QMap<QByteArray, qint64> counters() const;

Q_SIGNALS:
    // What one of the processes has written for people.
    void said(const QString &who, const QString &line);

private:
    struct Bridge
    {
        std::unique_ptr<Program> process;
        qsizetype readUpTo = 0;
        int metricsPort = 0;
    };
    void watch(const QString &who, Program *process, qsizetype *readUpTo, int *metricsPort);
    QByteArray metrics(const Bridge &bridge) const;

    const QString m_name;
    const QString m_rules;
    const QString m_engine;
    const PortPair m_ports;
    std::unique_ptr<Program> m_relay;
    qsizetype m_relayReadUpTo = 0;
    Bridge m_bridges[bridges];
    QMap<QByteArray, qint64> m_countedBefore; // by bridges that were killed
};

} // namespace PyventTests

#endif
