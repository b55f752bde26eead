// SPDX-License-Identifier: MIT
#include "asking/waitingaskers.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

using Clock = WaitingAskers::Clock;

const QUuid first = QUuid::createUuid();
const QUuid second = QUuid::createUuid();

// Askers, and what is asked and told of them. Time is in milliseconds.
struct Watched
{
    explicit Watched(bool serverTells)
        : tells(serverTells)
    {
        askers.ready(now);
        process();
    }
    void begin(const QUuid &asker) { askers.begin(asker, "x", now); }
    void process()
    {
        const WaitingAskers::Due due = askers.process(tells, now);
        for (const WaitingAskers::Question &question : due.toAsk) {
            asked.append(question.asker);
            if (alive.contains(question.asker))
                askers.isHere(question.asker);
        }
        for (const QUuid &asker : due.gone) {
            QVERIFY(askers.isGone(asker));
            gone.append(asker);
        }
    }
    void pass(std::chrono::milliseconds time)
    {
        for (const Clock::time_point end = now + time; now < end;) {
            now = std::max(now, std::min(end, askers.deadline()));
            process();
            QVERIFY2(askers.deadline() > now, "it wants to be called again and again");
        }
    }

    WaitingAskers askers;
    bool tells;
    QSet<QUuid> alive;
    QList<QUuid> asked;
    QList<QUuid> gone;
    Clock::time_point now{1h};
};

} // namespace

class TestWaitingAskers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // Nobody is asked anything: the server says who has gone.
    void theServerTells()
    {
        Watched watched(true);
        watched.begin(first);
        watched.begin(second);
        watched.pass(1h);
        QVERIFY(watched.asked.isEmpty());
        QVERIFY(watched.askers.isGone(first));
        QVERIFY(!watched.askers.isGone(first));
        QVERIFY(!watched.askers.isGone(QUuid::createUuid()));
        QVERIFY(!watched.askers.isGone(QUuid()));
        watched.askers.end(second);
        QVERIFY(!watched.askers.isGone(second));
        watched.pass(1h);
        QVERIFY(watched.asked.isEmpty());
    }

    void pythonsServerTellsNobody()
    {
        Watched watched(false);
        watched.alive = {first};
        watched.begin(first);
        watched.begin(second);
        watched.begin(QUuid());
        watched.pass(5900ms);
        QCOMPARE(watched.gone, QList<QUuid>());
        watched.pass(200ms);
        QCOMPARE(watched.gone, QList<QUuid>{second});
        QCOMPARE(watched.asked.count(second), 5);
        QCOMPARE(watched.asked.count(first), 6);
        watched.pass(1h);
        QCOMPARE(watched.gone, QList<QUuid>{second});
        // Who has no work for anybody asks nobody.
        watched.askers.end(first);
        watched.askers.end(second);
        watched.asked.clear();
        watched.pass(1h);
        QVERIFY(watched.asked.isEmpty());
        QCOMPARE(watched.askers.deadline(), Clock::time_point::max());
    }

    // That one knows nothing of who was lost with the last one.
    void anotherServerComes()
    {
        Watched watched(true);
        watched.alive = {first};
        watched.begin(first);
        watched.begin(second);
        watched.askers.lostServer();
        QCOMPARE(watched.askers.deadline(), Clock::time_point::max());
        watched.pass(1h);
        QVERIFY(watched.asked.isEmpty());
        watched.askers.ready(watched.now);
        watched.pass(3900ms);
        QCOMPARE(watched.gone, QList<QUuid>());
        watched.pass(200ms);
        QCOMPARE(watched.gone, QList<QUuid>{second});
        QCOMPARE(watched.asked.count(first), 1);
        watched.asked.clear();
        watched.pass(1h);
        QVERIFY(watched.asked.isEmpty());
    }

    // A question may wait for its turn longer than its asker lives. And whoever has gone may come back.
    void workBeginsWhenItsAskerHasGone()
    {
        Watched watched(true);
        watched.alive = {first};
        QVERIFY(!watched.askers.isGone(first));
        QVERIFY(!watched.askers.isGone(second));
        watched.begin(first);
        watched.begin(second);
        watched.pass(5s);
        QCOMPARE(watched.gone, QList<QUuid>{second});
        QCOMPARE(watched.asked.count(first), 1);
        // It asks once more, and is there.
        watched.alive.insert(second);
        watched.begin(second);
        watched.pass(1h);
        QCOMPARE(watched.gone, QList<QUuid>{second});
        QCOMPARE(watched.asked.count(second), 4);
        QVERIFY(watched.askers.isGone(second));
    }

    // This process has stood still, and not read what others have said meanwhile.
    void whoIsLateAsksAgain()
    {
        Watched watched(false);
        watched.begin(first);
        watched.pass(5500ms);
        watched.now += 1h;
        watched.process();
        QVERIFY(watched.gone.isEmpty());
        watched.alive = {first};
        watched.askers.isHere(first);
        watched.pass(1h);
        QVERIFY(watched.gone.isEmpty());
    }

    void remembersNoMoreThanItMay()
    {
        Watched watched(true);
        watched.askers.isGone(first);
        for (int i = 0; i < 2000; ++i)
            watched.askers.isGone(QUuid::createUuid());
        watched.begin(first);
        watched.pass(1h);
        QVERIFY(watched.asked.isEmpty());
    }
};

PYVENT_TEST(TestWaitingAskers)
#include "tst_waitingaskers.moc"
