// SPDX-License-Identifier: MIT
#include "server/lanepeer.h"

#include "support/sendbuffers.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

constexpr qsizetype maximumFrameSize = 100'000;

QByteArray eventFrame(QByteArrayView body)
{
    return Zmtp::frame(0, body);
}

QByteArray subscription(QByteArrayView prefix)
{
    return Zmtp::commandFrame(Lane::subscribeCommand, prefix);
}

// A peer whose other end is the test's.
struct OtherEnd
{
    explicit OtherEnd(Relay *relay, bool says = true)
        : peer(relay, maximumFrameSize)
    {
        if (says)
            isReady = peer.receive(Lane::readyFrame()) && output() == Lane::readyFrame();
    }

    // What is written now, with what is owed.
    QByteArray output()
    {
        peer.settle();
        return PyventTests::takeBytes(&peer.client()->output);
    }

    LanePeer peer;
    bool isReady = false;
};

} // namespace

class TestLanePeer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void shakesHands();
    void refuses_data();
    void refuses();
    void passesOn();
    void byteByByte();
    void acknowledgesWhenThereIsTime();
    void acknowledgesSubscriptionsAtOnce();
    void addsNoAcknowledgementsForWhoDoesNotRead();
    void framesOfARunAreOneBlock();
    void largeEvents();
    void ignoresWhatItDoesNotKnow();
    void leavesTheRelay();
};

void TestLanePeer::shakesHands()
{
    Relay relay(true, {});
    OtherEnd end(&relay, false);
    QVERIFY(!end.peer.isEstablished());
    QVERIFY(end.output().isEmpty());
    QVERIFY(end.peer.receive(Lane::readyFrame()));
    QVERIFY(end.peer.isEstablished());
    QCOMPARE(end.output(), Lane::readyFrame());
    QVERIFY(end.peer.sends());
    QVERIFY(end.peer.hears());
    QVERIFY(!relay.hadOtherClients());
    const OtherEnd second(&relay);
    QVERIFY(second.isReady);
    QVERIFY(relay.hadOtherClients());
}

void TestLanePeer::refuses_data()
{
    QTest::addColumn<bool>("afterReady");
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("an event at once") << false << eventFrame("order ");
    QTest::newRow("another command") << false << subscription("order");
    QTest::newRow("another version") << false
                                     << Zmtp::commandFrame(Lane::readyCommand, Zmtp::property("Pyvent-Lane", "9"));
    QTest::newRow("ZeroMQ") << false << Zmtp::greeting();
    QTest::newRow("a web browser") << false << QByteArray("GET / HTTP/1.1\r\n\r\n");
    QTest::newRow("a message in parts") << true << Zmtp::frame(Zmtp::Header::More, "order ");
    QTest::newRow("a command without a name") << true << Zmtp::frame(Zmtp::Header::Command, {});
    QTest::newRow("a reserved flag") << true << QByteArray("\x08\x01x");
    QTest::newRow("an event that is too large") << true << eventFrame(QByteArray(maximumFrameSize + 1, 'x')).first(20);
    QTest::newRow("a command that is too large")
        << true << Zmtp::frame(Zmtp::Header::Command, QByteArray(10'000, '\1')).first(20);
}

void TestLanePeer::refuses()
{
    QFETCH(const bool, afterReady);
    QFETCH(const QByteArray, bytes);
    Relay relay(true, {});
    OtherEnd end(&relay, afterReady);
    QVERIFY(!end.peer.receive(bytes));
    QVERIFY(*end.peer.whyClosed());
}

void TestLanePeer::passesOn()
{
    Relay relay(true, {});
    OtherEnd sends(&relay);
    OtherEnd hears(&relay);
    QVERIFY(hears.peer.receive(subscription("order ") + subscription("bill")));
    hears.output();
    QVERIFY(sends.peer.receive(eventFrame("order 1") + eventFrame("other 2") + eventFrame("bill 3")
                               + eventFrame("order 4")));
    QCOMPARE(hears.output(), eventFrame("order 1") + eventFrame("bill 3") + eventFrame("order 4"));
    QVERIFY(hears.peer.receive(Zmtp::commandFrame(Lane::cancelCommand, "order ")));
    QVERIFY(sends.peer.receive(eventFrame("order 5") + eventFrame("bill 6")));
    QCOMPARE(hears.output(), eventFrame("bill 6") + Lane::acknowledgementFrame({0, 3}));
    // Who sends hears itself.
    QVERIFY(hears.peer.receive(eventFrame("bill 7")));
    QVERIFY(hears.output().startsWith(eventFrame("bill 7")));
}

void TestLanePeer::byteByByte()
{
    Relay relay(true, {});
    OtherEnd hears(&relay);
    QVERIFY(hears.peer.receive(subscription({})));
    hears.output();
    OtherEnd sends(&relay);
    const QByteArray all =
        eventFrame("a 1") + eventFrame(QByteArray(300, 'b')) + eventFrame(QByteArray(50'000, 'c')) + eventFrame("d");
    for (const char byte : all) {
        if (const std::span<char> room = sends.peer.room(); !room.empty()) {
            room[0] = byte;
            QVERIFY(sends.peer.receivedInPlace(1));
        } else {
            QVERIFY(sends.peer.receive(QByteArrayView(&byte, 1)));
        }
    }
    QCOMPARE(hears.output(), all);
    QCOMPARE(sends.output(), Lane::acknowledgementFrame({4, 0}));
}

void TestLanePeer::acknowledgesWhenThereIsTime()
{
    Relay relay(true, {});
    OtherEnd end(&relay);
    QCOMPARE(end.peer.debt(), Peer::Debt::None);
    QVERIFY(end.peer.receive(eventFrame("order 1")));
    QCOMPARE(end.peer.debt(), Peer::Debt::Soon);
    QVERIFY(end.peer.receive(Zmtp::commandFrame(Lane::hurryCommand, {})));
    QCOMPARE(end.peer.debt(), Peer::Debt::Now);
    QCOMPARE(end.output(), Lane::acknowledgementFrame({1, 0}));
    QCOMPARE(end.peer.debt(), Peer::Debt::None);
    QVERIFY(end.output().isEmpty());
    // Many, or large ones, keep the sender's memory.
    for (int i = 0; i < 255; ++i)
        QVERIFY(end.peer.receive(eventFrame("order 1")));
    QCOMPARE(end.peer.debt(), Peer::Debt::Soon);
    QVERIFY(end.peer.receive(eventFrame("order 1")));
    QCOMPARE(end.peer.debt(), Peer::Debt::Now);
    QCOMPARE(end.output(), Lane::acknowledgementFrame({257, 0}));
    QVERIFY(end.peer.receive(eventFrame(QByteArray(70'000, 'x'))));
    QCOMPARE(end.peer.debt(), Peer::Debt::Now);
}

void TestLanePeer::acknowledgesSubscriptionsAtOnce()
{
    Relay relay(true, {});
    OtherEnd end(&relay);
    QVERIFY(end.peer.receive(subscription("a") + subscription("b")));
    QCOMPARE(end.peer.debt(), Peer::Debt::Now);
    QCOMPARE(end.output(), Lane::acknowledgementFrame({0, 2}));
    QVERIFY(end.peer.receive(Zmtp::commandFrame(Lane::cancelCommand, "a")));
    QCOMPARE(end.output(), Lane::acknowledgementFrame({0, 3}));
}

void TestLanePeer::addsNoAcknowledgementsForWhoDoesNotRead()
{
    Relay relay(true, {});
    OtherEnd end(&relay);
    QVERIFY(end.peer.receive(eventFrame("order 1")));
    end.peer.settle();
    const qsizetype once = end.peer.client()->output.bytes();
    for (int i = 0; i < 1000; ++i) {
        QVERIFY(end.peer.receive(eventFrame("order 1") + Zmtp::commandFrame(Lane::hurryCommand, {})));
        QCOMPARE(end.peer.debt(), Peer::Debt::None);
        end.peer.settle();
    }
    QCOMPARE(end.peer.client()->output.bytes(), once);
    PyventTests::takeBytes(&end.peer.client()->output);
    QCOMPARE(end.peer.debt(), Peer::Debt::Now);
    QCOMPARE(end.output(), Lane::acknowledgementFrame({1001, 0}));
}

void TestLanePeer::framesOfARunAreOneBlock()
{
    Relay relay(true, {});
    OtherEnd sends(&relay);
    OtherEnd hears(&relay);
    QVERIFY(hears.peer.receive(subscription("order ")));
    hears.output();
    const QByteArray run = eventFrame("order 1") + eventFrame("order 2") + eventFrame("order 3");
    QVERIFY(sends.peer.receive(run + eventFrame("other") + eventFrame("order 4")));
    std::array<iovec, 8> parts;
    QCOMPARE(hears.peer.client()->output.fill(parts), std::size_t(2));
    QCOMPARE(qsizetype(parts[0].iov_len), run.size());
    QCOMPARE(hears.output(), run + eventFrame("order 4"));
}

void TestLanePeer::largeEvents()
{
    Relay relay(true, {});
    OtherEnd sends(&relay);
    OtherEnd hears(&relay);
    QVERIFY(hears.peer.receive(subscription({})));
    hears.output();
    const QByteArray large = eventFrame(QByteArray(maximumFrameSize, 'x'));
    QVERIFY(sends.peer.receive(eventFrame("a") + large.first(30'000)));
    QVERIFY(!sends.peer.room().empty());
    QCOMPARE(hears.output(), eventFrame("a"));
    QVERIFY(sends.peer.receive(QByteArrayView(large).sliced(30'000)));
    QVERIFY(sends.peer.receive(eventFrame("b")));
    QCOMPARE(hears.output(), large + eventFrame("b"));
}

void TestLanePeer::ignoresWhatItDoesNotKnow()
{
    Relay relay(true, {});
    OtherEnd end(&relay);
    QVERIFY(end.peer.receive(Zmtp::commandFrame(Lane::idleCommand, {}) + Zmtp::commandFrame("LATER", "x")));
    QCOMPARE(end.peer.debt(), Peer::Debt::None);
    QVERIFY(end.output().isEmpty());
}

void TestLanePeer::leavesTheRelay()
{
    Relay relay(true, {});
    const qsizetype before = relay.memory();
    {
        OtherEnd end(&relay);
        QVERIFY(end.peer.receive(subscription("order ") + eventFrame("order 1")));
        QCOMPARE(relay.clients(), 1);
    }
    QCOMPARE(relay.clients(), 0);
    QVERIFY(!relay.tidy());
    QCOMPARE(relay.memory(), before);
}

PYVENT_TEST(TestLanePeer)

#include "tst_lanepeer.moc"
