// SPDX-License-Identifier: MIT
#include "server/relay.h"

#include "support/testprogram.h"
#include "wire/batch.h"
#include "wire/topic.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

// Notes what the relay has it do, in order.
struct Door : Relay::Door
{
    void publish(QByteArrayView frame) override { done.append("publish " + frame.toByteArray()); }
    void reply(QByteArrayView client, QByteArrayView text) override
    {
        done.append("reply " + text.toByteArray() + " to " + client.toByteArray());
    }

    QByteArrayList done;
};

QByteArray batchOf(const QByteArrayList &frames)
{
    QByteArray batch;
    for (const QByteArray &frame : frames) {
        QByteArray entry(sizeInBatch(frame.size()), Qt::Uninitialized);
        writeToBatch(frame, entry.data());
        batch += entry;
    }
    return batch;
}

} // namespace

class TestRelay : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void publishesAndThenAcknowledges();
    void tellsWhoProvesThatItTakesBatches();
    void publishesABatchOneByOne();
    void whatIsNoMessage_data();
    void whatIsNoMessage();
    void knowsASecondClient();
    void saysGoodbye();
};

void TestRelay::publishesAndThenAcknowledges()
{
    Relay relay(true);
    Door door;
    QCOMPARE(relay.receive(door, "me", "", "order x."), 1);
    QCOMPARE(door.done, (QByteArrayList{"publish order x.", "reply 1 to me"}));
}

void TestRelay::tellsWhoProvesThatItTakesBatches()
{
    const QByteArray proof = "\x02proof/x/1 ";
    for (const bool takesBatches : {true, false}) {
        Relay relay(takesBatches);
        Door door;
        QCOMPARE(relay.receive(door, "me", "", proof), 1);
        QCOMPARE(door.done,
                 (QByteArrayList{"publish " + proof, takesBatches ? "reply 1 batch to me" : "reply 1 to me"}));
    }
}

void TestRelay::publishesABatchOneByOne()
{
    Relay relay(true);
    Door door;
    QCOMPARE(relay.receive(door, "me", batchMark, batchOf({"a .", "", "b ."})), 3);
    QCOMPARE(door.done, (QByteArrayList{"publish a .", "publish ", "publish b .", "reply 1 to me"}));
}

void TestRelay::whatIsNoMessage_data()
{
    QTest::addColumn<bool>("takesBatches");
    QTest::addColumn<QByteArray>("delimiter");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("another delimiter") << true << QByteArray("x") << QByteArray("order x.");
    QTest::newRow("a batch where none are taken") << false << batchMark.toByteArray() << batchOf({"a ."});
    QTest::newRow("half a batch") << true << batchMark.toByteArray() << batchOf({"a .", "b ."}).chopped(1);
    QTest::newRow("a large batch") << true << batchMark.toByteArray() << batchOf({QByteArray(maximumBatchSize, 'x')});
}

// It is not acknowledged, so that its sender does not take it for heard.
void TestRelay::whatIsNoMessage()
{
    QFETCH(bool, takesBatches);
    QFETCH(QByteArray, delimiter);
    QFETCH(QByteArray, message);
    Relay relay(takesBatches);
    Door door;
    QCOMPARE(relay.receive(door, "me", delimiter, message), 1);
    QVERIFY(door.done.isEmpty());
}

void TestRelay::knowsASecondClient()
{
    Relay relay(true);
    Door door;
    relay.receive(door, "me", "", "order x.");
    relay.receive(door, "me", "", "order x.");
    QVERIFY(!relay.hadOtherClients());
    relay.receive(door, "you", "x", ""); // whatever it says
    QVERIFY(relay.hadOtherClients());
}

void TestRelay::saysGoodbye()
{
    Door door;
    Relay::sayGoodbye(door);
    QCOMPARE(door.done, QByteArrayList{"publish " + serverDisconnectTopic.toByteArray()});
}

PYVENT_TEST(TestRelay)

#include "tst_relay.moc"
