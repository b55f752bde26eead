// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "unit/session/sessionbus.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Receivers that hear only the newest events, in a time that is made up.
class TestNewest : public QObject
{
    Q_OBJECT

private:
    static QList<int> numbers(const BusNode &node)
    {
        QList<int> numbers;
        for (const PyventEvent &event : node.heard)
            numbers.append(event.args[u"n"_s].toInt());
        return numbers;
    }
    static quint64 count(const BusNode &node)
    {
        quint64 count = 0;
        for (const PyventEvent &event : node.heard)
            count += 1 + event.skipped;
        return count;
    }
    static void send(BusNode *node, int first, int last, const QString &name = u"x"_s)
    {
        for (int n = first; n <= last; ++n)
            QVERIFY(node->send(name, {{u"n"_s, n}}));
    }

    // The frame of a Python node, which has no trailer.
    static QByteArray asPythons(QByteArrayView frame)
    {
        const Frame parsed = parseFrame(frame);
        return parsed.topic.toByteArray() + ' ' + parsed.payload.toByteArray();
    }

    BusTime m_time;

private Q_SLOTS:
    void whatIsSkippedIsNotRead();
    void whatCannotBeReadIsToldOf();
    void othersHearAll();
    void aPeriod();
    void itMakesNobodyLag();
    void pythonsSenders();
    void undecoded();
    void thePast();
    void forgetsWhenItLeaves();
    void ends();
};

void TestNewest::whatIsSkippedIsNotRead()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 0ms);
    settle({&bus});
    node->isTurning = false;
    for (int i = 0; i < 3; ++i)
        bus.take("x garbage");
    settle({&bus});
    QVERIFY(sender->send(u"y"_s, {{u"n"_s, 4}}));
    bus.take("x " + parseFrame(bus.passedOn.last()).payload.toByteArray());
    settle({&bus});
    node->isTurning = true;
    settle({&bus});
    QCOMPARE(numbers(*node), QList<int>{4});
    QCOMPARE(count(*node), 4);
    QCOMPARE(node->session.unreadable().count(), 0);
}

void TestNewest::whatCannotBeReadIsToldOf()
{
    SessionBus bus(&m_time);
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 0ms);
    settle({&bus});
    bus.take("x garbage");
    settle({&bus});
    QCOMPARE(node->heard.size(), 0);
    QCOMPARE(node->session.unreadable().count(), 1);
    QCOMPARE(node->takeErrors().value(0).code, PyventError::UnreadableFrame);
    QVERIFY(!node->session.hasTurns());
}

void TestNewest::othersHearAll()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"*"_s, 1h);
    node->hear(u"x"_s);
    settle({&bus});
    send(sender, 1, 10);
    settle({&bus});
    QCOMPARE(node->heard.size(), 11);
    QCOMPARE(node->session.unreadable().count(), 0);
}

// Each time that something is due, the link knows when; and nothing is due while nothing waits.
void TestNewest::aPeriod()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 100ms);
    pass({&bus}, 10s);
    for (int n = 1; n <= 100; ++n) { // for a second
        send(sender, n, n);
        pass({&bus}, 10ms);
    }
    pass({&bus}, 100ms);
    QCOMPARE(numbers(*node), QList<int>({1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100}));
    QCOMPARE(count(*node), 100);
    send(sender, 101, 102);
    pass({&bus}, 1ms);
    QCOMPARE(numbers(*node).last(), 102); // the last one's period was over
    send(sender, 103, 103);
    pass({&bus}, 98ms);
    QCOMPARE(numbers(*node).last(), 102);
    pass({&bus}, 2ms);
    QCOMPARE(numbers(*node).last(), 103);
    pass({&bus}, 10s);
    QVERIFY(node->session.deadline() > m_time.now() + 1s);
}

void TestNewest::itMakesNobodyLag()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 0ms);
    settle({&bus});
    node->isTurning = false;
    for (int n = 1; n <= 120'000; n += 1000) { // more than may wait for who hears all
        send(sender, n, n + 999);
        pass({&bus}, 1ms);
        bus.passedOn.clear();
    }
    QVERIFY(!node->session.isLagging());
    node->isTurning = true;
    settle({&bus});
    QCOMPARE(numbers(*node), QList<int>{120'000});
    QCOMPARE(count(*node), 120'000);
    QCOMPARE(node->takeLosses(u"x"_s), 0);
}

// It stands among the arguments, which are read only where there may be one.
void TestNewest::pythonsSenders()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 0ms, PyventSender());
    settle({&bus});
    const auto frameOf = [&](int n, const QString &from) {
        sender->session.send(u"y"_s, ArgumentList(QVariantMap{{u"n"_s, n}}), from, m_time.now());
        QByteArray frame = asPythons(bus.passedOn.last());
        frame[0] = 'x';
        return frame;
    };
    node->isTurning = false;
    bus.take(frameOf(1, {}));
    bus.take(frameOf(2, u"pyvent.kitchen"_s));
    const QByteArray others = frameOf(3, u"till"_s);
    QVERIFY(others.contains("sender"));
    bus.take(others);
    settle({&bus});
    node->isTurning = true;
    settle({&bus});
    QCOMPARE(numbers(*node), QList<int>{2});
    QCOMPARE(node->heard.last().sender, u"pyvent.kitchen"_s);
    bus.take("x garbage with sender"); // of nobody knows whom
    settle({&bus});
    QCOMPARE(node->heard.size(), 1);
    QVERIFY(!node->session.hasTurns());
}

void TestNewest::undecoded()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 0ms, PyventSender::Any, {}, Receiver::Hears::Frames);
    settle({&bus});
    node->isTurning = false;
    send(sender, 1, 9);
    settle({&bus});
    node->isTurning = true;
    settle({&bus});
    QCOMPARE(node->heard.size(), 1);
    const PyventFrame frame = frameOf(node->heard.first());
    QCOMPARE(frame.sequence, 9);
    QCOMPARE(frame.nodeId, sender->session.uuid());
    QCOMPARE(node->heard.first().skipped, 8);
}

void TestNewest::thePast()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    send(sender, 1, 20);
    pass({&bus}, 1s);
    node->hearNewest(u"x"_s, 0ms, PyventSender(), {.last = 10});
    pass({&bus}, 10s);
    QCOMPARE(numbers(*node).last(), 20);
    QVERIFY(node->heard.last().replayed);
    QCOMPARE(count(*node), 10);
    send(sender, 21, 22);
    pass({&bus}, 10s);
    QCOMPARE(numbers(*node).last(), 22);
    QCOMPARE(count(*node), 12); // each once
    send(sender, 23, 23);
    pass({&bus}, 10s);
    QCOMPARE(numbers(*node).last(), 23);
    QVERIFY(!node->heard.last().replayed);
    QCOMPARE(count(*node), 13);
}

void TestNewest::forgetsWhenItLeaves()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 1s);
    settle({&bus});
    send(sender, 1, 1);
    settle({&bus});
    send(sender, 2, 2);
    node->isTurning = false;
    settle({&bus});
    node->session.leave(m_time.now());
    QVERIFY(!node->session.hasTurns());
    m_time.passed += 1s;
    node->session.join(&node->link, m_time.now());
    node->isTurning = true;
    pass({&bus}, 10s);
    QCOMPARE(numbers(*node), QList<int>{1});
    send(sender, 3, 3);
    pass({&bus}, 10s);
    QCOMPARE(numbers(*node), QList<int>({1, 3}));
}

void TestNewest::ends()
{
    SessionBus bus(&m_time);
    BusNode *const sender = bus.add(QUuid::createUuid());
    BusNode *const node = bus.add(QUuid::createUuid());
    node->hearNewest(u"x"_s, 1s);
    settle({&bus});
    send(sender, 1, 1);
    settle({&bus});
    node->isTurning = false;
    send(sender, 2, 2); // waits for its time
    settle({&bus});
    const ReceiverTable::Removal removal = node->session.table().removeIf([](const Receiver &) { return true; });
    node->session.removed(removal);
    QCOMPARE(node->session.takeNewest(removal.receivers.front(), m_time.now() + 1h), nullptr);
    node->isTurning = true;
    pass({&bus}, 10s);
    QCOMPARE(numbers(*node), QList<int>{1});
    QVERIFY(!node->session.hasTurns());
}

PYVENT_TEST(TestNewest)
#include "tst_newest.moc"
