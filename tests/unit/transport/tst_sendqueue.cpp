// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "transport/sendqueue.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

// The frames that the next message carries, which is in flight from now on.
QByteArrayList take(SendQueue *queue, int count)
{
    QByteArrayList frames;
    for (int i = 0; i < count; ++i)
        frames.append(queue->unsentFrame(i));
    queue->sent(count);
    return frames;
}

// Sends \a count of what is not in flight yet, all of it by default.
QByteArrayList send(SendQueue *queue, int count = 1'000'000)
{
    QByteArrayList sent;
    while (queue->hasUnsent() && count-- > 0) {
        sent.append(take(queue, 1));
    }
    return sent;
}

} // namespace

class TestSendQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isEmptyAtFirst();
    void sendsInOrder();
    void countsWhatWaits();
    void acknowledgesTheOldest();
    void acknowledgementOfNothing();
    void aLostConnectionSendsAgain();
    void aProofGoesFirst();
    void aProofIsNotCounted();
    void aProofReplacesAnEarlierOne();
    void aProofAfterOneInFlight();
    void aLostConnectionVoidsProofs();
    void controlMessagesGoFirst();
    void controlMessagesAreBounded();
    void saysWhatControlMessagesHaveRoom();
    void copiesShareTheBytes();
    void batchesAreBounded();
    void aBatchIsAcknowledgedAsOne();
    void aLostConnectionSendsABatchAgain();
    void sharesCountTheirOwn();
    void whoLeavesIsNotSentAgain();
    void manyEvents();
};

void TestSendQueue::isEmptyAtFirst()
{
    const SendQueue queue;
    QCOMPARE(queue.events(), 0);
    QCOMPARE(queue.bytes(), 0);
    QCOMPARE(queue.inFlight(), 0);
    QVERIFY(!queue.hasUnsent());
    QVERIFY(!queue.hasProof());
    QCOMPARE(queue.accepted(), quint64(0));
    QCOMPARE(queue.acknowledged(), quint64(0));
}

void TestSendQueue::sendsInOrder()
{
    SendQueue queue;
    for (const char *event : {"a", "b", "c"})
        queue.append(event);
    QCOMPARE(send(&queue, 2), (QByteArrayList{"a", "b"}));
    QCOMPARE(queue.inFlight(), 2);
    QVERIFY(queue.hasUnsent());
    queue.append("d");
    QCOMPARE(send(&queue), (QByteArrayList{"c", "d"}));
    QVERIFY(!queue.hasUnsent());
}

void TestSendQueue::countsWhatWaits()
{
    SendQueue queue;
    queue.append("12345");
    queue.append("");
    queue.append("123");
    QCOMPARE(queue.events(), 3);
    QCOMPARE(queue.bytes(), 8);
    QVERIFY(queue.putControl("is no event"));
    QCOMPARE(queue.unsentEvents(), 3);
    send(&queue, 2);
    QCOMPARE(queue.unsentEvents(), 2);
    queue.connectionLost();
    QCOMPARE(queue.unsentEvents(), 3);
    send(&queue);
    QCOMPARE(queue.unsentEvents(), 0);
    QCOMPARE(queue.events(), 3); // until they are acknowledged
    QCOMPARE(queue.bytes(), 8);
    QVERIFY(queue.acknowledge());
    QCOMPARE(queue.events(), 2);
    QCOMPARE(queue.unsentEvents(), 0);
    QCOMPARE(queue.bytes(), 3);
    QVERIFY(queue.acknowledge());
    QVERIFY(queue.acknowledge());
    QCOMPARE(queue.events(), 0);
    QCOMPARE(queue.bytes(), 0);
    QCOMPARE(queue.accepted(), quint64(3));
    QCOMPARE(queue.acknowledged(), quint64(3));
}

void TestSendQueue::acknowledgesTheOldest()
{
    SendQueue queue;
    for (const char *event : {"a", "b", "c"})
        queue.append(event);
    send(&queue, 2);
    QVERIFY(queue.acknowledge());
    QCOMPARE(queue.inFlight(), 1);
    queue.connectionLost();
    QCOMPARE(send(&queue), (QByteArrayList{"b", "c"}));
}

void TestSendQueue::acknowledgementOfNothing()
{
    SendQueue queue;
    QVERIFY(!queue.acknowledge());
    queue.append("a");
    QVERIFY(!queue.acknowledge()); // it was not sent
    QCOMPARE(queue.events(), 1);
    QCOMPARE(queue.acknowledged(), quint64(0));
    send(&queue);
    QVERIFY(queue.acknowledge());
    QVERIFY(!queue.acknowledge());
    QCOMPARE(queue.inFlight(), 0);
    QCOMPARE(queue.acknowledged(), quint64(1));
}

void TestSendQueue::aLostConnectionSendsAgain()
{
    SendQueue queue;
    for (const char *event : {"a", "b", "c"})
        queue.append(event);
    for (int connection = 0; connection < 3; ++connection) {
        QCOMPARE(send(&queue), (QByteArrayList{"a", "b", "c"}));
        queue.connectionLost();
        QCOMPARE(queue.inFlight(), 0);
        QCOMPARE(queue.events(), 3);
        QCOMPARE(queue.accepted(), quint64(3));
    }
    queue.connectionLost(); // twice is once
    QVERIFY(!queue.acknowledge());
    QCOMPARE(send(&queue), (QByteArrayList{"a", "b", "c"}));
}

void TestSendQueue::aProofGoesFirst()
{
    SendQueue queue;
    for (const char *event : {"a", "b", "c"})
        queue.append(event);
    send(&queue, 1);
    queue.putProof("proof");
    QVERIFY(queue.hasProof());
    QCOMPARE(send(&queue), (QByteArrayList{"proof", "b", "c"}));

    QVERIFY(queue.acknowledge()); // a
    QVERIFY(queue.hasProof());
    QVERIFY(queue.acknowledge()); // the proof
    QVERIFY(!queue.hasProof());
    QVERIFY(queue.acknowledge());
    QCOMPARE(queue.acknowledged(), quint64(2));
}

void TestSendQueue::aProofIsNotCounted()
{
    SendQueue queue;
    queue.putProof("proof");
    QCOMPARE(queue.events(), 0);
    QCOMPARE(queue.bytes(), 0);
    QCOMPARE(queue.accepted(), quint64(0));
    QVERIFY(queue.hasUnsent());
    send(&queue);
    QCOMPARE(queue.inFlight(), 1);
    QVERIFY(queue.acknowledge());
    QCOMPARE(queue.acknowledged(), quint64(0));
    QCOMPARE(queue.bytes(), 0);
}

void TestSendQueue::aProofReplacesAnEarlierOne()
{
    SendQueue queue;
    queue.append("a");
    queue.putProof("proof 1");
    queue.putProof("proof 2");
    QCOMPARE(send(&queue), (QByteArrayList{"proof 2", "a"}));
}

void TestSendQueue::aProofAfterOneInFlight()
{
    SendQueue queue;
    queue.putProof("proof 1");
    send(&queue);
    queue.putProof("proof 2");
    QCOMPARE(send(&queue), QByteArrayList{"proof 2"});
    QVERIFY(queue.acknowledge());
    QVERIFY2(queue.hasProof(), "the second one is still there");
    QVERIFY(queue.acknowledge());
    QVERIFY(!queue.hasProof());
}

void TestSendQueue::aLostConnectionVoidsProofs()
{
    SendQueue queue;
    queue.append("a");
    queue.putProof("in flight");
    send(&queue);
    queue.append("b");
    queue.putProof("not in flight");
    queue.connectionLost();
    QVERIFY(!queue.hasProof());
    QCOMPARE(send(&queue), (QByteArrayList{"a", "b"}));
    QCOMPARE(queue.events(), 2);
    QCOMPARE(queue.bytes(), 2);
}

void TestSendQueue::controlMessagesGoFirst()
{
    SendQueue queue;
    queue.append("a");
    QCOMPARE(send(&queue, 1), QByteArrayList{"a"});
    queue.append("b");
    QVERIFY(queue.putControl("one"));
    QVERIFY(queue.putControl("two"));
    queue.putProof("proof");
    QCOMPARE(queue.events(), 2);
    QCOMPARE(queue.accepted(), quint64(2));
    QCOMPARE(send(&queue), (QByteArrayList{"proof", "one", "two", "b"}));
    for (int i = 0; i < 5; ++i)
        QVERIFY(queue.acknowledge());
    QCOMPARE(queue.acknowledged(), quint64(2));
    QVERIFY(!queue.acknowledge());
}

void TestSendQueue::controlMessagesAreBounded()
{
    SendQueue queue;
    int taken = 0;
    while (taken < 10'000 && queue.putControl("x"))
        ++taken;
    QCOMPARE(taken, 4000);
    send(&queue, 1);
    QVERIFY(queue.acknowledge());
    QVERIFY(queue.putControl("x"));
    QVERIFY(!queue.putControl("x"));
    QVERIFY(!queue.appendControl("x"));
    queue.connectionLost();
    QVERIFY(!queue.hasUnsent());
    QVERIFY(queue.putControl("x"));
    queue.append("a");
    QVERIFY(queue.appendControl("y"));
    QCOMPARE(send(&queue), (QByteArrayList{"x", "a", "y"}));
}

// Whoever sends only what fits, leaves room for others.
void TestSendQueue::saysWhatControlMessagesHaveRoom()
{
    constexpr qsizetype large = qsizetype(64) * 1024 * 1024;
    SendQueue queue;
    QVERIFY(queue.controlRoom().fits(1, large));
    QVERIFY(!queue.controlRoom().fits(2, large));
    QVERIFY(queue.appendControl(QByteArray(100, 'x')));
    QVERIFY(!queue.controlRoom().fits(1, large));
    int count = 1;
    for (; queue.controlRoom().fits(1, 100); ++count)
        QVERIFY(queue.appendControl(QByteArray(100, 'x')));
    QVERIFY(count > 1000);
    for (int i = 0; i < 1000; ++i)
        QVERIFY(queue.putControl("x"));
    send(&queue);
    QVERIFY(!queue.controlRoom().fits(1, 100)); // what is in flight takes room, too
    while (queue.acknowledge()) { }
    QVERIFY(queue.controlRoom().isEmpty);
    QVERIFY(queue.controlRoom().fits(count, 100));
}

void TestSendQueue::copiesShareTheBytes()
{
    SendQueue queue;
    queue.append(QByteArray(1'000'000, 'x'));
    const QByteArray first = take(&queue, 1).constFirst();
    queue.connectionLost();
    const QByteArray second = take(&queue, 1).constFirst();
    QCOMPARE(static_cast<const void *>(first.constData()), static_cast<const void *>(second.constData()));
    QVERIFY(queue.acknowledge());
    QCOMPARE(first, QByteArray(1'000'000, 'x')); // the copy outlives the entry
}

void TestSendQueue::batchesAreBounded()
{
    SendQueue queue;
    QCOMPARE(queue.nextBatch(1000), 0);
    for (const int size : {5000, 10, 10, 480, 2000, 10})
        queue.append(QByteArray(size, 'x'));
    QCOMPARE(queue.nextBatch(1000), 1); // too large, and alone for that
    queue.sent(1);
    QCOMPARE(queue.nextBatch(512), 3); // each has its length before it
    QCOMPARE(queue.nextBatch(511), 2);
    QCOMPARE(queue.nextBatch(1'000'000), 5);
}

void TestSendQueue::aBatchIsAcknowledgedAsOne()
{
    SendQueue queue;
    QVERIFY(queue.putControl("x"));
    for (const char *event : {"a", "bb", ""})
        queue.append(event);
    QCOMPARE(take(&queue, 3), (QByteArrayList{"x", "a", "bb"}));
    QCOMPARE(queue.inFlight(), 3);
    QCOMPARE(take(&queue, 1), QByteArrayList{""});
    QVERIFY(queue.acknowledge());
    QCOMPARE(queue.inFlight(), 1);
    QCOMPARE(queue.events(), 1);
    QCOMPARE(queue.acknowledged(), quint64(2)); // a control message is no event
    QVERIFY(queue.acknowledge());
    QCOMPARE(queue.acknowledged(), quint64(3));
    QCOMPARE(queue.bytes(), 0);
    QVERIFY(!queue.acknowledge());
}

void TestSendQueue::aLostConnectionSendsABatchAgain()
{
    SendQueue queue;
    for (const char *event : {"a", "b", "c", "d"})
        queue.append(event);
    queue.sent(2);
    queue.sent(2);
    QVERIFY(queue.acknowledge());
    queue.connectionLost();
    QCOMPARE(queue.events(), 2);
    QVERIFY2(!queue.acknowledge(), "what the lost connection carried is not acknowledged by the next one");
    QCOMPARE(send(&queue), (QByteArrayList{"c", "d"}));
}

void TestSendQueue::sharesCountTheirOwn()
{
    SendQueue queue;
    SendQueue::Share one;
    SendQueue::Share other;
    queue.append("1", &one);
    queue.append("22", &other);
    queue.append("333", &one);
    QCOMPARE(one.events, 2);
    QCOMPARE(one.bytes, 4);
    QCOMPARE(other.unsentEvents(), 1);
    take(&queue, 2); // as one message
    QCOMPARE(one.unsentEvents(), 1);
    QCOMPARE(other.unsentEvents(), 0);
    QVERIFY(queue.acknowledge());
    QCOMPARE(one.acknowledged, quint64(1));
    QCOMPARE(other.acknowledged, quint64(1));
    QCOMPARE(other.events, 0);
    QCOMPARE(one.bytes, 3);
    take(&queue, 1);
    queue.connectionLost();
    QCOMPARE(one.unsentEvents(), 1);
    QCOMPARE(send(&queue), (QByteArrayList{"333"}));
    QVERIFY(queue.acknowledge());
    QCOMPARE(one.acknowledged, one.accepted);
    QCOMPARE(queue.acknowledged(), quint64(3));
}

void TestSendQueue::whoLeavesIsNotSentAgain()
{
    SendQueue queue;
    SendQueue::Share one;
    SendQueue::Share other;
    for (const char *event : {"a", "b", "c"}) {
        queue.append(QByteArray(event), &one);
        queue.append(QByteArray(QByteArray(event) + "!"), &other);
    }
    take(&queue, 3); // a, a!, b
    queue.leave(&one);
    QCOMPARE(one.events, 0);
    QCOMPARE(queue.events(), 3);
    QCOMPARE(queue.unsentEvents(), 2);
    QCOMPARE(send(&queue, 1), (QByteArrayList{"b!"})); // what was not sent is not sent any more
    queue.connectionLost();
    QCOMPARE(send(&queue), (QByteArrayList{"a!", "b!", "c!"})); // what was sent is not sent again
    for (int i = 0; i < 3; ++i)
        QVERIFY(queue.acknowledge());
    QCOMPARE(other.acknowledged, quint64(3));
    QCOMPARE(queue.events(), 0);
    QCOMPARE(queue.bytes(), 0);
}

void TestSendQueue::manyEvents()
{
    SendQueue queue;
    for (int i = 0; i < 100'000; ++i)
        queue.append(QByteArray::number(i));
    for (int i = 0; i < 100'000; ++i) {
        QCOMPARE(take(&queue, 1), QByteArrayList{QByteArray::number(i)});
        QVERIFY(queue.acknowledge());
    }
    QCOMPARE(queue.events(), 0);
    QCOMPARE(queue.bytes(), 0);
    QCOMPARE(queue.acknowledged(), quint64(100'000));
}

PYVENT_TEST(TestSendQueue)
#include "tst_sendqueue.moc"
