// SPDX-License-Identifier: MIT
// Three buses that are joined by a cluster, of which everything is killed but who sends and who listens.
//
// "tst_cluster cluster" takes less than a minute. The long turn is
//
//   PYVENT_CLUSTER_ROUNDS=10 PYVENT_CLUSTER_EVENTS=100000 build/ci/bin/tst_cluster cluster losesNothing:NATS
//   PYVENT_CLUSTER_ROUNDS=10 PYVENT_CLUSTER_EVENTS=100000 PYVENT_CLUSTER_RATE=200 build/ci/bin/tst_cluster cluster losesNothing:MQTT
//
// with PYVENT_CLUSTER_SEED for other random moments and PYVENT_CLUSTER_TALK=1 to see what happens. It fails, too, if a bus hears nothing of another one
// for more than 10 s.
#include "bridge/killingturn.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 mostGap = 10'000; // milliseconds

int setting(const char *name, int otherwise)
{
    bool isSet = false;
    const int value = qEnvironmentVariableIntValue(name, &isSet);
    return isSet ? value : otherwise;
}

} // namespace

class tst_Cluster : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void losesNothing_data();
    void losesNothing();
};

void tst_Cluster::losesNothing_data()
{
    QTest::addColumn<bool>("isNats");
#ifdef PYVENT_HAS_NATS
    QTest::newRow("NATS") << true;
#endif
#ifdef PYVENT_HAS_MQTT
    QTest::newRow("MQTT") << false;
#endif
}

void tst_Cluster::losesNothing()
{
    QFETCH(bool, isNats);
    if (isNats && natsServerProgram().isEmpty())
        QSKIP(whySkipped("nats-server", "nats-server"));
    if (!isNats && mosquittoProgram().isEmpty())
        QSKIP(whySkipped("mosquitto", "mosquitto"));
    std::unique_ptr<KillableServers> servers;
    if (isNats)
        servers = std::make_unique<NatsCluster>();
    else
        servers = std::make_unique<LoneBroker>();
    const int rounds = setting("PYVENT_CLUSTER_ROUNDS", 0);
    KillingTurn turn(servers.get(),
                     {.seed = quint32(setting("PYVENT_CLUSTER_SEED", 1)),
                      .rounds = rounds,
                      .rate = setting("PYVENT_CLUSTER_RATE", 100),
                      .events = setting("PYVENT_CLUSTER_EVENTS", 6'000),
                      .isTalkative = setting("PYVENT_CLUSTER_TALK", 0) != 0});
    const bool isDone = turn.run();
    const bool isGood = isDone && turn.verdict().isFlawless();
    fprintf(stderr, "%s", qPrintable(turn.report()));
    if (!isGood || (rounds > 0 && turn.longestGap() > mostGap))
        fprintf(stderr, "%s\n%s\n", qPrintable(turn.log()), qPrintable(servers->log()));
    QVERIFY(isDone);
    QVERIFY(turn.verdict().isFlawless());
    // How soon a busy machine elects a leader is not this test's matter, but the long one's.
    QVERIFY(rounds == 0 || turn.longestGap() <= mostGap);
}

PYVENT_TEST(tst_Cluster)
#include "tst_cluster.moc"
