// SPDX-License-Identifier: MIT
#include "transport/laneconnection.h"

#include "support/testprogram.h"
#include "wire/lane.h"

#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <functional>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = Connection::Clock;
using Failure = LaneConnection::Failure;

constexpr qsizetype maximumFrameSize = 300'000;

QByteArray eventFrame(QByteArrayView body)
{
    return Zmtp::frame(0, body);
}

sockaddr_un addressOf(const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, path.constData(), sizeof address.sun_path);
    return address;
}

// A connection, and a server that the test plays: it reads and writes what the test says.
class PlayedServer
{
public:
    explicit PlayedServer(bool greets = true, bool takesFiles = false)
        : m_path(m_folder.path().toLocal8Bit() + "/lane")
        , m_listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        const sockaddr_un address = addressOf(m_path);
        if (::bind(m_listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
            || ::listen(m_listener.get(), 5) != 0)
            qFatal("cannot listen");
        AccessRule rule({});
        Failure failure;
        connection = LaneConnection::connect(m_path, &rule, maximumFrameSize, queue, pollSet, now, &failure);
        m_server = FileDescriptor(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        turn();
        if (greets) {
            write(Lane::readyFrame(takesFiles));
            hear();
            read();
        }
    }

    // A turn of whoever drives the connection.
    void turn()
    {
        connection->process(now);
        hear();
    }
    void hear()
    {
        connection->process(now);
        for (QByteArrayView frame; connection->receive(&frame);)
            heard.append(frame.toByteArray());
    }

    void write(QByteArrayView bytes)
    {
        while (!bytes.isEmpty()) {
            const ssize_t count =
                ::send(m_server.get(), bytes.data(), std::size_t(bytes.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count > 0)
                bytes = bytes.sliced(count);
            else if (errno == EAGAIN)
                hear();
            else
                return;
        }
    }

    // What the connection has written.
    QByteArray read()
    {
        QByteArray all;
        for (QByteArray bytes(65536, Qt::Uninitialized);;) {
            const ssize_t count = files.receive(m_server.get(), std::span(bytes.data(), std::size_t(bytes.size())));
            if (count <= 0)
                return all;
            all.append(bytes.constData(), count);
        }
    }

    // What says that an event is in a file, which goes with it.
    void passFile(const FileDescriptor &file, const QByteArray &bytes = Lane::fileFrame())
    {
        const iovec vector{const_cast<char *>(bytes.data()), std::size_t(bytes.size())};
        if (sendWithFile(m_server.get(), std::span(&vector, 1), file.get()) != bytes.size())
            qFatal("cannot pass a file");
    }
    void hangUp() { m_server = FileDescriptor(); }
    bool isReadable() const { return pollSetIsReadable(pollSet.fd()); }
    static bool pollSetIsReadable(int fd)
    {
        pollfd it{fd, POLLIN, 0};
        return ::poll(&it, 1, 0) == 1;
    }

    PollSet pollSet;
    SendQueue queue;
    Clock::time_point now = Clock::now();
    QByteArrayList heard;
    PassedFiles files; // that the connection has sent
    std::unique_ptr<LaneConnection> connection;

private:
    const QTemporaryDir m_folder;
    const QByteArray m_path;
    FileDescriptor m_listener;
    FileDescriptor m_server;
};

// Of the first \a size bytes of a pooled file.
QByteArray copyOf(const FileDescriptor &file, qsizetype size)
{
    QByteArray copy(size, Qt::Uninitialized);
    const bool isWhole =
        isPooledFile(file, size) && copyFromPooledFile(file, 0, std::span(copy.data(), std::size_t(size)));
    return isWhole ? copy : QByteArray();
}

} // namespace

class TestLaneConnection : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void saysFirstWhatItIs();
    void whyItDoesNotConnect();
    void sends();
    void hears_data();
    void hears();
    void subscribesInOrder();
    void hurriesWhereSomebodyWaits();
    void gathersWhereItMay();
    void goesOnWhenTheServerReads();
    void theEnd();
    void aServerThatHangs();
    void sendsOnlySoMuchThatIsNotAcknowledged();
    void saysThatItLags();
    void largeEventsGoInFiles();
    void manyLargeEventsGoInSealedFiles();
    void largeEventsComeInFiles();
    void largeEventsComeInPooledFiles();
    void anIdleServer();
    void aServerThatSaysNothing();
    void isNotLetIn();
    void findsTheServerFull();
    void skipsWhatIsTooLarge();
    void endsWithWhatIsNoServer_data();
    void endsWithWhatIsNoServer();
};

void TestLaneConnection::saysFirstWhatItIs()
{
    PlayedServer lane(false);
    QVERIFY(lane.connection);
    QCOMPARE(lane.connection->state(), Connection::State::Connecting);
    lane.connection->send("order 1", false, nullptr);
    QCOMPARE(lane.read(), Lane::readyFrame(true)); // and no event before the server has said what it is
    QVERIFY(!lane.connection->isSending());
    lane.write(Lane::readyFrame());
    lane.hear();
    QCOMPARE(lane.connection->state(), Connection::State::Ready);
    QCOMPARE(lane.connection->way(), Connection::Way::Lane);
    QCOMPARE(lane.read(), eventFrame("order 1"));
}

void TestLaneConnection::whyItDoesNotConnect()
{
    const QTemporaryDir folder;
    const QByteArray path = folder.path().toLocal8Bit() + "/lane";
    PollSet pollSet;
    SendQueue queue;
    const auto failureAt = [&](const QByteArray &at, AccessRule rule) {
        Failure failure;
        const auto none = LaneConnection::connect(at, &rule, 1000, queue, pollSet, Clock::now(), &failure);
        return none ? Failure::None : failure;
    };
    QCOMPARE(failureAt(path, AccessRule({})), Failure::Absent);
    QCOMPARE(failureAt(QByteArray(200, 'x'), AccessRule({})), Failure::Absent);
    {
        const FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const sockaddr_un address = addressOf(path);
        QVERIFY(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0);
        QCOMPARE(failureAt(path, AccessRule({})), Failure::Refused);
        QVERIFY(::listen(listener.get(), 5) == 0);
        QCOMPARE(failureAt(path, AccessRule({})), Failure::None);
        if (::geteuid() != 0) // who may always be there
            QCOMPARE(failureAt(path, AccessRule({}, ::geteuid() + 1, {})), Failure::OtherUser);
    }
    QCOMPARE(failureAt(path, AccessRule({})), Failure::Refused);
}

void TestLaneConnection::sends()
{
    PlayedServer lane;
    const QByteArray large(90'000, 'l');
    SendQueue::Share share;
    lane.connection->send("order 1", false, &share);
    lane.connection->send(QByteArray(300, 'm'), false, &share);
    lane.connection->send(QByteArray(large), false, &share);
    lane.connection->sendControl("\2all/who x", false);
    QCOMPARE(lane.read(),
             eventFrame("order 1") + eventFrame(QByteArray(300, 'm')) + eventFrame(large) + eventFrame("\2all/who x"));
    QCOMPARE(share.events, 3);
    lane.write(Lane::acknowledgementFrame({2, 0}));
    lane.turn();
    QCOMPARE(share.acknowledged, 2);
    lane.write(Lane::acknowledgementFrame({4, 0}));
    lane.turn();
    QCOMPARE(share.acknowledged, 3);
    QCOMPARE(lane.queue.inFlight(), 0);
    lane.queue.leave(&share);
}

void TestLaneConnection::hears_data()
{
    QTest::addColumn<qsizetype>("pieces");
    QTest::newRow("byte by byte") << qsizetype(1);
    QTest::newRow("seven bytes") << qsizetype(7);
    QTest::newRow("at once") << qsizetype(1'000'000);
}

void TestLaneConnection::hears()
{
    QFETCH(const qsizetype, pieces);
    PlayedServer lane;
    const QByteArrayList events = {
        "order 1", "", QByteArray(255, 'a'), QByteArray(256, 'b'), QByteArray(100'000, 'c'), QByteArray(70'000, 'd'),
        "order 2"};
    QByteArray bytes;
    for (const QByteArray &body : events)
        bytes += eventFrame(body) + Lane::acknowledgementFrame({0, 0});
    for (QByteArrayView rest = bytes; !rest.isEmpty();) {
        const QByteArrayView piece = rest.first(std::min(pieces, rest.size()));
        lane.write(piece);
        lane.hear();
        rest = rest.sliced(piece.size());
    }
    lane.hear();
    QCOMPARE(lane.heard, events);
    QVERIFY(!lane.connection->mayBeReadable());
    QVERIFY(!lane.isReadable());
}

void TestLaneConnection::subscribesInOrder()
{
    PlayedServer lane;
    const quint64 first = lane.connection->subscribe("a");
    const quint64 second = lane.connection->subscribe("b");
    lane.connection->unsubscribe("a");
    QVERIFY(first < second);
    lane.turn();
    QCOMPARE(lane.read(),
             Zmtp::commandFrame(Lane::subscribeCommand, "a") + Zmtp::commandFrame(Lane::subscribeCommand, "b")
                 + Zmtp::commandFrame(Lane::cancelCommand, "a"));
    QCOMPARE(lane.connection->state(), Connection::State::Subscribing);
    lane.write(Lane::acknowledgementFrame({0, 1}));
    lane.turn();
    QCOMPARE(lane.connection->proven(), first);
    QCOMPARE(lane.connection->state(), Connection::State::Subscribing);
    lane.write(Lane::acknowledgementFrame({0, 2}));
    lane.turn();
    QCOMPARE(lane.connection->proven(), second);
    QCOMPARE(lane.connection->state(), Connection::State::Ready);
}

void TestLaneConnection::hurriesWhereSomebodyWaits()
{
    PlayedServer lane;
    const QByteArray hurry = Zmtp::commandFrame(Lane::hurryCommand, {});
    lane.connection->awaitAcknowledgements(true); // of nothing
    QVERIFY(lane.read().isEmpty());
    lane.connection->awaitAcknowledgements(false);
    lane.connection->send("order 1", false, nullptr);
    QCOMPARE(lane.read(), eventFrame("order 1"));
    lane.connection->awaitAcknowledgements(true);
    lane.connection->awaitAcknowledgements(true);
    QCOMPARE(lane.read(), hurry);
    lane.connection->send("order 2", false, nullptr);
    QCOMPARE(lane.read(), eventFrame("order 2") + hurry);
}

void TestLaneConnection::gathersWhereItMay()
{
    PlayedServer lane;
    QByteArray expected;
    qsizetype atOnce = 0;
    for (int i = 0; i < 1000; ++i) {
        const QByteArray body = "order " + QByteArray::number(i);
        expected += eventFrame(body);
        lane.connection->send(QByteArray(body), true, nullptr);
        atOnce = std::max(atOnce, lane.queue.unsent());
    }
    QVERIFY(atOnce > 10);
    QVERIFY(atOnce <= 1000 / 2);
    lane.turn(); // which is what they wait for at most
    QCOMPARE(lane.queue.unsent(), 0);
    QCOMPARE(lane.read(), expected);
}

void TestLaneConnection::goesOnWhenTheServerReads()
{
    PlayedServer lane;
    const QByteArray body(10'000, 'x');
    qsizetype sent = 0;
    while (lane.queue.unsent() < 1000 && sent < 100'000) {
        lane.connection->send(QByteArray(body), false, nullptr);
        ++sent;
    }
    QVERIFY(lane.queue.unsent() >= 1000);
    QVERIFY(!lane.isReadable()); // nothing to do until the server has read
    QByteArray all;
    for (int i = 0; i < 10'000 && all.size() < sent * eventFrame(body).size(); ++i) {
        all += lane.read();
        QVERIFY(lane.isReadable() || lane.queue.unsent() == 0);
        lane.turn();
    }
    QCOMPARE(all, eventFrame(body).repeated(sent));
    QVERIFY(!lane.isReadable());
}

void TestLaneConnection::theEnd()
{
    PlayedServer lane;
    SendQueue::Share share;
    lane.connection->send("order 1", false, &share);
    lane.connection->send("order 2", false, &share);
    lane.write(eventFrame("last") + Lane::acknowledgementFrame({1, 0}));
    lane.hangUp();
    while (lane.isReadable() && !lane.connection->hasEnded())
        lane.turn();
    // What came before the end counts, and the rest is sent again by whoever comes next.
    QCOMPARE(lane.heard, QByteArrayList{"last"});
    QVERIFY(lane.connection->hasEnded());
    QCOMPARE(share.acknowledged, 1);
    QCOMPARE(lane.queue.unsent(), 1);
    QCOMPARE(lane.queue.unsentFrame(0), QByteArray("order 2"));
    QCOMPARE(lane.connection->state(), Connection::State::Connecting);
    lane.connection->send("order 3", false, &share);
    lane.turn();
    QCOMPARE(lane.queue.unsent(), 2);
    lane.queue.leave(&share);
}

// One that is stopped: its kernel takes what is written, and nobody reads it.
void TestLaneConnection::aServerThatHangs()
{
    PlayedServer lane;
    lane.connection->send("order 1", false, nullptr);
    const Clock::time_point sent = lane.now;
    while (!lane.connection->hasEnded() && lane.now < sent + 10s) {
        lane.now = lane.connection->deadline();
        lane.turn();
    }
    QVERIFY(lane.connection->hasEnded());
    QVERIFY(lane.now > sent + 1500ms);
    QVERIFY(lane.now < sent + 3s);
    QCOMPARE(lane.queue.unsent(), 1);
}

// Nothing is said for an hour; and then it hangs.
void TestLaneConnection::anIdleServer()
{
    PlayedServer lane;
    const Clock::time_point begin = lane.now;
    int turns = 0;
    for (; lane.now < begin + 1h; ++turns) {
        lane.now = lane.connection->deadline();
        lane.turn();
        lane.read();
    }
    QVERIFY(!lane.connection->hasEnded());
    QVERIFY2(turns < 3700, qPrintable(QString::number(turns)));
    const Clock::time_point last = lane.now;
    while (!lane.connection->hasEnded() && lane.now < last + 1h) {
        lane.now = lane.connection->deadline();
        lane.turn();
    }
    QVERIFY(lane.connection->hasEnded());
    QVERIFY(lane.now < last + 3s);
}

void TestLaneConnection::aServerThatSaysNothing()
{
    PlayedServer lane(false);
    const Clock::time_point begin = lane.now;
    QCOMPARE(lane.connection->silence(begin), Connection::Silence::None);
    lane.now = begin + 2s;
    lane.turn();
    QCOMPARE(lane.connection->silence(lane.now), Connection::Silence::NotResponding);
    QVERIFY(!lane.connection->hasEnded());
    lane.now = begin + 4s;
    lane.turn();
    QVERIFY(lane.connection->hasEnded());
}

void TestLaneConnection::isNotLetIn()
{
    PlayedServer lane(false);
    lane.write(Lane::errorFrame(u"not you"_s));
    lane.hangUp();
    lane.turn();
    QVERIFY(lane.connection->hasEnded());
    QCOMPARE(lane.connection->refusal(), u"not you"_s);
    QCOMPARE(lane.connection->silence(lane.now), Connection::Silence::NotLetIn);
}

void TestLaneConnection::findsTheServerFull()
{
    PlayedServer lane(false);
    lane.write(Lane::fullFrame());
    lane.hangUp();
    lane.turn();
    QVERIFY(lane.connection->hasEnded());
    QCOMPARE(lane.connection->silence(lane.now), Connection::Silence::ServerFull);
}

void TestLaneConnection::skipsWhatIsTooLarge()
{
    PlayedServer lane;
    lane.write(eventFrame("a") + eventFrame(QByteArray(10 * maximumFrameSize, 'x')) + eventFrame("b")
               + eventFrame(QByteArray(2 * maximumFrameSize, 'y')) + eventFrame(QByteArray(2 * maximumFrameSize, 'z'))
               + eventFrame("c"));
    lane.hear();
    QCOMPARE(lane.heard, QByteArrayList({"a", "b", "c"}));
    QVERIFY(!lane.connection->hasEnded());
}

void TestLaneConnection::sendsOnlySoMuchThatIsNotAcknowledged()
{
    PlayedServer lane;
    constexpr qsizetype size = 200'000;
    constexpr int count = 200;
    for (int i = 0; i < count; ++i)
        lane.connection->send(QByteArray(size, 'x'), false, nullptr);
    qsizetype received = 0;
    const auto receive = [&] {
        lane.turn();
        received += lane.read().size();
        return lane.queue.inFlight();
    };
    constexpr qsizetype window = qsizetype(16) * 1024 * 1024;
    QTRY_VERIFY(receive() == window / size && received > (window / size) * size);
    receive();
    QCOMPARE(received, (window / size) * (size + Zmtp::maximumHeaderSize));
    lane.write(Lane::acknowledgementFrame({10, 0}));
    QTRY_COMPARE((receive(), received), (window / size + 10) * (size + Zmtp::maximumHeaderSize));
    // Whatever its size, one goes.
    lane.write(Lane::acknowledgementFrame({quint64(window / size + 10), 0}));
    QTRY_COMPARE((receive(), received), (2 * (window / size) + 10) * (size + Zmtp::maximumHeaderSize));
}

void TestLaneConnection::saysThatItLags()
{
    PlayedServer lane;
    lane.connection->setLagging(true);
    lane.connection->setLagging(false);
    QCOMPARE(lane.read(), Lane::lagFrame(true) + Lane::lagFrame(false));
}

void TestLaneConnection::largeEventsGoInFiles()
{
    const QByteArray small = "small";
    const QByteArray large = "large " + QByteArray(Lane::largeEvent, 'x');
    for (const bool takesFiles : {false, true}) {
        PlayedServer lane(true, takesFiles);
        for (const QByteArray &event : {small, large, small, large, large})
            lane.connection->send(QByteArray(event), false, nullptr);
        QByteArray sent;
        const qsizetype size = eventFrame(large).size();
        const QByteArray inPlace = takesFiles ? Lane::fileFrame(quint64(size)) : eventFrame(large);
        const QByteArray expected = eventFrame(small) + inPlace + eventFrame(small) + inPlace + inPlace;
        QTRY_VERIFY((lane.turn(), sent += lane.read()) == expected);
        for (int i = 0; takesFiles && i < 3; ++i)
            QVERIFY(copyOf(lane.files.take(), size) == eventFrame(large));
        QVERIFY(!lane.files.hasSome());
        lane.write(Lane::acknowledgementFrame({5, 0}));
        lane.hear();
        QCOMPARE(lane.queue.events(), 0);
    }
}

// Where the server keeps all of the pool's files, others are made, which are sealed.
void TestLaneConnection::manyLargeEventsGoInSealedFiles()
{
    PlayedServer lane(true, true);
    const QByteArray large = "large " + QByteArray(Lane::largeEvent, 'x');
    constexpr int pooled = int(FilePool::mostFiles);
    for (int i = 0; i < pooled + 2; ++i) {
        lane.connection->send(QByteArray(large), false, nullptr);
        lane.turn();
    }
    const qsizetype size = eventFrame(large).size();
    const QByteArray expected = Lane::fileFrame(quint64(size)).repeated(pooled) + Lane::fileFrame().repeated(2);
    QByteArray sent;
    QTRY_VERIFY((lane.turn(), sent += lane.read()) == expected);
    for (int i = 0; i < pooled; ++i)
        QVERIFY(copyOf(lane.files.take(), size) == eventFrame(large));
    for (int i = 0; i < 2; ++i)
        QVERIFY(FileMapping(lane.files.take(), maximumFrameSize, true).bytes() == eventFrame(large));
    lane.connection->send(QByteArray(large), false, nullptr); // and these are free again
    sent.clear();
    QTRY_VERIFY((lane.turn(), sent += lane.read()) == Lane::fileFrame(quint64(size)));
}

void TestLaneConnection::largeEventsComeInPooledFiles()
{
    PlayedServer lane(true, true);
    FilePool pool;
    const QByteArray first = "first " + QByteArray(Lane::largeEvent, 'x');
    const QByteArray second = "second " + QByteArray(Lane::largeEvent, 'y');
    const auto pass = [&](const QByteArray &bytes, qsizetype size) {
        lane.passFile(pool.write({}, bytes, FilePool::Clock::now()), Lane::fileFrame(quint64(size)));
    };
    pass(eventFrame(first), eventFrame(first).size());
    lane.hear();
    pass(eventFrame(second), eventFrame(second).size());
    lane.hear();
    QCOMPARE(lane.heard, QByteArrayList({first, second}));
    QCOMPARE(pool.files(), 1); // it had a copy of the first one
    QCOMPARE(lane.read(), Lane::doneFrame(1) + Lane::doneFrame(2));

    // Each of these is asked for.
    pass(eventFrame(first), eventFrame(first).size() - 1);
    pass(eventFrame(first), 100 * eventFrame(first).size());
    pass(QByteArray(Lane::largeEvent, '\xff'), Lane::largeEvent);
    lane.passFile(makeSealedFile(QByteArrayView(eventFrame(first)).first(9), first),
                  Lane::fileFrame(quint64(eventFrame(first).size()))); // it says that it is a pooled one
    lane.passFile(pool.write({}, eventFrame(first), FilePool::Clock::now()), Lane::fileFrame());
    lane.write(Lane::fileFrame(300'000) + eventFrame("after"));
    lane.hear();
    QCOMPARE(lane.heard, QByteArrayList({first, second, "after"}));
    QVERIFY(!lane.connection->hasEnded());
}

void TestLaneConnection::largeEventsComeInFiles()
{
    PlayedServer lane(true, true);
    const auto fileOf = [](const QByteArray &body) {
        const QByteArray frame = eventFrame(body);
        return makeSealedFile(frame.first(frame.size() - body.size()), body);
    };
    const QByteArray first = "first " + QByteArray(Lane::largeEvent, 'x');
    const QByteArray second = "second " + QByteArray(Lane::largeEvent, 'y');
    lane.write(eventFrame("before"));
    lane.passFile(fileOf(first));
    lane.passFile(fileOf(second));
    lane.write(eventFrame("between"));
    lane.passFile(fileOf(QByteArray(2 * maximumFrameSize, 'x'))); // its sender will be asked
    lane.passFile(makeSealedFile({}, "no event"));
    lane.write(Lane::fileFrame() + eventFrame("after"));
    lane.hear();
    QCOMPARE(lane.heard, QByteArrayList({"before", first, second, "between", "after"}));
    QVERIFY(!lane.connection->hasEnded());
    QByteArray done;
    for (quint64 i = 1; i <= 5; ++i)
        done += Lane::doneFrame(i);
    QCOMPARE(lane.read(), done);
}

void TestLaneConnection::endsWithWhatIsNoServer_data()
{
    QTest::addColumn<bool>("afterReady");
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("another version") << false
                                     << Zmtp::commandFrame(Lane::readyCommand, Zmtp::property("Pyvent-Lane", "2"));
    QTest::newRow("ZeroMQ") << false << Zmtp::greeting();
    QTest::newRow("a mail server") << false << QByteArray("220 mail.example.org ESMTP\r\n");
    QTest::newRow("a part of a message") << true << Zmtp::frame(Zmtp::Header::More, "x");
    QTest::newRow("a reserved flag") << true << QByteArray("\x10\x01x");
    QTest::newRow("a command without a name") << true << Zmtp::frame(Zmtp::Header::Command, {});
    QTest::newRow("a command that is too large") << true << Zmtp::frame(Zmtp::Header::Command, QByteArray(9000, 'x'));
    QTest::newRow("more than there can be") << true << QByteArray("\x02\xff\xff\xff\xff\xff\xff\xff\xff");
    QTest::newRow("more acknowledgements than events") << true << Lane::acknowledgementFrame({2, 0});
    QTest::newRow("more than all of them") << true << Lane::acknowledgementFrame({~quint64(0), 0});
    QTest::newRow("more subscriptions than there are") << true << Lane::acknowledgementFrame({0, 1});
    QTest::newRow("an acknowledgement that is too short") << true << Zmtp::commandFrame(Lane::acknowledgeCommand, "x");
}

void TestLaneConnection::endsWithWhatIsNoServer()
{
    QFETCH(const bool, afterReady);
    QFETCH(const QByteArray, bytes);
    PlayedServer lane(afterReady);
    lane.connection->send("order 1", false, nullptr);
    lane.write(bytes);
    lane.hear();
    QVERIFY(lane.connection->hasEnded());
    QVERIFY(lane.heard.isEmpty());
    QVERIFY(lane.queue.unsent() <= 1);
}

PYVENT_TEST(TestLaneConnection)

#include "tst_laneconnection.moc"
