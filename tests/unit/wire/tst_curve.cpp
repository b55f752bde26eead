// SPDX-License-Identifier: MIT
#include "wire/curve.h"

#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <functional>

using namespace Pyvent::Internal;

namespace {

const QByteArray curveKey(32, 'k');
const QByteArray longNonce(16, 'n');

QByteArray helloAsBytes()
{
    return QByteArray("\x05HELLO\x01\x00", 8) + QByteArray(72, '\0') + curveKey
        + QByteArray::fromHex("0102030405060708") + QByteArray(80, 'b');
}

QByteArray welcomeAsBytes()
{
    return "\x07WELCOME" + longNonce + QByteArray(144, 'b');
}

QByteArray initiateAsBytes(qsizetype metadata = 0)
{
    return "\x08INITIATE" + QByteArray(96, 'c') + QByteArray::fromHex("0000000000000002")
        + QByteArray(32 + 96 + 16 + metadata, 'b');
}

} // namespace

class TestCurve : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void liesAsTheSpecificationSays();
    void takesNothingElse_data();
    void takesNothingElse();
    void introduces();
    void messages();
    void errors();
};

void TestCurve::liesAsTheSpecificationSays()
{
    QCOMPARE(helloAsBytes().size(), 200);
    const QByteArray hello = helloAsBytes();
    const auto readHello = Curve::readHello(hello);
    QVERIFY(readHello);
    QCOMPARE(readHello->key, curveKey);
    QCOMPARE(readHello->nonce, 0x0102030405060708U);
    QCOMPARE(readHello->box, QByteArray(80, 'b'));
    QCOMPARE(Curve::helloBody(*readHello), hello);

    QCOMPARE(welcomeAsBytes().size(), 168);
    const QByteArray welcome = welcomeAsBytes();
    const auto readWelcome = Curve::readWelcome(welcome);
    QVERIFY(readWelcome);
    QCOMPARE(readWelcome->nonce, longNonce);
    QCOMPARE(readWelcome->box.size(), 144);
    QCOMPARE(Curve::welcomeBody(*readWelcome), welcome);

    QCOMPARE(initiateAsBytes().size(), 257);
    for (const qsizetype metadata : {0, 40}) {
        const QByteArray initiate = initiateAsBytes(metadata);
        const auto readInitiate = Curve::readInitiate(initiate);
        QVERIFY(readInitiate);
        QCOMPARE(readInitiate->cookie, QByteArray(96, 'c'));
        QCOMPARE(readInitiate->nonce, 2U);
        QCOMPARE(readInitiate->box.size(), 144 + metadata);
        QCOMPARE(Curve::initiateBody(*readInitiate), initiate);
    }

    const QByteArray ready = "\x05READY" + QByteArray::fromHex("0000000000000001") + QByteArray(20, 'b');
    const auto readReady = Curve::readReady(ready);
    QVERIFY(readReady);
    QCOMPARE(readReady->nonce, 1U);
    QCOMPARE(readReady->box, QByteArray(20, 'b'));
    QCOMPARE(Curve::readyBody(*readReady), ready);
}

void TestCurve::takesNothingElse_data()
{
    QTest::addColumn<QByteArray>("body");
    const auto changed = [](QByteArray body, qsizetype at) {
        body[at] = char(body[at] ^ 1);
        return body;
    };
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("a shorter HELLO") << helloAsBytes().chopped(1);
    QTest::newRow("a longer HELLO") << helloAsBytes() + 'x';
    QTest::newRow("HELLO of another version") << changed(helloAsBytes(), 6);
    QTest::newRow("HELLO of another minor version") << changed(helloAsBytes(), 7);
    QTest::newRow("HELLO whose padding is none") << changed(helloAsBytes(), 8);
    QTest::newRow("HELLO whose padding ends otherwise") << changed(helloAsBytes(), 79);
    QTest::newRow("something as long as HELLO") << changed(helloAsBytes(), 1);
    QTest::newRow("a shorter WELCOME") << welcomeAsBytes().chopped(1);
    QTest::newRow("a longer WELCOME") << welcomeAsBytes() + 'x';
    QTest::newRow("a shorter INITIATE") << initiateAsBytes().chopped(1);
    QTest::newRow("something as long as INITIATE") << changed(initiateAsBytes(), 3);
    QTest::newRow("a READY without a box") << "\x05READY" + QByteArray(8 + 15, 'x');
    QTest::newRow("a MESSAGE without flags") << "\x07MESSAGE" + QByteArray(8 + 16, 'x');
}

void TestCurve::takesNothingElse()
{
    QFETCH(const QByteArray, body);
    QVERIFY(!Curve::readHello(body));
    QVERIFY(!Curve::readWelcome(body));
    QVERIFY(!Curve::readInitiate(body));
    QVERIFY(!Curve::readReady(body));
    QVERIFY(!Curve::readMessage(body));
}

void TestCurve::introduces()
{
    const QByteArray boxed = curveKey + longNonce + QByteArray(80, 'v') + "metadata";
    const auto read = Curve::readIntroduction(boxed);
    QVERIFY(read);
    QCOMPARE(read->key, curveKey);
    QCOMPARE(read->nonce, longNonce);
    QCOMPARE(read->vouch, QByteArray(80, 'v'));
    QCOMPARE(read->metadata, QByteArray("metadata"));
    QVERIFY(!Curve::readIntroduction(QByteArrayView(boxed).first(127)));
    QVERIFY(Curve::readIntroduction(QByteArrayView(boxed).first(128)));
}

void TestCurve::messages()
{
    QByteArray head(Curve::messageHeadSize, '\0');
    QCOMPARE(Curve::writeMessageHead(3, head.data()), head.data() + head.size());
    QCOMPARE(head, "\x07MESSAGE" + QByteArray::fromHex("0000000000000003"));
    const QByteArray message = head + QByteArray(17, 'b');
    const auto read = Curve::readMessage(message);
    QVERIFY(read);
    QCOMPARE(read->nonce, 3U);
    QCOMPARE(read->box.size(), 17);
    QCOMPARE(Curve::messageOverhead, 33);
}

void TestCurve::errors()
{
    QCOMPARE(Curve::errorBody("400"),
             QByteArray("\x05"
                        "ERROR\x03"
                        "400"));
}

PYVENT_TEST(TestCurve)

#include "tst_curve.moc"
