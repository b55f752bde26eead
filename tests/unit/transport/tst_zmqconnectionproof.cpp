// SPDX-License-Identifier: MIT
#include "transport/zmqconnection.h"

#include "connectiondriver.h"
#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace std::chrono_literals;

// Connection's proof of subscription: see wire/PROTOCOL.md.
class TestZmqConnectionProof : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_port = freePort(); }
    void isReadyWhenTheProofComesBack();
    void theProofIsSubscribedToLast();
    void theProofIsSubscribedToLastAfterReconnecting();
    void aNewSubscriptionNeedsANewProof();
    void anUnsubscriptionNeedsNone();
    void theFirstProofsAreLost();
    void aProofThatIsNeverReturned();
    void aProofOfEarlierSubscriptionsProvesNothing();
    void anotherNodesProofProvesNothing();
    void theProofIsNotHeard();
    void theProofOvertakesWhatWaits();
    void oneProofAtATime();
    void theOldProofIsUnsubscribed();
    void whatIsSentWhenReadyIsHeard();
    void eventsThatStandStill();

private:
    // Takes all messages, and acknowledges all but the proofs, which it appends to \a proofs.
    static void keepProofs(RawServer &server, QByteArrayList *proofs)
    {
        server.take();
        while (!server.taken.empty()) {
            const QByteArray frame = server.taken.front().constLast();
            if (isProofTopic(frame))
                proofs->append(frame);
            else
                server.publish(frame);
            server.answer();
        }
    }

    int m_port = 0;
};

void TestZmqConnectionProof::isReadyWhenTheProofComesBack()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    QCOMPARE(bus.connection.state(), State::Connecting);
    QByteArrayList proofs;
    QVERIFY(bus.until([&] { return !proofs.isEmpty(); }, [&] { keepProofs(server, &proofs); }));
    QCOMPARE(bus.connection.state(), State::Subscribing);
    const QByteArrayList parts = proofs.constFirst().split('/'); // as PROTOCOL.md has it
    QCOMPARE(parts.size(), 3);
    QCOMPARE(parts[0], controlPrefix + QByteArray("proof"));
    QVERIFY(!QUuid::fromString(QLatin1StringView(parts[1])).isNull());
    QCOMPARE(parts[2], QByteArray("1 "));
    server.publish(proofs.constFirst());
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Ready; }, [&] { server.take(); }));
}

void TestZmqConnectionProof::theProofIsSubscribedToLast()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    for (const char *prefix : {"zebra", "apple", "", "order"})
        bus.connection.subscribe(prefix);
    QVERIFY(bus.untilReady(server));
    const auto at = [&](const QByteArray &topic) { return server.subscriptions.indexOf('\x01' + topic); };
    const QByteArray proof = server.relayed.constLast();
    QVERIFY(isProofTopic(proof));
    for (const char *prefix : {"zebra", "apple", "", "order"})
        QVERIFY2(at(prefix) >= 0 && at(prefix) < at(proof), prefix);
}

// The same after the connection was made anew and nobody has looked meanwhile: ZeroMQ repeats the subscriptions in an
// order of its own, so a proof that is subscribed to before that would come before what
// it is to prove.
void TestZmqConnectionProof::theProofIsSubscribedToLastAfterReconnecting()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    const QByteArrayList prefixes{"zebra", "apple", "order"};
    for (const QByteArray &prefix : prefixes)
        bus.connection.subscribe(prefix);
    QVERIFY(bus.untilReady(server));

    server.closeEvents();
    server.subscriptions.clear();
    server.openEvents();
    // Nothing is received until the proof is under way, so the socket does not get to see what became of its
    // connection.
    const auto isSubscribing = [&] {
        bus.connection.process(Connection::Clock::now());
        server.take();
        return bus.connection.state() == State::Subscribing;
    };
    QTRY_VERIFY_WITH_TIMEOUT(isSubscribing(), 60'000);
    QByteArrayList proofs;
    const auto hasAll = [&] {
        // The proof may be sent before its subscription is, since they take different connections.
        return !proofs.isEmpty() && server.subscriptions.contains('\x01' + proofs.constLast())
            && std::all_of(prefixes.cbegin(), prefixes.cend(),
                           [&](const QByteArray &prefix) { return server.subscriptions.contains('\x01' + prefix); });
    };
    QVERIFY(bus.until(hasAll, [&] { keepProofs(server, &proofs); }));
    const qsizetype proof = server.subscriptions.indexOf('\x01' + proofs.constLast());
    for (const QByteArray &prefix : prefixes)
        QVERIFY2(server.subscriptions.indexOf('\x01' + prefix) < proof, prefix.constData());
    QVERIFY(bus.untilReady(server));
}

void TestZmqConnectionProof::aNewSubscriptionNeedsANewProof()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(server)); // also without any subscription
    QByteArrayList topics{server.relayed.constLast()};
    for (const char *prefix : {"a", "b", "c"}) {
        bus.connection.subscribe(prefix);
        QCOMPARE(bus.connection.state(), State::Subscribing); // at once, not at the next turn
        QVERIFY(bus.untilReady(server));
        QVERIFY(!topics.contains(server.relayed.constLast()));
        topics.append(server.relayed.constLast());
    }
}

void TestZmqConnectionProof::anUnsubscriptionNeedsNone()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order");
    QVERIFY(bus.untilReady(server));
    bus.connection.unsubscribe("order");
    QCOMPARE(bus.connection.state(), State::Ready);
    QVERIFY(
        bus.until([&] { return server.subscriptions.contains(QByteArray("\0order", 6)); }, [&] { server.relay(); }));
    QCOMPARE(server.relayed.count(server.relayed.constFirst()),
             server.relayed.size()); // none with a new number
}

void TestZmqConnectionProof::theFirstProofsAreLost()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    QByteArrayList proofs;
    QVERIFY(bus.until([&] { return proofs.size() >= 4; }, [&] { keepProofs(server, &proofs); }));
    QCOMPARE(bus.connection.state(), State::Subscribing);
    QCOMPARE(proofs.count(proofs.constFirst()), proofs.size()); // the same one, again
    QVERIFY(bus.untilReady(server));
}

void TestZmqConnectionProof::aProofThatIsNeverReturned()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.send("order .");
    QByteArrayList proofs;
    const auto now = [] { return Connection::Clock::now(); };
    QVERIFY(bus.until([&] { return bus.connection.silence(now()) == Silence::NotResponding; },
                      [&] { keepProofs(server, &proofs); }));
    QCOMPARE(bus.connection.state(), State::Subscribing);
    QCOMPARE(bus.queue.acknowledged(), quint64(1)); // which the server did acknowledge
    QVERIFY2(proofs.size() < 100, "it asks ever less often");
    QVERIFY(bus.untilReady(server));
    QCOMPARE(bus.connection.silence(now() + 1h), Silence::None);
}

void TestZmqConnectionProof::aProofOfEarlierSubscriptionsProvesNothing()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("a");
    QByteArrayList proofs;
    QVERIFY(bus.until([&] { return !proofs.isEmpty(); }, [&] { keepProofs(server, &proofs); }));
    const QByteArray early = proofs.constFirst();
    bus.connection.subscribe("b");
    server.publish(early);
    bool wasReady = false;
    QVERIFY(bus.until([&] { return !proofs.isEmpty() && proofs.constLast() != early; },
                      [&] {
                          keepProofs(server, &proofs);
                          wasReady = wasReady || bus.connection.state() == State::Ready;
                      }));
    QVERIFY(!wasReady);
    server.publish(early);
    server.publish("a marker");
    QVERIFY(bus.until([&] { return bus.heard.contains("a marker"); }, [&] { keepProofs(server, &proofs); }));
    QCOMPARE(bus.connection.state(), State::Subscribing);
    server.publish(proofs.constLast());
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Ready; }, [&] { keepProofs(server, &proofs); }));
}

void TestZmqConnectionProof::anotherNodesProofProvesNothing()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe(""); // so that it hears them
    QByteArrayList proofs;
    QVERIFY(bus.until([&] { return !proofs.isEmpty(); }, [&] { keepProofs(server, &proofs); }));
    const QByteArray own = proofs.constFirst();
    const QByteArray other = QUuid::createUuid().toByteArray(QUuid::WithoutBraces);
    for (const QByteArray &forged :
         {controlPrefix + ("proof/" + other + "/1 "), own + 'x', own.chopped(1), own.chopped(2) + "0 "})
        server.publish(forged);
    server.publish("a marker");
    QVERIFY(bus.until([&] { return bus.heard.contains("a marker"); }, [&] { keepProofs(server, &proofs); }));
    QCOMPARE(bus.connection.state(), State::Subscribing);
}

void TestZmqConnectionProof::theProofIsNotHeard()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("");
    QVERIFY(bus.untilReady(server));
    QVERIFY(bus.heard.size() < server.relayed.size()); // on a busy machine it may have been sent twice
    QCOMPARE(withoutProofs(bus.heard), QByteArrayList());
}

// What waits is unbounded; a subscription that is proven only after it would take as long as that takes.
void TestZmqConnectionProof::theProofOvertakesWhatWaits()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(server));
    QVERIFY(bus.until([&] { return !bus.queue.hasProof(); }, [&] { server.relay(); }));
    for (int i = 0; i < 5000; ++i)
        bus.send("order .");
    const qsizetype inFlight = bus.queue.inFlight();
    bus.connection.subscribe("order");
    server.relayed.clear();
    QVERIFY(bus.untilReady(server));
    const auto proof = std::find_if(server.relayed.cbegin(), server.relayed.cend(), isProofTopic);
    QVERIFY(proof != server.relayed.cend());
    QVERIFY(proof - server.relayed.cbegin() <= inFlight);
}

void TestZmqConnectionProof::oneProofAtATime()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    const auto proofs = [&] {
        return std::count_if(server.taken.begin(), server.taken.end(),
                             [](const QByteArrayList &frames) { return isProofTopic(frames.constLast()); });
    };
    bus.connection.subscribe("a");
    QVERIFY(bus.until([&] { return proofs() == 1; }, [&] { server.take(); }));
    // While it is not acknowledged there is no other one, whatever the time, and whatever is subscribed to.
    auto now = Connection::Clock::now();
    for (int i = 0; i < 100; ++i) {
        bus.connection.subscribe("b");
        bus.connection.process(now += 10s);
        server.take();
    }
    bus.send("order .");
    QVERIFY(bus.until([&] { return !isProofTopic(server.taken.back().constLast()); }, [&] { server.take(); }));
    QCOMPARE(proofs(), 1);
}

// Neither here nor at the server anything is left of it. ZeroMQ repeats what it knows when it connects again,
// which shows both.
void TestZmqConnectionProof::theOldProofIsUnsubscribed()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    for (int i = 0; i < 20; ++i) {
        bus.connection.subscribe(QByteArray::number(i));
        QVERIFY(bus.untilReady(server));
    }
    const auto count = [&](char what) {
        return std::count_if(server.subscriptions.cbegin(), server.subscriptions.cend(),
                             [what](const auto &each) { return each[0] == what && isProofTopic(each.sliced(1)); });
    };
    QVERIFY(bus.until([&] { return count('\x00') == count('\x01'); }, [&] { server.relay(); }));

    server.closeEvents();
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Connecting; }, [&] { server.relay(); }));
    server.subscriptions.clear();
    server.openEvents();
    QVERIFY(bus.untilReady(server));
    QVERIFY(bus.until([&] { return count('\x00') >= 1; }, [&] { server.relay(); }));
    QCOMPARE(count('\x01'), 1);
    QCOMPARE(server.subscriptions.size(), 22); // 20 prefixes, the new proof, and its end
}

void TestZmqConnectionProof::whatIsSentWhenReadyIsHeard()
{
    RawServer server(m_port);
    for (int i = 0; i < 20; ++i) {
        ConnectionDriver bus(m_port);
        bus.connection.subscribe("order ");
        QVERIFY(bus.untilReady(server));
        server.publish("order at once.");
        QVERIFY(bus.until([&] { return !bus.heard.isEmpty(); }));
        QCOMPARE(bus.heard, QByteArrayList{"order at once."});
    }
}

// Only the requests' connection has heartbeats. Where that of the events brings nothing any more, no proof comes back.
void TestZmqConnectionProof::eventsThatStandStill()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    QByteArrayList proofs;
    QVERIFY(
        bus.until([&] { return server.subscriptions.count("\1order ") >= 2; }, [&] { keepProofs(server, &proofs); }));
    QVERIFY(server.subscriptions.count(QByteArray("\0order ", 7)) >= 1); // the old connection has ended
    QVERIFY(bus.untilReady(server));
}

PYVENT_TEST(TestZmqConnectionProof)
#include "tst_zmqconnectionproof.moc"
