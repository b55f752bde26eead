// SPDX-License-Identifier: MIT
#include "transport/zmqconnection.h"

#include "connectiondriver.h"
#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtCore/qfile.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace std::chrono_literals;

namespace {

// What the client may have outstanding at most. Python's server keeps 1,000 replies and drops what is more, but it counts
// those that were read in steps of 500, and hears of a step only with every 100th message.
constexpr qsizetype largestWindow = 400;

QByteArrayList events(int count, int from = 0)
{
    QByteArrayList list;
    for (int i = from; i < from + count; ++i)
        list.append("order " + QByteArray::number(i) + '.');
    return list;
}

// Whether this machine has a connection to \a port whose client has not closed it.
bool isConnected(int port)
{
    QFile file(QStringLiteral("/proc/net/tcp"));
    if (!file.open(QIODevice::ReadOnly))
        return false;
    const QByteArray end = ':' + QByteArray::number(port, 16).toUpper().rightJustified(4, '0');
    const QByteArrayList lines = file.readAll().split('\n');
    return std::any_of(lines.cbegin(), lines.cend(), [&end](const QByteArray &line) {
        const QByteArrayList columns = line.simplified().split(' ');
        return columns.size() > 3 && columns[2].endsWith(end) && (columns[3] == "01" || columns[3] == "08");
    });
}

} // namespace

class TestZmqConnection : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_port = freePort(); }
    void sendsBehindADelimiter();
    void sendsInOrderAndHearsInOrder();
    void hearsAsManyNamesAsItSubscribesTo();
    void countsAcknowledgements();
    void isNeverMoreThanItsWindowAhead();
    void keepsWhatIsSentBeforeThereIsAServer();
    void sendsAgainWhatWasNotAcknowledged();
    void whatWasAcknowledgedBeforeTheEndCounts();
    void aLostConnectionOfEventsIsNoticed();
    void foreignReplies_data();
    void foreignReplies();
    void aServerLikePythons();
    void nobodyListens();
    void aServerThatComesLateHasItsTime();
    void theNameHasNoAddress();
    void aListenerThatNeverSpeaks();
    void onlyTheEventsAreRefused();
    void aServerThatStopsSpeaking();
    void eventsThatAreTooLarge();
    void somethingElseAtFirst_data();
    void somethingElseAtFirst();
    void anotherZeroMqSocketAtFirst_data();
    void anotherZeroMqSocketAtFirst();
    void hasNoDeadlineWhenReady();
    void acknowledgementsWakeOnlyWhoWaits();
    void endsWithMuchToSend();

private:
    int m_port = 0;
};

void TestZmqConnection::sendsBehindADelimiter()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.send("order .");
    const auto event = [&] {
        return std::find_if(server.taken.cbegin(), server.taken.cend(),
                            [](const QByteArrayList &frames) { return !isProofTopic(frames.constLast()); });
    };
    QVERIFY(bus.until([&] { return event() != server.taken.cend(); }, [&] { server.take(); }));
    const QByteArrayList frames = *event();
    QCOMPARE(frames.size(), 3);
    QCOMPARE(frames[1], QByteArray());
    QCOMPARE(frames[2], QByteArray("order ."));
}

void TestZmqConnection::sendsInOrderAndHearsInOrder()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    QVERIFY(bus.untilReady(server));
    const QByteArrayList all = events(5000);
    for (const QByteArray &event : all)
        bus.send(event);
    QVERIFY(
        bus.until([&] { return bus.heard.size() == all.size() && bus.queue.events() == 0; }, [&] { server.relay(); }));
    QCOMPARE(withoutProofs(server.relayed), all);
    QCOMPARE(bus.heard, all);
    QCOMPARE(bus.queue.accepted(), quint64(5000));
    QCOMPARE(bus.queue.acknowledged(), quint64(5000));
    QCOMPARE(bus.queue.bytes(), 0);
}

void TestZmqConnection::hearsAsManyNamesAsItSubscribesTo()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    // ZeroMQ subscribes to all of them at once when it connects, and its high-water mark is 1,000.
    constexpr int names = 3000;
    QByteArrayList expected;
    for (int i = 0; i < names; ++i) {
        const QByteArray name = "order-" + QByteArray::number(i) + ' ';
        bus.connection.subscribe(name);
        expected.append(name + '.');
    }
    QVERIFY(bus.untilReady(server));
    for (const QByteArray &event : expected)
        bus.send(event);
    QVERIFY(bus.until([&] { return bus.heard.size() >= names; }, [&] { server.relay(); }));
    QCOMPARE(bus.heard, expected);
}

void TestZmqConnection::countsAcknowledgements()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(server));
    for (const QByteArray &event : events(5))
        bus.send(event);
    QVERIFY(bus.until([&] { return server.taken.size() == 5; }, [&] { server.takeEvents(); }));
    QCOMPARE(bus.queue.acknowledged(), quint64(0));
    QCOMPARE(bus.queue.inFlight(), 5);
    for (quint64 i = 1; i <= 5; ++i) {
        server.answer();
        QVERIFY(bus.until([&] { return bus.queue.acknowledged() == i; }));
        QCOMPARE(bus.queue.events(), qsizetype(5 - i));
    }
}

void TestZmqConnection::isNeverMoreThanItsWindowAhead()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(server));
    for (const QByteArray &event : events(3000))
        bus.send(event);
    const qsizetype window = bus.queue.inFlight();
    QVERIFY2(window <= largestWindow, qPrintable(QString::number(window)));
    QVERIFY(bus.until([&] { return qsizetype(server.taken.size()) == window; }, [&] { server.takeEvents(); }));
    QCOMPARE(bus.queue.inFlight(), window);
    QCOMPARE(bus.queue.events(), 3000);

    server.answer();
    QVERIFY(bus.until([&] { return bus.queue.acknowledged() == 1; }));
    QVERIFY(bus.until([&] { return qsizetype(server.taken.size()) == window; }, [&] { server.takeEvents(); }));
    QCOMPARE(bus.queue.acknowledged(), quint64(1));
    QVERIFY(bus.until([&] { return bus.queue.events() == 0; }, [&] { server.relay(); }));
}

void TestZmqConnection::keepsWhatIsSentBeforeThereIsAServer()
{
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    const QByteArrayList all = events(2000);
    for (const QByteArray &event : all)
        bus.send(event);
    QVERIFY(bus.until([&] { return bus.connection.takeRefusal(); }));
    QVERIFY(bus.until([&] { return bus.connection.takeRefusal(); })); // and tries again
    QCOMPARE(bus.connection.state(), State::Connecting);
    QCOMPARE(bus.queue.events(), 2000);

    RawServer server(m_port);
    QVERIFY(bus.until([&] { return bus.queue.events() == 0 && bus.connection.state() == State::Ready; },
                      [&] { server.relay(); }));
    QCOMPARE(withoutProofs(server.relayed), all);
}

void TestZmqConnection::sendsAgainWhatWasNotAcknowledged()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(server));
    const QByteArrayList all = events(5);
    for (const QByteArray &event : all)
        bus.send(event);
    QVERIFY(bus.until([&] { return server.taken.size() == 5; }, [&] { server.takeEvents(); }));
    server.answer();
    server.answer();
    QVERIFY(bus.until([&] { return bus.queue.acknowledged() == 2; }));

    server.closeRequests();
    server.taken.clear();
    server.relayed.clear();
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Connecting; }));
    QCOMPARE(bus.queue.inFlight(), 0);
    bus.send("late .");
    server.openRequests();
    QVERIFY(bus.until([&] { return bus.queue.events() == 0; }, [&] { server.relay(); }));
    QCOMPARE(withoutProofs(server.relayed), all.sliced(2) + QByteArrayList{"late ."});
    QCOMPARE(bus.queue.acknowledged(), quint64(6));
    QVERIFY(bus.untilReady(server));
}

// A server that stops answers first what it has taken. These events must not be sent again: Python's nodes
// would hear them twice.
void TestZmqConnection::whatWasAcknowledgedBeforeTheEndCounts()
{
    auto server = std::make_unique<RawServer>(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(*server));
    for (const QByteArray &event : events(5))
        bus.send(event);
    // Not only these: on a machine that stands still for seconds the connection is made anew and proven again.
    const auto takenEvents = [&] {
        return std::count_if(server->taken.cbegin(), server->taken.cend(),
                             [](const QByteArrayList &frames) { return !isProofTopic(frames.constLast()); });
    };
    QVERIFY(bus.until([&] { return takenEvents() >= 5; }, [&] { server->take(); }));
    while (!server->taken.empty())
        server->answer();
    server->closeRequests(60'000);
    server.reset(); // returns when the replies have left
    QTRY_VERIFY_WITH_TIMEOUT(!isConnected(m_port),
                             60'000); // the replies and the end have both arrived, unseen
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Connecting; }));
    QCOMPARE(bus.queue.acknowledged(), quint64(5));
    QCOMPARE(bus.queue.events(), 0);
}

void TestZmqConnection::aLostConnectionOfEventsIsNoticed()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    QVERIFY(bus.untilReady(server));
    server.closeEvents();
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Connecting; }));
    server.subscriptions.clear();
    server.openEvents();
    QVERIFY(bus.untilReady(server));
    QVERIFY(server.subscriptions.contains("\x01order "));
    server.publish("order again.");
    QVERIFY(bus.until([&] { return !bus.heard.isEmpty(); }));
    QCOMPARE(bus.heard, QByteArrayList{"order again."});
}

void TestZmqConnection::foreignReplies_data()
{
    QTest::addColumn<QByteArrayList>("reply");
    QTest::newRow("another byte") << QByteArrayList{"0"};
    QTest::newRow("nothing") << QByteArrayList{""};
    QTest::newRow("a longer one") << QByteArrayList{"11"};
    QTest::newRow("text") << QByteArrayList{"error"};
    QTest::newRow("two frames") << QByteArrayList{"1", "1"};
    QTest::newRow("a larger one than is read") << QByteArrayList{QByteArray(2000, '1')};
}

void TestZmqConnection::foreignReplies()
{
    QFETCH(const QByteArrayList, reply);
    auto server = std::make_unique<RawServer>(m_port);
    ConnectionDriver bus(m_port);
    bus.send("order .");
    int answers = 0;
    QVERIFY(bus.until([&] { return answers >= 1; },
                      [&] {
                          server->take();
                          for (; !server->taken.empty(); ++answers)
                              server->answer(reply);
                      }));
    // The reply is there when a later message of the same connection, or the next connection, is.
    server->publish("x");
    QVERIFY(bus.until([&] { return bus.connection.silence(Connection::Clock::now()) == Silence::NotResponding; },
                      [&] {
                          server->take();
                          while (!server->taken.empty())
                              server->answer(reply);
                      }));
    QVERIFY(bus.connection.state() != State::Ready);
    QCOMPARE(bus.queue.events(), 1);
    QCOMPARE(bus.queue.acknowledged(), quint64(0));

    // The right server comes, and gets the event.
    server.reset();
    server = std::make_unique<RawServer>(m_port);
    QVERIFY(bus.untilReady(*server));
    QVERIFY(bus.until([&] { return bus.queue.events() == 0; }, [&] { server->relay(); }));
    QCOMPARE(withoutProofs(server->relayed), QByteArrayList{"order ."});
}

void TestZmqConnection::aServerLikePythons()
{
    zmq::context_t context;
    zmq::socket_t requests(context, zmq::socket_type::rep);
    zmq::socket_t publisher(context, zmq::socket_type::pub);
    for (zmq::socket_t *socket : {&requests, &publisher})
        socket->set(zmq::sockopt::linger, 0);
    publisher.set(zmq::sockopt::sndhwm, 0); // what a slow subscriber loses is not the matter here
    bind(requests, m_port);
    bind(publisher, m_port + 1);
    QByteArrayList relayed;
    const auto serve = [&] {
        for (;;) {
            const QByteArrayList frames = receiveFrames(requests);
            if (frames.isEmpty())
                return;
            QCOMPARE(frames.size(), 1);
            relayed.append(frames.constFirst());
            publisher.send(message(frames.constFirst()), zmq::send_flags::none);
            requests.send(zmq::str_buffer("1"), zmq::send_flags::none);
        }
    };
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Ready; }, serve));
    const QByteArrayList all = events(5000);
    for (const QByteArray &event : all)
        bus.send(event);
    QVERIFY(bus.until([&] { return bus.heard.size() >= all.size() && bus.queue.events() == 0; }, serve));
    QCOMPARE(withoutProofs(relayed), all);
    QCOMPARE(bus.heard, all);
}

void TestZmqConnection::nobodyListens()
{
    ConnectionDriver bus(m_port);
    QVERIFY(!bus.connection.takeRefusal());
    QCOMPARE(bus.connection.silence(Connection::Clock::now()), Silence::None); // it is too early to tell
    QVERIFY(bus.until([&] { return bus.connection.takeRefusal(); }));
    QVERIFY(!bus.connection.takeRefusal()); // told once
    QCOMPARE(bus.connection.silence(Connection::Clock::now() + 1min), Silence::Nobody);
    QVERIFY(bus.connection.deadline() < Connection::Clock::now() + 1min);
}

// As for a node that is started before the network is: it goes on trying.
void TestZmqConnection::aServerThatComesLateHasItsTime()
{
    ConnectionDriver bus(m_port);
    QVERIFY(bus.until([&] { return bus.connection.silence(Connection::Clock::now()) == Silence::Nobody; }));
    const Connection::Clock::time_point before = Connection::Clock::now();
    const RawServer server(m_port); // and does not answer yet
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Subscribing; }));
    QCOMPARE(bus.connection.silence(before + 1s), Silence::None);
    QCOMPARE(bus.connection.silence(Connection::Clock::now() + 1min), Silence::NotResponding);
}

void TestZmqConnection::theNameHasNoAddress()
{
    ConnectionDriver bus(m_port, 1'000'000, QStringLiteral("256.256.256.256"));
    bus.send("order .");
    for (int attempt = 0; attempt < 2; ++attempt) {
        QVERIFY(bus.until([&] { return bus.queue.inFlight() == 1; }));
        QVERIFY(bus.until([&] { return bus.queue.inFlight() == 0; }));
    }
    QCOMPARE(bus.queue.events(), 1);
}

void TestZmqConnection::aListenerThatNeverSpeaks()
{
    const BoundSocket requests(m_port);
    const BoundSocket publisher(m_port + 1);
    QVERIFY(requests.isBound() && publisher.isBound());
    ConnectionDriver bus(m_port);
    bus.send("order .");
    QVERIFY(bus.until([&] { return bus.connection.silence(Connection::Clock::now()) == Silence::NotResponding; }));
    QCOMPARE(bus.connection.state(), State::Connecting);
    QVERIFY(!bus.connection.takeRefusal()); // so this node does not try to become the server
    QCOMPARE(bus.queue.events(), 1);
}

void TestZmqConnection::onlyTheEventsAreRefused()
{
    RawServer server(m_port);
    server.closeEvents();
    ConnectionDriver bus(m_port);
    const auto answer = [&] {
        server.take();
        while (!server.taken.empty())
            server.answer();
    };
    bus.send("order .");
    QVERIFY(
        bus.until([&] { return bus.connection.silence(Connection::Clock::now()) == Silence::EventsRefused; }, answer));
    QCOMPARE(bus.connection.state(), State::Connecting);
    QVERIFY(!bus.connection.takeRefusal());
    server.openEvents();
    QVERIFY(bus.until([&] { return bus.connection.state() == State::Subscribing; }, answer));
    QCOMPARE(bus.connection.silence(Connection::Clock::now() + 1min), Silence::NotResponding);
}

void TestZmqConnection::aServerThatStopsSpeaking()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(server));
    QCOMPARE(bus.connection.silence(Connection::Clock::now() + 1h), Silence::None);
    bus.connection.subscribe("order ");
    // It is there, and it is given its time.
    QCOMPARE(bus.connection.silence(Connection::Clock::now()), Silence::None);
    QCOMPARE(bus.connection.silence(Connection::Clock::now() + 1min), Silence::NotResponding);
}

void TestZmqConnection::eventsThatAreTooLarge()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port, 2000);
    bus.connection.subscribe("order ");
    QVERIFY(bus.untilReady(server));
    server.publish("order " + QByteArray(3000, '.'));
    QVERIFY(bus.until([&] { return bus.connection.state() != State::Ready; }));
    QVERIFY(bus.untilReady(server)); // the connection was cut, and is made again
    server.publish("order " + QByteArray(1000, '.'));
    QVERIFY(bus.until([&] { return !bus.heard.isEmpty(); }));
    QCOMPARE(bus.heard, QByteArrayList{"order " + QByteArray(1000, '.')});
}

void TestZmqConnection::somethingElseAtFirst_data()
{
    QTest::addColumn<int>("offset");
    QTest::newRow("where events are sent to") << 0;
    QTest::newRow("where events come from") << 1;
}

// Something else has the port, is found out by what it says, and ends. Then the server comes.
void TestZmqConnection::somethingElseAtFirst()
{
    QFETCH(const int, offset);
    auto other = std::make_unique<BoundSocket>(m_port + offset);
    QVERIFY(other->isBound());
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    const int fd = ::accept(other->fd(), nullptr, nullptr);
    QVERIFY(fd >= 0);
    const QByteArray answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + QByteArray(100, ' ');
    QCOMPARE(::send(fd, answer.constData(), std::size_t(answer.size()), MSG_NOSIGNAL), answer.size());
    char byte;
    while (::read(fd, &byte, 1) > 0) { } // until the client has seen enough
    ::close(fd);
    other.reset();

    RawServer server(m_port);
    QVERIFY(bus.untilReady(server));
}

void TestZmqConnection::anotherZeroMqSocketAtFirst_data()
{
    QTest::addColumn<int>("offset");
    QTest::addColumn<int>("type");
    QTest::newRow("a publisher where events are sent to") << 0 << int(ZMQ_PUB);
    QTest::newRow("a router where events come from") << 1 << int(ZMQ_ROUTER);
}

// Such as the server of a bus on the next port.
void TestZmqConnection::anotherZeroMqSocketAtFirst()
{
    QFETCH(const int, offset);
    QFETCH(const int, type);
    ConnectionDriver bus(m_port);
    {
        zmq::context_t context;
        zmq::socket_t other(context, zmq::socket_type(type));
        other.set(zmq::sockopt::linger, 0);
        zmq::socket_t monitor(context, zmq::socket_type::pair);
        constexpr int ended = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
        QCOMPARE(zmq_socket_monitor(other.handle(), "inproc://monitor", ended), 0);
        monitor.connect("inproc://monitor");
        bind(other, m_port + offset);
        zmq::message_t event;
        QVERIFY(bus.until([&] { return monitor.recv(event, zmq::recv_flags::dontwait).has_value(); }));
        QVERIFY(bus.connection.state() != State::Ready);
        zmq_socket_monitor(other.handle(), nullptr, 0);
    }
    RawServer server(m_port);
    QVERIFY(bus.untilReady(server));
}

void TestZmqConnection::hasNoDeadlineWhenReady()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    bus.connection.subscribe("order ");
    QVERIFY(bus.untilReady(server));
    QVERIFY(bus.until([&] { return bus.queue.inFlight() == 0; }, [&] { server.relay(); }));
    QCOMPARE(bus.connection.deadline(), Connection::Clock::time_point::max());
}

void TestZmqConnection::acknowledgementsWakeOnlyWhoWaits()
{
    RawServer server(m_port);
    ConnectionDriver bus(m_port);
    QVERIFY(bus.untilReady(server));
    QVERIFY(bus.until([&] { return bus.queue.inFlight() == 0; }, [&] { server.relay(); }));

    bus.send("order .");
    const Connection::Clock::time_point now = Connection::Clock::now();
    bus.connection.process(now);
    QVERIFY(!bus.connection.mayBeReadable());
    QVERIFY(bus.connection.deadline() > now);
    QVERIFY(bus.connection.deadline() <= now + 50ms);
    // It is read with whatever else wakes the client, or then.
    QVERIFY(bus.until([&] { return bus.queue.events() == 0; }, [&] { server.relay(); }));
    QCOMPARE(bus.connection.deadline(), Connection::Clock::time_point::max());

    bus.send("order .");
    bus.connection.process(Connection::Clock::now());
    bus.connection.awaitAcknowledgements(true);
    QVERIFY2(bus.connection.mayBeReadable(), "it may have come before anybody waited");
    bus.connection.process(Connection::Clock::now());
    const auto take = [&] { server.takeEvents(); };
    QVERIFY(bus.until([&] { return server.taken.size() == 1; }, take));
    server.answer();
    bus.pollSet.wait(60s);
    bus.connection.process(Connection::Clock::now());
    QCOMPARE(bus.queue.events(), 0);
}

void TestZmqConnection::endsWithMuchToSend()
{
    for (const bool isServed : {false, true}) {
        std::unique_ptr<RawServer> server;
        if (isServed)
            server = std::make_unique<RawServer>(m_port);
        ConnectionDriver bus(m_port);
        for (const QByteArray &event : events(10'000))
            bus.send(event);
        bus.connection.process(Connection::Clock::now());
    } // without waiting for anybody
}

PYVENT_TEST(TestZmqConnection)
#include "tst_zmqconnection.moc"
