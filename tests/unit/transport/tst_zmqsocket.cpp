// SPDX-License-Identifier: MIT
#include "transport/zmqsocket.h"

#include "rawserver.h"
#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest/qtest.h>

#include <poll.h>
#include <sys/socket.h>

using namespace Pyvent::Internal;
using namespace PyventTests;

namespace {

using Connection = ZmqSocket::Connection;

constexpr int generous = 30'000; // ms, never reached by a test that passes

bool isReadable(const PollSet &set)
{
    pollfd fd{set.fd(), POLLIN, 0};
    return ::poll(&fd, 1, 0) == 1;
}

// A DEALER as the client has it.
class Client
{
public:
    explicit Client(zmq::socket_type type = zmq::socket_type::dealer)
        : socket(m_context, type, pollSet)
    {
        socket.set(zmq::sockopt::linger, 0);
        socket.set(zmq::sockopt::reconnect_ivl,
                   3'600'000); // -1 would keep it from telling of a name without address
    }

    // The next change, within a generous time; None if there is none.
    Connection next()
    {
        const QDeadlineTimer deadline(generous);
        for (;;) {
            pollSet.look();
            const Connection change = socket.nextConnectionChange();
            if (change != Connection::None || deadline.hasExpired())
                return change;
            pollSet.wait(std::chrono::milliseconds(100));
        }
    }

    bool receive(zmq::message_t *frame, bool skipDelimiter = false)
    {
        const QDeadlineTimer deadline(generous);
        for (;;) {
            pollSet.look();
            if (socket.receive(frame, skipDelimiter))
                return true;
            if (deadline.hasExpired())
                return false;
            pollSet.wait(std::chrono::milliseconds(100));
        }
    }

    PollSet pollSet;

private:
    zmq::context_t m_context;

public:
    ZmqSocket socket;
};

// A DEALER with which to talk to the client.
class Peer
{
public:
    explicit Peer(int port)
        : socket(m_context, zmq::socket_type::dealer)
    {
        socket.set(zmq::sockopt::linger, 0);
        socket.set(zmq::sockopt::rcvtimeo, generous);
        bind(socket, port);
    }
    void send(const QByteArrayList &frames)
    {
        for (qsizetype i = 0; i < frames.size(); ++i)
            socket.send(message(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
    QByteArray receive()
    {
        zmq::message_t frame;
        return socket.recv(frame) ? bytes(frame) : QByteArray();
    }

private:
    zmq::context_t m_context;

public:
    zmq::socket_t socket;
};

} // namespace

Q_DECLARE_METATYPE(Pyvent::Internal::ZmqSocket::Connection)

class TestZmqSocket : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void connects();
    void nobodyListens();
    void theConnectionIsLost();
    void aListenerThatNeverSpeaks();
    void aListenerThatSpeaksSomethingElse();
    void aConnectionToItself();
    void receivesWholeMessages_data();
    void receivesWholeMessages();
    void sendsFrames();
    void sendsNothingWithoutRoom();
    void pollSetTellsOfWhatArrives();
    void remembersThatThereMayBeMore();
    void leavesThePollSet();
    void manyAtOnce();
};

void TestZmqSocket::connects()
{
    const int port = freePort();
    Peer peer(port);
    Client client;
    QCOMPARE(client.socket.nextConnectionChange(), Connection::None);
    client.socket.connect(loopback(port));
    QCOMPARE(client.next(), Connection::Connected);
    QCOMPARE(client.next(), Connection::Ready);
    QCOMPARE(client.socket.nextConnectionChange(), Connection::None);
}

void TestZmqSocket::nobodyListens()
{
    Client client;
    client.socket.connect(loopback(freePort()));
    QCOMPARE(client.next(), Connection::Refused);
}

void TestZmqSocket::theConnectionIsLost()
{
    const int port = freePort();
    Client client;
    {
        Peer peer(port);
        client.socket.connect(loopback(port));
        QCOMPARE(client.next(), Connection::Connected);
        QCOMPARE(client.next(), Connection::Ready);
    }
    QCOMPARE(client.next(), Connection::Lost);
}

void TestZmqSocket::aListenerThatNeverSpeaks()
{
    const int port = freePort();
    const BoundSocket listener(port);
    QVERIFY(listener.isBound());
    Client client;
    client.socket.set(zmq::sockopt::handshake_ivl, 500);
    client.socket.connect(loopback(port));
    QCOMPARE(client.next(), Connection::Connected);
    QCOMPARE(client.next(), Connection::Lost);
}

void TestZmqSocket::aListenerThatSpeaksSomethingElse()
{
    const int port = freePort();
    const BoundSocket listener(port);
    QVERIFY(listener.isBound());
    Client client;
    client.socket.set(zmq::sockopt::handshake_ivl, 500); // ZMTP 1 has no end of one
    client.socket.connect(loopback(port));
    QCOMPARE(client.next(), Connection::Connected);
    const int fd = ::accept(listener.fd(), nullptr, nullptr);
    QVERIFY(fd >= 0);
    const QByteArray answer =
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" + QByteArray(100, ' ');
    QCOMPARE(::send(fd, answer.constData(), std::size_t(answer.size()), MSG_NOSIGNAL), answer.size());
    QCOMPARE(client.next(), Connection::Lost);
    ::close(fd);
}

// While nobody listens, the kernel sometimes gives an outgoing connection the very port that it goes to, and
// then it is connected to itself: a DEALER even likes what it hears, and the port is taken for good. Here it
// is made to happen.
void TestZmqSocket::aConnectionToItself()
{
    const int port = freePort();
    Client client;
    client.socket.connect("tcp://127.0.0.1:" + std::to_string(port) + ";127.0.0.1:" + std::to_string(port));
    Connection change = client.next();
    if (change == Connection::Connected)
        change = client.next();
    QVERIFY(change != Connection::Ready);
    QVERIFY(change == Connection::Refused || change == Connection::Lost);
}

void TestZmqSocket::receivesWholeMessages_data()
{
    QTest::addColumn<QByteArrayList>("frames");
    QTest::addColumn<bool>("skipDelimiter");
    QTest::addColumn<bool>("isReceived");

    QTest::newRow("one frame") << QByteArrayList{"a"} << false << true;
    QTest::newRow("one frame where a delimiter may be") << QByteArrayList{"a"} << true << true;
    QTest::newRow("an empty one") << QByteArrayList{""} << false << true;
    QTest::newRow("an empty one where a delimiter may be") << QByteArrayList{""} << true << true;
    QTest::newRow("a delimiter") << QByteArrayList{"", "a"} << true << true;
    QTest::newRow("a delimiter, and nothing") << QByteArrayList{"", ""} << true << true;
    QTest::newRow("a delimiter where none is expected") << QByteArrayList{"", "a"} << false << false;
    QTest::newRow("two frames") << QByteArrayList{"a", "b"} << false << false;
    QTest::newRow("two frames where a delimiter may be") << QByteArrayList{"a", "b"} << true << false;
    QTest::newRow("a delimiter and two frames") << QByteArrayList{"", "a", "b"} << true << false;
    QTest::newRow("two delimiters") << QByteArrayList{"", "", "a"} << true << false;
    QTest::newRow("many frames") << QByteArrayList(100, "a") << false << false;
}

void TestZmqSocket::receivesWholeMessages()
{
    QFETCH(const QByteArrayList, frames);
    QFETCH(const bool, skipDelimiter);
    QFETCH(const bool, isReceived);

    const int port = freePort();
    Peer peer(port);
    Client client;
    client.socket.connect(loopback(port));
    peer.send(frames);
    peer.send({"the next"});
    zmq::message_t frame;
    if (isReceived) {
        QVERIFY(client.receive(&frame, skipDelimiter));
        QCOMPARE(bytes(frame), frames.constLast());
    }
    QVERIFY(client.receive(&frame, skipDelimiter)); // whatever came before, this one is whole
    QCOMPARE(bytes(frame), QByteArray("the next"));
    QVERIFY(!frame.more());
    QVERIFY(!client.socket.receive(&frame, skipDelimiter));
    QVERIFY(!client.socket.mayBeReadable());
    QVERIFY(!client.socket.isReadable());
}

void TestZmqSocket::sendsFrames()
{
    const int port = freePort();
    Peer peer(port);
    Client client;
    client.socket.connect(loopback(port));
    QVERIFY(client.socket.send(zmq::message_t(), true));
    QVERIFY(client.socket.send(message("a")));
    QVERIFY(client.socket.send(message("b")));
    QCOMPARE(peer.receive(), QByteArray());
    QVERIFY(peer.socket.get(zmq::sockopt::rcvmore));
    QCOMPARE(peer.receive(), QByteArray("a"));
    QVERIFY(!peer.socket.get(zmq::sockopt::rcvmore));
    QCOMPARE(peer.receive(), QByteArray("b"));
}

void TestZmqSocket::sendsNothingWithoutRoom()
{
    Client client;
    QVERIFY(!client.socket.send(message("a"))); // not connected
    client.socket.set(zmq::sockopt::sndhwm, 2);
    client.socket.connect(loopback(freePort()));
    int sent = 0;
    while (client.socket.send(message("a")) && sent < 10)
        ++sent;
    QCOMPARE(sent, 2);
}

void TestZmqSocket::pollSetTellsOfWhatArrives()
{
    const int port = freePort();
    Client client;
    Peer peer(port);
    client.socket.connect(loopback(port));
    for (int i = 0; i < 100; ++i) {
        peer.send({QByteArray::number(i)});
        zmq::message_t frame;
        QVERIFY(client.receive(&frame)); // which waits for nothing but the poll set
        QCOMPARE(bytes(frame), QByteArray::number(i));
    }
    zmq::message_t frame;
    client.pollSet.look();
    while (client.socket.receive(&frame) || client.socket.nextConnectionChange() != Connection::None) { }
    QVERIFY(!isReadable(client.pollSet)); // or the event loop would never sleep
}

// Almost every call may take the news of a message from the descriptor.
void TestZmqSocket::remembersThatThereMayBeMore()
{
    const int port = freePort();
    Client client;
    Peer peer(port);
    client.socket.connect(loopback(port));
    QVERIFY(client.socket.mayBeReadable());
    zmq::message_t frame;
    for (int i = 0; i < 1000; ++i) {
        peer.send({QByteArray::number(i)});
        QVERIFY(client.socket.send(message("news")));
        QVERIFY(client.socket.mayBeReadable());
        QVERIFY(client.receive(&frame));
        QCOMPARE(bytes(frame), QByteArray::number(i));
        QVERIFY(client.socket.mayBeReadable()); // until it has been looked for in vain
        QVERIFY(!client.socket.receive(&frame));
        QVERIFY(!client.socket.mayBeReadable());
    }
}

void TestZmqSocket::leavesThePollSet()
{
    PollSet pollSet;
    zmq::context_t context;
    const int port = freePort();
    Peer peer(port);
    {
        ZmqSocket socket(context, zmq::socket_type::dealer, pollSet);
        socket.set(zmq::sockopt::linger, 0);
        socket.connect(loopback(port));
        const QDeadlineTimer deadline(generous);
        while (!isReadable(pollSet) && !deadline.hasExpired())
            pollSet.wait(std::chrono::milliseconds(100));
        QVERIFY(isReadable(pollSet));
    }
    QVERIFY(!isReadable(pollSet));
}

void TestZmqSocket::manyAtOnce()
{
    PollSet pollSet;
    zmq::context_t context;
    std::vector<std::unique_ptr<ZmqSocket>> sockets;
    for (int i = 0; i < 50; ++i)
        sockets.push_back(std::make_unique<ZmqSocket>(context, zmq::socket_type::dealer, pollSet));
    sockets.erase(sockets.begin() + 10, sockets.begin() + 30);
    for (int i = 0; i < 50; ++i)
        sockets.push_back(std::make_unique<ZmqSocket>(context, zmq::socket_type::sub, pollSet));
    sockets.clear();
    QVERIFY(!isReadable(pollSet));
}

PYVENT_TEST(TestZmqSocket)
#include "tst_zmqsocket.moc"
