// SPDX-License-Identifier: MIT
#include "server/encryptedoutput.h"

#include "support/curveclient.h"
#include "support/testprogram.h"
#include "wire/zmtp.h"

#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// The end of a handshake, and what the client reads after it.
struct SealedWay
{
    SealedWay()
    {
        server.handle(client.hello());
        client.takeWelcome(server.answer());
        server.handle(client.initiate({}));
        client.openReady(server.ready({}));
    }

    // What is written, with \a most bytes at a time, until there is nothing.
    QByteArray written(EncryptedOutput *encryption, qsizetype most)
    {
        QByteArray all;
        for (int vain = 0; vain < 1000 && (!output.isEmpty() || !encryption->isEmpty());) {
            const QByteArrayView next = encryption->next(&output);
            vain = next.isEmpty() ? vain + 1 : 0;
            largest = std::max(largest, next.size());
            const qsizetype count = std::min(next.size(), most);
            all.append(next.first(count));
            encryption->wrote(count);
        }
        return all;
    }

    // The frames in it, as they would have come without being sealed.
    std::optional<QByteArray> opened(QByteArrayView bytes)
    {
        QByteArray all;
        while (!bytes.isEmpty()) {
            const auto header = Zmtp::readHeader(bytes);
            if (!header || header->flags & ~Zmtp::Header::Long
                || bytes.size() < header->size + qsizetype(header->bodySize))
                return {};
            const auto plain = client.openMessage(bytes.sliced(header->size, qsizetype(header->bodySize)));
            if (!plain)
                return {};
            const quint8 flags = quint8((plain->front() & Curve::More ? Zmtp::Header::More : 0)
                                        | (plain->front() & Curve::Command ? Zmtp::Header::Command : 0));
            all.append(Zmtp::frame(flags, QByteArrayView(*plain).sliced(1)));
            bytes = bytes.sliced(header->size + qsizetype(header->bodySize));
        }
        return all;
    }

    void append(const QByteArray &bytes) { output.append(Block(bytes, &account)); }

    KeyPair own = KeyPair::make();
    CurveServer server{&own, [](QByteArrayView) { return CurveServer::Verdict{.name = u"x"_s}; }};
    CurveClient client{KeyPair::make(), own.publicKey()};
    qsizetype account = 0;
    SendBuffer output;
    qsizetype largest = 0; // that was there at once
};

QByteArray pattern(qsizetype size)
{
    QByteArray bytes(size, '\0');
    for (qsizetype i = 0; i < size; ++i)
        bytes[i] = char(i * 7 + i / 251);
    return bytes;
}

} // namespace

class TestEncryptedOutput : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void sealsFrames_data();
    void sealsFrames();
    void leavesTheHandshakeAsItIs();
    void sealsLittleAhead();
    void goesOnLaterWithALargeFrame();
    void sharesBlocks();
};

void TestEncryptedOutput::sealsFrames_data()
{
    QTest::addColumn<QByteArrayList>("blocks");
    QTest::newRow("nothing") << QByteArrayList{};
    QTest::newRow("an empty frame") << QByteArrayList{Zmtp::frame(0, {})};
    QTest::newRow("two frames of a message")
        << QByteArrayList{Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, "1")};
    QTest::newRow("a command") << QByteArrayList{Zmtp::commandFrame("PONG", "context")};
    for (const int size : {222, 223, 255, 256, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 100'000, 3'000'000})
        QTest::addRow("%d bytes", size) << QByteArrayList{Zmtp::frame(0, pattern(size))};
    QTest::newRow("many") << QByteArrayList{Zmtp::frame(0, "x").repeated(5000), Zmtp::frame(0, pattern(40'000)),
                                            Zmtp::frame(0, "y") + Zmtp::frame(0, pattern(200'000))
                                                + Zmtp::frame(0, "z"),
                                            Zmtp::frame(0, pattern(20'000)).repeated(9)};
}

void TestEncryptedOutput::sealsFrames()
{
    QFETCH(const QByteArrayList, blocks);
    for (const qsizetype most : {1, 1000, 1'000'000}) {
        if (most == 1 && blocks.join().size() > 100'000)
            continue;
        SealedWay way;
        EncryptedOutput encryption(way.output, way.server.session());
        for (const QByteArray &block : blocks)
            way.append(block);
        const auto opened = way.opened(way.written(&encryption, most));
        QVERIFY(opened);
        QVERIFY(*opened == blocks.join());
        QVERIFY(way.output.isEmpty());
        QCOMPARE(way.output.bytes(), 0);
        QCOMPARE(way.account, 0); // the blocks are gone
    }
}

void TestEncryptedOutput::leavesTheHandshakeAsItIs()
{
    SealedWay way;
    way.append("greeting");
    way.append("READY");
    EncryptedOutput encryption(way.output, way.server.session());
    way.append(Zmtp::frame(0, "hello"));
    const QByteArray all = way.written(&encryption, 3);
    QVERIFY(all.startsWith("greetingREADY"));
    QCOMPARE(way.opened(all.sliced(13)), Zmtp::frame(0, "hello"));
}

// Whatever waits, and however large it is.
void TestEncryptedOutput::sealsLittleAhead()
{
    SealedWay way;
    EncryptedOutput encryption(way.output, way.server.session());
    for (int i = 0; i < 100; ++i)
        way.append(Zmtp::frame(0, pattern(30'000)));
    way.append(Zmtp::frame(0, pattern(5'000'000)));
    way.written(&encryption, 1'000'000);
    QVERIFY2(way.largest <= 2 * 33 * 1024, qPrintable(QString::number(way.largest)));
}

void TestEncryptedOutput::goesOnLaterWithALargeFrame()
{
    SealedWay way;
    EncryptedOutput encryption(way.output, way.server.session());
    const QByteArray large = Zmtp::frame(0, pattern(10'000'000));
    way.append(large);
    int turns = 0; // that only go through it
    while (encryption.next(&way.output).isEmpty() && turns < 100)
        ++turns;
    QVERIFY(turns >= 20 && turns < 80);
    const auto opened = way.opened(way.written(&encryption, 100'000));
    QVERIFY(opened);
    QVERIFY(*opened == large);
}

void TestEncryptedOutput::sharesBlocks()
{
    qsizetype account = 0;
    const QByteArray large = Zmtp::frame(0, pattern(1'000'000));
    const Block block(large, &account);
    std::vector<std::unique_ptr<SealedWay>> ways;
    for (int i = 0; i < 3; ++i) {
        ways.push_back(std::make_unique<SealedWay>());
        SealedWay &way = *ways.back();
        EncryptedOutput encryption(way.output, way.server.session());
        way.output.append(block);
        const auto opened = way.opened(way.written(&encryption, 5000));
        QVERIFY(opened);
        QVERIFY(*opened == large);
    }
    QVERIFY(block.bytes() == large); // which nobody has changed
    QCOMPARE(account, large.size() + Block::overhead);
}

PYVENT_TEST(TestEncryptedOutput)

#include "tst_encryptedoutput.moc"
