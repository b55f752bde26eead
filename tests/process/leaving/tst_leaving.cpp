// SPDX-License-Identifier: MIT
#include "faultchild.h"
#include "portpair.h"

#include <PyventNode>

#include <QtTest>

#include <csignal>
#include <numeric>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using PyventFaults::FaultChild;
using PyventTests::PortPair;

namespace {

constexpr int count = 2000; // more than may be on their way at a time
constexpr int patience = 20'000;

bool waitUntil(const std::function<bool()> &condition)
{
    return PyventFaults::waitUntil(condition, patience);
}

// A process that leaves, and what it has said.
class Leaver
{
public:
    explicit Leaver(const QStringList &arguments)
        : m_child(QStringLiteral(PYVENT_LEAVER), arguments,
                  [this](const QByteArrayList &words) { m_lines.append(words.join(' ')); })
    {
    }

    bool waitForReady()
    {
        return waitUntil([this] { return m_lines.contains("ready"); });
    }

    // How it has ended; empty if it does not.
    QString waitForEnd() { return m_child.waitForEnd(patience) ? m_child.howItEnded() : QString(); }
    const QByteArrayList &lines() const { return m_lines; }

private:
    QByteArrayList m_lines;
    FaultChild m_child;
};

QStringList ways()
{
    Leaver leaver({});
    leaver.waitForEnd();
    QStringList ways;
    for (const QByteArray &line : leaver.lines())
        ways.append(QString::fromLatin1(line));
    return ways;
}

QList<int> countTo(int end)
{
    QList<int> numbers(end);
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

const QString goodEnd = u"with exit code 0"_s;

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
            if (way != "signal"_L1) // a server that is killed takes what it has not sent on yet with it
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
        Leaver leaver({way, QString::number(ports.port()), QString::number(count), server});
        QVERIFY(leaver.waitForReady());
        QVERIFY(waitUntil([&] { return receiver.state() == PyventNode::Ready; }));
        QVERIFY(receiver.send("go"));
        QCOMPARE(leaver.waitForEnd(), way == "signal"_L1 ? u"by signal %1"_s.arg(SIGTERM) : goodEnd);
        QVERIFY(waitUntil([&] { return heard.size() >= count; }));
        QVERIFY(receiver.startServer()); // which nobody else is now
        QVERIFY(receiver.send("over"));
        QVERIFY(waitUntil([&] { return isOver; }));
        QCOMPARE(heard, countTo(count));
    }

    void withoutAServerItEndsAllTheSame_data()
    {
        QTest::addColumn<QString>("way");
        for (const QString &way : ways()) {
            if (way != "signal"_L1)
                QTest::addRow("%s", qPrintable(way)) << way;
        }
    }
    void withoutAServerItEndsAllTheSame()
    {
        QFETCH(const QString, way);

        const PortPair ports;
        Leaver leaver({way, QString::number(ports.port()), u"3"_s, u"nobody"_s});
        QCOMPARE(leaver.waitForEnd(), goodEnd);
        const QByteArray told = leaver.lines().join('\n');
        QVERIFY2(told.contains("3 events were not acknowledged by a server within the linger of 200 ms"), told);
    }
};

QTEST_GUILESS_MAIN(tst_Leaving)

#include "tst_leaving.moc"
