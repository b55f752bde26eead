// SPDX-License-Identifier: MIT
#include "server/server.h"

#include "../transport/rawserver.h"
#include "support/freeport.h"
#include "support/testprogram.h"
#include "wire/frame.h"
#include "wire/topic.h"

#include <QtTest/qtest.h>

#include <set>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Its frames are no pickles, and its receivers no nodes.
Endpoint endpointAt(const QString &host, int port)
{
    PyventSecurity security;
    security.payloads = PyventPayloadPolicy::Off;
    return Endpoint::tcp(host, port).withSecurity(security);
}

using Failure = Server::Failure;
using Clock = std::chrono::steady_clock;

constexpr int generous = 60'000; // ms, never reached by a test that passes
constexpr qsizetype maximumFrameSize = 1'000'000;

struct Started
{
    std::unique_ptr<Server> server;
    Failure failure;
    QString text;
};

Started start(int port, const QString &host = u"127.0.0.1"_s)
{
    Started started;
    started.server = Server::start(endpointAt(host, port), maximumFrameSize, {}, Server::Ports::Needed,
                                   &started.failure, &started.text);
    return started;
}

// A ZeroMQ socket that waits long for what must come.
class Socket
{
public:
    Socket(zmq::socket_type type, int port)
        : socket(m_context, type)
    {
        socket.set(zmq::sockopt::linger, 0);
        socket.set(zmq::sockopt::rcvtimeo, generous);
        socket.set(zmq::sockopt::sndtimeo, generous);
        socket.set(zmq::sockopt::rcvhwm, 0);
        socket.set(zmq::sockopt::sndhwm, 0);
        socket.connect(loopback(port));
    }

    bool send(const QByteArrayList &frames)
    {
        for (qsizetype i = 0; i < frames.size(); ++i) {
            const bool isLast = i + 1 == frames.size();
            if (!socket.send(message(frames[i]), isLast ? zmq::send_flags::none : zmq::send_flags::sndmore))
                return false;
        }
        return true;
    }
    QByteArrayList receive()
    {
        QByteArrayList frames;
        zmq::message_t frame;
        do {
            if (!socket.recv(frame))
                return {"nothing came"};
            frames.append(bytes(frame));
        } while (frame.more());
        return frames;
    }

private:
    zmq::context_t m_context;

public:
    zmq::socket_t socket;
};

// Hears everything; the subscription is known to be active when the constructor returns.
class Subscriber : public Socket
{
public:
    explicit Subscriber(int port)
        : Socket(zmq::socket_type::sub, port + 1)
    {
        socket.set(zmq::sockopt::subscribe, "");
        Socket sender(zmq::socket_type::dealer, port);
        socket.set(zmq::sockopt::rcvtimeo, 20);
        zmq::message_t frame;
        for (int attempt = 0; attempt < generous / 20; ++attempt) {
            sender.send({"", "probe"});
            if (socket.recv(frame))
                break;
        }
        // Every probe that was sent is published before it is acknowledged, so the last one is told by its
        // number.
        sender.send({"", "probe end"});
        socket.set(zmq::sockopt::rcvtimeo, generous);
        while (bytes(frame) != "probe end" && socket.recv(frame)) { }
    }
};

} // namespace

class TestServer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_port = freePort(); }
    void bindingIsTheElection();
    void manyCandidates();
    void thePortIsInUse();
    void theEventsPortIsInUse();
    void notThisMachine_data();
    void notThisMachine();
    void answersARequest();
    void publishesTheSameBytes_data();
    void publishesTheSameBytes();
    void publishesInOrder();
    void pipelines();
    void manyClients();
    void offersBatches();
    void offersNoneWithoutRoom();
    void publishesTheFramesOfABatch();
    void badMessagesAreIgnored_data();
    void badMessagesAreIgnored();
    void messagesThatAreTooLarge();
    void saysGoodbye();
    void takesWhatHasArrivedBeforeItStops();
    void lingersNoLongerThanItIsTold_data();
    void lingersNoLongerThanItIsTold();
    void thePortCanBeReusedAtOnce();
    void stoppingTwice();
    void endsWithoutBeingStopped();
    void speaksIpv6();

private:
    int m_port = 0;
};

void TestServer::bindingIsTheElection()
{
    const Started first = start(m_port);
    QVERIFY2(first.server, qPrintable(first.text));
    QCOMPARE(first.failure, Failure::None);
    for (int i = 0; i < 3; ++i) {
        const Started next = start(m_port);
        QVERIFY(!next.server);
        QCOMPARE(next.failure, Failure::PortInUse);
    }
    Socket client(zmq::socket_type::req, m_port);
    client.send({"order"});
    QCOMPARE(client.receive(), QByteArrayList{"1"}); // the one that won was not disturbed
}

void TestServer::manyCandidates()
{
    for (int round = 0; round < 10; ++round) {
        std::array<Started, 8> candidates;
        std::vector<std::thread> threads;
        for (Started &candidate : candidates)
            threads.emplace_back([this, &candidate] { candidate = start(m_port); });
        for (std::thread &thread : threads)
            thread.join();
        int elected = 0;
        for (const Started &candidate : candidates) {
            elected += candidate.server ? 1 : 0;
            QCOMPARE(candidate.failure, candidate.server ? Failure::None : Failure::PortInUse);
        }
        QCOMPARE(elected, 1);
    }
}

void TestServer::thePortIsInUse()
{
    const BoundSocket other(m_port);
    QVERIFY(other.isBound());
    const Started started = start(m_port);
    QVERIFY(!started.server);
    QCOMPARE(started.failure, Failure::PortInUse);
}

void TestServer::theEventsPortIsInUse()
{
    {
        const BoundSocket other(m_port + 1);
        QVERIFY(other.isBound());
        const Started started = start(m_port);
        QVERIFY(!started.server);
        QCOMPARE(started.failure, Failure::EventsPortInUse);
        QVERIFY2(BoundSocket(m_port).isBound(), "the port that it had is free again at once");
    }
    QVERIFY(start(m_port).server);
}

void TestServer::notThisMachine_data()
{
    QTest::addColumn<QString>("host");
    QTest::newRow("an address for documentation") << u"192.0.2.1"_s;
    QTest::newRow("a name") << u"kitchen"_s;
    QTest::newRow("nearly an address") << u"256.0.0.1"_s;
}

void TestServer::notThisMachine()
{
    QFETCH(const QString, host);
    const Started started = start(m_port, host);
    QVERIFY(!started.server);
    QCOMPARE(started.failure, Failure::NotThisMachine);
}

void TestServer::answersARequest()
{
    const Started started = start(m_port);
    Socket client(zmq::socket_type::req, m_port); // as Python's
    for (int i = 0; i < 100; ++i) {
        client.send({"order " + QByteArray::number(i)});
        QCOMPARE(client.receive(), QByteArrayList{"1"});
    }
}

void TestServer::publishesTheSameBytes_data()
{
    QTest::addColumn<QByteArray>("frame");
    QByteArray all;
    for (int i = 0; i < 256; ++i)
        all.append(char(i));
    QTest::newRow("an event") << QByteArray::fromHex("6f726465722080047d942e");
    QTest::newRow("no space") << QByteArray("order");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("only a space") << QByteArray(" ");
    QTest::newRow("every byte") << all;
    QTest::newRow("no UTF-8") << QByteArray("\xFF\xFE .");
    QTest::newRow("Python's own") << QByteArray("__check .");
    QTest::newRow("control") << QByteArray("\x01proof/x/1 ");
    QTest::newRow("the largest") << QByteArray(maximumFrameSize, 'x');
}

void TestServer::publishesTheSameBytes()
{
    QFETCH(const QByteArray, frame);
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    Socket client(zmq::socket_type::req, m_port);
    client.send({frame});
    QCOMPARE(client.receive(), QByteArrayList{"1"});
    QCOMPARE(subscriber.receive(), QByteArrayList{frame});
}

void TestServer::publishesInOrder()
{
    const Started started = start(m_port);
    Subscriber first(m_port);
    Subscriber second(m_port);
    // The second one's probes are heard by the first one, too.
    Socket client(zmq::socket_type::dealer, m_port);
    constexpr int count = 5000;
    for (int i = 0; i < count; ++i)
        client.send({"", "order " + QByteArray::number(i)});
    for (Subscriber *subscriber : {&first, &second}) {
        QByteArrayList frames = subscriber->receive();
        while (frames.constFirst().startsWith("probe"))
            frames = subscriber->receive();
        for (int i = 0; i < count; ++i) {
            QCOMPARE(frames, QByteArrayList{"order " + QByteArray::number(i)});
            if (i + 1 < count)
                frames = subscriber->receive();
        }
    }
}

// Nothing is lost, neither an event nor an acknowledgement, when a client does not read for as long as it
// sends.
void TestServer::pipelines()
{
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    Socket client(zmq::socket_type::dealer, m_port);
    constexpr int count = 10'000;
    for (int i = 0; i < count; ++i)
        QVERIFY(client.send({"", QByteArray::number(i)}));
    for (int i = 0; i < count; ++i)
        QCOMPARE(subscriber.receive(), QByteArrayList{QByteArray::number(i)});
    for (int i = 0; i < count; ++i)
        QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
}

void TestServer::manyClients()
{
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    constexpr int clients = 20;
    constexpr int each = 100;
    std::vector<std::unique_ptr<Socket>> peers;
    for (int c = 0; c < clients; ++c)
        peers.push_back(std::make_unique<Socket>(zmq::socket_type::dealer, m_port));
    for (int i = 0; i < each; ++i) {
        for (int c = 0; c < clients; ++c)
            peers[std::size_t(c)]->send({"", QByteArray::number(c * each + i)});
    }
    std::set<QByteArray> heard;
    for (int i = 0; i < clients * each; ++i)
        heard.insert(subscriber.receive().constFirst());
    QCOMPARE(heard.size(), std::size_t(clients * each));
    for (const auto &peer : peers) {
        for (int i = 0; i < each; ++i)
            QCOMPARE(peer->receive(), (QByteArrayList{"", "1"}));
    }
}

void TestServer::offersBatches()
{
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    Socket client(zmq::socket_type::dealer, m_port);
    client.send({"", "\2proof/x/1 "});
    QCOMPARE(client.receive(), (QByteArrayList{"", "1 batch"}));
    QCOMPARE(subscriber.receive(), QByteArrayList{"\2proof/x/1 "});
    for (const char *frame : {"proof/x/1 ", "\2prof/x/1 ", "\2"}) {
        client.send({"", frame});
        QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
    }
}

// Where the largest event is smaller than a batch, ZeroMQ would end the connection for one.
void TestServer::offersNoneWithoutRoom()
{
    Started started;
    started.server = Server::start(endpointAt(u"127.0.0.1"_s, m_port), 1000, {}, Server::Ports::Needed,
                                   &started.failure, &started.text);
    QVERIFY2(started.server, qPrintable(started.text));
    Socket client(zmq::socket_type::dealer, m_port);
    client.send({"\2batch", QByteArray("\1\0\0\0x", 5)});
    client.send({"", "\2proof/x/1 "});
    QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
}

void TestServer::publishesTheFramesOfABatch()
{
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    Socket client(zmq::socket_type::dealer, m_port);
    for (int round = 0; round < 1000; ++round) {
        client.send({"\2batch", QByteArray("\7\0\0\0order .\0\0\0\0\3\0\0\0a .", 22)});
        client.send({"", "single"});
        client.send({"\2batch", ""});
    }
    for (int round = 0; round < 1000; ++round) {
        for (const char *frame : {"order .", "", "a .", "single"})
            QCOMPARE(subscriber.receive(), QByteArrayList{frame});
        for (int i = 0; i < 3; ++i)
            QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
    }
}

void TestServer::badMessagesAreIgnored_data()
{
    QTest::addColumn<QByteArrayList>("frames");
    QTest::newRow("no delimiter") << QByteArrayList{"order ."};
    QTest::newRow("only a delimiter") << QByteArrayList{""};
    QTest::newRow("two frames without a delimiter") << QByteArrayList{"order", "."};
    QTest::newRow("two frames after the delimiter") << QByteArrayList{"", "order ", "."};
    QTest::newRow("two delimiters") << QByteArrayList{"", "", "order ."};
    QTest::newRow("no delimiter, but an empty frame later") << QByteArrayList{"order .", ""};
    QTest::newRow("a batch that ends within a frame") << QByteArrayList{"\2batch", QByteArray("\7\0\0\0order", 9)};
    QTest::newRow("a batch behind another mark") << QByteArrayList{"\2batsh", QByteArray("\1\0\0\0x", 5)};
    QTest::newRow("a batch that is too large") << QByteArrayList{"\2batch", QByteArray(4 * 20'000, '\0')};
    QTest::newRow("a batch in two frames") << QByteArrayList{"\2batch", QByteArray("\1\0\0\0x", 5), ""};
    QTest::newRow("many frames") << QByteArrayList(1000, "order .");
    QTest::newRow("many empty frames") << QByteArrayList(1000, "");
}

void TestServer::badMessagesAreIgnored()
{
    QFETCH(const QByteArrayList, frames);
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    Socket client(zmq::socket_type::dealer, m_port);
    for (int i = 0; i < 3; ++i)
        client.send(frames);
    client.send({"", "a good one"});
    QCOMPARE(client.receive(), (QByteArrayList{"", "1"})); // the good one's, and the only one
    QCOMPARE(subscriber.receive(), QByteArrayList{"a good one"});
    client.send({"", "another"});
    QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
    QCOMPARE(subscriber.receive(), QByteArrayList{"another"});
}

void TestServer::messagesThatAreTooLarge()
{
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    Socket bad(zmq::socket_type::dealer, m_port);
    bad.send({"", QByteArray(maximumFrameSize + repairOverhead + 1, 'x')});
    Socket client(zmq::socket_type::req, m_port);
    client.send({"a good one"});
    QCOMPARE(client.receive(), QByteArrayList{"1"});
    QCOMPARE(subscriber.receive(), QByteArrayList{"a good one"});
}

void TestServer::saysGoodbye()
{
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    started.server->stop(30s);
    QCOMPARE(subscriber.receive(), QByteArrayList{"__server_disconnect"});
}

void TestServer::takesWhatHasArrivedBeforeItStops()
{
    const Started started = start(m_port);
    Subscriber subscriber(m_port);
    Socket client(zmq::socket_type::dealer, m_port);
    constexpr int count = 1000;
    for (int i = 0; i < count; ++i)
        client.send({"", QByteArray::number(i)});
    QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
    started.server->stop(30s);
    // How much had arrived is the network's affair, but each one that was acknowledged was published, in
    // order.
    int published = 0;
    for (QByteArrayList frames = subscriber.receive(); frames != QByteArrayList{"__server_disconnect"};
         frames = subscriber.receive())
        QCOMPARE(frames, QByteArrayList{QByteArray::number(published++)});
    QVERIFY(published >= 1);
    client.socket.set(zmq::sockopt::rcvtimeo, 0);
    int acknowledged = 1;
    while (client.receive() == QByteArrayList{"", "1"})
        ++acknowledged;
    QVERIFY(acknowledged <= published);
}

void TestServer::lingersNoLongerThanItIsTold_data()
{
    QTest::addColumn<int>("linger");
    QTest::newRow("not at all") << 0;
    QTest::newRow("200 ms") << 200;
}

// A subscriber that is connected and does not read.
void TestServer::lingersNoLongerThanItIsTold()
{
    QFETCH(const int, linger);
    const Started started = start(m_port);
    zmq::context_t context;
    zmq::socket_t deaf(context, zmq::socket_type::sub);
    deaf.set(zmq::sockopt::linger, 0);
    deaf.set(zmq::sockopt::rcvhwm, 1);
    deaf.set(zmq::sockopt::rcvbuf, 4096);
    deaf.set(zmq::sockopt::rcvtimeo, 10);
    deaf.set(zmq::sockopt::subscribe, "");
    deaf.connect(loopback(m_port + 1));
    Socket client(zmq::socket_type::dealer, m_port);
    zmq::message_t probe;
    do {
        client.send({"", "probe"});
        QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
    } while (!deaf.recv(probe));
    for (int i = 0; i < 100; ++i)
        client.send({"", QByteArray(maximumFrameSize, 'x')});
    for (int i = 0; i < 100; ++i)
        QCOMPARE(client.receive(), (QByteArrayList{"", "1"}));
    const Clock::time_point before = Clock::now();
    started.server->stop(std::chrono::milliseconds(linger));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - before);
    QVERIFY2(took < 20s,
             qPrintable(QString::number(took.count()))); // far more than it takes, far less than for ever
}

void TestServer::thePortCanBeReusedAtOnce()
{
    for (int i = 0; i < 20; ++i) {
        const Started started = start(m_port);
        QVERIFY2(started.server, qPrintable(started.text));
        Socket client(zmq::socket_type::req, m_port);
        client.send({"order"});
        QCOMPARE(client.receive(), QByteArrayList{"1"});
        started.server->stop(i % 2 ? 0ms : 30'000ms);
        QVERIFY(BoundSocket(m_port).isBound()); // also by others
        QVERIFY(BoundSocket(m_port + 1).isBound());
    }
}

void TestServer::stoppingTwice()
{
    const Started started = start(m_port);
    started.server->stop(100ms);
    started.server->stop(100ms);
    QVERIFY(start(m_port).server);
}

void TestServer::endsWithoutBeingStopped()
{
    {
        Started started = start(m_port);
        Socket client(zmq::socket_type::dealer, m_port);
        for (int i = 0; i < 1000; ++i)
            client.send({"", "order"});
        started.server.reset();
    }
    QVERIFY(start(m_port).server);
}

void TestServer::speaksIpv6()
{
    const Started started = start(m_port, u"::1"_s);
    if (started.failure == Failure::NotThisMachine)
        QSKIP("This machine has no IPv6.");
    QVERIFY2(started.server, qPrintable(started.text));
    zmq::context_t context;
    zmq::socket_t client(context, zmq::socket_type::req);
    client.set(zmq::sockopt::linger, 0);
    client.set(zmq::sockopt::ipv6, true);
    client.set(zmq::sockopt::rcvtimeo, generous);
    client.connect(Endpoint::tcp(u"::1"_s, m_port).toConnect(Endpoint::Purpose::Requests));
    client.send(message("order"), zmq::send_flags::none);
    zmq::message_t reply;
    QVERIFY(client.recv(reply));
    QCOMPARE(bytes(reply), QByteArray("1"));
}

PYVENT_TEST(TestServer)
#include "tst_server.moc"
