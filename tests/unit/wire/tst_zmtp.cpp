// SPDX-License-Identifier: MIT
#include "wire/zmtp.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;

class TestZmtp : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void greetsAsTheSpecificationSays();
    void readsGreetings_data();
    void readsGreetings();
    void readsHeaders_data();
    void readsHeaders();
    void writesHeaders_data();
    void writesHeaders();
    void readsCommands_data();
    void readsCommands();
    void readsProperties_data();
    void readsProperties();
    void saysWhatItIs();
};

void TestZmtp::greetsAsTheSpecificationSays()
{
    QCOMPARE(Zmtp::greeting(),
             QByteArray::fromHex("ff00000000000000007f"                     // the signature
                                 "0301"                                     // the version
                                 "4e554c4c00000000000000000000000000000000" // NULL
                                 "00")                                      // no server, to that mechanism
                 + QByteArray(31, '\0'));
    QCOMPARE(Zmtp::readGreeting(Zmtp::greeting()), Zmtp::Greeting::Null);
    QCOMPARE(Zmtp::greeting(Zmtp::Mechanism::CurveServer),
             QByteArray::fromHex("ff00000000000000007f0301"
                                 "4355525645000000000000000000000000000000" // CURVE
                                 "01")                                      // a server
                 + QByteArray(31, '\0'));
    const QByteArray client = Zmtp::greeting(Zmtp::Mechanism::Curve);
    QCOMPARE(Zmtp::readGreeting(client), Zmtp::Greeting::Curve);
    QCOMPARE(client[32], '\0');
}

void TestZmtp::readsGreetings_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<Zmtp::Greeting>("greeting");
    using enum Zmtp::Greeting;
    const QByteArray whole = Zmtp::greeting();
    for (const int size : {0, 1, 9, 10, 11, 12, 63})
        QTest::addRow("%d bytes of it", size) << whole.first(size) << Incomplete;
    QByteArray other = whole;
    other[11] = 0;
    QTest::newRow("ZMTP 3.0") << other << Null;
    other[10] = 4;
    QTest::newRow("a version to come") << other << Null;
    other[10] = 2;
    QTest::newRow("ZMTP 2") << other << OldVersion;
    QTest::newRow("the beginning of ZMTP 2") << other.first(11) << OldVersion;
    other = whole;
    other[1] = 'x';
    QTest::newRow("padding that is not zero") << other << Null;
    other[9] = 0x7E;
    QTest::newRow("no signature") << other << NoZmtp;
    QTest::newRow("a web browser") << QByteArray("GET / HTTP/1.1\r\n") << NoZmtp;
    QTest::newRow("ZMTP 1") << QByteArray("\x01\x00", 2) << NoZmtp;
    QTest::newRow("TLS") << QByteArray::fromHex("1603010200") << NoZmtp;
    other = whole;
    other.replace(12, 5, "CURVE");
    QTest::newRow("CURVE") << other << Curve;
    for (const char *mechanism : {"PLAIN", "CURVEX", "NULLX", ""}) {
        other = whole;
        other.replace(12, 20, QByteArray(mechanism).leftJustified(20, '\0'));
        QTest::addRow("the mechanism '%s'", mechanism) << other << OtherMechanism;
    }
}

void TestZmtp::readsGreetings()
{
    QFETCH(const QByteArray, bytes);
    QTEST(Zmtp::readGreeting(bytes), "greeting");
}

void TestZmtp::readsHeaders_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("isThere");
    QTest::addColumn<int>("flags");
    QTest::addColumn<quint64>("bodySize");
    QTest::addColumn<qsizetype>("size");
    QTest::newRow("nothing") << QByteArray() << false << 0 << quint64(0) << qsizetype(0);
    QTest::newRow("only flags") << QByteArray::fromHex("00") << false << 0 << quint64(0) << qsizetype(0);
    QTest::newRow("a short one") << QByteArray::fromHex("0005") << true << 0 << quint64(5) << qsizetype(2);
    QTest::newRow("255 bytes, and more to come")
        << QByteArray::fromHex("01ff") << true << 1 << quint64(255) << qsizetype(2);
    QTest::newRow("half a long one") << QByteArray::fromHex("0200000000") << false << 0 << quint64(0) << qsizetype(0);
    QTest::newRow("a long one") << QByteArray::fromHex("020000000000000100") << true << 2 << quint64(256)
                                << qsizetype(9);
    QTest::newRow("a long one that is short")
        << QByteArray::fromHex("020000000000000001") << true << 2 << quint64(1) << qsizetype(9);
    QTest::newRow("as long as can be") << QByteArray::fromHex("06ffffffffffffffff") << true << 6 << ~quint64(0)
                                       << qsizetype(9);
    QTest::newRow("reserved flags") << QByteArray::fromHex("f805") << true << 0xF8 << quint64(5) << qsizetype(2);
}

void TestZmtp::readsHeaders()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const bool, isThere);
    const auto header = Zmtp::readHeader(bytes);
    QCOMPARE(bool(header), isThere);
    if (!isThere)
        return;
    QTEST(int(header->flags), "flags");
    QTEST(header->bodySize, "bodySize");
    QTEST(header->size, "size");
}

void TestZmtp::writesHeaders_data()
{
    QTest::addColumn<qsizetype>("bodySize");
    for (const qsizetype size : {0, 1, 255, 256, 70'000})
        QTest::addRow("%lld bytes", qlonglong(size)) << size;
}

void TestZmtp::writesHeaders()
{
    QFETCH(const qsizetype, bodySize);
    const QByteArray body(bodySize, 'x');
    const QByteArray frame = Zmtp::frame(Zmtp::Header::More, body);
    const auto header = Zmtp::readHeader(frame);
    QVERIFY(header);
    QCOMPARE(header->size, Zmtp::headerSize(bodySize));
    QCOMPARE(header->bodySize, quint64(bodySize));
    QCOMPARE(int(header->flags), Zmtp::Header::More | (bodySize > 255 ? Zmtp::Header::Long : 0));
    QCOMPARE(frame.sliced(header->size), body);
}

void TestZmtp::readsCommands_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("isOne");
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("data");
    QTest::newRow("PING") << QByteArray("\4PING\0\x1eme", 9) << true << QByteArray("PING") << QByteArray("\0\x1eme", 4);
    QTest::newRow("no data") << QByteArray("\6CANCEL") << true << QByteArray("CANCEL") << QByteArray();
    QTest::newRow("nothing") << QByteArray() << false << QByteArray() << QByteArray();
    QTest::newRow("a name that is cut off") << QByteArray("\5READ") << false << QByteArray() << QByteArray();
    QTest::newRow("an empty name") << QByteArray("\0x", 2) << false << QByteArray() << QByteArray();
}

void TestZmtp::readsCommands()
{
    QFETCH(const QByteArray, body);
    QFETCH(const bool, isOne);
    const auto command = Zmtp::readCommand(body);
    QCOMPARE(bool(command), isOne);
    if (!isOne)
        return;
    QTEST(command->name.toByteArray(), "name");
    QTEST(command->data.toByteArray(), "data");
}

void TestZmtp::readsProperties_data()
{
    QTest::addColumn<QByteArray>("data");
    QTest::addColumn<QByteArray>("type");
    const QByteArray type("\x0bSocket-Type\0\0\0\3SUB", 19);
    const QByteArray identity("\x08Identity\0\0\0\0", 13);
    QTest::newRow("as libzmq has it") << type + identity << QByteArray("SUB");
    QTest::newRow("in another order") << identity + type << QByteArray("SUB");
    QTest::newRow("in small letters") << QByteArray("\x0bsocket-type\0\0\0\3SUB", 19) << QByteArray("SUB");
    QTest::newRow("twice") << type + QByteArray("\x0bSocket-Type\0\0\0\3REQ", 19) << QByteArray("SUB");
    QTest::newRow("nothing") << QByteArray() << QByteArray();
    QTest::newRow("another") << identity << QByteArray();
    QTest::newRow("cut off") << type.chopped(1) << QByteArray();
    QTest::newRow("cut off behind it") << type + identity.chopped(1) << QByteArray();
    QTest::newRow("a size that is too large") << QByteArray("\x0bSocket-Type\xff\xff\xff\xffSUB") << QByteArray();
    QTest::newRow("a name without an end") << QByteArray("\xffSocket") << QByteArray();
}

void TestZmtp::readsProperties()
{
    QFETCH(const QByteArray, data);
    QTEST(Zmtp::readProperty(data, "Socket-Type").toByteArray(), "type");
}

void TestZmtp::saysWhatItIs()
{
    const QByteArray frame = Zmtp::readyFrame("ROUTER");
    const auto header = Zmtp::readHeader(frame);
    QCOMPARE(int(header->flags), int(Zmtp::Header::Command));
    const auto command = Zmtp::readCommand(QByteArrayView(frame).sliced(header->size));
    QCOMPARE(command->name, "READY");
    QCOMPARE(Zmtp::readProperty(command->data, "Socket-Type"), "ROUTER");
    QCOMPARE(Zmtp::readProperty(command->data, "Identity"), "");
}

PYVENT_TEST(TestZmtp)

#include "tst_zmtp.moc"
