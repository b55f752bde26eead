// SPDX-License-Identifier: MIT
#include "dispatch/newestevents.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

class TestNewestEvents : public QObject
{
    Q_OBJECT

private:
    using Taken = std::pair<QByteArray, quint64>;

    static Taken take(NewestEvents &events, NewestEvents::Clock::time_point now)
    {
        Taken taken;
        return events.take(now, &taken.first, &taken.second) ? taken : Taken();
    }

    const NewestEvents::Clock::time_point m_begin = NewestEvents::Clock::now();
    const QUuid m_one = QUuid::createUuid();
    const QUuid m_other = QUuid::createUuid();

private Q_SLOTS:
    void theNewestOfEachNameAndNode();
    void aPeriod();
    void eachHasItsTurn();
    void whatHasNoRoom();
    void namesAreForgotten();
    void everNewNamesThatRest();
    void clear();
};

void TestNewestEvents::theNewestOfEachNameAndNode()
{
    NewestEvents events(0ms);
    QVERIFY(!events.isDue(m_begin));
    for (const char *frame : {"a 1", "a 2", "a 3"})
        QVERIFY(events.put("a", m_one, frame, m_begin));
    QVERIFY(events.put("a", m_other, "a 4", m_begin));
    QVERIFY(events.put("b", m_one, "b 5", m_begin));
    QVERIFY(events.put("a", m_one, "a 6 longer", m_begin));
    QVERIFY(events.isDue(m_begin));
    QCOMPARE(events.nextDue(), NewestEvents::Clock::time_point::max());
    QCOMPARE(take(events, m_begin), Taken("a 6 longer", 3));
    QCOMPARE(take(events, m_begin), Taken("a 4", 0));
    QCOMPARE(take(events, m_begin), Taken("b 5", 0));
    QCOMPARE(take(events, m_begin), Taken());
    QVERIFY(events.put("a", m_one, "a 7", m_begin));
    QCOMPARE(take(events, m_begin), Taken("a 7", 0));
    QCOMPARE(events.waitingBytes(), 0);
}

void TestNewestEvents::aPeriod()
{
    NewestEvents events(100ms);
    QVERIFY(events.put("a", m_one, "a 1", m_begin));
    QCOMPARE(take(events, m_begin), Taken("a 1", 0)); // at once
    QVERIFY(events.put("a", m_one, "a 2", m_begin + 10ms));
    QVERIFY(events.put("a", m_one, "a 3", m_begin + 20ms));
    QVERIFY(events.put("b", m_one, "b 4", m_begin + 20ms));
    QCOMPARE(events.nextDue(), m_begin + 100ms);
    QCOMPARE(take(events, m_begin + 20ms), Taken("b 4", 0)); // another name rests by itself
    QCOMPARE(take(events, m_begin + 99ms), Taken());
    QVERIFY(events.isDue(m_begin + 100ms));
    QVERIFY(events.put("a", m_one, "a 5", m_begin + 110ms));
    QCOMPARE(take(events, m_begin + 110ms), Taken("a 5", 2));
    QVERIFY(events.put("a", m_one, "a 6", m_begin + 150ms));
    QCOMPARE(events.nextDue(), m_begin + 210ms);
    QCOMPARE(take(events, m_begin + 1h), Taken("a 6", 0)); // the last one is there, however late
    QVERIFY(events.put("a", m_one, "a 7", m_begin + 2h));
    QVERIFY(events.isDue(m_begin + 2h));
    NewestEvents forEver(std::chrono::milliseconds::max());
    QVERIFY(forEver.put("a", m_one, "a 1", m_begin));
    QCOMPARE(take(forEver, m_begin), Taken("a 1", 0));
    QVERIFY(forEver.put("a", m_one, "a 2", m_begin));
    QVERIFY(forEver.nextDue() > m_begin + 24h);
}

void TestNewestEvents::eachHasItsTurn()
{
    NewestEvents events(0ms);
    QVERIFY(events.put("a", m_one, "a 1", m_begin));
    QVERIFY(events.put("b", m_one, "b 1", m_begin));
    QCOMPARE(take(events, m_begin), Taken("a 1", 0));
    QVERIFY(events.put("a", m_one, "a 2", m_begin)); // comes again at once, and waits all the same
    QCOMPARE(take(events, m_begin), Taken("b 1", 0));
    QCOMPARE(take(events, m_begin), Taken("a 2", 0));
}

void TestNewestEvents::whatHasNoRoom()
{
    NewestEvents events(0ms, {.events = 2, .bytes = 100});
    QVERIFY(events.put("a", m_one, QByteArray(200, 'a'), m_begin)); // alone, any is taken
    QVERIFY(!events.put("b", m_one, "b 1", m_begin));
    QVERIFY(events.put("a", m_one, QByteArray(90, 'a'), m_begin));
    QVERIFY(events.put("b", m_one, QByteArray(10, 'b'), m_begin));
    QVERIFY(!events.put("b", m_one, QByteArray(11, 'b'), m_begin));
    QVERIFY(!events.put("c", m_one, "", m_begin));
    QCOMPARE(events.waitingBytes(), 100);
    QCOMPARE(take(events, m_begin), Taken(QByteArray(90, 'a'), 1));
    QVERIFY(events.put("c", m_one, "c 1", m_begin));
    QCOMPARE(take(events, m_begin), Taken(QByteArray(10, 'b'), 0));
}

void TestNewestEvents::namesAreForgotten()
{
    NewestEvents events(0ms);
    for (int i = 0; i < 100'000; ++i) {
        QVERIFY(events.put(QByteArray::number(i), m_one, "x", m_begin));
        QCOMPARE(take(events, m_begin), Taken("x", 0));
    }
    QVERIFY(events.known() <= 2048);
}

void TestNewestEvents::everNewNamesThatRest()
{
    NewestEvents events(1h);
    for (int i = 0; i < 500'000; ++i) {
        QVERIFY(events.put(QByteArray::number(i), m_one, "x", m_begin));
        QCOMPARE(take(events, m_begin), Taken("x", 0));
    }
    QVERIFY(events.known() <= 200'000);
}

void TestNewestEvents::clear()
{
    NewestEvents events(1s);
    QVERIFY(events.put("a", m_one, "a 1", m_begin));
    QCOMPARE(take(events, m_begin), Taken("a 1", 0));
    QVERIFY(events.put("a", m_one, "a 2", m_begin));
    QVERIFY(events.put("b", m_one, "b 1", m_begin));
    events.clear();
    QVERIFY(!events.isDue(m_begin + 1h));
    QCOMPARE(events.nextDue(), NewestEvents::Clock::time_point::max());
    QCOMPARE(events.waitingBytes(), 0);
    QVERIFY(events.put("a", m_one, "a 3", m_begin));
    QCOMPARE(take(events, m_begin), Taken("a 3", 0));
}

PYVENT_TEST(TestNewestEvents)
#include "tst_newestevents.moc"
