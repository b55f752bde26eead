// SPDX-License-Identifier: MIT
#include "../stopped/cast.h"
#include "support/lateness.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

#include <csignal>

using namespace PyventFaults;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// "Within a second of the server's return" is a promise. What comes on top is not the bus's, but the busy machine's.
#if defined(__SANITIZE_ADDRESS__)
constexpr qint64 emptyWithin = 3'000'000; // microseconds: 20,000 events a second are nearly all that it sends
#else
constexpr qint64 emptyWithin = 1'000'000; // microseconds
#endif
#if defined(__SANITIZE_THREAD__)
constexpr int fastest = 2000; // events a second
#else
constexpr int fastest = 20'000;
#endif
constexpr int wakeUpsToSend = 5; // until what waited is sent: of the node, of ZeroMQ's threads, of the server's

} // namespace

// Nodes whose threads have no event loop, or one that stands still, do their work on the bus all the same.
class tst_PlainLoop : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theServerIsKilledAndRestarted_data()
    {
        QTest::addColumn<QString>("where");
        QTest::addColumn<int>("rate");
        for (const char *where : {"main", "thread", "default"}) {
            for (const int rate : {1000, fastest})
                QTest::addRow("%s, %d a second", where, rate) << QString::fromLatin1(where) << rate;
        }
    }
    void theServerIsKilledAndRestarted()
    {
        QFETCH(const QString, where);
        QFETCH(const int, rate);

        Cast cast;
        Cast::Node *server = &cast.add(u"server"_s, {u"--serve"_s});
        Cast::Node &receiver = cast.add(u"receiver"_s, {u"--listen"_s});
        CAST_VERIFY(cast.waitForReady());
        Cast::Node &rig =
            cast.add(u"rig"_s, {u"--rate"_s, QString::number(rate), u"--where"_s, where}, QStringLiteral(PYVENT_RIG));
        rig.child->writeLine("go");
        CAST_VERIFY(waitUntil([&] { return receiver.heard > rate / 10; }));
        Lateness lateness;
        qint64 slowest = 0;
        for (int round = 0; round < 5; ++round) {
            server->child->sendSignal(SIGKILL);
            cast.hasBeenKilled(*server);
            CAST_VERIFY(waitUntil([&] { return receiver.state == "Connecting" && rig.unsent > 0; }));
            server = &cast.add(u"server"_s, {u"--serve"_s});
            CAST_VERIFY(waitUntil([&] { return server->serving; }));
            const qint64 back = server->servingSince;
            CAST_VERIFY(waitUntil([&] { return rig.unsent == 0 && rig.queueAt > back; }));
            slowest = std::max(slowest, rig.queueAt - back);
            const qint64 heard = receiver.heard;
            CAST_VERIFY(waitUntil([&] { return receiver.state == "Ready" && receiver.heard > heard + rate / 10; }));
        }
        const qint64 late = lateness.take().count();
        qInfo("The queue was empty within %.3f s of the server's return, where threads wake up to %.3f s late",
              double(slowest) / 1e6, double(late) / 1e6);
        CAST_VERIFY(slowest <= emptyWithin + wakeUpsToSend * late);
        CAST_VERIFY(cast.pauseAndWaitForAllHeard());
        CAST_VERIFY(waitUntil([&] { return rig.unacknowledged == 0; }));
        CAST_VERIFY(cast.verdict().isFlawless() && cast.errors("QueueFull") == 0);
    }

    // It sends what waits to the next server, and answers those who have missed something, while its event loop stands still.
    void aBlockedNodeRepairs()
    {
        Cast cast;
        Cast::Node *server = &cast.add(u"server"_s, {u"--serve"_s});
        CAST_VERIFY(cast.waitForReady());
        Cast::Node &blocked = cast.add(u"blocked"_s, {u"--rate"_s, u"20000"_s});
        Cast::Node &receiver = cast.add(u"receiver"_s, {u"--listen"_s});
        CAST_VERIFY(cast.waitForReady());
        cast.tellAll("go");
        CAST_VERIFY(waitUntil([&] { return cast.hasCaughtUp() && cast.sent() > 2000; }));

        blocked.child->writeLine("block 10000");
        server->child->sendSignal(SIGKILL);
        cast.hasBeenKilled(*server);
        CAST_VERIFY(waitUntil([&] { return receiver.state == "Connecting"; }));
        server = &cast.add(u"server"_s, {u"--serve"_s});
        CAST_VERIFY(waitUntil([&] { return receiver.state == "Ready"; }));
        CAST_VERIFY(waitUntil([&] { return cast.hasCaughtUp(); }));
        CAST_VERIFY(!blocked.wasBlocked);
        CAST_VERIFY(waitUntil([&] { return blocked.wasBlocked; }));
        CAST_VERIFY(cast.pauseAndWaitForAllHeard());
        CAST_VERIFY(cast.verdict().isFlawless());
    }

    // The heir of the server, too.
    void aBlockedNodeTakesOver()
    {
        Cast cast;
        Cast::Node *server = &cast.add(u"server"_s, {u"--serve"_s});
        CAST_VERIFY(cast.waitForReady());
        Cast::Node &heir = cast.add(u"heir"_s, {u"--serve"_s});
        Cast::Node &receiver = cast.add(u"receiver"_s, {u"--listen"_s});
        Cast::Node &sender = cast.add(u"sender"_s, {u"--rate"_s, u"1000"_s});
        CAST_VERIFY(cast.waitForReady());
        cast.tellAll("go");
        CAST_VERIFY(waitUntil([&] { return receiver.heard > 200; }));

        heir.child->writeLine("block 10000");
        server->child->sendSignal(SIGKILL);
        cast.hasBeenKilled(*server);
        CAST_VERIFY(waitUntil([&] { return receiver.state == "Connecting"; }));
        CAST_VERIFY(waitUntil([&] { return receiver.state == "Ready" && sender.state == "Ready"; }));
        const qint64 heard = receiver.heard;
        CAST_VERIFY(waitUntil([&] { return receiver.heard > heard + 200; }));
        CAST_VERIFY(!heir.wasBlocked);
        CAST_VERIFY(waitUntil([&] { return heir.serving && heir.wasBlocked; }));
        CAST_VERIFY(cast.pauseAndWaitForAllHeard());
        CAST_VERIFY(cast.verdict().isFlawless());
    }
};

PYVENT_TEST(tst_PlainLoop)

#include "tst_plainloop.moc"
