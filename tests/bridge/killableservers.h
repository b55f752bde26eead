// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_KILLABLESERVERS_H
#define PYVENT_TESTS_KILLABLESERVERS_H

#include "bridge/serverprocess.h"

#include <QtCore/qrandom.h>
#include <QtCore/qset.h>

#include <vector>

namespace PyventTests {

// The servers that join buses, of which some are killed and started again.
class KillableServers
{
public:
    KillableServers() = default;
    virtual ~KillableServers() = default;
    Q_DISABLE_COPY_MOVE(KillableServers)

    virtual bool start() = 0;

    // What a bridge is given.
    virtual QString url() const = 0;

    // What may be killed: "leader".
    virtual QStringList kinds() const = 0;

    // Kills it, as SIGKILL does. Returns which one, for people; empty if there is none.
    virtual QString kill(const QString &kind, QRandomGenerator *random) = 0;

    // Whether the others go on without it.
    virtual bool canDoWithout() const = 0;

    // Starts again what was killed.
    virtual bool restart() = 0;

    // Why another one must not be killed yet, for people; empty if it may.
    virtual QString notReady() const = 0;

    virtual QString log() const = 0;

    // Who leads what now, since this was asked last, for people.
    virtual QStringList news() { return {}; }
};

// Three nats-servers that are a cluster.
class NatsCluster : public KillableServers
{
public:
    NatsCluster();
    bool start() override;
    QString url() const override;
    QStringList kinds() const override { return {QStringLiteral("leader"), QStringLiteral("follower")}; }
    QString kill(const QString &kind, QRandomGenerator *random) override;
    bool canDoWithout() const override { return true; }
    bool restart() override;
    QString notReady() const override;
    QString log() const override;
    QStringList news() override;

private:
    QString notReady(qsizetype index, QString *leader) const;

    static constexpr int size = 3;
    QList<int> m_ports;
    QList<int> m_monitors; // where they tell how they are
    std::vector<std::unique_ptr<NatsServer>> m_servers;
    qsizetype m_killed = -1;
    QSet<QString> m_told;
};

class LoneBroker : public KillableServers
{
public:
    bool start() override;
    QString url() const override;
    QStringList kinds() const override { return {QStringLiteral("broker")}; }
    QString kill(const QString &kind, QRandomGenerator *random) override;
    bool canDoWithout() const override { return false; }
    bool restart() override;

    // It writes its sessions down once a second: it is to know all of them when it is killed.
    QString notReady() const override;
    QString log() const override { return m_broker.log(); }

private:
    MosquittoBroker m_broker;
};

} // namespace PyventTests

#endif
