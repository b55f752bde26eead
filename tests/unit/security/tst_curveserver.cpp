// SPDX-License-Identifier: MIT
#include "security/curveserver.h"

#include "support/curveclient.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <cstring>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

using Step = CurveServer::Step;

// A server with keys of its own, which knows one client.
struct CurveEnds
{
    CurveServer::Verdict judge(QByteArrayView key) const
    {
        if (key == known.publicKey())
            return {.name = u"ada"_s};
        return {.refusal = "400", .why = u"nobody knows it"_s};
    }

    KeyPair own = KeyPair::make();
    KeyPair known = KeyPair::make();
    CurveServer server{&own, [this](QByteArrayView key) { return judge(key); }};
    CurveClient client{known, own.publicKey()};

    bool shakeHands()
    {
        return server.handle(client.hello()) == Step::GoesOn && client.takeWelcome(server.answer())
            && server.handle(client.initiate("metadata")) == Step::Introduced
            && client.openReady(server.ready("ours")) == QByteArray("ours");
    }

    std::optional<QByteArray> open(const QByteArray &body)
    {
        QByteArray plain(std::max<qsizetype>(CurveServer::openedSize(body), 0), '\0');
        return server.open(body, plain.data()) ? std::optional(plain) : std::nullopt;
    }
};

} // namespace

class TestCurveServer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void shakesHands();
    void refusesWhoKnowsAnotherServer();
    void refusesWhoIsNotOnTheList();
    void refusesWhoLacksTheSecretKey();
    void refusesAVouchForAnotherServer();
    void refusesWhatIsChanged_data();
    void refusesWhatIsChanged();
    void refusesAReplayedHandshake();
    void refusesOtherOrders();
    void refusesKeysThatAreNone();
    void opensEachMessageOnce();
    void opensNothingOfOtherConnections();
    void sealsInPieces_data();
    void sealsInPieces();
};

void TestCurveServer::shakesHands()
{
    CurveEnds ends;
    QCOMPARE(ends.server.handle(ends.client.hello()), Step::GoesOn);
    QVERIFY(ends.client.takeWelcome(ends.server.answer()));
    QCOMPARE(ends.server.handle(ends.client.initiate("metadata")), Step::Introduced);
    QCOMPARE(ends.server.metadata(), QByteArray("metadata"));
    QCOMPARE(ends.server.key(), ends.known.publicKey());
    QCOMPARE(ends.server.name(), u"ada"_s);
    QCOMPARE(ends.client.openReady(ends.server.ready("ours")), QByteArray("ours"));
    QCOMPARE(ends.open(ends.client.message(Curve::More, "hello")), QByteArray("\1hello"));
}

void TestCurveServer::refusesWhoKnowsAnotherServer()
{
    CurveEnds ends;
    CurveClient lost(ends.known, KeyPair::make().publicKey());
    QCOMPARE(ends.server.handle(lost.hello()), Step::Refused);
    QCOMPARE(ends.server.answer(), Curve::errorBody("500"));
    QVERIFY(ends.server.whyRefused().contains(u"another server's key"));
}

void TestCurveServer::refusesWhoIsNotOnTheList()
{
    CurveEnds ends;
    CurveClient stranger(KeyPair::make(), ends.own.publicKey());
    QCOMPARE(ends.server.handle(stranger.hello()), Step::GoesOn);
    QVERIFY(stranger.takeWelcome(ends.server.answer()));
    QCOMPARE(ends.server.handle(stranger.initiate({})), Step::Refused);
    QCOMPARE(ends.server.answer(), Curve::errorBody("400"));
    QCOMPARE(ends.server.whyRefused(), u"nobody knows it"_s);
    QVERIFY(!ends.open(stranger.message(0, "hello")));
}

void TestCurveServer::refusesWhoLacksTheSecretKey()
{
    CurveEnds ends;
    ends.client.vouchedWith = KeyPair::make();
    QCOMPARE(ends.server.handle(ends.client.hello()), Step::GoesOn);
    QVERIFY(ends.client.takeWelcome(ends.server.answer()));
    QCOMPARE(ends.server.handle(ends.client.initiate({})), Step::Refused);
    QVERIFY(ends.server.whyRefused().contains(u"secret key"));
}

void TestCurveServer::refusesAVouchForAnotherServer()
{
    CurveEnds ends;
    ends.client.vouchedServer = KeyPair::make().publicKey().toByteArray();
    QCOMPARE(ends.server.handle(ends.client.hello()), Step::GoesOn);
    QVERIFY(ends.client.takeWelcome(ends.server.answer()));
    QCOMPARE(ends.server.handle(ends.client.initiate({})), Step::Refused);
}

void TestCurveServer::refusesWhatIsChanged_data()
{
    QTest::addColumn<bool>("isHello");
    QTest::addColumn<int>("at"); // from the end, where it is negative
    QTest::newRow("HELLO's key") << true << 80;
    QTest::newRow("HELLO's nonce") << true << 119;
    QTest::newRow("HELLO's box") << true << -1;
    QTest::newRow("INITIATE's cookie: the nonce") << false << 9;
    QTest::newRow("INITIATE's cookie: the box") << false << 104;
    QTest::newRow("INITIATE's nonce") << false << 112;
    QTest::newRow("INITIATE's box: the tag") << false << 113;
    QTest::newRow("INITIATE's box: the metadata") << false << -1;
}

void TestCurveServer::refusesWhatIsChanged()
{
    QFETCH(const bool, isHello);
    QFETCH(const int, at);
    CurveEnds ends;
    const auto change = [at](QByteArray body) {
        char &byte = body.data()[at < 0 ? body.size() + at : at];
        byte = char(byte ^ 1);
        return body;
    };
    const QByteArray hello = ends.client.hello();
    if (isHello) {
        QCOMPARE(ends.server.handle(change(hello)), Step::Refused);
    } else {
        QCOMPARE(ends.server.handle(hello), Step::GoesOn);
        QVERIFY(ends.client.takeWelcome(ends.server.answer()));
        QCOMPARE(ends.server.handle(change(ends.client.initiate("metadata"))), Step::Refused);
    }
    QVERIFY(!ends.server.whyRefused().isEmpty());
    QCOMPARE(ends.server.handle(hello), Step::Refused); // for good
}

void TestCurveServer::refusesAReplayedHandshake()
{
    CurveEnds ends;
    const QByteArray hello = ends.client.hello();
    QCOMPARE(ends.server.handle(hello), Step::GoesOn);
    QVERIFY(ends.client.takeWelcome(ends.server.answer()));
    const QByteArray initiate = ends.client.initiate({});
    QCOMPARE(ends.server.handle(initiate), Step::Introduced);

    CurveServer another(&ends.own, [&](QByteArrayView key) { return ends.judge(key); });
    QCOMPARE(another.handle(hello), Step::GoesOn);
    QCOMPARE(another.handle(initiate), Step::Refused);
    QVERIFY(another.whyRefused().contains(u"another connection"));
}

void TestCurveServer::refusesOtherOrders()
{
    CurveEnds early;
    QVERIFY(!early.open(QByteArray(100, 'x')));
    QCOMPARE(early.server.handle(early.client.initiate({})), Step::Refused);
    CurveEnds twice;
    QCOMPARE(twice.server.handle(twice.client.hello()), Step::GoesOn);
    QCOMPARE(twice.server.handle(twice.client.hello()), Step::Refused);
    CurveEnds late;
    QVERIFY(late.shakeHands());
    QCOMPARE(late.server.handle(late.client.hello()), Step::Refused);
}

// With these, what both ends share is known to everybody.
void TestCurveServer::refusesKeysThatAreNone()
{
    CurveEnds ends;
    QByteArray hello = ends.client.hello();
    std::memset(hello.data() + 80, 0, Curve::keySize);
    QCOMPARE(ends.server.handle(hello), Step::Refused);
}

void TestCurveServer::opensEachMessageOnce()
{
    CurveEnds ends;
    QVERIFY(ends.shakeHands());
    const QByteArray first = ends.client.message(0, "first");
    const QByteArray second = ends.client.message(0, "second");
    ends.client.nonce += 10; // some are skipped
    const QByteArray third = ends.client.message(0, "third");
    QCOMPARE(ends.open(first), QByteArray("\0first", 6));
    QVERIFY(!ends.open(first));
    QCOMPARE(ends.open(third), QByteArray("\0third", 6));
    QVERIFY(!ends.open(second));
    QByteArray changed = ends.client.message(0, "fourth");
    changed.back() = char(changed.back() ^ 1);
    QVERIFY(!ends.open(changed));
    QVERIFY(!ends.open("short"));
}

void TestCurveServer::opensNothingOfOtherConnections()
{
    CurveEnds ends;
    QVERIFY(ends.shakeHands());
    CurveClient again(ends.known, ends.own.publicKey());
    CurveServer another(&ends.own, [&](QByteArrayView key) { return ends.judge(key); });
    QCOMPARE(another.handle(again.hello()), Step::GoesOn);
    QVERIFY(again.takeWelcome(another.answer()));
    QCOMPARE(another.handle(again.initiate({})), Step::Introduced);
    another.ready({});
    QVERIFY(!ends.open(again.message(0, "x")));
}

void TestCurveServer::sealsInPieces_data()
{
    QTest::addColumn<int>("size");
    for (const int size : {0, 1, 31, 32, 33, 63, 64, 95, 96, 97, 160, 100'000})
        QTest::addRow("%d bytes", size) << size;
}

void TestCurveServer::sealsInPieces()
{
    QFETCH(const int, size);
    CurveEnds ends;
    QVERIFY(ends.shakeHands());
    QByteArray plain(size + 1, '\0');
    for (qsizetype i = 0; i < plain.size(); ++i)
        plain[i] = char(i * 31);
    const quint64 nonce = ++ends.server.session()->sent;
    BoxStream box(ends.server.session()->secret, Curve::serverNonce, nonce);
    for (const qsizetype most : {qsizetype(32), qsizetype(32 + 64), qsizetype(32 + 64 * 16)}) {
        QByteArray sealed = plain;
        box.rewind();
        for (qsizetype at = 0; at < sealed.size();) {
            const qsizetype count = std::min(at == 0 ? most : std::max<qsizetype>(most - 32, 64), sealed.size() - at);
            box.seal(sealed.data() + at, count);
            at += count;
        }
        const auto tag = box.tag();
        QByteArray body(Curve::messageHeadSize, '\0');
        Curve::writeMessageHead(nonce, body.data());
        body += QByteArrayView(tag).toByteArray() + sealed;
        CurveClient reader = ends.client; // which opens each once
        QCOMPARE(reader.openMessage(body), plain);
    }
}

PYVENT_TEST(TestCurveServer)

#include "tst_curveserver.moc"
