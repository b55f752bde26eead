// SPDX-License-Identifier: MIT
#include "server/doors.h"

#include "support/freeport.h"
#include "support/rawconnection.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <functional>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = Doors::Clock;

QByteArray message(QByteArrayView event)
{
    return Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, event);
}

// A door that the test drives.
struct Server
{
    explicit Server(const PyventServerLimits &doorLimits = {}, const Relay::Limits &limits = {})
        : relay(true, limits)
        , door(&relay, 10'000'000, doorLimits)
    {
        door.bindRequests(Endpoint::tcp(u"127.0.0.1"_s, port));
        door.bindEvents(Endpoint::tcp(u"127.0.0.1"_s, port));
    }

    // Returns false only after a time that no test that passes takes.
    bool until(const std::function<bool()> &condition)
    {
        for (const Clock::time_point end = Clock::now() + 60s; Clock::now() < end;) {
            if (condition())
                return true;
            door.wait(Clock::now() + 1ms);
        }
        return false;
    }

    RawConnection connect(QByteArrayView type)
    {
        RawConnection connection(type == "SUB" ? port + 1 : port);
        connection.greet(type);
        return connection;
    }

    const int port = freePort();
    Relay relay;
    Doors door;
};

} // namespace

class TestDoors : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesNoMoreConnectionsThanItMay();
    void endsThoseThatSayNothing();
    void readsNotOnWhereAcknowledgementsAreNotRead();
    void givesUpWhoBeganALargeFrameFirst();
    void givesUpWhoIsStuckWhereAllIsFull();
    void needsNoTurnWhereNothingIsDue();
    void readsNoFasterThanItMay_data();
    void readsNoFasterThanItMay();
    void readsFewEventsOfOneThatMaySendFew();
};

void TestDoors::takesNoMoreConnectionsThanItMay()
{
    Server server({.connections = 2});
    RawConnection one = server.connect("SUB");
    RawConnection other = server.connect("DEALER");
    QVERIFY(server.until([&] { return server.door.connections() == 2; }));
    RawConnection third = server.connect("DEALER");
    QVERIFY(server.until([&] { return third.isHungUp(); }));
    QCOMPARE(server.door.connections(), 2);
    other.reset();
    QVERIFY(server.until([&] { return server.door.connections() == 1; }));
    RawConnection fourth = server.connect("DEALER");
    QVERIFY(server.until([&] { return server.door.connections() == 2; }));
    QVERIFY(!one.isHungUp());
    QVERIFY(!fourth.isHungUp());
}

void TestDoors::endsThoseThatSayNothing()
{
    Server server({.handshake = 50ms});
    RawConnection silent(server.port);
    RawConnection greets = server.connect("DEALER");
    QVERIFY(server.until([&] { return silent.isHungUp(); }));
    QVERIFY(!greets.isHungUp());
    QCOMPARE(server.door.connections(), 1);
}

void TestDoors::readsNotOnWhereAcknowledgementsAreNotRead()
{
    Server server;
    RawConnection sender = server.connect("DEALER");
    const QByteArray events = message("x").repeated(1000);
    // More than the server and the kernel have room for.
    int sent = 0;
    qsizetype idle = 0;
    QVERIFY(server.until([&] {
        const bool isTaken = sender.trySend(events);
        sent += isTaken;
        idle = isTaken ? 0 : idle + 1;
        return idle > 200;
    }));
    QVERIFY(server.relay.waitingBytes() < 3'000'000);
    // And on, when they are.
    QVERIFY(server.until([&] {
        sender.isHungUp(); // which reads them
        return server.relay.waitingBytes() < 1000;
    }));
    QVERIFY(!sender.isHungUp());
}

void TestDoors::givesUpWhoBeganALargeFrameFirst()
{
    Server server({}, {.allBytes = 1'000'000});
    RawConnection hears = server.connect("SUB");
    hears.send(Zmtp::commandFrame("SUBSCRIBE", {}));
    RawConnection first = server.connect("DEALER");
    const QByteArray large = message(QByteArray(900'000, 'x'));
    first.send(large.first(800'000));
    QVERIFY(server.until([&] { return server.relay.partBytes() > 700'000; }));
    RawConnection second = server.connect("DEALER");
    second.send(large.first(500'000));
    QVERIFY(server.until([&] { return first.isHungUp(); }));
    QVERIFY(!second.isHungUp());
    second.send(QByteArrayView(large).sliced(500'000));
    QVERIFY(server.until([&] { return server.relay.partBytes() == 0; }));
    QVERIFY(!second.isHungUp());
}

void TestDoors::givesUpWhoIsStuckWhereAllIsFull()
{
    Server server({.receiverTimeout = 100ms}, {.allBytes = 20'000'000});
    RawConnection deaf = server.connect("SUB");
    deaf.send(Zmtp::commandFrame("SUBSCRIBE", "flood"));
    RawConnection quiet = server.connect("SUB");
    quiet.send(Zmtp::commandFrame("SUBSCRIBE", "other"));
    QVERIFY(server.until([&] { return server.relay.memory() > 400; })); // both have subscribed
    RawConnection sender = server.connect("DEALER");
    const QByteArray event = message("flood " + QByteArray(1'000'000, 'x'));
    QVERIFY(server.until([&] {
        sender.trySend(event);
        return deaf.isReset();
    }));
    QVERIFY(!quiet.isHungUp());
    QVERIFY(!sender.isHungUp());
    QVERIFY(server.until([&] { return !server.relay.isFull(); }));
}

void TestDoors::needsNoTurnWhereNothingIsDue()
{
    Server server({.handshake = 20ms});
    RawConnection sender = server.connect("DEALER");
    QVERIFY(server.until([&] { return server.door.connections() == 1; }));
    // Until the time for the handshake is over, and some memory may be given back.
    const Clock::time_point end = Clock::now() + 300ms;
    int turns = 0;
    while (Clock::now() < end) {
        server.door.wait(end);
        ++turns;
    }
    QVERIFY2(turns < 10, qPrintable(QString::number(turns)));
}

void TestDoors::readsNoFasterThanItMay_data()
{
    QTest::addColumn<int>("events");
    QTest::addColumn<int>("bytes");
    QTest::addColumn<int>("changes");
    QTest::newRow("events") << 5000 << 0 << 0;
    QTest::newRow("bytes") << 0 << 400'000 << 0;
    QTest::newRow("changes of subscriptions") << 0 << 0 << 10'000;
}

// What is sent at once beyond a second's share waits, and nothing of it is lost; others are read meanwhile.
void TestDoors::readsNoFasterThanItMay()
{
    QFETCH(const int, events);
    QFETCH(const int, bytes);
    QFETCH(const int, changes);
    Server server({.subscriptions = 1000,
                   .subscriptionChangesPerSecond = changes,
                   .eventsPerSecond = events,
                   .bytesPerSecond = bytes});
    RawConnection hears = server.connect("SUB");
    hears.send(Zmtp::commandFrame("SUBSCRIBE", "order"));
    QVERIFY(server.until([&] { return server.relay.memory() > 200; }));
    QByteArray all;
    RawConnection fast = server.connect(changes ? "SUB" : "DEALER");
    const int count = changes ? 20'000 : 8000; // beyond what is read at once
    for (int i = 0; i < count; ++i) {
        all +=
            changes ? Zmtp::commandFrame(i % 2 ? "CANCEL" : "SUBSCRIBE", "x") : message("order " + QByteArray(80, 'x'));
    }
    all += changes ? Zmtp::commandFrame("SUBSCRIBE", QByteArray(5000, 'y')) : message("order last.");
    const Clock::time_point begin = Clock::now();
    QVERIFY(fast.trySend(all));
    RawConnection other = server.connect("DEALER");
    other.send(message("order of another's."));
    QByteArray heard;
    QVERIFY(server.until([&] { return (heard += hears.takeBytes()).contains("of another's"); }));
    QVERIFY(server.until([&] {
        fast.trySend({}); // the rest
        heard += hears.takeBytes();
        fast.isHungUp(); // which reads what is acknowledged
        return changes ? server.relay.memory() > 5000 : heard.contains("order last.");
    }));
    QVERIFY(Clock::now() > begin + 300ms);
    QVERIFY(changes || heard.count("order x") == count);
}

// Also where a second's share is far less than what is read at once.
void TestDoors::readsFewEventsOfOneThatMaySendFew()
{
    Server server({.eventsPerSecond = 200});
    RawConnection hears = server.connect("SUB");
    hears.send(Zmtp::commandFrame("SUBSCRIBE", "order"));
    QVERIFY(server.until([&] { return server.relay.memory() > 200; }));
    RawConnection sender = server.connect("DEALER");
    QByteArray all;
    for (int i = 0; i < 400; ++i)
        all += message("order " + QByteArray(80, 'x'));
    const Clock::time_point begin = Clock::now();
    sender.send(all);
    QByteArray heard;
    QVERIFY(server.until([&] { return (heard += hears.takeBytes()).count("order x") >= 300; }));
    QVERIFY(Clock::now() > begin + 400ms);
    QVERIFY(server.until([&] { return (heard += hears.takeBytes()).count("order x") == 400; }));
    QVERIFY(Clock::now() > begin + 800ms);
}

PYVENT_TEST(TestDoors)

#include "tst_doors.moc"
