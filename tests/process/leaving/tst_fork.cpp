// SPDX-License-Identifier: MIT
#include "support/childprocess.h"
#include "support/numbers.h"
#include "support/portpair.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtTest>

#include <csignal>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace PyventTests;

// Processes that fork while they have a node: the child neither hangs nor crashes nor sends anything, and the parent's node
// notices nothing of it.
class tst_Fork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theParentGoesOn_data()
    {
        QTest::addColumn<QString>("way");
        QTest::addColumn<QString>("server");
        for (const QString &way : {u"_exit"_s, u"exit"_s, u"return"_s, u"delete"_s, u"exec"_s, u"process"_s, u"use"_s,
                                   u"own"_s, u"many"_s}) {
            for (const QString &server : {u"elsewhere"_s, u"itself"_s})
                QTest::addRow("child: %s, server %s", qPrintable(way), qPrintable(server)) << way << server;
        }
    }
    void theParentGoesOn()
    {
        QFETCH(const QString, way);
        QFETCH(const QString, server);
#if defined(__SANITIZE_THREAD__)
        if (way == "own"_L1 || way == "many"_L1)
            QSKIP("ThreadSanitizer supports neither threads made in a child of fork() nor fork() amid another thread's "
                  "calls");
#elif defined(__SANITIZE_ADDRESS__)
        if (way == "many"_L1)
            QSKIP(
                "in a child of fork() AddressSanitizer's allocator waits for a lock that a thread of the parent's had");
#endif

        constexpr int count = 2000;
        const PortPair ports;
        PyventNode receiver({.port = ports.port(), .server = false});
        QMap<QUuid, QList<int>> heard; // by node
        QList<PyventNode::State> states;
        receiver.on("left", this,
                    [&](const PyventEvent &event) { heard[event.nodeId].append(event.args[u"i"_s].toInt()); });
        if (server == "elsewhere"_L1)
            QVERIFY(receiver.startServer());
        ChildProcess forker(QStringLiteral(PYVENT_FORKER),
                            {way, QString::number(ports.port()), QString::number(count), server});
        QVERIFY(forker.printsLine("ready"));
        QVERIFY(waitUntil([&] { return receiver.state() == PyventNode::Ready; }));
        connect(&receiver, &PyventNode::stateChanged, this, [&](PyventNode::State state) { states.append(state); });
        QVERIFY(receiver.send("go"));
        const qsizetype senders = way == "own"_L1 ? 2 : 1;
        const auto isHeard = [&] {
            return heard.size() == senders && std::all_of(heard.cbegin(), heard.cend(), [](const auto &numbers) {
                       return numbers.size() >= count;
                   });
        };
        QVERIFY2(waitUntil(isHeard), forker.lines().join('\n'));
        QVERIFY(states.isEmpty());
        forker.writeLine("end");
        QVERIFY2(forker.exitCode() == 0, forker.lines().join('\n'));
        for (const QList<int> &numbers : std::as_const(heard))
            QCOMPARE(numbers, numbersFromTo(0, count - 1));
        QVERIFY(isHeard()); // and nobody else
    }

    void everyVerbIsRefused_data()
    {
        QTest::addColumn<QString>("verb");
        ChildProcess forker(QStringLiteral(PYVENT_FORKER), {});
        forker.waitForEnd();
        for (const QByteArray &verb : forker.lines())
            QTest::newRow(verb) << QString::fromLatin1(verb);
        QVERIFY(forker.lines().size() > 40);
    }
    void everyVerbIsRefused()
    {
        QFETCH(const QString, verb);

        const PortPair ports;
        PyventNode receiver({.port = ports.port()});
        int heard = 0;
        receiver.on("left", {"i"}, this, [&](int i) { heard += i < 0 ? 1000 : 1; });
        QVERIFY(receiver.startServer());
        ChildProcess forker(QStringLiteral(PYVENT_FORKER),
                            {verb, QString::number(ports.port()), u"2"_s, u"elsewhere"_s});
        QVERIFY(forker.printsLine("ready"));
        QVERIFY(receiver.send("go"));
        QVERIFY2(waitUntil([&] { return heard >= 2; }), forker.lines().join('\n'));
        forker.writeLine("end");
        QVERIFY2(forker.exitCode() == 0, forker.lines().join('\n'));
        QCOMPARE(heard, 2); // both of the parent's
    }

    void nothingStaysWithAChildThatDoes_data()
    {
        QTest::addColumn<QString>("way");
        QTest::newRow("a copy") << u"stay"_s;
        QTest::newRow("another program") << u"stay-exec"_s;
    }
    void nothingStaysWithAChildThatDoes()
    {
        QFETCH(const QString, way);

        // As long as anybody has the port of the server that was killed, nobody can serve in its place.
        const PortPair ports;
        PyventNode receiver({.port = ports.port()});
        ChildProcess forker(QStringLiteral(PYVENT_FORKER), {way, QString::number(ports.port()), u"10"_s, u"itself"_s});
        QVERIFY(forker.printsLine("ready"));
        receiver.on("left", this, [] {});
        QVERIFY(receiver.waitForReady(20s));
        QVERIFY(!receiver.isServer());
        QVERIFY(receiver.send("go"));
        QVERIFY2(forker.printsLine("child stays as "), forker.lines().join('\n'));
        const pid_t child = forker.lines().constLast().split(' ').constLast().toInt();
        const auto end = qScopeGuard([child] { ::kill(child, SIGKILL); });
        forker.sendSignal(SIGKILL);
        QVERIFY(waitUntil([&] { return receiver.isServer() && receiver.state() == PyventNode::Ready; }));
        QVERIFY(::kill(child, 0) == 0);
    }
};

PYVENT_TEST(tst_Fork)

#include "tst_fork.moc"
