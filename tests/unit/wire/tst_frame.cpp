// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

#include <limits>

using namespace Pyvent::Internal;

namespace {

const QByteArray pickle = QByteArray::fromHex("80047d942e"); // {} in protocol 4

Trailer someTrailer(QByteArrayView sender = "pyvent.kitchen")
{
    return {.nodeId = QUuid::fromString(QLatin1String("00112233-4455-6677-8899-aabbccddeeff")),
            .sequence = 0x0102030405060708,
            .time = 0x1112131415161718,
            .previous = 0x1112131415161617,
            .flags = Trailer::Retransmitted,
            .sender = sender};
}

// "order {}" with a trailer whose sender is "pyvent.kitchen", 14 bytes, written by hand from PROTOCOL.md's
// table.
QByteArray goldenFrame()
{
    return QByteArray::fromHex("6f72646572"                       // topic: order
                               "20"                               // space
                               "80047d942e"                       // pickle: {}
                               "1716161514131211"                 // -62: time of the event before
                               "707976656e742e6b69746368656e"     // -54: the sender, pyvent.kitchen
                               "00112233445566778899aabbccddeeff" // -40: UUID, RFC 4122
                               "0807060504030201"                 // -24: sequence number
                               "1817161514131211"                 // -16: time
                               "0100"                             // -8: flags
                               "0e00"                             // -6: the sender's length, 14
                               "3e00"                             // -4: the trailer's length, 62
                               "01"                               // -2: version
                               "f5");                             // -1: end mark
}

// The byte at \a offset from the frame's end, as PROTOCOL.md counts.
char &fromEnd(QByteArray &frame, qsizetype offset)
{
    return frame.data()[frame.size() + offset];
}

void setLength(QByteArray &frame, qsizetype offset, int length)
{
    fromEnd(frame, offset) = char(length & 0xff);
    fromEnd(frame, offset + 1) = char(length >> 8);
}

} // namespace

class TestFrame : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void golden();
    void aFlagIsSetInPlace();
    void sizeIsWhatIsAppended();
    void roundTrip_data();
    void roundTrip();
    void withoutTrailer_data();
    void withoutTrailer();
    void everyTruncation();
    void everyChangedByte();
    void forgedLengths_data();
    void forgedLengths();
    void unknownVersion_data();
    void unknownVersion();
    void tooShortForATrailer();
    void noStopBeforeTheTrailer();
    void bytesBeforeTheSenderAreSkipped();
    void unknownFlagsAreRead();
    void viewsAreIntoTheFrame();
    void topicOfIsParseFramesTopic();
};

void TestFrame::golden()
{
    QByteArray frame = "order " + pickle;
    appendTrailer(someTrailer(), &frame);
    QCOMPARE(frame.toHex(), goldenFrame().toHex());

    const QByteArray bytes = goldenFrame();
    const Frame parsed = parseFrame(bytes);
    QCOMPARE(parsed.topic.toByteArray(), QByteArray("order"));
    QCOMPARE(parsed.payload.toByteArray(), pickle);
    QCOMPARE(parsed.trailerState, TrailerState::Read);
    QCOMPARE(parsed.trailer.nodeId, someTrailer().nodeId);
    QCOMPARE(parsed.trailer.sequence, someTrailer().sequence);
    QCOMPARE(parsed.trailer.time, someTrailer().time);
    QCOMPARE(parsed.trailer.previous, someTrailer().previous);
    QCOMPARE(parsed.trailer.flags, quint16(Trailer::Retransmitted));
    QCOMPARE(parsed.trailer.sender.toByteArray(), QByteArray("pyvent.kitchen"));
}

void TestFrame::aFlagIsSetInPlace()
{
    QByteArray frame = "order " + pickle;
    Trailer trailer = someTrailer();
    trailer.flags = Trailer::Replayed;
    appendTrailer(trailer, &frame);
    setFlag(Trailer::Retransmitted, &frame);
    QCOMPARE(parseFrame(frame).trailer.flags, quint16(Trailer::Replayed | Trailer::Retransmitted));
    QByteArray other = "order " + pickle;
    appendTrailer(someTrailer(), &other);
    setFlag(Trailer::Replayed, &other);
    QCOMPARE(frame.toHex(), other.toHex());
}

void TestFrame::sizeIsWhatIsAppended()
{
    for (const QByteArray &sender : {QByteArray(), QByteArray("x"), QByteArray(maximumSenderSize, 's')}) {
        QByteArray frame = "order " + pickle;
        const qsizetype before = frame.size();
        appendTrailer(someTrailer(sender), &frame);
        QCOMPARE(frame.size() - before, trailerSize(someTrailer(sender)));
        QCOMPARE(frame.size() - before, 48 + sender.size());
    }
}

void TestFrame::roundTrip_data()
{
    QTest::addColumn<QByteArray>("topic");
    QTest::addColumn<QByteArray>("payload");
    QTest::addColumn<QUuid>("nodeId");
    QTest::addColumn<quint64>("sequence");
    QTest::addColumn<qint64>("time");
    QTest::addColumn<quint16>("flags");
    QTest::addColumn<QByteArray>("sender");

    const QUuid id = QUuid::createUuid();
    const quint16 noFlags = 0;
    QTest::newRow("plain") << QByteArray("order") << pickle << id << quint64(1) << qint64(1'700'000'000'000'000)
                           << noFlags << QByteArray("pyvent");
    QTest::newRow("no sender") << QByteArray("order") << pickle << id << quint64(1) << qint64(0) << noFlags
                               << QByteArray();
    QTest::newRow("smallest") << QByteArray() << QByteArray(".") << QUuid() << quint64(0) << qint64(0) << noFlags
                              << QByteArray();
    QTest::newRow("largest numbers") << QByteArray("order") << pickle << id << std::numeric_limits<quint64>::max()
                                     << std::numeric_limits<qint64>::max() << std::numeric_limits<quint16>::max()
                                     << QByteArray("pyvent");
    QTest::newRow("smallest time") << QByteArray("order") << pickle << id << quint64(1)
                                   << std::numeric_limits<qint64>::min() << noFlags << QByteArray("pyvent");
    QTest::newRow("longest sender") << QByteArray("order") << pickle << id << quint64(1) << qint64(-1) << noFlags
                                    << QByteArray(maximumSenderSize, 's');
    QTest::newRow("both flags") << QByteArray("order") << pickle << id << quint64(1) << qint64(0)
                                << quint16(Trailer::Retransmitted | Trailer::Replayed) << QByteArray("pyvent");
    QTest::newRow("UTF-8") << QByteArray("größe") << pickle << id << quint64(1) << qint64(0) << noFlags
                           << QByteArray("küche.\xF0\x9F\x8D\xA3");
    QTest::newRow("numbers that look like STOP and the end mark")
        << QByteArray("order") << pickle << id << quint64(0x2E2E2E2E2E2E2E2E) << qint64(0x00F5F5F5F5F5F5F5) << noFlags
        << QByteArray("....");
    QTest::newRow("a pickle with spaces and end marks") << QByteArray("order") << QByteArray(" \xF5\x01 \xF5.") << id
                                                        << quint64(1) << qint64(0) << noFlags << QByteArray("pyvent");
    QTest::newRow("a large pickle") << QByteArray("order") << QByteArray(1'000'000, ' ') + '.' << id << quint64(1)
                                    << qint64(0) << noFlags << QByteArray("pyvent");
}

void TestFrame::roundTrip()
{
    QFETCH(const QByteArray, topic);
    QFETCH(const QByteArray, payload);
    QFETCH(const QUuid, nodeId);
    QFETCH(const quint64, sequence);
    QFETCH(const qint64, time);
    QFETCH(const quint16, flags);
    QFETCH(const QByteArray, sender);

    QByteArray bytes = topic + ' ' + payload;
    appendTrailer({.nodeId = nodeId, .sequence = sequence, .time = time, .flags = flags, .sender = sender}, &bytes);
    QVERIFY(bytes.back() != '.');
    const Frame frame = parseFrame(bytes);
    QCOMPARE(frame.trailerState, TrailerState::Read);
    QCOMPARE(frame.topic.toByteArray(), topic);
    QCOMPARE(frame.payload.toByteArray(), payload);
    QCOMPARE(frame.trailer.nodeId, nodeId);
    QCOMPARE(frame.trailer.sequence, sequence);
    QCOMPARE(frame.trailer.time, time);
    QCOMPARE(frame.trailer.flags, flags);
    QCOMPARE(frame.trailer.sender.toByteArray(), sender);
}

void TestFrame::withoutTrailer_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("topic");
    QTest::addColumn<bool>("hasPayload");
    QTest::addColumn<QByteArray>("payload");

    QTest::newRow("empty") << QByteArray() << QByteArray() << false << QByteArray();
    QTest::newRow("no space") << QByteArray("__server_disconnect") << QByteArray("__server_disconnect") << false
                              << QByteArray();
    QTest::newRow("no space, end mark") << QByteArray("order\xF5") << QByteArray("order\xF5") << false << QByteArray();
    QTest::newRow("no space, long, end mark")
        << QByteArray(100, 'x') + '\xF5' << QByteArray(100, 'x') + '\xF5' << false << QByteArray();
    QTest::newRow("only a space") << QByteArray(" ") << QByteArray() << true << QByteArray();
    QTest::newRow("nothing after the space") << QByteArray("order ") << QByteArray("order") << true << QByteArray();
    QTest::newRow("nothing before the space") << " " + pickle << QByteArray() << true << pickle;
    QTest::newRow("Python's") << "order " + pickle << QByteArray("order") << true << pickle;
    QTest::newRow("two spaces") << QByteArray("order  .") << QByteArray("order") << true << QByteArray(" .");
    QTest::newRow("no STOP") << QByteArray("order x") << QByteArray("order") << true << QByteArray("x");
    QTest::newRow("zero bytes") << QByteArray("a\0b \0.", 6) << QByteArray("a\0b", 3) << true << QByteArray("\0.", 2);
    QTest::newRow("another space") << QByteArray("a\tb\xC2\xA0"
                                                 "c .")
                                   << QByteArray("a\tb\xC2\xA0"
                                                 "c")
                                   << true << QByteArray(".");
}

void TestFrame::withoutTrailer()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QByteArray, topic);
    QFETCH(const bool, hasPayload);
    QFETCH(const QByteArray, payload);

    const Frame frame = parseFrame(bytes);
    QCOMPARE(frame.trailerState, TrailerState::Absent);
    QCOMPARE(frame.topic.toByteArray(), topic);
    QCOMPARE(frame.hasPayload(), hasPayload);
    QCOMPARE(frame.payload.toByteArray(), payload);
}

// Neither end of a frame can be cut off so that what is left is taken for a trailer that was not written.
void TestFrame::everyTruncation()
{
    const QByteArray whole = goldenFrame();
    for (qsizetype length = 0; length < whole.size(); ++length) {
        const QByteArray bytes = whole.first(length); // of its own, so that a sanitizer sees a read past its end
        const Frame frame = parseFrame(bytes);
        QVERIFY2(frame.trailerState == TrailerState::Absent, qPrintable(QString::number(length)));
    }
    for (qsizetype from = 1; from < whole.size(); ++from) {
        const QByteArray bytes = whole.sliced(from);
        const Frame frame = parseFrame(bytes);
        // The topic may be shortened from its front, up to the space; that leaves a whole payload.
        const TrailerState expected = from <= 5 ? TrailerState::Read : TrailerState::Absent;
        QVERIFY2(frame.trailerState == expected, qPrintable(QString::number(from)));
    }
}

// Whatever a byte is changed to, no view leaves the frame, and no trailer is read that contradicts it.
void TestFrame::everyChangedByte()
{
    const QByteArray whole = goldenFrame();
    for (qsizetype at = 0; at < whole.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            QByteArray bytes = whole;
            bytes[at] = char(byte);
            const Frame frame = parseFrame(bytes);
            const char *const end = bytes.constData() + bytes.size();
            QVERIFY(frame.topic.begin() == bytes.constData() && frame.topic.end() <= end);
            if (frame.hasPayload())
                QVERIFY(frame.payload.begin() == frame.topic.end() + 1 && frame.payload.end() <= end);
            if (frame.trailerState == TrailerState::Read) {
                QCOMPARE(frame.payload.back(), '.');
                QVERIFY(frame.trailer.sender.begin() >= frame.payload.end());
                QCOMPARE(frame.trailer.sender.end(), end - 40);
            } else if (frame.hasPayload()) {
                QCOMPARE(frame.payload.end(), end);
            }
        }
    }
}

void TestFrame::forgedLengths_data()
{
    QTest::addColumn<int>("trailerLength");
    QTest::addColumn<int>("senderLength");

    // The golden frame's payload is 67 bytes: 5 of pickle, 8 of the time before, 14 of sender, 40 fixed.
    QTest::newRow("trailer of nothing") << 0 << 0;
    QTest::newRow("trailer one short of its fixed part") << 39 << 0;
    QTest::newRow("sender longer than the trailer") << 54 << 15;
    QTest::newRow("sender of 65,535 bytes") << 54 << 65535;
    QTest::newRow("trailer without its sender") << 53 << 14;
    QTest::newRow("trailer that begins in the pickle, not after its STOP") << 56 << 14;
    QTest::newRow("trailer that is the whole payload") << 59 << 14;
    QTest::newRow("trailer longer than the payload") << 60 << 14;
    QTest::newRow("trailer longer than the frame") << 66 << 14;
    QTest::newRow("trailer of 65,535 bytes") << 65535 << 14;
    QTest::newRow("both of 65,535 bytes") << 65535 << 65535;
}

void TestFrame::forgedLengths()
{
    QFETCH(const int, trailerLength);
    QFETCH(const int, senderLength);
    QByteArray bytes = goldenFrame();
    setLength(bytes, -4, trailerLength);
    setLength(bytes, -6, senderLength);
    const Frame frame = parseFrame(bytes);
    QCOMPARE(frame.trailerState, TrailerState::Broken);
    QCOMPARE(frame.topic.toByteArray(), QByteArray("order"));
    QCOMPARE(frame.payload.toByteArray(),
             bytes.sliced(6)); // everything after the space, as for a Python node's
}

void TestFrame::unknownVersion_data()
{
    QTest::addColumn<int>("version");
    for (const int version : {0, 2, 3, 0x2E, 0x7F, 0x80, 0xF5, 0xFF})
        QTest::addRow("%d", version) << version;
}

void TestFrame::unknownVersion()
{
    QFETCH(const int, version);
    QByteArray bytes = goldenFrame();
    fromEnd(bytes, -2) = char(version);
    const Frame frame = parseFrame(bytes);
    QCOMPARE(frame.trailerState, TrailerState::Unknown);
    QCOMPARE(frame.payload.toByteArray(), bytes.sliced(6));

    // A later version may lay out everything before its number anew.
    setLength(bytes, -4, 65535);
    QCOMPARE(parseFrame(bytes).trailerState, TrailerState::Unknown);
}

void TestFrame::tooShortForATrailer()
{
    for (qsizetype size = 1; size <= 40; ++size) {
        QByteArray bytes = "order " + QByteArray(size, '\0');
        bytes.back() = '\xF5';
        const TrailerState state = parseFrame(bytes).trailerState;
        // With 40 bytes there is a version to be read, and it is 0.
        QVERIFY2(state == (size < 40 ? TrailerState::Broken : TrailerState::Unknown),
                 qPrintable(QString::number(size)));
    }
    // A trailer alone has no pickle before it.
    QByteArray bytes = "order ";
    appendTrailer(someTrailer(), &bytes);
    QCOMPARE(parseFrame(bytes).trailerState, TrailerState::Broken);
}

void TestFrame::noStopBeforeTheTrailer()
{
    QByteArray bytes = "order " + pickle.chopped(1) + 'x';
    appendTrailer(someTrailer(), &bytes);
    const Frame frame = parseFrame(bytes);
    QCOMPARE(frame.trailerState, TrailerState::Broken);
    QCOMPARE(frame.payload.toByteArray(), bytes.sliced(6));
}

void TestFrame::bytesBeforeTheSenderAreSkipped()
{
    for (const QByteArray &extension : {QByteArray("."), QByteArray("later minor"), QByteArray(1000, '\xF5')}) {
        QByteArray bytes = "order " + pickle + extension;
        appendTrailer(someTrailer(), &bytes);
        setLength(bytes, -4, int(62 + extension.size()));
        const Frame frame = parseFrame(bytes);
        QCOMPARE(frame.trailerState, TrailerState::Read);
        QCOMPARE(frame.payload.toByteArray(), pickle);
        QCOMPARE(frame.trailer.sender.toByteArray(), QByteArray("pyvent.kitchen"));
        QCOMPARE(frame.trailer.sequence, someTrailer().sequence);
        QCOMPARE(frame.trailer.previous, someTrailer().previous);
    }
}

void TestFrame::unknownFlagsAreRead()
{
    QByteArray bytes = goldenFrame();
    setLength(bytes, -8, 0xFFFC);
    const Frame frame = parseFrame(bytes);
    QCOMPARE(frame.trailerState, TrailerState::Read);
    QVERIFY(!(frame.trailer.flags & (Trailer::Retransmitted | Trailer::Replayed)));
}

void TestFrame::viewsAreIntoTheFrame()
{
    const QByteArray bytes = goldenFrame();
    const Frame frame = parseFrame(bytes);
    QCOMPARE(frame.topic.data(), bytes.constData());
    QCOMPARE(frame.payload.data(), bytes.constData() + 6);
    QCOMPARE(frame.trailer.sender.data(), bytes.constData() + 19);
}

void TestFrame::topicOfIsParseFramesTopic()
{
    for (const QByteArray &bytes : {QByteArray(), QByteArray(" "), QByteArray("a"), QByteArray("a b c"), goldenFrame()})
        QCOMPARE(topicOf(bytes).toByteArray(), parseFrame(bytes).topic.toByteArray());
}

PYVENT_TEST(TestFrame)
#include "tst_frame.moc"
