// SPDX-License-Identifier: MIT
#include "server/lanepeer.h"

#include "support/rewrittenfile.h"
#include "support/sendbuffers.h"
#include "support/testprogram.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <QtTest/qtest.h>

#include <array>
#include <limits>

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Pyvent::Internal;

namespace {

constexpr qsizetype maximumFrameSize = 100'000;

QByteArray eventFrame(QByteArrayView body)
{
    return Zmtp::frame(0, body);
}

constexpr qsizetype fileSize = Lane::largeEvent;

QByteArray largeEvent(qsizetype size = fileSize)
{
    return "big " + QByteArray(size - Zmtp::maximumHeaderSize - 4, 'x');
}

FileDescriptor fileOf(QByteArrayView body)
{
    return makeSealedFile(eventFrame(body).first(Zmtp::maximumHeaderSize), body);
}

// As nodes send them: with a trailer.
QByteArray pooledEvent(const QByteArray &name)
{
    QByteArray frame = name + ' ' + QByteArray(fileSize, 'x') + '.';
    appendTrailer({.nodeId = QUuid(), .sequence = 1, .time = 1, .sender = "pyvent"}, &frame);
    return frame;
}

void passFile(PassedFiles *to, const FileDescriptor &file)
{
    std::array<int, 2> both{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()) != 0)
        qFatal("no sockets");
    const FileDescriptor one(both[0]);
    const FileDescriptor other(both[1]);
    char byte = 'x';
    const iovec vector{&byte, 1};
    if (sendWithFile(one.get(), std::span(&vector, 1), file.get()) != 1
        || to->receive(other.get(), std::span(&byte, 1)) != 1)
        qFatal("no file");
}

QByteArray subscription(QByteArrayView prefix)
{
    return Zmtp::commandFrame(Lane::subscribeCommand, prefix);
}

// A peer whose other end is the test's.
struct OtherEnd
{
    explicit OtherEnd(Relay *relay, bool says = true, bool takesFiles = false)
        : peer(relay, takesFiles ? 10 * fileSize : maximumFrameSize, takesFiles)
    {
        if (says)
            isReady = peer.receive(Lane::readyFrame(takesFiles)) && output() == Lane::serverReadyFrame(takesFiles);
    }

    // Sends a file, as by the socket, and what says so.
    bool sendFile(FileDescriptor file, const QByteArray &command = Lane::fileFrame())
    {
        passFile(peer.files(), file);
        return peer.receive(command);
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
    void acknowledgesBeforeItTellsWhoAnswers();
    void addsNoAcknowledgementsForWhoDoesNotRead();
    void framesOfARunAreOneBlock();
    void largeEvents();
    void ignoresWhatItDoesNotKnow();
    void eventsInFiles();
    void eventsInPooledFiles_data();
    void eventsInPooledFiles();
    void pooledFilesThatChange();
    void pooledFilesThatItRefuses();
    void filesThatItRefuses();
    void filesAreFewAtATime();
    void waitsForReceiversThatLag();
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
    QCOMPARE(end.output(), Lane::serverReadyFrame());
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

// So whoever asks knows which of its questions were passed on before.
void TestLanePeer::acknowledgesBeforeItTellsWhoAnswers()
{
    Relay relay(true, {});
    OtherEnd asks(&relay);
    auto answers = std::make_unique<OtherEnd>(&relay);
    const QUuid asker = QUuid::createUuid();
    const QUuid answerer = QUuid::createUuid();
    const auto declared = [](Control::Declaration::Kind kind, const QUuid &node) {
        return subscription(Control::Declaration{kind, "x", false, node}.toPrefix());
    };
    const auto told = [&](std::vector<QUuid> nodes) {
        return eventFrame(Control::Answerers{asker, "x", std::move(nodes), false}.toFrame());
    };
    QVERIFY(asks.peer.receive(eventFrame("x 1") + declared(Control::Declaration::Asking, asker)));
    QCOMPARE(asks.output(), Lane::acknowledgementFrame({1, 0}) + told({}));
    QCOMPARE(asks.output(), Lane::acknowledgementFrame({1, 1})); // when that was written
    QVERIFY(asks.peer.receive(eventFrame("x 2")));               // which has time
    QVERIFY(answers->peer.receive(declared(Control::Declaration::Answering, answerer)));
    QVERIFY(asks.peer.receive(eventFrame("x 3")));
    QCOMPARE(PyventTests::takeBytes(&asks.peer.client()->output),
             Lane::acknowledgementFrame({2, 1}) + told({answerer}));
    answers.reset();
    QCOMPARE(PyventTests::takeBytes(&asks.peer.client()->output), Lane::acknowledgementFrame({3, 1}) + told({}));
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
    QCOMPARE(hears.peer.client()->output.fill(parts).count, std::size_t(2));
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

// Whoever takes files gets it as one, and everybody else its bytes.
void TestLanePeer::eventsInFiles()
{
    Relay relay(true, {});
    const qsizetype before = relay.waitingBytes();
    OtherEnd sends(&relay, true, true);
    OtherEnd takesFiles(&relay, true, true);
    OtherEnd takesBytes(&relay);
    QVERIFY(sends.isReady && takesFiles.isReady && takesBytes.isReady);
    for (OtherEnd *hears : {&takesFiles, &takesBytes}) {
        QVERIFY(hears->peer.receive(subscription("big ")));
        hears->output();
    }
    QVERIFY(sends.sendFile(fileOf(largeEvent())));
    QCOMPARE(sends.output(), Lane::acknowledgementFrame({1, 0}));
    QCOMPARE(sends.peer.bytesInFiles(), quint64(fileSize));
    QCOMPARE(relay.files(), 1);
    QCOMPARE(takesBytes.output(), eventFrame(largeEvent()));
    int files = 0;
    QCOMPARE(PyventTests::takeBytes(&takesFiles.peer.client()->output, &files), Lane::fileFrame());
    QCOMPARE(files, 1);
    QVERIFY(relay.waitingBytes() > before + fileSize); // the node has it
    QVERIFY(takesFiles.peer.receive(Lane::doneFrame(1)));
    QCOMPARE(relay.files(), 0);
    QCOMPARE(relay.waitingBytes(), before);

    // What was passed as bytes is kept as bytes.
    QVERIFY(sends.peer.receive(eventFrame(largeEvent())));
    QCOMPARE(takesFiles.output(), eventFrame(largeEvent()));
}

// The same, but that its sender could write to it.
void TestLanePeer::eventsInPooledFiles_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("a name") << QByteArray("big");
    QTest::newRow("one that is longer than what is looked at") << "big" + QByteArray(5000, 'g');
}

void TestLanePeer::eventsInPooledFiles()
{
    QFETCH(const QByteArray, name);
    Relay relay(true, {});
    const qsizetype before = relay.waitingBytes();
    OtherEnd sends(&relay, true, true);
    OtherEnd takesFiles(&relay, true, true);
    OtherEnd takesBytes(&relay);
    OtherEnd takesBytesToo(&relay);
    OtherEnd hearsOthers(&relay, true, true);
    for (OtherEnd *hears : {&takesFiles, &takesBytes, &takesBytesToo}) {
        QVERIFY(hears->peer.receive(subscription("big")));
        hears->output();
    }
    QVERIFY(hearsOthers.peer.receive(subscription("bigger")));
    hearsOthers.output();
    FilePool pool;
    const QByteArray event = eventFrame(pooledEvent(name));
    const bool isKnown = name.size() < EventEnds::endSize;
    const QByteArray command = Lane::fileFrame(quint64(event.size()));
    QVERIFY(sends.sendFile(pool.write({}, event, FilePool::Clock::now()), command));
    QCOMPARE(sends.output(), Lane::acknowledgementFrame({1, 0}));
    QCOMPARE(sends.peer.bytesInFiles(), quint64(event.size()));
    QVERIFY(relay.waitingBytes() < before + (isKnown ? 3 : 2) * event.size()); // one copy for all who take bytes
    QCOMPARE(takesBytes.output(), event);
    QCOMPARE(takesBytesToo.output(), event);
    int files = 0;
    QCOMPARE(PyventTests::takeBytes(&takesFiles.peer.client()->output, &files), isKnown ? command : event);
    QCOMPARE(files, int(isKnown));
    QCOMPARE(relay.files(), int(isKnown));
    QVERIFY(hearsOthers.output().isEmpty());
    QCOMPARE(takesFiles.peer.receive(Lane::doneFrame(1)), isKnown);
    QCOMPARE(relay.files(), 0);
    QCOMPARE(relay.waitingBytes(), before);
    QVERIFY(pool.write({}, event, FilePool::Clock::now()).isOpen());
    QCOMPARE(pool.files(), 1);
}

// Its sender makes another event of it before a receiver that takes bytes has it: there is no event then, and no harm.
void TestLanePeer::pooledFilesThatChange()
{
    Relay relay(true, {.files = 1});
    const qsizetype before = relay.waitingBytes();
    OtherEnd sends(&relay, true, true);
    OtherEnd hears(&relay, true, true);
    QVERIFY(hears.peer.receive(subscription("big")));
    hears.output();
    PyventTests::RewrittenFile file(eventFrame(pooledEvent("big")));
    const QByteArray command = Lane::fileFrame(quint64(file.size()));
    QVERIFY(sends.sendFile(FileDescriptor(::dup(file.file().get())), command));
    SendBuffer &output = hears.peer.client()->output;
    file.write(eventFrame(pooledEvent("not")));
    output.passAsBytes(); // as if the kernel passed no more files
    QVERIFY(!output.mayWrite());
    QVERIFY(hears.output().isEmpty());
    QCOMPARE(relay.files(), 0);

    OtherEnd late(&relay);
    QVERIFY(late.peer.receive(subscription("not")));
    late.output();
    QVERIFY(sends.sendFile(FileDescriptor(::dup(file.file().get())), command)); // which is what it says now
    QCOMPARE(late.output(), eventFrame(pooledEvent("not")));
    QCOMPARE(relay.waitingBytes(), before);
}

void TestLanePeer::pooledFilesThatItRefuses()
{
    Relay relay(true, {});
    const qsizetype before = relay.waitingBytes();
    FilePool pool;
    const auto refuses = [&](const QByteArray &bytes, qsizetype size) {
        OtherEnd end(&relay, true, true);
        return !end.sendFile(pool.write({}, bytes, FilePool::Clock::now()), Lane::fileFrame(quint64(size)));
    };
    const QByteArray event = eventFrame(pooledEvent("big"));
    QVERIFY(refuses(event, event.size() - 1));
    QVERIFY(refuses(event, event.size() + 1));
    QVERIFY(refuses(event, 100 * event.size()));
    QVERIFY(refuses(event, std::numeric_limits<qsizetype>::max()));
    QVERIFY(refuses(event, 1));
    QVERIFY(refuses(QByteArray(fileSize, '\xff'), fileSize));
    QVERIFY(refuses(Zmtp::frame(Zmtp::Header::Command, pooledEvent("big")), event.size()));
    OtherEnd sendsSealed(&relay, true, true);
    QVERIFY(!sendsSealed.sendFile(fileOf(largeEvent()), Lane::fileFrame(fileSize)));
    OtherEnd saysNoNumber(&relay, true, true);
    QVERIFY(!saysNoNumber.sendFile(fileOf(largeEvent()), Zmtp::commandFrame(Lane::fileCommand, "1234567")));
    QCOMPARE(relay.files(), 0);
    QCOMPARE(relay.waitingBytes(), before);
}

void TestLanePeer::filesThatItRefuses()
{
    Relay relay(true, {});
    const qsizetype before = relay.waitingBytes();
    const auto refuses = [&relay](const FileDescriptor &file, const char *why) {
        OtherEnd end(&relay, true, true);
        return !end.sendFile(FileDescriptor(::dup(file.get()))) && QByteArray(end.peer.whyClosed()).contains(why);
    };
    QVERIFY(refuses(fileOf(largeEvent(fileSize - 1)), "no event"));
    QVERIFY(refuses(fileOf(largeEvent(11 * fileSize)), "too large"));
    QVERIFY(refuses(makeSealedFile(eventFrame(largeEvent()).first(9), largeEvent() + "x"), "no event"));
    QVERIFY(
        refuses(makeSealedFile(Zmtp::frame(Zmtp::Header::Command, largeEvent()).first(9), largeEvent()), "no event"));
    QVERIFY(refuses(makeSealedFile({}, QByteArray(fileSize, '\xff')), "no event"));
    const FileDescriptor notSealed(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    QCOMPARE(::ftruncate(notSealed.get(), fileSize), 0);
    QVERIFY(refuses(notSealed, "not sealed"));

    OtherEnd sendsNone(&relay, true, true);
    QVERIFY(!sendsNone.peer.receive(Lane::fileFrame()));
    OtherEnd mayNot(&relay);
    QVERIFY(!mayNot.peer.files());
    QVERIFY(!mayNot.peer.receive(Lane::fileFrame()));
    OtherEnd hasHadNone(&relay, true, true);
    QVERIFY(!hasHadNone.peer.receive(Lane::doneFrame(1)));
    OtherEnd sendsMany(&relay, true, true);
    const FileDescriptor file = fileOf(largeEvent());
    for (int i = 0; i < 17; ++i)
        passFile(sendsMany.peer.files(), file);
    QVERIFY(!sendsMany.peer.receive(eventFrame("order")));
    QCOMPARE(relay.files(), 0);
    QCOMPARE(relay.waitingBytes(), before);
}

void TestLanePeer::filesAreFewAtATime()
{
    Relay relay(true, {.files = 3});
    OtherEnd sends(&relay, true, true);
    OtherEnd hears(&relay, true, true);
    QVERIFY(hears.peer.receive(subscription("big ")));
    hears.output();
    for (int i = 0; i < 5; ++i)
        QVERIFY(sends.sendFile(fileOf(largeEvent())));
    QCOMPARE(relay.files(), 3); // others are only kept in memory
    QCOMPARE(hears.output(), Lane::fileFrame().repeated(3) + eventFrame(largeEvent()).repeated(2));
    QVERIFY(hears.peer.receive(Lane::doneFrame(3)));
    QCOMPARE(relay.files(), 0);
}

void TestLanePeer::waitsForReceiversThatLag()
{
    Relay relay(true, {});
    OtherEnd sends(&relay);
    OtherEnd hears(&relay);
    QVERIFY(hears.peer.receive(subscription("order ")));
    QVERIFY(hears.peer.receive(Lane::lagFrame(true)));
    QByteArray event = "order .";
    appendTrailer({.nodeId = QUuid::createUuid(), .sequence = 1, .flags = Trailer::Waits}, &event);
    QVERIFY(sends.peer.receive(eventFrame(event)));
    QVERIFY(hears.output().contains(eventFrame(event)));
    QVERIFY(sends.output().isEmpty());
    QVERIFY(sends.peer.receive(subscription("other")));
    QCOMPARE(sends.output(), Lane::acknowledgementFrame({0, 1})); // which has nothing to do with it
    QVERIFY(hears.peer.receive(Lane::lagFrame(false)));
    QVERIFY(relay.releaseHeld());
    QCOMPARE(sends.output(), Lane::acknowledgementFrame({1, 1}));
    QVERIFY(!hears.peer.receive(Zmtp::commandFrame(Lane::lagCommand, "2")));
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
