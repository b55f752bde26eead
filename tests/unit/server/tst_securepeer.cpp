// SPDX-License-Identifier: MIT
#include "server/zmtppeer.h"

#include "support/curveclient.h"
#include "support/sendbuffers.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

using Purpose = ZmtpPeer::Purpose;

constexpr qsizetype largestFrame = 100'000;

// A client of the test's, and the server's end of its connection.
struct SecureEnds
{
    explicit SecureEnds(Relay *relay, Purpose purpose = Purpose::Requests, bool isPlain = false)
        : peer(relay, purpose, largestFrame, 10,
               {.isPlain = isPlain, .keys = &own, .judge = [this](QByteArrayView key) { return judge(key); }})
    {
    }

    CurveServer::Verdict judge(QByteArrayView key) const
    {
        if (key == known.publicKey())
            return {.name = u"ada"_s};
        return {.refusal = "400", .why = u"nobody knows it"_s};
    }

    bool sendCommand(const QByteArray &body) { return peer.receive(Zmtp::frame(Zmtp::Header::Command, body)); }
    bool sendMessage(quint8 flags, const QByteArray &body)
    {
        return peer.receive(Zmtp::frame(0, client.message(flags, body)));
    }

    // What has been written since the last call; sealed, once that is agreed.
    QByteArray output()
    {
        EncryptedOutput *const encryption = peer.encryption();
        if (!encryption)
            return takeBytes(&peer.client()->output);
        QByteArray all;
        for (QByteArrayView next; !(next = encryption->next(&peer.client()->output)).isEmpty();) {
            all.append(next);
            encryption->wrote(next.size());
        }
        return all;
    }

    QByteArray bodyOf(const QByteArray &frame)
    {
        const auto header = Zmtp::readHeader(frame);
        return header ? frame.sliced(header->size) : QByteArray();
    }

    bool shakeHands(QByteArrayView type)
    {
        return peer.receive(Zmtp::greeting(Zmtp::Mechanism::Curve)) && !output().isEmpty()
            && sendCommand(client.hello()) && client.takeWelcome(bodyOf(output()))
            && sendCommand(client.initiate(Zmtp::properties(type))) && client.openReady(bodyOf(output()));
    }

    // The messages and commands that have come sealed, one after the other with their flags.
    QByteArrayList opened()
    {
        QByteArrayList all;
        const QByteArray bytes = output();
        for (QByteArrayView rest = bytes; !rest.isEmpty();) {
            const Zmtp::Header header = *Zmtp::readHeader(rest);
            const auto plain = client.openMessage(rest.sliced(header.size, qsizetype(header.bodySize)));
            all.append(plain ? *plain : "not sealed");
            rest = rest.sliced(header.size + qsizetype(header.bodySize));
        }
        return all;
    }

    KeyPair own = KeyPair::make();
    KeyPair known = KeyPair::make();
    CurveClient client{known, own.publicKey()};
    ZmtpPeer peer;
};

} // namespace

class TestSecurePeer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void shakesHands();
    void leavesTheMechanismToTheClient();
    void refusesWhoHasNoKey();
    void refusesKeysWhereItHasNone();
    void refusesStrangers();
    void refusesOtherSockets();
    void passesEventsOn();
    void takesLargeEventsByteByByte();
    void answersPings();
    void subscribesInBothWays();
    void refuses_data();
    void refuses();
};

void TestSecurePeer::shakesHands()
{
    Relay relay(true, {});
    SecureEnds ends(&relay);
    const QByteArray greeting = Zmtp::greeting(Zmtp::Mechanism::CurveServer);
    QCOMPARE(ends.output(), greeting.first(12));
    QVERIFY(ends.peer.receive(Zmtp::greeting(Zmtp::Mechanism::Curve)));
    QCOMPARE(ends.output(), greeting.sliced(12));
    QVERIFY(ends.sendCommand(ends.client.hello()));
    QVERIFY(ends.client.takeWelcome(ends.bodyOf(ends.output())));
    QVERIFY(!ends.peer.isEstablished());
    QVERIFY(ends.peer.key().isEmpty());
    QVERIFY(ends.sendCommand(ends.client.initiate(Zmtp::properties("DEALER"))));
    QVERIFY(ends.peer.isEstablished());
    QCOMPARE(ends.client.openReady(ends.bodyOf(ends.output())),
             Zmtp::properties("ROUTER") + Zmtp::property("X-Pyvent-Key", "ada"));
    QCOMPARE(ends.peer.key(), ends.known.publicKey());
    QCOMPARE(ends.peer.keyName(), u"ada"_s);
}

void TestSecurePeer::leavesTheMechanismToTheClient()
{
    Relay relay(true, {});
    SecureEnds ends(&relay, Purpose::Events, true);
    QCOMPARE(ends.output(), Zmtp::greeting().first(12));
    QVERIFY(ends.peer.receive(Zmtp::greeting() + Zmtp::readyFrame("SUB")));
    QCOMPARE(ends.output(), Zmtp::greeting().sliced(12) + Zmtp::readyFrame("PUB"));
    QVERIFY(ends.peer.isEstablished());
    QVERIFY(!ends.peer.encryption());
}

void TestSecurePeer::refusesWhoHasNoKey()
{
    Relay relay(true, {});
    SecureEnds ends(&relay);
    QVERIFY(!ends.peer.receive(Zmtp::greeting() + Zmtp::readyFrame("DEALER")));
    QCOMPARE(ends.output(), Zmtp::greeting(Zmtp::Mechanism::CurveServer)); // which says what is asked for
    QCOMPARE(ends.peer.describeClosed(), u"it comes from another machine, and has no key"_s);
}

void TestSecurePeer::refusesKeysWhereItHasNone()
{
    Relay relay(true, {});
    ZmtpPeer peer(&relay, Purpose::Requests, largestFrame);
    QVERIFY(!peer.receive(Zmtp::greeting(Zmtp::Mechanism::Curve)));
    QCOMPARE(takeBytes(&peer.client()->output), Zmtp::greeting());
    QVERIFY(peer.describeClosed().contains(u"has no keys"_s));
}

void TestSecurePeer::refusesStrangers()
{
    Relay relay(true, {});
    SecureEnds ends(&relay);
    ends.client = CurveClient(KeyPair::make(), ends.own.publicKey());
    QVERIFY(!ends.shakeHands("DEALER"));
    QCOMPARE(ends.bodyOf(ends.output()), Curve::errorBody("400"));
    QCOMPARE(ends.peer.describeClosed(), u"nobody knows it"_s);
    QVERIFY(!ends.peer.isEstablished());
    QVERIFY(ends.peer.key().isEmpty());

    SecureEnds other(&relay);
    other.client = CurveClient(other.known, KeyPair::make().publicKey());
    other.peer.receive(Zmtp::greeting(Zmtp::Mechanism::Curve));
    other.output();
    QVERIFY(!other.sendCommand(other.client.hello()));
    QCOMPARE(other.bodyOf(other.output()), Curve::errorBody("500"));
}

void TestSecurePeer::refusesOtherSockets()
{
    Relay relay(true, {});
    SecureEnds ends(&relay);
    QVERIFY(!ends.shakeHands("SUB"));
    QVERIFY(ends.peer.describeClosed().contains(u"another socket"_s));
    SecureEnds none(&relay);
    QVERIFY(!none.shakeHands(""));
}

void TestSecurePeer::passesEventsOn()
{
    Relay relay(true, {});
    SecureEnds sends(&relay);
    SecureEnds hears(&relay, Purpose::Events);
    ZmtpPeer hearsPlain(&relay, Purpose::Events, largestFrame);
    QVERIFY(sends.shakeHands("DEALER"));
    QVERIFY(hears.shakeHands("SUB"));
    QVERIFY(hearsPlain.receive(Zmtp::greeting() + Zmtp::readyFrame("SUB") + Zmtp::commandFrame("SUBSCRIBE", {})));
    takeBytes(&hearsPlain.client()->output);
    QVERIFY(hears.sendMessage(Curve::Command, "\x09SUBSCRIBEorder"));
    for (const qsizetype size : {1, 1000, 50'000}) {
        const QByteArray event = "order " + QByteArray(size, 'x');
        QVERIFY(sends.sendMessage(Curve::More, {}));
        QVERIFY(sends.sendMessage(0, event));
        QCOMPARE(sends.opened(),
                 QByteArrayList({QByteArray("\1", 1),
                                 QByteArray("\0"
                                            "1",
                                            2)}));
        QCOMPARE(hears.opened(), QByteArrayList({QByteArray("\0", 1) + event}));
        QCOMPARE(takeBytes(&hearsPlain.client()->output), Zmtp::frame(0, event));
    }
    QCOMPARE(sends.peer.events(), 3U);
}

void TestSecurePeer::takesLargeEventsByteByByte()
{
    Relay relay(true, {});
    SecureEnds sends(&relay);
    SecureEnds hears(&relay, Purpose::Events);
    QVERIFY(sends.shakeHands("DEALER"));
    QVERIFY(hears.shakeHands("SUB"));
    QVERIFY(hears.sendMessage(Curve::Command, "\x09SUBSCRIBE"));
    const qsizetype before = relay.waitingBytes();
    const QByteArray event = "order " + QByteArray(largestFrame - 6, 'x');
    QByteArray bytes = Zmtp::frame(0, sends.client.message(Curve::More, {}));
    bytes += Zmtp::frame(0, sends.client.message(0, event)); // after the first one, for its nonce
    for (const char byte : bytes)
        QVERIFY2(sends.peer.receive(QByteArray(1, byte)), qPrintable(sends.peer.describeClosed()));
    QCOMPARE(hears.opened(), QByteArrayList({QByteArray("\0", 1) + event}));
    QCOMPARE(relay.waitingBytes(), before); // the sealed one is gone, too
    QCOMPARE(relay.partBytes(), 0);
}

void TestSecurePeer::answersPings()
{
    Relay relay(true, {});
    SecureEnds ends(&relay);
    QVERIFY(ends.shakeHands("DEALER"));
    QVERIFY(ends.sendMessage(Curve::Command, QByteArray("\4PING\0\x1e", 7) + "context"));
    QCOMPARE(ends.opened(), QByteArrayList({"\2\4PONGcontext"}));
}

void TestSecurePeer::subscribesInBothWays()
{
    Relay relay(true, {});
    SecureEnds sends(&relay);
    SecureEnds hears(&relay, Purpose::Events);
    QVERIFY(sends.shakeHands("REQ"));
    QVERIFY(hears.shakeHands("XSUB"));
    const auto isHeard = [&] {
        sends.sendMessage(Curve::More, {});
        sends.sendMessage(0, "order x.");
        return !hears.opened().isEmpty();
    };
    QVERIFY(!isHeard());
    QVERIFY(hears.sendMessage(0, "\1order"));
    QVERIFY(isHeard());
    QVERIFY(hears.sendMessage(Curve::Command, "\6CANCELorder"));
    QVERIFY(!isHeard());
}

void TestSecurePeer::refuses_data()
{
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<QByteArray>("why");
    QTest::newRow("plain") << QByteArray("a plain message that is long enough to be one") << QByteArray("not sealed");
    QTest::newRow("short") << QByteArray("x") << QByteArray("not sealed");
    QTest::newRow("twice") << QByteArray() << QByteArray("sent before");
    QTest::newRow("a large one twice") << QByteArray() << QByteArray("sent before");
    QTest::newRow("a large one that is changed: the tag") << QByteArray() << QByteArray("not sealed");
    QTest::newRow("a large one that is changed: the beginning") << QByteArray() << QByteArray("not sealed");
    QTest::newRow("a large one that is changed: the end") << QByteArray() << QByteArray("not sealed");
    QTest::newRow("flags") << QByteArray() << QByteArray("no ZMTP");
    QTest::newRow("a long command") << QByteArray() << QByteArray("more in one frame");
    QTest::newRow("in parts") << QByteArray() << QByteArray("in parts");
    QTest::newRow("too large") << QByteArray() << QByteArray("more in one frame");
}

void TestSecurePeer::refuses()
{
    QFETCH(const QByteArray, what);
    QFETCH(const QByteArray, why);
    Relay relay(true, {});
    SecureEnds ends(&relay);
    QVERIFY(ends.shakeHands("DEALER"));
    const QByteArray row = QTest::currentDataTag();
    QByteArray bytes = Zmtp::frame(0, what);
    if (row == "twice") {
        bytes = Zmtp::frame(0, ends.client.message(Curve::More, {}));
        QVERIFY(ends.peer.receive(bytes));
    } else if (row.startsWith("a large one")) {
        bytes = Zmtp::frame(0, ends.client.message(Curve::More, QByteArray(50'000, 'x')));
        if (row == "a large one twice")
            QVERIFY(ends.peer.receive(bytes));
        char &byte = bytes.data()[row.endsWith("tag") ? 30 : row.endsWith("beginning") ? 42 : bytes.size() - 1];
        byte = char(byte ^ (row.contains("changed") ? 1 : 0));
        const qsizetype before = relay.waitingBytes();
        for (QByteArrayView rest = bytes; rest.size() > 1000; rest = bytes = rest.sliced(1000).toByteArray()) {
            if (!ends.peer.receive(rest.first(1000)))
                break;
        }
        QCOMPARE(relay.waitingBytes(), before);
    } else if (row == "flags") {
        bytes = Zmtp::frame(0, ends.client.message(4, "x"));
    } else if (row == "a long command") {
        bytes = Zmtp::frame(0, ends.client.message(Curve::Command, "\4PING" + QByteArray(9000, 'x')));
    } else if (row == "in parts") {
        bytes = Zmtp::frame(Zmtp::Header::More, ends.client.message(0, "x"));
    } else if (row == "too large") {
        bytes = Zmtp::frame(0, ends.client.message(0, QByteArray(largestFrame + 1, 'x'))).first(9); // before it is read
    }
    QVERIFY(!ends.peer.receive(bytes));
    QVERIFY2(ends.peer.describeClosed().toLatin1().contains(why), ends.peer.whyClosed());
}

PYVENT_TEST(TestSecurePeer)

#include "tst_securepeer.moc"
