// SPDX-License-Identifier: MIT
#include "siege.h"
#include "support/rawconnection.h"
#include "support/testprogram.h"
#include "wire/control.h"
#include "wire/zmtp.h"

#include <QtTest/qtest.h>

#include <deque>
#include <random>
#include <thread>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QByteArray message(QByteArrayView event)
{
    return Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, event);
}

// Who has subscribed to that is taken for a node of this module's, to which anything goes that may be no pickle.
QByteArray asNode()
{
    return Zmtp::commandFrame("SUBSCRIBE", nodeTopic(QUuid::createUuid(), {}).chopped(1));
}

void connectAndSayNothing(int port)
{
    std::vector<RawConnection> idle;
    for (int i = 0; i < 1500; ++i)
        idle.emplace_back(port + i % 2);
    for (RawConnection &attacker : idle) { // until the server has had enough
        while (!attacker.isHungUp())
            std::this_thread::sleep_for(10ms);
    }
}

void connectAndTalkNonsense(int port)
{
    std::minstd_rand random(1);
    for (int i = 0; i < 5000; ++i) {
        RawConnection attacker(port + i % 2);
        QByteArray nonsense(qsizetype(random() % 300), '\0');
        for (char &byte : nonsense)
            byte = char(random() >> 8);
        if (i % 3 == 0)
            nonsense = Zmtp::greeting() + nonsense;
        if (i % 3 == 1)
            nonsense = Zmtp::greeting() + Zmtp::readyFrame(i % 2 ? "SUB" : "REQ") + nonsense;
        attacker.send(nonsense);
    }
}

// What aborts libzmq 4.3.4's own sockets: its issue 4364.
void hangUpAmidPings(int port)
{
    QByteArray flood;
    for (int i = 0; i < 20'000; ++i) {
        flood += message("x");
        if (i % 100 == 0)
            flood += Zmtp::commandFrame("PING", QByteArray("\0\x1e", 2) + "context");
    }
    for (int i = 0; i < 50; ++i) {
        RawConnection attacker(port);
        attacker.greet("DEALER");
        attacker.send(flood);
        attacker.reset();
    }
}

void sendAndNeverReadAcknowledgements(int port)
{
    QByteArray flood;
    for (int i = 0; i < 10'000; ++i)
        flood += message("x");
    RawConnection attacker(port);
    attacker.greet("DEALER");
    for (int i = 0; i < 1000 && attacker.send(flood); ++i) { }
}

void changeSubscriptionsForEver(int port)
{
    QByteArray changes;
    for (int i = 0; i < 5000; ++i) {
        const QByteArray prefix = "change " + QByteArray::number(i);
        changes += Zmtp::commandFrame("SUBSCRIBE", prefix) + Zmtp::commandFrame("CANCEL", prefix);
    }
    RawConnection attacker(port + 1);
    attacker.greet("SUB");
    for (int i = 0; i < 200 && attacker.send(changes); ++i) { }
}

void subscribeToVeryMuch(int port)
{
    RawConnection attacker(port + 1);
    attacker.greet("SUB");
    for (int i = 0; i < 20'000; ++i) {
        const QByteArray number = QByteArray::number(i);
        if (!attacker.send(Zmtp::commandFrame("SUBSCRIBE", number + QByteArray(8000, 'x'))))
            break;
    }
    RawConnection deep(port + 1);
    deep.greet("SUB");
    const QByteArray longest(8000, 'x');
    for (qsizetype size = 1; size <= longest.size(); ++size) {
        if (!deep.send(Zmtp::commandFrame("SUBSCRIBE", longest.first(size))))
            break;
    }
    RawConnection many(port + 1);
    many.greet("SUB");
    for (int i = 0; i < 300'000; ++i) {
        if (!many.send(Zmtp::commandFrame("SUBSCRIBE", QByteArray::number(i))))
            break;
    }
}

void subscribeAndHangUp(int port)
{
    for (int i = 0; i < 30; ++i) {
        QByteArray many;
        for (int j = 0; j < 199'999; ++j)
            many += Zmtp::commandFrame("SUBSCRIBE", QByteArray::number(i * 1'000'000 + j, 36));
        RawConnection attacker(port + 1);
        attacker.greet("SUB");
        attacker.send(many);
    }
}

void sendNothingToTheDeaf(int port)
{
    std::vector<RawConnection> deaf;
    for (int i = 0; i < 3; ++i) {
        deaf.emplace_back(port + 1).greet("SUB");
        deaf.back().send(asNode() + Zmtp::commandFrame("SUBSCRIBE", {}));
    }
    RawConnection sender(port);
    sender.greet("DEALER");
    const QByteArray nothing = message({}).repeated(1000);
    for (int i = 0; i < 6000 && sender.send(nothing); ++i)
        sender.isHungUp(); // which reads the acknowledgements
}

void sendEachOfTheDeafAnother(int port)
{
    RawConnection sender(port);
    sender.greet("DEALER");
    std::vector<RawConnection> deaf;
    for (int i = 0; i < 40; ++i) {
        const QByteArray name = "deaf-" + QByteArray::number(i) + ' ';
        deaf.emplace_back(port + 1).greet("SUB");
        deaf.back().send(asNode() + Zmtp::commandFrame("SUBSCRIBE", name));
        std::this_thread::sleep_for(20ms);
        sender.send(message(name + QByteArray(30'000'000, 'x')));
        sender.isHungUp();
    }
}

void announceAndHold(int port)
{
    const QByteArray frame = Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, QByteArray(60'000'000, 'x'));
    std::vector<RawConnection> attackers;
    for (int i = 0; i < 50; ++i) {
        attackers.emplace_back(port).greet("DEALER");
        attackers.back().send(frame.first(100));
    }
    std::this_thread::sleep_for(3s);
}

void sendAMessageWithoutEnd(int port)
{
    const QByteArray part = Zmtp::frame(Zmtp::Header::More, QByteArray(1'000'000, 'x'));
    RawConnection attacker(port);
    attacker.greet("DEALER");
    for (int i = 0; i < 1000 && attacker.send(part); ++i) { }
    RawConnection small(port);
    small.greet("DEALER");
    for (int i = 0; i < 100'000 && small.send(Zmtp::frame(Zmtp::Header::More, "x")); ++i) { }
}

void sendHalfFrames(int port)
{
    const QByteArray frame = message(QByteArray(60'000'000, 'x'));
    std::vector<RawConnection> attackers;
    for (int i = 0; i < 30; ++i) {
        attackers.emplace_back(port).greet("DEALER");
        attackers.back().send(QByteArrayView(frame).first(20'000'000));
    }
}

void subscribeAndNeverRead(int port)
{
    std::vector<RawConnection> deaf;
    for (int i = 0; i < 3; ++i) {
        deaf.emplace_back(port + 1).greet("SUB");
        deaf.back().send(asNode() + Zmtp::commandFrame("SUBSCRIBE", "flood"));
    }
    RawConnection sender(port);
    sender.greet("DEALER");
    const QByteArray event = message("flood " + QByteArray(1'000'000, 'x'));
    for (int i = 0; i < 1000 && sender.send(event); ++i)
        sender.isHungUp(); // which reads the acknowledgements
}

} // namespace

class TestPlainDoor : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void holds_data();
    void holds();
};

void TestPlainDoor::holds_data()
{
    QTest::addColumn<Attack>("attack");
    QTest::addColumn<int>("mebibytes"); // that the server may take meanwhile
    QTest::newRow("connections that say nothing") << &connectAndSayNothing << 32;
    QTest::newRow("nonsense") << &connectAndTalkNonsense << 32;
    QTest::newRow("hanging up amid PINGs") << &hangUpAmidPings << 32;
    QTest::newRow("acknowledgements that are not read") << &sendAndNeverReadAcknowledgements << 32;
    QTest::newRow("subscriptions that change for ever") << &changeSubscriptionsForEver << 32;
    QTest::newRow("very many subscriptions, and very long ones") << &subscribeToVeryMuch << 200;
    QTest::newRow("very many subscriptions again and again") << &subscribeAndHangUp << 500;
    QTest::newRow("very many empty events to receivers that never read") << &sendNothingToTheDeaf << 600;
    QTest::newRow("large events, each to another receiver that never reads") << &sendEachOfTheDeafAnother << 700;
    QTest::newRow("large frames that are announced and do not come") << &announceAndHold << 32;
    QTest::newRow("a message without end") << &sendAMessageWithoutEnd << 32;
    QTest::newRow("halves of large frames") << &sendHalfFrames << 600;
    QTest::newRow("receivers that never read") << &subscribeAndNeverRead << 600;
}

void TestPlainDoor::holds()
{
    QFETCH(const Attack, attack);
    QFETCH(const int, mebibytes);
    const QString why = whyNotWithstood(attack, mebibytes);
    QVERIFY2(why.isEmpty(), qPrintable(why));
}

PYVENT_TEST(TestPlainDoor)

#include "tst_plaindoor.moc"
