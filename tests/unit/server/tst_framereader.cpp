// SPDX-License-Identifier: MIT
#include "server/framereader.h"

#include "support/testprogram.h"

#include <QtCore/qbytearraylist.h>
#include <QtTest/qtest.h>

#include <random>

using namespace Pyvent::Internal;

namespace {

constexpr qsizetype maximumBodySize = 100'000;

struct Reader
{
    qsizetype account = 0;
    qsizetype parts = 0;
    FrameReader reader{maximumBodySize, {&account, &parts}};
    QByteArrayList frames; // flags, and body

    FrameReader::Function take = [this](const FrameReader::Frame &frame) {
        const QByteArrayView encoded = frame.block.isNull() ? frame.encoded : frame.block.bytes();
        const auto header = Zmtp::readHeader(encoded);
        if (encoded.sliced(header->size) != frame.body || header->flags != frame.flags)
            qFatal("a frame contradicts itself");
        frames.append(QByteArray::number(frame.flags) + ' ' + frame.body.toByteArray());
        return true;
    };
};

} // namespace

class TestFrameReader : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsPiecesOfAnySize();
    void readsInPlace();
    void refuses_data();
    void refuses();
    void stops();
    void takesNoMoreThanHasCome();
};

void TestFrameReader::readsPiecesOfAnySize()
{
    QByteArray bytes;
    QByteArrayList expected;
    for (const qsizetype size : {0, 1, 5, 255, 256, 3, 16'000, 20'000, 0, 99'999, 100'000, 7}) {
        const QByteArray body(size, char('a' + expected.size()));
        const quint8 flags = expected.size() % 3 == 0 ? Zmtp::Header::More : 0;
        bytes += Zmtp::frame(flags, body);
        expected.append(QByteArray::number(flags | (size > 255 ? Zmtp::Header::Long : 0)) + ' ' + body);
    }
    std::minstd_rand random(1);
    for (int round = 0; round < 300; ++round) {
        Reader reader;
        const quint32 largest = round == 0 ? 1U : round == 1 ? 1'000'000U : quint32(1 + random() % 40'000);
        for (QByteArrayView rest = bytes; !rest.isEmpty();) {
            const qsizetype size = std::min(qsizetype(1 + random() % largest), rest.size());
            QCOMPARE(reader.reader.read(rest.first(size), reader.take), FrameReader::Result::More);
            rest = rest.sliced(size);
        }
        QCOMPARE(reader.frames, expected);
        QCOMPARE(reader.account, 0);
    }
}

void TestFrameReader::readsInPlace()
{
    Reader reader;
    QVERIFY(reader.reader.room().empty());
    const QByteArray bytes = Zmtp::frame(0, QByteArray(50'000, 'x'));
    reader.reader.read(bytes.first(100), reader.take);
    QCOMPARE(qsizetype(reader.reader.room().size()), bytes.size() - 100);
    QCOMPARE(reader.parts, 100);
    QCOMPARE(reader.account, 0);
    QByteArrayView rest = QByteArrayView(bytes).sliced(100);
    while (!rest.isEmpty()) {
        const std::span<char> room = reader.reader.room();
        const QByteArrayView next = rest.first(std::min({qsizetype(room.size()), rest.size(), qsizetype(7000)}));
        std::copy(next.begin(), next.end(), room.data());
        QCOMPARE(reader.reader.readInPlace(next.size(), reader.take), FrameReader::Result::More);
        rest = rest.sliced(next.size());
    }
    QCOMPARE(reader.frames, QByteArrayList{"2 " + QByteArray(50'000, 'x')});
    QVERIFY(reader.reader.room().empty());
    QCOMPARE(reader.account, 0);
}

void TestFrameReader::refuses_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<FrameReader::Result>("result");
    using enum FrameReader::Result;
    QTest::newRow("a reserved flag") << QByteArray::fromHex("08") << Reserved;
    QTest::newRow("all flags") << QByteArray::fromHex("ff00") << Reserved;
    QTest::newRow("one byte too many") << Zmtp::frame(0, QByteArray(maximumBodySize + 1, 'x')).first(9) << TooLarge;
    QTest::newRow("as many as can be said") << QByteArray::fromHex("02ffffffffffffffff") << TooLarge;
    QTest::newRow("a command of more than 8 KiB")
        << Zmtp::frame(Zmtp::Header::Command, QByteArray(8 * 1024 + 1, 'x')).first(9) << TooLarge;
    QTest::newRow("as many as are positive") << QByteArray::fromHex("027fffffffffffffff") << TooLarge;
}

void TestFrameReader::refuses()
{
    QFETCH(const QByteArray, bytes);
    Reader whole;
    QTEST(whole.reader.read(Zmtp::frame(0, "before") + bytes, whole.take), "result");
    QCOMPARE(whole.frames, QByteArrayList{"0 before"});
    Reader byteByByte;
    auto result = FrameReader::Result::More;
    for (qsizetype i = 0; i < bytes.size() && result == FrameReader::Result::More; ++i)
        result = byteByByte.reader.read(QByteArrayView(bytes).sliced(i, 1), byteByByte.take);
    QTEST(result, "result");
}

void TestFrameReader::stops()
{
    Reader reader;
    int calls = 0;
    const auto stop = [&calls](const FrameReader::Frame &) { return ++calls < 2; };
    const QByteArray bytes = Zmtp::frame(0, "a") + Zmtp::frame(0, "b") + Zmtp::frame(0, "c");
    QCOMPARE(reader.reader.read(bytes, stop), FrameReader::Result::Stopped);
    QCOMPARE(calls, 2);
}

// A frame that is announced and does not come is bytes that wait, and they are returned.
void TestFrameReader::takesNoMoreThanHasCome()
{
    qsizetype account = 0;
    qsizetype parts = 0;
    const QByteArray frame = Zmtp::frame(0, QByteArray(maximumBodySize, 'x'));
    Block block;
    const auto take = [&block](const FrameReader::Frame &taken) {
        block = taken.block;
        return true;
    };
    {
        FrameReader whole(maximumBodySize, {&account, &parts});
        FrameReader half(maximumBodySize, {&account, &parts});
        QCOMPARE(whole.read(frame.first(10), take), FrameReader::Result::More);
        QCOMPARE(half.read(frame.first(10'000), take), FrameReader::Result::More);
        QCOMPARE(parts, 10'010); // and not what was announced
        QCOMPARE(account, 0);
        QCOMPARE(whole.read(frame.sliced(10), take), FrameReader::Result::More);
        QCOMPARE(parts, 10'000);
        QCOMPARE(account, frame.size() + Block::overhead);
    }
    QCOMPARE(parts, 0);
    block = {};
    QCOMPARE(account, 0);
}

PYVENT_TEST(TestFrameReader)

#include "tst_framereader.moc"
