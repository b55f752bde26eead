// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/numbers.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

QList<int> numbersOf(const QList<QJsonObject> &heard)
{
    QList<int> numbers;
    for (const QJsonObject &event : heard)
        numbers.append(event["args"_L1]["i"_L1].toInt(-1));
    return numbers;
}

} // namespace

// That everything arrives, once and in order, also from programs that end at once; and who becomes the
// server.
class tst_Delivery : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }

    void everythingArrivesInOrder_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<PeerProcess::Language>("sending");
        for (const auto server : languages) {
            for (const auto sender : languages)
                QTest::addRow("server %s, sender %s", qPrintable(nameOf(server)), qPrintable(nameOf(sender)))
                    << server << sender;
        }
    }
    void everythingArrivesInOrder()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, sending);

        constexpr int count = 2000;
        // Python's sockets silently drop what goes beyond 1,000 events where a receiver is slow. That is
        // Python's own.
        const QJsonObject roomy{{u"highWaterMark"_s, 10 * count}};
        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python receiver"_s);
        PeerProcess &qt = bus.add(PeerProcess::Qt, u"qt receiver"_s);
        PeerProcess &sender = bus.add(sending, u"sender"_s);
        QVERIFY(bus.serve(server, roomy));
        for (PeerProcess *peer : {&python, &qt}) {
            QVERIFY(bus.join(*peer, roomy));
            QVERIFY(peer->tell(u"on"_s, {{u"name"_s, u"order"_s}}));
            QVERIFY(peer->tell(u"ready"_s));
        }
        QVERIFY(bus.join(sender));
        const auto sent = sender.request(
            u"send"_s,
            {{u"name"_s, u"order"_s}, {u"count"_s, count}, {u"args"_s, QJsonObject({{u"food"_s, u"sushi"_s}})}});
        QVERIFY(sent);
        PEERS_COMPARE(sent->toInt(), count);
        QVERIFY(sender.order(u"flush"_s));
        for (PeerProcess *peer : {&python, &qt}) {
            QVERIFY(peer->waitForHeard(count, u"order"_s));
            PEERS_COMPARE(numbersOf(peer->heard(u"order"_s)), numbersFromTo(0, count - 1));
            PEERS_COMPARE(peer->errors().size(), 0);
        }
    }

    void programsThatReturnAtOnceDeliver_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<QString>("way");
        for (const auto server : languages) {
            for (const QString &way : {u"local-node"_s, u"default-node"_s, u"no-application"_s})
                QTest::addRow("server %s, %s", qPrintable(nameOf(server)), qPrintable(way)) << server << way;
        }
    }
    void programsThatReturnAtOnceDeliver()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const QString, way);

        constexpr int count = 20;
        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python receiver"_s);
        PeerProcess &qt = bus.add(PeerProcess::Qt, u"qt receiver"_s);
        QVERIFY(bus.serve(server));
        for (PeerProcess *peer : {&python, &qt}) {
            QVERIFY(bus.join(*peer));
            QVERIFY(peer->tell(u"on"_s, {{u"name"_s, u"order"_s}}));
            QVERIFY(peer->tell(u"ready"_s));
        }
        PeerProcess sender(PeerProcess::Qt, u"sender"_s);
        sender.start({way, QString::number(bus.port()), QString::number(count)});
        const auto exitCode = sender.waitForExit();
        QVERIFY(exitCode);
        PEERS_COMPARE(*exitCode, 0);
        for (PeerProcess *peer : {&python, &qt}) {
            QVERIFY(peer->waitForHeard(count, u"order"_s));
            PEERS_COMPARE(numbersOf(peer->heard(u"order"_s)), numbersFromTo(0, count - 1));
        }
    }

    void aSendAndTheEndOfTheEventLoopDeliver_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<PeerProcess::Language>("sending");
        for (const auto server : languages) {
            for (const auto sender : languages)
                QTest::addRow("server %s, sender %s", qPrintable(nameOf(server)), qPrintable(nameOf(sender)))
                    << server << sender;
        }
    }
    void aSendAndTheEndOfTheEventLoopDeliver()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, sending);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &receiver = bus.add(PeerProcess::Qt, u"receiver"_s);
        PeerProcess &sender = bus.add(sending, u"sender"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(receiver));
        QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
        QVERIFY(receiver.tell(u"ready"_s));
        QVERIFY(bus.join(sender));
        sender.post(u"exit-right-after-send"_s, {{u"name"_s, u"order"_s}, {u"count"_s, 10}});
        QVERIFY(receiver.waitForHeard(10, u"order"_s));
        PEERS_COMPARE(numbersOf(receiver.heard(u"order"_s)), numbersFromTo(0, 9));
        QVERIFY(sender.waitForExit());
    }

    void theServersOwnLastEventsArrive_data()
    {
        QTest::addColumn<PeerProcess::Language>("receiving");
        for (const auto receiver : languages)
            QTest::addRow("receiver %s", qPrintable(nameOf(receiver))) << receiver;
    }
    void theServersOwnLastEventsArrive()
    {
        QFETCH(const PeerProcess::Language, receiving);

        // The program that sends and returns is the server, too, and takes the bus with it.
        Bus bus;
        PeerProcess &sender = bus.add(PeerProcess::Qt, u"server and sender"_s);
        PeerProcess &receiver = bus.add(receiving, u"receiver"_s);
        QVERIFY(bus.serve(sender));
        QVERIFY(bus.join(receiver));
        QVERIFY(receiver.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
        QVERIFY(receiver.tell(u"ready"_s));
        sender.post(u"exit-right-after-send"_s, {{u"name"_s, u"order"_s}, {u"count"_s, 10}});
        QVERIFY(sender.waitForExit());
        QVERIFY(receiver.waitForHeard(10, u"order"_s));
        PEERS_COMPARE(numbersOf(receiver.heard(u"order"_s)), numbersFromTo(0, 9));
    }

    void theFirstProcessServes_data()
    {
        QTest::addColumn<PeerProcess::Language>("first");
        QTest::addColumn<PeerProcess::Language>("second");
        for (const auto first : languages) {
            for (const auto second : languages)
                QTest::addRow("%s first, then %s", qPrintable(nameOf(first)), qPrintable(nameOf(second)))
                    << first << second;
        }
    }
    void theFirstProcessServes()
    {
        QFETCH(const PeerProcess::Language, first);
        QFETCH(const PeerProcess::Language, second);

        Bus bus;
        PeerProcess &early = bus.add(first, u"first"_s);
        PeerProcess &late = bus.add(second, u"second"_s);
        // Python asks who is there, and its patience for the answer is its own here.
        const QJsonObject options{{u"server"_s, true}, {u"replyTimeout"_s, early.isPython() ? 50 : 20'000}};
        QVERIFY(bus.join(early, options));
        QVERIFY(early.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
        QVERIFY(early.tell(u"ready"_s));
        const auto earlyState = early.request(u"state"_s);
        QVERIFY(earlyState);
        PEERS_VERIFY((*earlyState)["serving"_L1].toBool());

        QVERIFY(bus.join(late, {{u"server"_s, true}}));
        QVERIFY(late.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
        QVERIFY(late.tell(u"ready"_s));
        const auto lateState = late.request(u"state"_s);
        QVERIFY(lateState);
        PEERS_VERIFY(!(*lateState)["serving"_L1].toBool());

        for (PeerProcess *sender : {&early, &late})
            QVERIFY(sender->order(u"send"_s, {{u"name"_s, u"order"_s}}));
        for (PeerProcess *receiver : {&early, &late})
            QVERIFY(receiver->waitForHeard(2, u"order"_s));
    }

    void onlyOneOfManyServes()
    {
        Bus bus;
        QList<PeerProcess *> peers;
        for (int i = 0; i < 4; ++i)
            peers.append(&bus.add(i == 3 ? PeerProcess::Python : PeerProcess::Qt, u"peer %1"_s.arg(i + 1)));
        for (PeerProcess *peer : std::as_const(peers)) {
            QVERIFY(bus.join(*peer, {{u"server"_s, true}, {u"replyTimeout"_s, 50}}));
            peer->post(u"on"_s, {{u"name"_s, u"order"_s}});
        }
        int serving = 0;
        for (PeerProcess *peer : std::as_const(peers)) {
            QVERIFY(peer->tell(u"ready"_s));
            const auto state = peer->request(u"state"_s);
            QVERIFY(state);
            serving += (*state)["serving"_L1].toBool();
        }
        PEERS_COMPARE(serving, 1);
        for (PeerProcess *sender : std::as_const(peers))
            QVERIFY(sender->tell(u"send"_s, {{u"name"_s, u"order"_s}}));
        for (PeerProcess *receiver : std::as_const(peers))
            QVERIFY(receiver->waitForHeard(peers.size(), u"order"_s));
    }
};

PYVENT_TEST(tst_Delivery)

#include "tst_delivery.moc"
