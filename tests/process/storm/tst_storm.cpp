// SPDX-License-Identifier: MIT
#include "faultchild.h"
#include "portpair.h"
#include "rawbus.h"

#include <PyventNode>

#include <QtTest>

#include <atomic>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using PyventFaults::FaultChild;

namespace {

constexpr int processes = 10;
constexpr int nodesOfAProcess = 10;
constexpr int members = processes * nodesOfAProcess;
constexpr int patience = 60'000;

// Ten nodes of this module.
class Crowd
{
public:
    Crowd(int port, int count)
        : m_child(QStringLiteral(PYVENT_CROWD),
                  {QString::number(port), QString::number(nodesOfAProcess), QString::number(count)},
                  [this](const QByteArrayList &words) { m_lines.append(words.join(' ')); })
    {
    }

    bool hasSaid(const QByteArray &line) const { return m_lines.contains(line); }
    QByteArrayList lines() const { return m_lines; }

private:
    QByteArrayList m_lines;
    FaultChild m_child;
};

// What the server has relayed of nodes' talk about what is missing.
struct Talk
{
    std::atomic<int> asks = 0;
    std::atomic<int> answers = 0;
    std::atomic<int> repairsForAll = 0;
    std::atomic<int> repairsForOne = 0;

    void count(const QByteArray &frame)
    {
        const QByteArray topic = frame.first(std::max(frame.indexOf(' '), qsizetype(0)));
        if (topic.startsWith("\x02node/") && topic.endsWith("/ask"))
            ++asks;
        else if (topic.startsWith("\x02node/") && topic.endsWith("/answer"))
            ++answers;
        else if (topic
                 == "\x02"
                    "all/repair")
            ++repairsForAll;
        else if (topic.startsWith("\x02node/") && topic.endsWith("/repair"))
            ++repairsForOne;
    }
};

} // namespace

// A hundred receivers that miss the same events.
class tst_Storm : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aHundredMissTheSame_data()
    {
        QTest::addColumn<int>("first"); // of those that the server leaves out
        QTest::addColumn<int>("last");
        QTest::newRow("one event") << 11 << 11;
        QTest::newRow("the last event") << 20 << 20;
        QTest::newRow("ten events") << 6 << 15;
    }
    void aHundredMissTheSame()
    {
        QFETCH(const int, first);
        QFETCH(const int, last);

        constexpr int count = 20;
        const PyventTests::PortPair ports;
        Talk talk;
        int relayed = 0;
        PyventTests::RawServer server(ports.port());
        server.setFilter([&](const QByteArray &frame) {
            talk.count(frame);
            if (frame.startsWith("count "))
                ++relayed;
            return !frame.startsWith("count ") || relayed < first || relayed > last;
        });
        std::vector<std::unique_ptr<Crowd>> crowds;
        for (int i = 0; i < processes; ++i)
            crowds.push_back(std::make_unique<Crowd>(ports.port(), count));
        const auto allSay = [&](const QByteArray &line) {
            return std::all_of(crowds.begin(), crowds.end(), [&](const auto &crowd) { return crowd->hasSaid(line); });
        };
        QVERIFY(PyventFaults::waitUntil([&] { return allSay("ready"); }, patience));
        PyventNode sender({.port = ports.port(), .server = false});
        QVERIFY(sender.waitForReady(20s));
        for (int n = 1; n <= count; ++n)
            QVERIFY(sender.send("count", {{u"n"_s, n}}));
        QVERIFY(PyventFaults::waitUntil([&] { return allSay("complete"); }, patience));
        for (const auto &crowd : crowds)
            QCOMPARE(crowd->lines(), QByteArrayList({"ready", "complete"}));
        qInfo("%d asks, %d answers, %d repairs for all, %d for one", int(talk.asks), int(talk.answers),
              int(talk.repairsForAll), int(talk.repairsForOne));
        // A handful where the machine is quick enough to answer the first one in 10 ms; and nobody has had to ask twice.
        QVERIFY(talk.asks < members);
        QVERIFY(talk.repairsForAll <= talk.asks * (last - first + 1));
        QCOMPARE(int(talk.repairsForOne), 0);
        QCOMPARE(int(talk.answers), 0);
    }
};

QTEST_GUILESS_MAIN(tst_Storm)

#include "tst_storm.moc"
