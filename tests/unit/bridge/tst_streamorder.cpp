// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "streamorder.h"
#include "support/testprogram.h"

#ifdef PYVENT_HAS_NATS
#    include "natscredentials.h"
#endif

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Order = StreamOrder<QByteArray>;

QByteArrayList readyOf(Order *order)
{
    QByteArrayList ready;
    for (auto &[number, message] : order->takeReady())
        ready += QByteArray::number(number) + message;
    return ready;
}

} // namespace

class tst_StreamOrder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void waitsForWhatComesAgain();
    void goesOnWhereNumbersAreMissing();
    void waitsForNothingInAMixedStream();
    void skipsWhatThereIsNot();
#ifdef PYVENT_HAS_NATS
    void derivesPublicKeys();
    void readsCredentials();
#endif
};

// As after a take-over: 3 and 4 are the other one's for a while.
void tst_StreamOrder::waitsForWhatComesAgain()
{
    Order order(5s);
    order.begin(3, true);
    QCOMPARE(order.take(5, "a", start), Order::Verdict::Taken);
    QCOMPARE(order.take(6, "b", start), Order::Verdict::Taken);
    QCOMPARE(order.take(2, "c", start), Order::Verdict::Known);
    QVERIFY(readyOf(&order).isEmpty());
    QCOMPARE(order.take(5, "A", start + 1s), Order::Verdict::Taken); // with a newer reply
    order.take(3, "d", start + 1s);
    QCOMPARE(readyOf(&order), (QByteArrayList{"3d"}));
    order.take(4, "e", start + 1s);
    QCOMPARE(readyOf(&order), (QByteArrayList{"4e", "5A", "6b"}));
    QCOMPARE(order.deadline(), Order::Clock::time_point::max());
    QCOMPARE(order.next(), 7u);
    order.take(7, "f", start + 1s);
    order.begin(7, true);
    QVERIFY2(readyOf(&order).isEmpty(), "it comes again");
}

void tst_StreamOrder::goesOnWhereNumbersAreMissing()
{
    Order order(5s);
    order.begin(1, true);
    order.take(1000, "a", start); // what was before is too old for the store
    order.take(1002, "b", start + 1s);
    QCOMPARE(order.deadline(), start + 5s);
    order.process(start + 4s);
    QVERIFY(readyOf(&order).isEmpty());
    order.process(start + 5s);
    QCOMPARE(readyOf(&order), QByteArrayList{"1000a"});
    QCOMPARE(order.held(), 1u);
    order.process(start + 10s);
    QCOMPARE(readyOf(&order), QByteArrayList{"1002b"});
}

void tst_StreamOrder::skipsWhatThereIsNot()
{
    Order order(5s);
    order.begin(1, true);
    order.take(3, "c", start);
    order.take(4, "d", start + 1s);
    QCOMPARE(order.since(), start);
    order.skip(2, start + 2s); // is not the next one
    order.take(1, "a", start + 2s);
    QCOMPARE(readyOf(&order), QByteArrayList{"1a"});
    order.skip(2, start + 2s);
    QCOMPARE(readyOf(&order), (QByteArrayList{"3c", "4d"}));
    QCOMPARE(order.held(), 0u);
}

void tst_StreamOrder::waitsForNothingInAMixedStream()
{
    Order order(5s);
    order.begin(1, false);
    order.take(10, "a", start);
    order.take(20, "b", start);
    QCOMPARE(order.take(15, "c", start), Order::Verdict::Known);
    QCOMPARE(readyOf(&order), (QByteArrayList{"10a", "20b"}));
}

#ifdef PYVENT_HAS_NATS
// The pairs are of NATS's own tests and documents.
void tst_StreamOrder::derivesPublicKeys()
{
    QCOMPARE(publicNkey("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"),
             "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"_ba);
    QCOMPARE(publicNkey("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VA"),
             QByteArray());                                                                         // its sum is wrong
    QCOMPARE(publicNkey("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"), QByteArray()); // a public one
    QCOMPARE(publicNkey(""), QByteArray());
    QCOMPARE(publicNkey("SU"), QByteArray());
}

void tst_StreamOrder::readsCredentials()
{
    const QByteArray file = "-----BEGIN NATS USER JWT-----\neyJ0\n------END NATS USER JWT------\n\n"
                            "*** IMPORTANT ***\n-----BEGIN USER NKEY SEED-----\nSUAX\n------END USER NKEY SEED------\n";
    const auto credentials = credentialsIn(file);
    QVERIFY(credentials);
    QCOMPARE(credentials->token, "eyJ0"_ba);
    QCOMPARE(credentials->seed, "SUAX"_ba);
    QCOMPARE(seedIn(file), "SUAX"_ba);
    QCOMPARE(seedIn("# kitchen\nSUAX\n\n"), "SUAX"_ba);
    QCOMPARE(seedIn("two\nlines\n"), QByteArray());
    QVERIFY(!credentialsIn("SUAX"));
    QVERIFY(!credentialsIn("-----BEGIN NATS USER JWT-----\neyJ0"));
}
#endif

PYVENT_TEST(tst_StreamOrder)
#include "tst_streamorder.moc"
