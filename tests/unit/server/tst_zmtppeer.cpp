// SPDX-License-Identifier: MIT
#include "server/zmtppeer.h"

#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "wire/batch.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

namespace {

using Purpose = ZmtpPeer::Purpose;

constexpr qsizetype maximumFrameSize = 100'000;

QByteArray ready(QByteArrayView type)
{
    return Zmtp::readyFrame(type);
}

// A connection whose other end is the test's.
struct OtherEnd
{
    OtherEnd(Relay *relay, Purpose purpose)
        : connection(relay, purpose, maximumFrameSize)
    {
    }

    bool send(const QByteArray &bytes) { return connection.receive(bytes); }

    // What the server has written since the last call.
    QByteArray output() { return PyventTests::takeBytes(&connection.client()->output); }

    ZmtpPeer connection;
};

struct Established : OtherEnd
{
    Established(Relay *relay, Purpose purpose)
        : OtherEnd(relay, purpose)
    {
        send(Zmtp::greeting() + ready(purpose == Purpose::Requests ? "DEALER" : "SUB"));
        output();
    }
};

QByteArray message(const QByteArrayList &parts)
{
    QByteArray bytes;
    for (qsizetype i = 0; i < parts.size(); ++i)
        bytes += Zmtp::frame(i + 1 < parts.size() ? Zmtp::Header::More : 0, parts[i]);
    return bytes;
}

} // namespace

class TestZmtpPeer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void shakesHands_data();
    void shakesHands();
    void byteByByte();
    void refuses_data();
    void refuses();
    void refusesOtherSockets_data();
    void refusesOtherSockets();
    void answersPings();
    void addsNoPongsForWhoDoesNotRead();
    void subscribesInBothWays();
    void takesRequests_data();
    void takesRequests();
    void ignoresWhatIsNoMessage_data();
    void ignoresWhatIsNoMessage();
    void messagesOfEverMoreParts();
    void leavesTheRelay();
};

void TestZmtpPeer::shakesHands_data()
{
    QTest::addColumn<Purpose>("purpose");
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<QByteArray>("server");
    QTest::newRow("REQ") << Purpose::Requests << QByteArray("REQ") << QByteArray("ROUTER");
    QTest::newRow("DEALER") << Purpose::Requests << QByteArray("DEALER") << QByteArray("ROUTER");
    QTest::newRow("SUB") << Purpose::Events << QByteArray("SUB") << QByteArray("PUB");
    QTest::newRow("XSUB") << Purpose::Events << QByteArray("XSUB") << QByteArray("PUB");
}

void TestZmtpPeer::shakesHands()
{
    QFETCH(const Purpose, purpose);
    QFETCH(const QByteArray, type);
    QFETCH(const QByteArray, server);
    Relay relay(true, {});
    OtherEnd peer(&relay, purpose);
    QCOMPARE(peer.output(), Zmtp::greeting()); // without being asked: ZeroMQ waits for it
    QVERIFY(peer.send(Zmtp::greeting()));
    QCOMPARE(peer.output(), ready(server));
    QVERIFY(!peer.connection.isEstablished());
    QVERIFY(peer.send(ready(type)));
    QVERIFY(peer.connection.isEstablished());
    QVERIFY(peer.output().isEmpty());
}

void TestZmtpPeer::byteByByte()
{
    Relay relay(true, {});
    Established hears(&relay, Purpose::Events);
    hears.send(Zmtp::commandFrame("SUBSCRIBE", "order"));
    OtherEnd peer(&relay, Purpose::Requests);
    const QByteArray large = "order " + QByteArray(30'000, 'x');
    const QByteArray bytes = Zmtp::greeting() + ready("REQ") + message({"", "order x."}) + message({"", large});
    for (const char byte : bytes)
        QVERIFY(peer.send(QByteArray(1, byte)));
    QCOMPARE(peer.output(), Zmtp::greeting() + ready("ROUTER") + message({"", "1"}) + message({"", "1"}));
    QCOMPARE(hears.output(), message({"order x."}) + message({large}));
}

void TestZmtpPeer::refuses_data()
{
    QTest::addColumn<Purpose>("purpose");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("why");
    const QByteArray requests = Zmtp::greeting() + ready("DEALER");
    const QByteArray events = Zmtp::greeting() + ready("SUB");
    QByteArray old = Zmtp::greeting();
    old[10] = 1;
    QByteArray curve = Zmtp::greeting();
    curve.replace(12, 5, "CURVE");
    QByteArray plain = Zmtp::greeting();
    plain.replace(12, 5, "PLAIN");
    const auto row = [](const char *name, Purpose purpose, const QByteArray &bytes, const char *why) {
        QTest::newRow(name) << purpose << bytes << QByteArray(why);
    };
    using enum Purpose;
    row("a web browser", Requests, "GET / HTTP/1.1\r\n\r\n", "it does not speak ZeroMQ");
    row("an old version", Events, old, "it speaks a version of ZeroMQ's protocol from before 3.0");
    row("CURVE", Events, curve, "it asks for the secure door, and the server has no keys");
    row("PLAIN", Events, plain, "it asks for a security mechanism that the server does not have");
    row("no READY", Requests, Zmtp::greeting() + Zmtp::commandFrame("HELLO", {}), "it does not say what it is");
    row("a message first", Requests, Zmtp::greeting() + message({"", "order x."}),
        "it sends messages before it has said what it is");
    row("a command in parts", Requests, requests + Zmtp::frame(Zmtp::Header::Command | Zmtp::Header::More, "\4PING"),
        "it sends a command in parts");
    row("a command without a name", Requests, requests + Zmtp::frame(Zmtp::Header::Command, {}),
        "it sends a command without a name");
    row("a PING without a time", Requests, requests + Zmtp::commandFrame("PING", "x"), "it sends a PING that is none");
    row("a PING that is long", Events, events + Zmtp::commandFrame("PING", QByteArray(19, 'x')),
        "it sends a PING that is none");
    row("a reserved flag", Requests, requests + QByteArray::fromHex("4000"), "it sends what is no ZMTP");
    row("a frame that is too large", Requests, requests + Zmtp::frame(0, QByteArray(maximumFrameSize + 1, 'x')),
        "it sends more in one frame than the server takes");
    row("a subscription that is too large", Events, events + Zmtp::commandFrame("SUBSCRIBE", QByteArray(9000, 'x')),
        "it sends more in one frame than the server takes");
    row("an event where it is to hear", Events, events + message({"order x."}),
        "it sends messages where it is to hear");
    row("nothing where it is to hear", Events, events + message({""}), "it sends messages where it is to hear");
    row("parts where it is to hear", Events, events + message({"\1a", "b"}), "it sends messages where it is to hear");
}

void TestZmtpPeer::refuses()
{
    QFETCH(const Purpose, purpose);
    QFETCH(const QByteArray, bytes);
    QFETCH(const QByteArray, why);
    Relay relay(true, {});
    OtherEnd whole(&relay, purpose);
    QVERIFY(!whole.send(bytes));
    QCOMPARE(QByteArray(whole.connection.whyClosed()), why);
    OtherEnd pieces(&relay, purpose);
    bool goesOn = true;
    for (qsizetype i = 0; i < bytes.size() && goesOn; ++i)
        goesOn = pieces.send(bytes.sliced(i, 1));
    QVERIFY(!goesOn);
    QCOMPARE(QByteArray(pieces.connection.whyClosed()), why);
}

void TestZmtpPeer::refusesOtherSockets_data()
{
    QTest::addColumn<Purpose>("purpose");
    QTest::addColumn<QByteArray>("type");
    for (const char *type : {"SUB", "XSUB", "PUB", "REP", "ROUTER", "PAIR", "PUSH", "PULL", ""})
        QTest::addRow("%s sends requests", type) << Purpose::Requests << QByteArray(type);
    for (const char *type : {"REQ", "DEALER", "PUB", "XPUB", "PULL", "sub", ""})
        QTest::addRow("%s hears events", type) << Purpose::Events << QByteArray(type);
}

void TestZmtpPeer::refusesOtherSockets()
{
    QFETCH(const Purpose, purpose);
    QFETCH(const QByteArray, type);
    Relay relay(true, {});
    OtherEnd peer(&relay, purpose);
    peer.send(Zmtp::greeting());
    peer.output();
    QVERIFY(!peer.send(ready(type)));
    QCOMPARE(peer.output(), Zmtp::commandFrame("ERROR", "\x13Invalid socket type"));
}

void TestZmtpPeer::answersPings()
{
    Relay relay(true, {});
    for (const Purpose purpose : {Purpose::Requests, Purpose::Events}) {
        Established peer(&relay, purpose);
        QVERIFY(peer.send(Zmtp::commandFrame("PING", QByteArray("\0\x1e", 2))));
        QCOMPARE(peer.output(), Zmtp::commandFrame("PONG", {}));
        QVERIFY(peer.send(Zmtp::commandFrame("PING", QByteArray("\0\x1e", 2) + "sixteen letters!")));
        QCOMPARE(peer.output(), Zmtp::commandFrame("PONG", "sixteen letters!"));
        QVERIFY(peer.send(Zmtp::commandFrame("PONG", {}) + Zmtp::commandFrame("FUTURE", "x")));
        QVERIFY(peer.output().isEmpty());
    }
}

void TestZmtpPeer::addsNoPongsForWhoDoesNotRead()
{
    Relay relay(true, {});
    Established peer(&relay, Purpose::Events);
    const QByteArray ping = Zmtp::commandFrame("PING", QByteArray("\0\x1e", 2) + "sixteen letters!");
    for (int i = 0; i < 100'000; ++i)
        QVERIFY(peer.send(ping));
    QVERIFY(peer.connection.client()->output.bytes() < 70'000);
}

void TestZmtpPeer::subscribesInBothWays()
{
    Relay relay(true, {});
    Established sends(&relay, Purpose::Requests);
    Established hears(&relay, Purpose::Events);
    const auto isHeard = [&](const QByteArray &event) {
        sends.send(message({"", event}));
        return hears.output() == message({event});
    };
    QVERIFY(hears.send(Zmtp::commandFrame("SUBSCRIBE", "order ")));
    QVERIFY(hears.send(message({"\1food "}))); // as in ZMTP 3.0
    QVERIFY(isHeard("order x."));
    QVERIFY(isHeard("food x."));
    QVERIFY(hears.send(message({QByteArray("\0order ", 7)})));
    QVERIFY(hears.send(Zmtp::commandFrame("CANCEL", "food ")));
    QVERIFY(!isHeard("order x."));
    QVERIFY(!isHeard("food x."));
    QVERIFY(hears.send(Zmtp::commandFrame("CANCEL", "never there")));
    QVERIFY(hears.send(Zmtp::commandFrame("SUBSCRIBE", {}))); // everything
    QVERIFY(isHeard("order x."));
}

void TestZmtpPeer::takesRequests_data()
{
    QTest::addColumn<QByteArray>("event");
    for (const qsizetype size : {1, 255, 256, 20'000, 100'000})
        QTest::addRow("%lld bytes", qlonglong(size)) << QByteArray(size, 'x');
    QTest::newRow("nothing") << QByteArray();
}

void TestZmtpPeer::takesRequests()
{
    QFETCH(const QByteArray, event);
    Relay relay(true, {});
    Established sends(&relay, Purpose::Requests);
    Established hears(&relay, Purpose::Events);
    hears.send(Zmtp::commandFrame("SUBSCRIBE", {}));
    QVERIFY(sends.send(message({"", event})));
    QCOMPARE(hears.output(), message({event}));
    QCOMPARE(sends.output(), message({"", "1"}));
}

void TestZmtpPeer::ignoresWhatIsNoMessage_data()
{
    QTest::addColumn<QByteArrayList>("parts");
    QTest::newRow("one part") << QByteArrayList{"order x."};
    QTest::newRow("a delimiter alone") << QByteArrayList{""};
    QTest::newRow("three parts") << QByteArrayList{"", "order x.", ""};
    QTest::newRow("no delimiter") << QByteArrayList{"order", "x."};
    QTest::newRow("another mark") << QByteArrayList{"\2batches", "x"};
    QTest::newRow("a thousand parts") << QByteArrayList(1000, "x");
}

void TestZmtpPeer::ignoresWhatIsNoMessage()
{
    QFETCH(const QByteArrayList, parts);
    Relay relay(true, {});
    Established sends(&relay, Purpose::Requests);
    Established hears(&relay, Purpose::Events);
    hears.send(Zmtp::commandFrame("SUBSCRIBE", {}));
    QVERIFY(sends.send(message(parts) + message({"", "order x."})));
    QCOMPARE(hears.output(), message({"order x."}));
    QCOMPARE(sends.output(), message({"", "1"}));
}

void TestZmtpPeer::messagesOfEverMoreParts()
{
    Relay relay(true, {});
    Established sends(&relay, Purpose::Requests);
    const QByteArray part = Zmtp::frame(Zmtp::Header::More, QByteArray(1000, 'x'));
    const qsizetype before = relay.waitingBytes();
    int parts = 0;
    while (parts < 100'000 && sends.send(part))
        ++parts;
    QVERIFY(parts < 100'000);
    QCOMPARE(QByteArray(sends.connection.whyClosed()), "it sends a message of ever more parts");
    QCOMPARE(relay.waitingBytes(), before);
}

void TestZmtpPeer::leavesTheRelay()
{
    Relay relay(true, {});
    const qsizetype before = relay.waitingBytes();
    {
        Established hears(&relay, Purpose::Events);
        hears.send(Zmtp::commandFrame("SUBSCRIBE", {}));
        Established sends(&relay, Purpose::Requests);
        sends.send(message({"", "order x."}) + Zmtp::frame(0, QByteArray(50'000, 'x')).first(40'000));
        QCOMPARE(relay.clients(), 2);
        QVERIFY(relay.waitingBytes() > before);
        QVERIFY(relay.partBytes() > 39'000);
    }
    QCOMPARE(relay.partBytes(), 0);
    QCOMPARE(relay.clients(), 0);
    QCOMPARE(relay.waitingBytes(), before);
}

PYVENT_TEST(TestZmtpPeer)

#include "tst_zmtppeer.moc"
