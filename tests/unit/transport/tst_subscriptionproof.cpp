// SPDX-License-Identifier: MIT
#include "transport/subscriptionproof.h"

#include "support/testprogram.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

using Clock = SubscriptionProof::Clock;

Clock::time_point at(std::chrono::milliseconds time)
{
    return Clock::time_point(time + 1h);
}

struct Subscriber : SubscriptionProof::Subscriber
{
    void subscribe(const QByteArray &prefix) override { prefixes.append(prefix); }
    void unsubscribe(const QByteArray &prefix) override { prefixes.removeOne(prefix); }

    QByteArrayList prefixes;
};

struct Bus
{
    // Sends what is queued. Returns the proof that was among it.
    QByteArray send()
    {
        QByteArray sent;
        while (queue.hasUnsent()) {
            sent = queue.unsentFrame(0);
            queue.sent(1);
            queue.acknowledge();
        }
        return sent;
    }

    SendQueue queue;
    Subscriber subscriber;
    SubscriptionProof proof{QUuid::createUuid(), queue, subscriber};
};

} // namespace

class TestSubscriptionProof : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void provesWhatCameBefore();
    void isRepeatedUntilItComesBack();
    void beginsAnewAtOnce();
    void endsWithTheConnection();
    void givesUpAConnectionThatStandsStill();
};

void TestSubscriptionProof::provesWhatCameBefore()
{
    Bus bus;
    QCOMPARE(bus.proof.subscribed(), quint64(1));
    QVERIFY(bus.proof.process(at(0ms)));
    const QByteArray proof = bus.send();
    QCOMPARE(bus.subscriber.prefixes, QByteArrayList{proof});
    QVERIFY(!bus.proof.isComplete());
    QCOMPARE(bus.proof.proven(), quint64(0));
    QVERIFY(!bus.proof.hear("order "));
    QVERIFY(bus.proof.hear(proof));
    QVERIFY(bus.proof.isComplete());
    QCOMPARE(bus.proof.proven(), quint64(1));
    QVERIFY(bus.subscriber.prefixes.isEmpty());
    QCOMPARE(bus.proof.deadline(), Clock::time_point::max());
    QVERIFY(!bus.proof.hear(proof)); // it is over
}

void TestSubscriptionProof::isRepeatedUntilItComesBack()
{
    Bus bus;
    QVERIFY(bus.proof.process(at(0ms)));
    const QByteArray proof = bus.send();
    const Clock::time_point again = bus.proof.deadline();
    QVERIFY(again > at(0ms) && again < at(10ms));
    QVERIFY(bus.proof.process(again - 1us));
    QCOMPARE(bus.send(), QByteArray());
    QVERIFY(bus.proof.process(again));
    QCOMPARE(bus.send(), proof);
}

// What was subscribed to meanwhile is proven next, and nothing but the deadline tells that it is due.
void TestSubscriptionProof::beginsAnewAtOnce()
{
    Bus bus;
    QVERIFY(bus.proof.process(at(0ms)));
    const QByteArray first = bus.send();
    bus.proof.subscribed();
    QVERIFY(bus.proof.hear(first));
    QVERIFY(!bus.proof.isComplete());
    QVERIFY(bus.proof.deadline() <= at(0ms));
    QVERIFY(bus.proof.process(at(1ms)));
    const QByteArray second = bus.send();
    QVERIFY(!second.isEmpty() && second != first);
    QVERIFY(bus.proof.hear(second));
    QCOMPARE(bus.proof.proven(), quint64(1));
}

void TestSubscriptionProof::endsWithTheConnection()
{
    Bus bus;
    bus.proof.subscribed();
    QVERIFY(bus.proof.process(at(0ms)));
    const QByteArray first = bus.send();
    bus.proof.connectionLost();
    QVERIFY(bus.subscriber.prefixes.isEmpty());
    QVERIFY(!bus.proof.hear(first));
    QVERIFY(bus.proof.process(at(1ms)));
    QVERIFY(bus.proof.hear(bus.send()));
    QCOMPARE(bus.proof.proven(), quint64(1));
}

void TestSubscriptionProof::givesUpAConnectionThatStandsStill()
{
    Bus bus;
    Clock::time_point now = at(0ms);
    int attempts = 0;
    while (bus.proof.process(now)) {
        attempts += !bus.send().isEmpty();
        now = bus.proof.deadline();
        QVERIFY2(now < at(60s), "it goes on for ever");
    }
    QVERIFY(attempts >= 10);
}

PYVENT_TEST(TestSubscriptionProof)

#include "tst_subscriptionproof.moc"
