// SPDX-License-Identifier: MIT
#include "delivery/catchup.h"
#include "delivery/transmitwindow.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <queue>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

using Clock = CatchUp::Clock;
using Verdict = CatchUp::Verdict;

namespace {

Clock::time_point at(std::chrono::milliseconds time)
{
    return Clock::time_point(time + 1h);
}

QByteArray bytesOf(quint64 sequence)
{
    return QByteArray::number(sequence);
}

// A replay of the topic "x", and the numbers of what it let through.
struct Joiner
{
    explicit Joiner(quint32 seed = 1)
        : replay("x", seed)
    {
    }

    void takeReleased()
    {
        QByteArray frame;
        while (replay.takeReleased(&frame))
            heard.append(frame.toULongLong());
    }
    void take(Verdict verdict, quint64 sequence)
    {
        if (verdict == Verdict::Deliver)
            heard.append(sequence);
        takeReleased();
    }
    void hear(quint64 sequence, Clock::time_point now)
    {
        takeReleased();
        take(replay.heard(sender, sequence, bytesOf(sequence), now), sequence);
    }
    void hearAgain(quint64 sequence, Clock::time_point now)
    {
        takeReleased();
        take(replay.replayed(sender, sequence, bytesOf(sequence), now), sequence);
    }

    CatchUp replay;
    QUuid sender = QUuid::createUuid();
    QList<quint64> heard;
};

} // namespace

class TestCatchUp : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void asksUntilTheTimeIsOver();
    void thePastComesFirst();
    void whatIsOnItsWayIsHeardOnce();
    void whoDoesNotAnswerIsHeardWithoutItsPast();
    void whoBeginsNeedsNoAnswer();
    void anAnswerThatComesTooLate();
    void aSenderThatKeepsNothing();
    void whatIsGoneIsSkipped();
    void whatHadNoRoomIsAskedFor();
    void asksAgainAfterTheServersEnd();
    void nonsense();
    void whatASenderKeeps_data();
    void whatASenderKeeps();
    void randomSchedules();
};

void TestCatchUp::asksUntilTheTimeIsOver()
{
    CatchUp replay("x", 1);
    QCOMPARE(replay.deadline(), Clock::time_point::max()); // the server's word comes first
    QVERIFY(!replay.isOver());
    QVERIFY(replay.takeQuestion(at(0ms)));
    QVERIFY(!replay.takeQuestion(at(1ms)));
    int questions = 1;
    Clock::time_point now = at(0ms);
    while (!replay.isOver()) {
        QVERIFY(replay.deadline() > now && replay.deadline() <= at(500ms));
        now = replay.deadline();
        questions += replay.takeQuestion(now);
    }
    QCOMPARE(now, at(500ms));
    QCOMPARE(questions, 3);
    QVERIFY(!replay.takeQuestion(at(1h)));
}

void TestCatchUp::thePastComesFirst()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.hear(8, at(1ms));
    joiner.replay.keeps(joiner.sender, 5, 7, at(2ms));
    QCOMPARE(joiner.heard, QList<quint64>());
    const auto requests = joiner.replay.takeRequests(at(20ms));
    QCOMPARE(requests.size(), std::size_t(1));
    QCOMPARE(requests[0].node, joiner.sender);
    QCOMPARE(requests[0].missing, (std::vector<ReceiveWindow::Range>{{5, 7}}));
    for (quint64 sequence : {5, 7, 6})
        joiner.hearAgain(sequence, at(21ms));
    QCOMPARE(joiner.heard, (QList<quint64>{5, 6, 7, 8}));
    joiner.hear(9, at(22ms));
    QCOMPARE(joiner.heard.last(), quint64(9));
    QVERIFY(!joiner.replay.takeQuestion(at(500ms)));
    QVERIFY(joiner.replay.isOver());
}

void TestCatchUp::whatIsOnItsWayIsHeardOnce()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.replay.keeps(joiner.sender, 1, 4, at(1ms));
    for (quint64 sequence : {1, 2})
        joiner.hearAgain(sequence, at(2ms));
    for (quint64 sequence : {2, 3, 4, 5})
        joiner.hear(sequence, at(3ms));
    for (quint64 sequence : {3, 4})
        joiner.hearAgain(sequence, at(4ms));
    QCOMPARE(joiner.heard, (QList<quint64>{1, 2, 3, 4, 5}));
}

void TestCatchUp::whoDoesNotAnswerIsHeardWithoutItsPast()
{
    Joiner joiner;
    joiner.hear(6, at(-1ms)); // before the question
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.hear(7, at(1ms));
    QVERIFY(joiner.replay.takeRequests(at(400ms)).empty()); // nobody knows what to ask for
    joiner.hear(8, at(400ms));
    QCOMPARE(joiner.heard, QList<quint64>());
    QVERIFY(!joiner.replay.takeQuestion(at(500ms)));
    joiner.hear(9, at(501ms));
    QCOMPARE(joiner.heard, (QList<quint64>{6, 7, 8, 9}));
    QVERIFY(joiner.replay.isOver());
}

void TestCatchUp::whoBeginsNeedsNoAnswer()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.hear(1, at(1ms));
    joiner.hear(2, at(1ms));
    QCOMPARE(joiner.heard, (QList<quint64>{1, 2}));
}

void TestCatchUp::anAnswerThatComesTooLate()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    QVERIFY(!joiner.replay.takeQuestion(at(500ms)));
    joiner.hear(7, at(501ms));
    joiner.replay.keeps(joiner.sender, 1, 6, at(502ms));
    QVERIFY(joiner.replay.takeRequests(at(600ms)).empty());
    QCOMPARE(joiner.heard, (QList<quint64>{7}));
}

void TestCatchUp::aSenderThatKeepsNothing()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.replay.keeps(joiner.sender, 8, 7, at(1ms));
    joiner.hear(8, at(2ms));
    QCOMPARE(joiner.heard, (QList<quint64>{8}));
    QVERIFY(joiner.replay.takeRequests(at(100ms)).empty());
}

void TestCatchUp::whatIsGoneIsSkipped()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.replay.keeps(joiner.sender, 1, 5, at(1ms));
    joiner.replay.isGone(joiner.sender, 4, at(2ms));
    joiner.hearAgain(4, at(3ms));
    joiner.hearAgain(5, at(3ms));
    joiner.hear(6, at(3ms));
    QCOMPARE(joiner.heard, (QList<quint64>{4, 5, 6}));
}

void TestCatchUp::whatHadNoRoomIsAskedFor()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.replay.missed(joiner.sender, 7, at(1ms));
    QVERIFY(!joiner.replay.takeQuestion(at(500ms))); // nobody has answered
    auto requests = joiner.replay.takeRequests(at(550ms));
    QCOMPARE(requests.size(), std::size_t(1));
    QCOMPARE(requests[0].missing, (std::vector<ReceiveWindow::Range>{{7, 7}}));
    joiner.hearAgain(7, at(551ms));
    QVERIFY(joiner.replay.isOver());
    joiner.replay.missed(joiner.sender, 8, at(552ms));
    joiner.hearAgain(8, at(553ms));
    joiner.sender = QUuid::createUuid();
    joiner.replay.missed(joiner.sender, 3, at(554ms));
    joiner.hearAgain(3, at(555ms));
    QCOMPARE(joiner.heard, (QList<quint64>{7, 8, 3}));
}

void TestCatchUp::asksAgainAfterTheServersEnd()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.hear(7, at(1ms));
    joiner.replay.resumed(at(10s));
    QVERIFY(joiner.replay.takeQuestion(at(10s)));
    joiner.replay.keeps(joiner.sender, 6, 7, at(10s));
    joiner.hearAgain(6, at(10s));
    QCOMPARE(joiner.heard, (QList<quint64>{6, 7}));
    QVERIFY(!joiner.replay.takeQuestion(at(11s)));
    joiner.replay.resumed(at(20s));
    QVERIFY(!joiner.replay.takeQuestion(at(20s)));
}

void TestCatchUp::nonsense()
{
    Joiner joiner;
    QVERIFY(joiner.replay.takeQuestion(at(0ms)));
    joiner.replay.keeps(joiner.sender, 0, 5, at(1ms));
    joiner.replay.keeps(joiner.sender, 7, 5, at(1ms));
    joiner.replay.isGone(joiner.sender, 5, at(1ms));
    joiner.hearAgain(3, at(1ms)); // was not asked for
    joiner.hear(0, at(1ms));
    QCOMPARE(joiner.heard, QList<quint64>());
    joiner.replay.keeps(joiner.sender, 3, 3, at(1ms));
    joiner.hearAgain(4, at(1ms));
    joiner.hearAgain(3, at(1ms));
    QCOMPARE(joiner.heard, (QList<quint64>{3}));
}

void TestCatchUp::whatASenderKeeps_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("age"); // ms
    QTest::addColumn<quint64>("first");
    QTest::newRow("all") << 0 << 0 << quint64(4);
    QTest::newRow("more than there are") << 100 << 0 << quint64(4);
    QTest::newRow("three") << 3 << 0 << quint64(8);
    QTest::newRow("since then") << 0 << 260 << quint64(8);
    QTest::newRow("older ones, too") << 0 << 100'000 << quint64(4);
    QTest::newRow("both, by number") << 2 << 250 << quint64(9);
    QTest::newRow("both, by age") << 6 << 160 << quint64(9);
    QTest::newRow("none that is so new") << 0 << 50 << quint64(11);
}

void TestCatchUp::whatASenderKeeps()
{
    QFETCH(int, count);
    QFETCH(int, age);
    QFETCH(quint64, first);
    TransmitWindow<QByteArray> window(TransmitLimits{.events = 14});
    QVERIFY(!window.kept("x", 0, 0ms, 0, at(0ms)));
    for (int i = 1; i <= 10; ++i) { // one in 100 ms
        window.add("x", quint64(i), i, bytesOf(quint64(i)), 1, at(100ms * i));
        window.add("other", quint64(i), i, bytesOf(quint64(i)), 1, at(100ms * i));
    }
    auto kept = window.kept("x", quint64(count), std::chrono::milliseconds(age), 11, at(1051ms));
    QVERIFY(kept);
    QCOMPARE(kept->first, first);
    QCOMPARE(kept->last, quint64(10));
    // What was sent when the asker listened already is owed in any case.
    kept = window.kept("x", quint64(count), std::chrono::milliseconds(age), 6, at(1051ms));
    QCOMPARE(kept->first, std::min(first, quint64(6)));
}

// A late joiner among one sender's events: live ones that come late, answers that come when they like, and not all of both.
void TestCatchUp::randomSchedules()
{
    const PyventTests::Schedules schedules = PyventTests::schedulesFromEnvironment();
    for (int i = 0; i < schedules.count; ++i) {
        const quint32 own = schedules.seed + quint32(i);
        std::mt19937 random(own);
        const auto below = [&](int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random); };
        const int lossPercent = below(3) * 25;
        const int longestWay = 1 + below(100); // ms
        const quint64 wanted = quint64(below(10));
        Joiner joiner(own);
        TransmitWindow<QByteArray> window;
        quint64 head = 0;
        quint64 owedFrom = 0; // the first one that is owed
        quint64 keptFrom = 0;
        struct Message
        {
            int due;
            std::function<void(Clock::time_point)> arrive;
            bool operator<(const Message &other) const { return due > other.due; }
        };
        std::priority_queue<Message> messages;
        int now = 0;
        const auto post = [&](std::function<void(Clock::time_point)> arrive) {
            if (now > 3000 || below(100) >= lossPercent)
                messages.push({now + 1 + below(longestWay), std::move(arrive)});
        };
        // What is live arrives in order, as the node's own window lets it through.
        int lastLive = 0;
        const int steps = 5 + below(40);
        const int joinsAt = below(500);
        const int stepTime = 1 + below(30);
        for (int step = 0; now < 100'000; ++now) {
            if (step < steps && now % stepTime == 0) {
                ++step;
                ++head;
                window.add("x", head, now, bytesOf(head), 1, at(std::chrono::milliseconds(now)));
                if (now >= joinsAt) {
                    lastLive = std::max(lastLive, now) + 1 + below(longestWay);
                    messages.push({lastLive, [&joiner, sequence = head](Clock::time_point arrival) {
                                       joiner.hear(sequence, arrival);
                                   }});
                    if (owedFrom == 0)
                        owedFrom = head;
                }
            }
            while (!messages.empty() && messages.top().due <= now) {
                const auto arrive = messages.top().arrive;
                messages.pop();
                arrive(at(std::chrono::milliseconds(now)));
            }
            if (now < joinsAt)
                continue;
            const Clock::time_point time = at(std::chrono::milliseconds(now));
            if (joiner.replay.takeQuestion(time)) {
                post([&](Clock::time_point arrival) {
                    if (const auto kept = window.kept("x", wanted, 0ms, joinsAt, arrival)) {
                        post([&, kept](Clock::time_point then) {
                            joiner.replay.keeps(joiner.sender, kept->first, kept->last, then);
                            keptFrom = std::max(keptFrom, kept->first);
                        });
                    }
                });
            }
            for (const CatchUp::Request &request : joiner.replay.takeRequests(time)) {
                post([&, request](Clock::time_point) {
                    for (const ReceiveWindow::Range &range : request.missing) {
                        for (quint64 n = range.first; n <= range.last && window.find("x", n); ++n)
                            post([&, n](Clock::time_point arrival) { joiner.hearAgain(n, arrival); });
                    }
                });
            }
            joiner.takeReleased();
            if (joiner.replay.isOver() && messages.empty() && step == steps)
                break;
        }
        const QByteArray name = PyventTests::scheduleName(own);
        QVERIFY2(now < 100'000, name + ": it does not come to rest");
        QList<quint64> expected;
        const quint64 first = joiner.heard.isEmpty() ? head + 1 : joiner.heard.first();
        for (quint64 n = first; n <= head; ++n)
            expected.append(n);
        QVERIFY2(joiner.heard == expected, name + ": it is not each one, once, in order");
        QVERIFY2(owedFrom == 0 || first <= owedFrom, name + ": something that is live is missing");
        if (lossPercent == 0 && keptFrom > 0)
            QVERIFY2(first <= keptFrom, name + ": the past is missing");
    }
}

PYVENT_TEST(TestCatchUp)

#include "tst_catchup.moc"
