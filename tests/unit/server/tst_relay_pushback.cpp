// SPDX-License-Identifier: MIT
#include "server/relay.h"

#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "wire/batch.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

constexpr qsizetype limit = 100'000;

// A relay with a receiver that does not read, and a sender.
struct Bus
{
    Bus() { relay.subscribe(receiver, "event "); }

    // Sends an event of about 1,000 bytes, each as a message of its own.
    void send(Relay::Client *from, bool waits)
    {
        QByteArray frame = "event " + QByteArray(900, 'x') + '.';
        const QUuid node(quint32(quintptr(from) >> 4), 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 0);
        appendTrailer({.nodeId = node, .sequence = ++sequence, .flags = quint16(waits ? Trailer::Waits : 0)}, &frame);
        const QByteArray encoded = Zmtp::frame(0, frame);
        relay.receive(from, {}, {0, encoded, QByteArrayView(encoded).last(frame.size()), {}});
    }

    // How many bytes it gets now, which are its acknowledgements if it is a sender.
    static qsizetype read(Relay::Client *client) { return PyventTests::takeBytes(&client->output).size(); }

    Relay relay{true, {.waitingBytes = limit}};
    Relay::Client *const receiver = relay.add();
    Relay::Client *const sender = relay.add();
    quint64 sequence = 0;
};

} // namespace

class TestRelayPushback : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void waitsForWhoIsBehind();
    void whoDoesNotWait();
    void whoSaysThatItLags();
    void whoStandsStillIsGivenUp();
    void whoLagsForTooLongIsGivenUp();
    void whoLeaves();
    void whoSendsOn();
    void atTheEnd();
};

void TestRelayPushback::waitsForWhoIsBehind()
{
    Bus bus;
    int sent = 0;
    for (; !bus.relay.isHeld(bus.sender); ++sent) {
        QVERIFY(sent < 60);
        bus.send(bus.sender, true);
    }
    QVERIFY(sent > 40); // half of what may wait
    const qsizetype acknowledged = bus.read(bus.sender);
    QVERIFY(acknowledged > 0);
    for (int i = 0; i < 1000; ++i)
        bus.send(bus.sender, true);
    QCOMPARE(bus.read(bus.sender), 0);
    QVERIFY(!bus.relay.releaseHeld());
    QCOMPARE(bus.relay.takeDropped(), quint64(0));

    QVERIFY(bus.read(bus.receiver) > 1000 * 900);
    QVERIFY(bus.relay.releaseHeld());
    QVERIFY(!bus.relay.hasHeld());
    QCOMPARE(acknowledged + bus.read(bus.sender), acknowledged / (sent - 1) * qsizetype(bus.sequence)); // one for each
    bus.send(bus.sender, true);
    QVERIFY(bus.read(bus.sender) > 0);
}

void TestRelayPushback::whoDoesNotWait()
{
    Bus bus;
    for (int i = 0; i < 200; ++i)
        bus.send(bus.sender, false);
    QVERIFY(!bus.relay.hasHeld());
    QVERIFY(bus.relay.takeDropped() > 90);
    // And one that waits is held by one that does not.
    Relay::Client *const waits = bus.relay.add();
    bus.send(waits, true);
    QVERIFY(bus.relay.isHeld(waits));
    QVERIFY(!bus.relay.isHeld(bus.sender));
    QCOMPARE(bus.relay.takeDropped(), quint64(0));
}

void TestRelayPushback::whoSaysThatItLags()
{
    Bus bus;
    bus.relay.setLags(bus.receiver, true);
    bus.send(bus.sender, true);
    QVERIFY(bus.relay.isHeld(bus.sender));
    QVERIFY(bus.read(bus.receiver) > 0);
    QVERIFY(!bus.relay.releaseHeld());
    QCOMPARE(bus.read(bus.sender), 0);
    bus.relay.setLags(bus.receiver, false);
    QVERIFY(bus.relay.releaseHeld());
    QVERIFY(bus.read(bus.sender) > 0);
}

void TestRelayPushback::whoStandsStillIsGivenUp()
{
    Bus bus;
    const auto fill = [&bus] {
        for (int i = 0; i < 60; ++i)
            bus.send(bus.sender, true);
    };
    fill();
    QVERIFY(bus.relay.isHeld(bus.sender));
    bus.relay.giveUpThoseThatStandStill();
    bus.relay.giveUpThoseThatStandStill();
    QVERIFY(!bus.relay.releaseHeld());
    bus.relay.giveUpThoseThatStandStill();
    QVERIFY(bus.relay.releaseHeld());
    bus.read(bus.sender);
    fill();
    fill();
    QVERIFY(!bus.relay.hasHeld());
    QVERIFY(bus.relay.takeDropped() > 70);

    // One that reads a little is waited for.
    std::array<iovec, 8> parts;
    bus.receiver->output.fill(parts);
    bus.receiver->output.wrote(10);
    fill();
    QVERIFY(bus.relay.isHeld(bus.sender));
    QCOMPARE(bus.relay.takeDropped(), quint64(0));
    for (int i = 0; i < 10; ++i) {
        bus.receiver->output.wrote(10);
        bus.relay.giveUpThoseThatStandStill();
        QVERIFY(!bus.relay.releaseHeld());
    }
}

void TestRelayPushback::whoLagsForTooLongIsGivenUp()
{
    Bus bus;
    bus.relay.setLags(bus.receiver, true);
    bus.send(bus.sender, true);
    for (int i = 0; i < 3; ++i) {
        QVERIFY(bus.relay.isHeld(bus.sender));
        bus.send(bus.sender, true);
        bus.read(bus.receiver); // which does not help
        bus.relay.giveUpThoseThatStandStill();
        bus.relay.releaseHeld();
    }
    QVERIFY(!bus.relay.isHeld(bus.sender));
    bus.relay.setLags(bus.receiver, false);
    bus.relay.setLags(bus.receiver, true);
    bus.send(bus.sender, true);
    QVERIFY(bus.relay.isHeld(bus.sender));
}

void TestRelayPushback::whoLeaves()
{
    Bus bus;
    Relay::Client *const other = bus.relay.add();
    bus.relay.setLags(bus.receiver, true);
    bus.send(bus.sender, true);
    bus.send(other, true);
    QVERIFY(bus.relay.isHeld(bus.sender) && bus.relay.isHeld(other));
    bus.relay.remove(bus.sender);
    QVERIFY(!bus.relay.releaseHeld());
    bus.relay.remove(bus.receiver);
    QVERIFY(bus.relay.releaseHeld());
    QVERIFY(bus.read(other) > 0);
    QVERIFY(!bus.relay.hasHeld());
}

// Whoever does not wait for its acknowledgements is not waited for either.
void TestRelayPushback::whoSendsOn()
{
    Bus bus;
    for (int i = 0; i < 100'000; ++i)
        bus.send(bus.sender, true);
    QVERIFY(bus.relay.takeDropped() > 30'000);
    QVERIFY(bus.receiver->output.cost() < 80 * 1024 * 1024);
}

void TestRelayPushback::atTheEnd()
{
    Bus bus;
    bus.relay.setLags(bus.receiver, true);
    bus.send(bus.sender, true);
    bus.relay.giveUpThoseThatStandStill(true);
    QVERIFY(bus.relay.releaseHeld());
    QVERIFY(bus.read(bus.sender) > 0);
}

PYVENT_TEST(TestRelayPushback)

#include "tst_relay_pushback.moc"
