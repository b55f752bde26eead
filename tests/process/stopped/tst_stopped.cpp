// SPDX-License-Identifier: MIT
#include "cast.h"

#include <PyventNode>

#include "peerprocess.h"
#include "support/lateness.h"
#include "support/portpair.h"
#include "support/program.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <semaphore>
#include <thread>

using namespace PyventFaults;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// "All nodes notice within 3 s" is a promise, so this is the one place where a time is asserted. What comes on top is not
// the bus's: a busy machine lets each thread on the way wait for its turn.
constexpr qint64 noticedWithin = 3'000'000; // microseconds
constexpr qint64 slack = 1'000'000;
constexpr int wakeUpsToNotice = 3; // ZeroMQ's timer, what it tells the node, the node's event loop

} // namespace

// Processes that are stopped where they are, or too busy to look: a server, a receiver, a node's event loop.
class tst_Stopped : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }

    void aStoppedServerIsNoticed_data()
    {
        QTest::addColumn<bool>("dies");
        QTest::newRow("and goes on") << false;
        QTest::newRow("and dies") << true;
    }
    void aStoppedServerIsNoticed()
    {
        QFETCH(const bool, dies);

        Cast cast;
        Cast::Node &server = cast.add(u"server"_s, {u"--serve"_s});
        CAST_VERIFY(cast.waitForReady());
        const QList<Cast::Node *> others{
            &cast.add(u"heir"_s, {u"--serve"_s}),
            &cast.add(u"receiver"_s, {u"--listen"_s}),
            &cast.add(u"glob receiver"_s, {u"--glob"_s}),
            &cast.add(u"sender"_s, {u"--rate"_s, u"500"_s}),
            &cast.add(u"sender and receiver"_s, {u"--rate"_s, u"500"_s, u"--listen"_s}),
        };
        PeerProcess python(PeerProcess::Python, u"python"_s);
        python.start();
        QVERIFY(python.tell(u"configure"_s, {{u"port"_s, cast.port()}, {u"server"_s, false}}));
        QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"fault-0"_s}}));
        QVERIFY(python.tell(u"ready"_s));
        CAST_VERIFY(cast.waitForReady());
        cast.tellAll("go");
        CAST_VERIFY(waitUntil([&] { return cast.hasCaughtUp() && cast.sent() > 500; }));

        Lateness lateness;
        const qint64 stopped = Cast::now();
        server.child->sendSignal(SIGSTOP);
        for (Cast::Node *node : others)
            CAST_VERIFY(waitUntil([&] { return node->state != "Ready" && node->stateSince > stopped; }));
        qint64 slowest = 0;
        for (const Cast::Node *node : others)
            slowest = std::max(slowest, node->stateSince - stopped);
        const qint64 late = lateness.take().count();
        qInfo("The last node noticed after %.3f s, where threads wake up to %.3f s late", double(slowest) / 1e6,
              double(late) / 1e6);
        CAST_VERIFY(slowest <= noticedWithin + slack + wakeUpsToNotice * late);

        // What is sent meanwhile is accepted and kept, and nobody else serves, because nobody can.
        const qint64 sent = cast.sent();
        CAST_VERIFY(waitUntil([&] { return cast.sent() > sent + 500; }));
        CAST_VERIFY(!others[0]->serving);
        const qint64 mark = cast.sent();
        server.child->sendSignal(dies ? SIGKILL : SIGCONT);
        if (dies) {
            cast.hasBeenKilled(server);
            CAST_VERIFY(waitUntil([&] { return others[0]->serving; }));
        }
        CAST_VERIFY(cast.waitForReady());
        CAST_VERIFY(waitUntil([&] { return cast.sent() > mark + 500; }));
        CAST_VERIFY(cast.pauseAndWaitForAllHeard());
        CAST_VERIFY(cast.verdict().isFlawless() && cast.errors("QueueFull") == 0);

        // Python's nodes have lost what was sent meanwhile, as ever, and go on.
        python.forget();
        cast.tellAll("go");
        QVERIFY(python.waitForHeard(1, u"fault-0"_s));
    }

    void aStoppedReceiverSlowsNobody_data()
    {
        QTest::addColumn<int>("payload");
        QTest::addColumn<bool>("isReplaced");
        QTest::newRow("and catches up") << 0 << false;
        // What waits for it dies with the server, and what is sent then is more than the 64 MiB that a sender keeps.
        QTest::newRow("or is told what it has lost") << 32 * 1024 << true;
    }
    void aStoppedReceiverSlowsNobody()
    {
        QFETCH(const int, payload);
        QFETCH(const bool, isReplaced);

        Cast cast;
        Cast::Node &server = cast.add(u"server"_s, {u"--serve"_s});
        CAST_VERIFY(cast.waitForReady());
        Cast::Node &heir = cast.add(u"heir"_s, {u"--serve"_s});
        Cast::Node &receiver = cast.add(u"receiver"_s, {u"--listen"_s});
        Cast::Node &slow = cast.add(u"stopped receiver"_s, {u"--listen"_s});
        cast.add(u"sender"_s, {u"--rate"_s, u"400"_s, u"--payload"_s, QString::number(payload)});
        CAST_VERIFY(cast.waitForReady());
        cast.tellAll("go");
        CAST_VERIFY(waitUntil([&] { return cast.hasCaughtUp() && cast.sent() > 200; }));

        slow.child->sendSignal(SIGSTOP);
        const qint64 before = cast.sent();
        bool mustReplace = isReplaced;
        const qint64 enough =
            isReplaced ? before + 4500 : before + 3000; // 2,000 die with the server, and 2,048 are kept
        while (cast.sent() < enough) {
            const qint64 sent = cast.sent();
            CAST_VERIFY(waitUntil([&] { return receiver.heard >= sent + 50; }));
            if (mustReplace && sent > before + 2000) {
                mustReplace = false;
                server.child->sendSignal(SIGKILL);
                cast.hasBeenKilled(server);
                CAST_VERIFY(waitUntil([&] { return heir.serving; }));
            }
        }
        slow.child->sendSignal(SIGCONT);
        CAST_VERIFY(cast.waitForReady());
        CAST_VERIFY(cast.pauseAndWaitForAllHeard());
        Tally all = cast.verdict().all;
        qInfo("%lld events heard, %lld told lost", all.heard, all.toldLost);
        CAST_VERIFY(isReplaced == (all.toldLost > 0) && slow.told == all.toldLost);
        all.toldLost = 0; // the judge says whether these are exactly those that are missing
        CAST_VERIFY(all.isFlawless());
    }

    // What is sent at full speed waits at the server, also when the sender has ended.
    void aMillionEventsReachWhoWasStopped()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        const QString count = u"50000"_s; // which take as long
#else
        const QString count = u"1000000"_s;
#endif
        PortPair ports;
        const QString port = QString::number(ports.port());
        Program server({u"serve"_s, u"--port"_s, port});
        QVERIFY(server.complains(u"serving at"_s));
        Program receiver(u"/bin/sh"_s,
                         {u"-c"_s, u"exec \"$0\" \"$@\" >/dev/null"_s, u"" PYVENT_PROGRAM ""_s, u"listen"_s, u"flood"_s,
                          u"--port"_s, port, u"--count"_s, count});
        QVERIFY(receiver.complains(u"listening to"_s));
        receiver.sendSignal(SIGSTOP);
        const auto resumed = std::chrono::steady_clock::now() + 2s;
        Program sender({u"send"_s, u"flood"_s, u"--port"_s, port, u"--count"_s, count, u"text="_s + QString(60, u'x')});
        QCOMPARE(sender.exitCode(), 0);
        std::this_thread::sleep_until(resumed);
        receiver.sendSignal(SIGCONT);
        QCOMPARE(receiver.exitCode(), 0);
        QVERIFY2(!receiver.errors().contains(u"lost"_s), qPrintable(receiver.errors()));
    }

    // All that the server has kept for one that stood still comes at once, and is more than its handlers take.
    void aReceiverThatReadsLate_data()
    {
        QTest::addColumn<QString>("way");
        QTest::newRow("by the lane") << QString();
        QTest::newRow("by TCP") << u"--no-lane"_s;
    }
    void aReceiverThatReadsLate()
    {
        QFETCH(const QString, way);
        PortPair ports;
        const QString port = QString::number(ports.port());
        Program server({u"serve"_s, u"--port"_s, port});
        QVERIFY(server.complains(u"serving at"_s));
        constexpr int count = 1000; // of 100,000 bytes
        QStringList arguments{u"listen"_s, u"flood"_s,   u"--json"_s,           u"--port"_s,
                              port,        u"--count"_s, QString::number(count)};
        if (!way.isEmpty())
            arguments += way;
        Program receiver(u"/bin/sh"_s,
                         QStringList{u"-c"_s, u"exec \"$0\" \"$@\" >/dev/null"_s, u"" PYVENT_PROGRAM ""_s} + arguments);
        QVERIFY(receiver.complains(u"listening to"_s));
        receiver.sendSignal(SIGSTOP);
        Program sender({u"send"_s, u"flood"_s, u"--port"_s, port, u"--count"_s, QString::number(count),
                        u"text="_s + QString(100'000, u'x')});
        QCOMPARE(sender.exitCode(), 0);
        receiver.sendSignal(SIGCONT);
        QCOMPARE(receiver.exitCode(), 0);
        QVERIFY2(!receiver.errors().contains(u"lost"_s), qPrintable(receiver.errors()));
    }

    // Nothing is lost for a receiver that reads late, nor for one whose thread is stuck, where the sender waits. What waits at the server and
    // with the sender is far less than what it has to say.
    void aSenderThatWaits_data()
    {
        QTest::addColumn<bool>("lane");
        QTest::newRow("by the lane") << true;
        QTest::newRow("by TCP") << false;
    }
    void aSenderThatWaits()
    {
        QFETCH(const bool, lane);
        PortPair ports;
        const QString port = QString::number(ports.port());
        PyventOptions options{.port = ports.port()};
        options.serverLimits.waitingBytes = 256 * 1024;
        options.serverLimits.receiverTimeout = 1h;
        PyventNode server(options);
        QVERIFY(server.startServer());
        PyventNode sender(PyventOptions{.port = ports.port(),
                                        .server = false,
                                        .sendQueueEvents = 1000,
                                        .whenReceiversLag = PyventReceiversLag::Wait,
                                        .replayEvents = 100,
                                        .lane = lane});
        QVERIFY(sender.waitForReady(10s));
        // Far more than the kernel takes for a receiver: a lane's socket holds 8 MB, TCP's up to 32.
        constexpr int count = 40'000;
        const QString text(2000, u'x');
        int sent = 0;
        const auto sendOn = [&] {
            while (sent < count && sender.send(u"flood"_s, {{u"i"_s, sent}, {u"text"_s, text}}))
                ++sent;
            return sent == count;
        };

        Program receiver(
            {u"listen"_s, u"flood"_s, u"--port"_s, port, u"--no-server"_s, u"--count"_s, QString::number(count)});
        QVERIFY(receiver.complains(u"listening to"_s));
        receiver.sendSignal(SIGSTOP);
        int before = -1;
        QVERIFY(waitUntil([&] { return sendOn() || std::exchange(before, sent) == sent; }, 30'000, 500));
        QVERIFY2(sent < count, "nothing has stopped the sender");
        QVERIFY(sender.unacknowledged() >= 1000);
        receiver.sendSignal(SIGCONT);
        QVERIFY(waitUntil(sendOn, 60'000));
        QCOMPARE(receiver.exitCode(), 0);
        QVERIFY2(!receiver.errors().contains(u"lost"_s), qPrintable(receiver.errors()));
    }

    void aSenderThatWaitsForAThread()
    {
        PortPair ports;
        PyventOptions options{.port = ports.port()};
        options.serverLimits.receiverTimeout = 1h;
        PyventNode sender(options);
        options.whenReceiversLag = PyventReceiversLag::Wait;
        options.sendQueueEvents = 1000;
        options.replayEvents = 100;
        QVERIFY(sender.configure(options));
        QVERIFY(sender.startServer());
        std::counting_semaphore<> goOn(0);
        std::atomic<int> heard = 0;
        std::atomic<int> lost = 0;
        std::atomic<bool> isReady = false;
        std::atomic<bool> isInOrder = true;
        QThread thread;
        QObject context;
        context.moveToThread(&thread);
        thread.start();
        std::unique_ptr<PyventNode> receiver;
        QMetaObject::invokeMethod(&context, [&] {
            receiver = std::make_unique<PyventNode>(PyventOptions{.port = ports.port(), .server = false});
            connect(receiver.get(), &PyventNode::eventsLost, receiver.get(),
                    [&](const QString &, const QUuid &, quint64 number) { lost += int(number); });
            receiver->on(u"flood"_s, {u"i"_s}, receiver.get(), [&](int i) {
                if (i == 0)
                    goOn.acquire();
                isInOrder = isInOrder && heard == i;
                ++heard;
            });
            isReady = receiver->waitForReady(10s);
        });
        QVERIFY(waitUntil([&] { return isReady.load(); }));
        // More than an inbox has: 100,000.
        constexpr int count = 300'000;
        int sent = 0;
        const auto sendOn = [&] {
            while (sent < count && sender.send(u"flood"_s, {{u"i"_s, sent}}))
                ++sent;
            return sent == count;
        };
        int before = -1;
        QVERIFY(waitUntil([&] { return sendOn() || std::exchange(before, sent) == sent; }, 60'000, 500));
        QVERIFY2(sent < 100'000, qPrintable(QString::number(sent)));
        goOn.release();
        QVERIFY(waitUntil([&] { return sendOn() && heard == count; }, 60'000));
        QVERIFY(isInOrder);
        QCOMPARE(lost.load(), 0);
        QMetaObject::invokeMethod(&context, [&] { receiver.reset(); });
        QVERIFY(waitUntil([&] { return !receiver; }));
        thread.quit();
        QVERIFY(thread.wait(10'000));
    }

    // One that never reads slows nobody for long.
    void aSenderDoesNotWaitForEver()
    {
        PortPair ports;
        const QString port = QString::number(ports.port());
        PyventOptions options{.port = ports.port()};
        options.serverLimits.waitingBytes = 256 * 1024;
        options.serverLimits.receiverTimeout = 3s; // which who reads on a busy machine does not need
        options.sendQueueEvents = 1000;
        options.replayEvents = 100;
        options.whenReceiversLag = PyventReceiversLag::Wait;
        PyventNode sender(options);
        QVERIFY(sender.startServer());
        constexpr int count = 40'000;
        Program stopped({u"listen"_s, u"flood"_s, u"--port"_s, port, u"--no-server"_s});
        QVERIFY(stopped.complains(u"listening to"_s));
        stopped.sendSignal(SIGSTOP);
        Program reads(
            {u"listen"_s, u"flood"_s, u"--port"_s, port, u"--no-server"_s, u"--count"_s, QString::number(count)});
        QVERIFY(reads.complains(u"listening to"_s));
        int sent = 0;
        QVERIFY(waitUntil(
            [&] {
                while (sent < count && sender.send(u"flood"_s, {{u"text"_s, QString(1000, u'x')}}))
                    ++sent;
                return sent == count;
            },
            60'000));
        QCOMPARE(reads.exitCode(), 0);
        QVERIFY2(!reads.errors().contains(u"lost"_s), qPrintable(reads.errors()));
        stopped.sendSignal(SIGCONT);
        QVERIFY(stopped.complains(u"lost"_s)); // and is told
    }

    // The server had no room for all that waited, which is more than the kernel takes, and the sender ended: the receiver is told exactly what
    // it has not got.
    void whatWasNotPassedOnIsTold()
    {
        PortPair ports;
        const QString port = QString::number(ports.port());
        PyventOptions options{.port = ports.port()};
        options.serverLimits.waitingBytes = 1024 * 1024;
        PyventNode server(options);
        QVERIFY(server.startServer());
        constexpr int count = 50'000;
        Program receiver({u"listen"_s, u"flood"_s, u"--port"_s, port, u"--no-server"_s});
        QVERIFY(receiver.complains(u"listening to"_s));
        receiver.sendSignal(SIGSTOP);
        Program sender({u"send"_s, u"flood"_s, u"--port"_s, port, u"--count"_s, QString::number(count),
                        u"text="_s + QString(300, u'x')});
        QCOMPARE(sender.exitCode(), 0);
        receiver.sendSignal(SIGCONT);
        static const QRegularExpression lost(u"([0-9]+) events? 'flood' from the node [^ ]+ (?:was|were) lost"_s);
        QVERIFY2(receiver.complains(u"lost"_s), qPrintable(receiver.errors()));
        const auto told = [&] {
            int all = 0;
            for (const QRegularExpressionMatch &match : lost.globalMatch(receiver.errors()))
                all += match.captured(1).toInt();
            return all;
        };
        QVERIFY2(waitUntil([&] { return told() > 0 && told() + int(receiver.lines().size()) == count; }),
                 qPrintable(
                     u"%1 heard, %2 told lost: %3"_s.arg(receiver.lines().size()).arg(told()).arg(receiver.errors())));
    }

    void aBusyEventLoopIsNotTakenForDead()
    {
        Cast cast;
        Cast::Node &server = cast.add(u"server"_s, {u"--serve"_s});
        CAST_VERIFY(cast.waitForReady());
        Cast::Node &busy = cast.add(u"busy receiver"_s, {u"--listen"_s});
        Cast::Node &receiver = cast.add(u"receiver"_s, {u"--glob"_s});
        cast.add(u"sender"_s, {u"--rate"_s, u"500"_s});
        CAST_VERIFY(cast.waitForReady());
        cast.tellAll("go");
        CAST_VERIFY(waitUntil([&] { return cast.hasCaughtUp() && cast.sent() > 200; }));

        // Longer than any heartbeat's patience.
        const qint64 since = Cast::now();
        for (Cast::Node *node : {&server, &busy})
            node->child->writeLine("block 5000");
        CAST_VERIFY(waitUntil([&] { return server.wasBlocked && busy.wasBlocked; }));
        CAST_VERIFY(waitUntil([&] { return cast.hasCaughtUp(); }));
        CAST_VERIFY(cast.pauseAndWaitForAllHeard());
        CAST_VERIFY(cast.verdict().isFlawless());
        for (const auto &node : cast.nodes())
            CAST_VERIFY(node->state == "Ready" && node->stateSince < since);
        QVERIFY(receiver.heard > 2000);
    }
};

PYVENT_TEST(tst_Stopped)

#include "tst_stopped.moc"
