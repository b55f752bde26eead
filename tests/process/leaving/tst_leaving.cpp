// SPDX-License-Identifier: MIT
#include "support/childprocess.h"
#include "support/numbers.h"
#include "support/portpair.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtTest>

#include <csignal>
#include <optional>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace PyventTests;

namespace {

constexpr int count = 2000; // more than may be on their way at a time

const QString leaverProgram = QStringLiteral(PYVENT_LEAVER);

QStringList ways()
{
    ChildProcess leaver(leaverProgram, {});
    leaver.waitForEnd();
    QStringList ways;
    for (const QByteArray &line : leaver.lines())
        ways.append(QString::fromLatin1(line));
    return ways;
}

} // namespace

// Processes that leave the bus in every way that a program may end: none hangs or crashes, and what it has sent is heard.
class tst_Leaving : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everythingIsHeardOnce_data()
    {
        QTest::addColumn<QString>("way");
        QTest::addColumn<QString>("server");
        for (const QString &way : ways()) {
            QTest::addRow("%s, server elsewhere", qPrintable(way)) << way << u"elsewhere"_s;
            // A server that is killed takes what it has not sent on yet with it, and to one that has stopped and serves once
            // more for a moment the receivers may not have come back.
            if (way != "signal"_L1 && !way.startsWith("global-sends"_L1) && way != "global-uses-it-first"_L1)
                QTest::addRow("%s, server itself", qPrintable(way)) << way << u"itself"_s;
        }
    }
    void everythingIsHeardOnce()
    {
        QFETCH(const QString, way);
        QFETCH(const QString, server);

        const PortPair ports;
        PyventNode receiver({.port = ports.port(), .server = false});
        QList<int> heard;
        bool isOver = false;
        receiver.on("left", {"i"}, this, [&](int i) { heard.append(i); });
        receiver.on("over", this, [&] { isOver = true; });
        if (server == "elsewhere"_L1)
            QVERIFY(receiver.startServer());
        ChildProcess leaver(leaverProgram, {way, QString::number(ports.port()), QString::number(count), server});
        QVERIFY(leaver.printsLine("ready"));
        QVERIFY(waitUntil([&] { return receiver.state() == PyventNode::Ready; }));
        QVERIFY(receiver.send("go"));
        QCOMPARE(leaver.exitCode(), way == "signal"_L1 ? -SIGTERM : 0);
        QVERIFY(waitUntil([&] { return heard.size() >= count; }));
        QVERIFY(receiver.startServer()); // which nobody else is now
        QVERIFY(receiver.send("over"));
        QVERIFY(waitUntil([&] { return isOver; }));
        QCOMPARE(heard, numbersFromTo(0, count - 1));
    }

    void withoutAServerItEndsAllTheSame_data()
    {
        QTest::addColumn<QString>("way");
        QTest::addColumn<bool>("hangs");
        for (const QString &way : ways()) {
            if (way != "signal"_L1) {
                QTest::addRow("%s, no server", qPrintable(way)) << way << false;
                QTest::addRow("%s, the server hangs", qPrintable(way)) << way << true;
            }
        }
    }
    void withoutAServerItEndsAllTheSame()
    {
        QFETCH(const QString, way);
        QFETCH(const bool, hangs);

        const PortPair ports;
        std::optional<ChildProcess> server;
        if (hangs) {
            server.emplace(QStringLiteral(PYVENT_FAULT_NODE),
                           QStringList{u"--serve"_s, u"--port"_s, QString::number(ports.port())});
            QVERIFY(server->printsLine("state Ready"));
            server->sendSignal(SIGSTOP);
        }
        ChildProcess leaver(leaverProgram, {way, QString::number(ports.port()), u"3"_s, u"nobody"_s});
        QCOMPARE(leaver.exitCode(), 0);
        const QByteArray told = leaver.lines().join('\n');
        QVERIFY2(told.contains("3 events were not acknowledged by a server within the linger of 200 ms"), told);
    }

    void withoutCompanyItSaysThatNobodyHeard_data()
    {
        QTest::addColumn<QString>("way");
        for (const QString &way : ways()) {
            // Of two nodes, one may come to the other.
            if (way != "signal"_L1 && way != "static-two"_L1 && way != "thread-goes-on"_L1)
                QTest::newRow(qPrintable(way)) << way;
        }
    }
    void withoutCompanyItSaysThatNobodyHeard()
    {
        QFETCH(const QString, way);

        const PortPair ports;
        ChildProcess leaver(leaverProgram, {way, QString::number(ports.port()), u"3"_s, u"alone"_s});
        QCOMPARE(leaver.exitCode(), 0);
        const QByteArray told = leaver.lines().join('\n');
        QVERIFY2(told.count("Nobody heard 3 events") == 1, told);
    }
};

PYVENT_TEST(tst_Leaving)

#include "tst_leaving.moc"
