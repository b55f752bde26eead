// SPDX-License-Identifier: MIT
#include "session/serverwatch.h"
#include "support/testprogram.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

using Silence = Connection::Silence;

namespace {

// A link that looks each 10 ms, and a server of which the tests say what it does.
struct Watched
{
    // Until \a end, or something is wrong; returns that.
    Silence run(std::chrono::milliseconds end)
    {
        for (; time < end; time += 10ms) {
            if (onTurn)
                onTurn();
            const Silence why = watch.look(sight, now());
            if (why != Silence::None)
                return why;
            if (const QByteArray echo = watch.takeEcho(node, now()); !echo.isNull()) {
                ++echoes;
                if (passesOn)
                    watch.heardControl();
            }
        }
        return Silence::None;
    }
    ServerWatch::Clock::time_point now() const { return ServerWatch::Clock::time_point(time + 1h); }
    void connect() { sight.isUp = sight.isReady = true; }

    ServerWatch watch;
    ServerWatch::Sight sight;
    std::chrono::milliseconds time{0};
    std::function<void()> onTurn;
    const QUuid node = QUuid::createUuid();
    bool passesOn = true;
    int echoes = 0;
};

QByteArray eventOf(const QUuid &node)
{
    QByteArray frame = "order }.";
    appendTrailer({.nodeId = node, .sequence = 1}, &frame);
    return frame;
}

} // namespace

class TestServerWatch : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void anHonestServer();
    void nothingIsAskedWhereNothingIsSent();
    void passesOnNothing();
    void passesOnOthersEvents();
    void ownEventsDoNotComeBack();
    void ownEventsComeLate();
    void acknowledgesNothing();
    void acknowledgementsBehindEvents();
    void receiversThatLag();
    void hangsUpEachTime();
    void hangsUpAfterWork();
    void aProcessThatStoodStillLooksAgain();
    void aNewConnectionIsAnotherChance();
};

void TestServerWatch::anHonestServer()
{
    Watched watched;
    watched.connect();
    watched.onTurn = [&] { watched.sight.acknowledged = watched.sight.accepted++; };
    QCOMPARE(watched.run(60s), Silence::None);
    QVERIFY2(watched.echoes >= 10 && watched.echoes <= 20, QByteArray::number(watched.echoes));
}

void TestServerWatch::nothingIsAskedWhereNothingIsSent()
{
    Watched watched;
    watched.connect();
    QCOMPARE(watched.run(60s), Silence::None);
    QCOMPARE(watched.echoes, 1); // by which a receiver knows
    QVERIFY(watched.watch.deadline() == ServerWatch::Clock::time_point::max());
}

void TestServerWatch::passesOnNothing()
{
    Watched watched;
    watched.passesOn = false;
    watched.connect();
    QCOMPARE(watched.run(60s), Silence::PassesOnNothing);
    QVERIFY(watched.time < 10s);
    QCOMPARE(watched.echoes, 2);
}

// Its own word is behind all of these.
void TestServerWatch::passesOnOthersEvents()
{
    Watched watched;
    watched.passesOn = false;
    watched.connect();
    const QByteArray others = eventOf(QUuid::createUuid());
    watched.onTurn = [&] { watched.watch.heardEvent(others); };
    QCOMPARE(watched.run(60s), Silence::None);
}

void TestServerWatch::ownEventsDoNotComeBack()
{
    Watched watched;
    watched.connect();
    const QByteArray own = eventOf(watched.node);
    watched.onTurn = [&] {
        if (watched.watch.wantsOwnEvent(watched.now()))
            watched.watch.sentOwnEvent(nodeBytesOf(own), watched.sight.accepted + 1, watched.now());
        watched.sight.acknowledged = watched.sight.accepted++;
    };
    QCOMPARE(watched.run(60s), Silence::PassesOnNothing);
    QVERIFY(watched.time < 10s);
}

void TestServerWatch::ownEventsComeLate()
{
    Watched watched;
    watched.connect();
    const QByteArray own = eventOf(watched.node);
    const QByteArray others = eventOf(QUuid::createUuid());
    int turns = 0;
    watched.onTurn = [&] {
        if (watched.watch.wantsOwnEvent(watched.now()))
            watched.watch.sentOwnEvent(nodeBytesOf(own), watched.sight.accepted + 1, watched.now());
        watched.sight.acknowledged = watched.sight.accepted++;
        watched.watch.heardEvent(++turns % 2000 == 0 ? own : others); // 20 s
    };
    QCOMPARE(watched.run(60s), Silence::None);
}

void TestServerWatch::acknowledgesNothing()
{
    Watched watched;
    watched.connect();
    watched.sight.isOwed = true;
    watched.sight.accepted = 5;
    QCOMPARE(watched.run(60s), Silence::AcknowledgesNothing);
    QVERIFY(watched.time < 10s);
}

// A receiver that stood still has much to read before them.
void TestServerWatch::acknowledgementsBehindEvents()
{
    Watched watched;
    watched.connect();
    watched.sight.isOwed = watched.sight.isOneWay = true;
    const QByteArray others = eventOf(QUuid::createUuid());
    watched.onTurn = [&] {
        if (watched.time < 20s)
            watched.watch.heardEvent(others);
    };
    QCOMPARE(watched.run(27s), Silence::None);
    QCOMPARE(watched.run(60s), Silence::AcknowledgesNothing);
    QVERIFY(watched.time < 30s);
}

void TestServerWatch::receiversThatLag()
{
    Watched watched;
    watched.passesOn = false; // for it stays behind what is held
    watched.connect();
    watched.sight.isHeld = true;
    watched.sight.accepted = 5;
    QCOMPARE(watched.run(60s), Silence::None);
}

void TestServerWatch::hangsUpEachTime()
{
    Watched watched;
    int turns = 0;
    watched.onTurn = [&] { watched.sight.isUp = watched.sight.isReady = ++turns % 10 < 5; };
    QCOMPARE(watched.run(60s), Silence::HangsUp);
    QVERIFY(watched.time < 10s);
}

// As where one server after the other is killed.
void TestServerWatch::hangsUpAfterWork()
{
    Watched watched;
    int turns = 0;
    watched.onTurn = [&] {
        watched.sight.isUp = watched.sight.isReady = ++turns % 10 < 5;
        watched.sight.acknowledged += watched.sight.isUp;
    };
    QCOMPARE(watched.run(60s), Silence::None);
}

// What has come meanwhile waits to be read.
void TestServerWatch::aProcessThatStoodStillLooksAgain()
{
    Watched watched;
    watched.passesOn = false;
    watched.connect();
    QCOMPARE(watched.run(4s), Silence::None);
    QCOMPARE(watched.echoes, 1);
    watched.time += 1h;
    QCOMPARE(watched.run(1h + 4100ms), Silence::None);
    watched.watch.heardControl();
    watched.passesOn = true;
    QCOMPARE(watched.run(1h + 60s), Silence::None);
}

void TestServerWatch::aNewConnectionIsAnotherChance()
{
    Watched watched;
    watched.passesOn = false;
    watched.connect();
    QCOMPARE(watched.run(60s), Silence::PassesOnNothing);
    watched.sight.isUp = watched.sight.isReady = false;
    watched.time += 10ms;
    QCOMPARE(watched.run(watched.time + 1s), Silence::None);
    watched.connect();
    watched.passesOn = true;
    QCOMPARE(watched.run(watched.time + 60s), Silence::None);
}

PYVENT_TEST(TestServerWatch)

#include "tst_serverwatch.moc"
