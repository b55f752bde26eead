// SPDX-License-Identifier: MIT
// The secure door as libzmq's own clients find it.
#include "server/doors.h"

#include "security/keyfile.h"
#include "support/curveclient.h"
#include "support/freeport.h"
#include "support/rawconnection.h"
#include "support/testprogram.h"
#include "wire/z85.h"

#include <QtCore/qfile.h>
#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <zmq.hpp>

#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <poll.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = Doors::Clock;

// A client's socket of libzmq's, and what its monitor says.
class CurveSocket
{
public:
    CurveSocket(zmq::context_t &context, zmq::socket_type type, int port, const KeyPair &own, QByteArrayView serverKey)
        : m_socket(context, type)
        , m_monitor(context, zmq::socket_type::pair)
    {
        static int count = 0;
        const std::string name = "inproc://monitor-" + std::to_string(++count);
        zmq_socket_monitor(m_socket.handle(), name.c_str(), ZMQ_EVENT_ALL);
        m_monitor.connect(name);
        m_monitor.set(zmq::sockopt::linger, 0);
        m_socket.set(zmq::sockopt::linger, 0);
        m_socket.set(zmq::sockopt::curve_serverkey, toZ85(serverKey).toStdString());
        m_socket.set(zmq::sockopt::curve_publickey, toZ85(own.publicKey()).toStdString());
        m_socket.set(zmq::sockopt::curve_secretkey, toZ85(own.secretKey().view()).toStdString());
        m_socket.set(zmq::sockopt::reconnect_ivl, 60'000);
        if (type == zmq::socket_type::sub)
            m_socket.set(zmq::sockopt::subscribe, "");
        m_socket.connect("tcp://127.0.0.1:" + std::to_string(port));
    }
    ~CurveSocket() { zmq_socket_monitor(m_socket.handle(), nullptr, 0); }

    // Whether its monitor has said this; the event's value is then value.
    bool hasSaid(quint16 event)
    {
        zmq::message_t frame;
        while (m_monitor.recv(frame, zmq::recv_flags::dontwait)) {
            quint16 what = 0;
            std::memcpy(&what, frame.data(), sizeof what);
            quint32 its = 0;
            std::memcpy(&its, frame.data<char>() + sizeof what, sizeof its);
            m_said[what] = its;
            (void)m_monitor.recv(frame, zmq::recv_flags::dontwait);
        }
        const auto said = m_said.find(event);
        if (said == m_said.end())
            return false;
        value = said->second;
        return true;
    }

    void send(const QByteArray &event)
    {
        m_socket.send(zmq::message_t(), zmq::send_flags::sndmore);
        m_socket.send(zmq::message_t(event.constData(), std::size_t(event.size())), zmq::send_flags::none);
    }

    // The next frame that is not empty.
    bool receive(QByteArray *frame)
    {
        zmq::message_t message;
        while (m_socket.recv(message, zmq::recv_flags::dontwait)) {
            *frame = QByteArray(message.data<char>(), qsizetype(message.size()));
            if (!frame->isEmpty())
                return true;
        }
        return false;
    }

    quint32 value = 0;

private:
    zmq::socket_t m_socket;
    zmq::socket_t m_monitor;
    std::map<quint16, quint32> m_said;
};

// A door with keys that the test drives.
struct SecureServer
{
    explicit SecureServer(const PyventServerLimits &limits = {})
        : doors(&relay, 10'000'000, limits)
    {
        allow({{"ada", ada}});
        QString why;
        doors.setNetworkEntry({.keys = NetworkEntry::Keys{own, *AllowList::read(path, &why)}});
        doors.bindRequests(Endpoint::tcp(u"127.0.0.1"_s, port));
        doors.bindEvents(Endpoint::tcp(u"127.0.0.1"_s, port));
    }

    void allow(const std::vector<std::pair<QByteArray, KeyPair>> &keys) const
    {
        QByteArray text;
        for (const auto &[name, pair] : keys)
            text += name + " = " + toZ85(pair.publicKey()) + '\n';
        QFile file(path);
        if (file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            file.write(text);
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
    }

    bool until(const std::function<bool()> &condition)
    {
        for (const Clock::time_point end = Clock::now() + 60s; Clock::now() < end;) {
            if (condition())
                return true;
            doors.wait(Clock::now() + 1ms);
        }
        return false;
    }

    std::unique_ptr<CurveSocket> connect(zmq::socket_type type, const KeyPair &client)
    {
        const int to = type == zmq::socket_type::sub ? port + 1 : port;
        return std::make_unique<CurveSocket>(context, type, to, client, own.publicKey());
    }
    bool isIn(const std::unique_ptr<CurveSocket> &socket)
    {
        return until([&] { return socket->hasSaid(ZMQ_EVENT_HANDSHAKE_SUCCEEDED); });
    }

    const QTemporaryDir folder;
    const QString path = folder.filePath(u"allowed"_s);
    const KeyPair own = KeyPair::make();
    const KeyPair ada = KeyPair::make();
    const int port = freePort();
    Relay relay{true, {}};
    Doors doors;
    zmq::context_t context;
};

} // namespace

class TestCurveDoor : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void passesEventsOn_data();
    void passesEventsOn();
    void servesAllDoorsAtOnce();
    void refusesStrangers();
    void refusesWhoKnowsAnotherServer();
    void hangsUpOnWhoseKeyIsTakenAway();
    void keepsTheListWhileItIsBad();
    void limitsTheConnectionsOfAKey();
    void refusesAReplayedSession();
    void writesOnToSlowReceivers();
};

void TestCurveDoor::passesEventsOn_data()
{
    QTest::addColumn<int>("size");
    for (const int size : {10, 1000, 40'000, 3'000'000})
        QTest::addRow("%d bytes", size) << size;
}

void TestCurveDoor::passesEventsOn()
{
    QFETCH(const int, size);
    SecureServer server;
    const auto hears = server.connect(zmq::socket_type::sub, server.ada);
    const auto sends = server.connect(zmq::socket_type::dealer, server.ada);
    QVERIFY(server.isIn(hears));
    QVERIFY(server.isIn(sends));
    server.until([&, end = Clock::now() + 100ms] { return Clock::now() > end; }); // its subscription is on its way
    for (int i = 0; i < 20; ++i) {
        const QByteArray event = "order " + QByteArray::number(i) + QByteArray(size, 'x');
        sends->send(event);
        QByteArray frame;
        QVERIFY(server.until([&] { return sends->receive(&frame); }));
        QCOMPARE(frame, QByteArray("1"));
        QVERIFY(server.until([&] { return hears->receive(&frame); }));
        QVERIFY(frame == event);
    }
}

void TestCurveDoor::servesAllDoorsAtOnce()
{
    SecureServer server;
    RawConnection plain(server.port + 1);
    plain.greet("SUB");
    plain.send(Zmtp::commandFrame("SUBSCRIBE", {}));
    const auto sends = server.connect(zmq::socket_type::dealer, server.ada);
    QVERIFY(server.isIn(sends));
    QVERIFY(server.until([&] { return server.doors.connections() == 2; }));
    server.until([&, end = Clock::now() + 50ms] { return Clock::now() > end; });
    sends->send("order x.");
    QByteArray bytes;
    QVERIFY(server.until([&] { return (bytes += plain.takeBytes()).endsWith(Zmtp::frame(0, "order x.")); }));
    QVERIFY(bytes.startsWith(Zmtp::greeting()));
}

void TestCurveDoor::refusesStrangers()
{
    SecureServer server;
    const KeyPair grace = KeyPair::make();
    QTest::ignoreMessage(
        QtWarningMsg,
        qPrintable(u"A connection is closed: its key is not in %1. If you know whose it is, add the "
                   "line: NAME = %2"_s.arg(server.path, QString::fromLatin1(toZ85(grace.publicKey())))));
    const auto stranger = server.connect(zmq::socket_type::dealer, grace);
    QVERIFY(server.until([&] { return stranger->hasSaid(ZMQ_EVENT_HANDSHAKE_FAILED_AUTH); }));
    QCOMPARE(stranger->value, 400U);
    QVERIFY(server.until([&] { return server.doors.connections() == 0; }));
    // And in, once it is on the list.
    server.allow({{"ada", server.ada}, {"grace", grace}});
    auto again = server.connect(zmq::socket_type::dealer, grace);
    QVERIFY(server.until([&] {
        if (again->hasSaid(ZMQ_EVENT_HANDSHAKE_FAILED_AUTH))
            again = server.connect(zmq::socket_type::dealer, grace);
        return again->hasSaid(ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    }));
}

void TestCurveDoor::refusesWhoKnowsAnotherServer()
{
    SecureServer server;
    QTest::ignoreMessage(QtWarningMsg, "A connection is closed: it knows another server's key than this one's");
    CurveSocket lost(server.context, zmq::socket_type::dealer, server.port, server.ada, KeyPair::make().publicKey());
    QVERIFY(server.until([&] { return lost.hasSaid(ZMQ_EVENT_HANDSHAKE_FAILED_AUTH); }));
    QCOMPARE(lost.value, 500U);
    QVERIFY(server.until([&] { return server.doors.connections() == 0; }));
}

void TestCurveDoor::hangsUpOnWhoseKeyIsTakenAway()
{
    SecureServer server;
    const KeyPair grace = KeyPair::make();
    server.allow({{"ada", server.ada}, {"grace", grace}});
    const auto stays = server.connect(zmq::socket_type::dealer, server.ada);
    QVERIFY(server.isIn(stays));
    std::this_thread::sleep_for(1100ms); // for the list to be read
    const auto goes = server.connect(zmq::socket_type::dealer, grace);
    const auto hears = server.connect(zmq::socket_type::sub, grace);
    QVERIFY(server.isIn(goes));
    QVERIFY(server.isIn(hears));
    QCOMPARE(server.doors.connections(), 3);
    QTest::ignoreMessage(
        QtWarningMsg, qPrintable(u"A connection is closed: the key of grace is not in %1 any more"_s.arg(server.path)));
    server.allow({{"ada", server.ada}});
    const Clock::time_point since = Clock::now();
    // Though nothing comes that would have it looked at.
    while (server.doors.connections() > 1 && Clock::now() < since + 10s)
        server.doors.wait(Clock::now() + 10s);
    QVERIFY(Clock::now() - since < 3s);
    QVERIFY(server.until([&] { return goes->hasSaid(ZMQ_EVENT_DISCONNECTED); }));
    QVERIFY(server.until([&] { return hears->hasSaid(ZMQ_EVENT_DISCONNECTED); }));
    QVERIFY(!stays->hasSaid(ZMQ_EVENT_DISCONNECTED));
}

void TestCurveDoor::keepsTheListWhileItIsBad()
{
    SecureServer server;
    const auto stays = server.connect(zmq::socket_type::dealer, server.ada);
    QVERIFY(server.isIn(stays));
    QTest::ignoreMessage(
        QtWarningMsg,
        qPrintable(
            u"Who may come in stays as it was: %1:1: what stands behind 'grace =' is no public key, which has 40 "
            "characters"_s.arg(server.path)));
    QFile file(server.path);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    file.write("grace = nonsense\n");
    file.close();
    server.until([&, end = Clock::now() + 2200ms] { return Clock::now() > end; });
    QCOMPARE(server.doors.connections(), 1);
    QVERIFY(!stays->hasSaid(ZMQ_EVENT_DISCONNECTED));
}

void TestCurveDoor::limitsTheConnectionsOfAKey()
{
    SecureServer server({.connectionsOfOtherUser = 2});
    const auto first = server.connect(zmq::socket_type::dealer, server.ada);
    auto second = server.connect(zmq::socket_type::sub, server.ada);
    QVERIFY(server.isIn(first));
    QVERIFY(server.isIn(second));
    QTest::ignoreMessage(QtWarningMsg,
                         "A connection is closed: ada's key has as many connections already as the limit "
                         "connectionsOfOtherUser says");
    const auto third = server.connect(zmq::socket_type::dealer, server.ada);
    QVERIFY(server.until([&] { return third->hasSaid(ZMQ_EVENT_HANDSHAKE_FAILED_AUTH); }));
    QCOMPARE(third->value, 300U);
    second.reset();
    QVERIFY(server.until([&] { return server.doors.connections() == 1; }));
    QVERIFY(server.isIn(server.connect(zmq::socket_type::dealer, server.ada)));
}

// All that a client has sent, once more, byte by byte.
void TestCurveDoor::refusesAReplayedSession()
{
    SecureServer server;
    const FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopbackAddress(0);
    socklen_t size = sizeof address;
    QCOMPARE(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), size), 0);
    QCOMPARE(::listen(listener.get(), 1), 0);
    QCOMPARE(::getsockname(listener.get(), reinterpret_cast<sockaddr *>(&address), &size), 0);
    CurveSocket honest(server.context, zmq::socket_type::dealer, ntohs(address.sin_port), server.ada,
                       server.own.publicKey());
    const FileDescriptor client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    RawConnection through(server.port);
    QByteArray recorded;
    QByteArray frame;
    honest.send("order x.");
    QVERIFY(server.until([&] {
        char bytes[4096];
        const ssize_t count = ::recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (count > 0) {
            recorded.append(bytes, count);
            through.send(QByteArrayView(bytes, count));
        }
        const QByteArray answer = through.takeBytes();
        if (!answer.isEmpty())
            (void)::send(client.get(), answer.constData(), std::size_t(answer.size()), MSG_NOSIGNAL);
        return honest.receive(&frame);
    }));
    QCOMPARE(frame, QByteArray("1"));
    QVERIFY(recorded.size() > 64 + 202 + 259);

    QTest::ignoreMessage(QtWarningMsg, "A connection is closed: its INITIATE is of another connection");
    RawConnection replays(server.port);
    QVERIFY(replays.send(recorded));
    QVERIFY(server.until([&] { return replays.isHungUp(); }));
    QVERIFY(!through.isHungUp());
}

void TestCurveDoor::writesOnToSlowReceivers()
{
    SecureServer server;
    CurveClient client(server.ada, server.own.publicKey());
    RawConnection slow(server.port + 1);
    QByteArray bytes;
    const auto nextBody = [&](qsizetype skipped) {
        server.until([&] {
            bytes += slow.takeBytes();
            const auto header =
                bytes.size() > skipped ? Zmtp::readHeader(QByteArrayView(bytes).sliced(skipped)) : std::nullopt;
            return header && bytes.size() >= skipped + header->size + qsizetype(header->bodySize);
        });
        const Zmtp::Header header = *Zmtp::readHeader(QByteArrayView(bytes).sliced(skipped));
        const QByteArray body = bytes.sliced(skipped + header.size, qsizetype(header.bodySize));
        bytes.remove(0, skipped + header.size + body.size());
        return body;
    };
    slow.send(Zmtp::greeting(Zmtp::Mechanism::Curve));
    slow.send(Zmtp::frame(Zmtp::Header::Command, client.hello()));
    QVERIFY(client.takeWelcome(nextBody(Zmtp::greetingSize)));
    slow.send(Zmtp::frame(Zmtp::Header::Command, client.initiate(Zmtp::properties("SUB"))));
    QVERIFY(client.openReady(nextBody(0)));
    slow.send(Zmtp::frame(0, client.message(Curve::Command, "\x09SUBSCRIBE")));
    const auto sends = server.connect(zmq::socket_type::dealer, server.ada);
    QVERIFY(server.isIn(sends));
    constexpr int events = 12;
    QByteArray frame;
    for (int i = 0; i < events; ++i) {
        sends->send("large " + QByteArray(9'000'000, char('a' + i)));
        QVERIFY(server.until([&] { return sends->receive(&frame); }));
    }
    QVERIFY(server.relay.waitingBytes() > 50'000'000); // plain, and shared
    for (int i = 0; i < events; ++i) {
        const auto event = client.openMessage(nextBody(0));
        QVERIFY(event);
        QVERIFY(*event == QByteArray("\0large ", 7) + QByteArray(9'000'000, char('a' + i)));
    }
    QVERIFY(server.relay.waitingBytes() < 1000);
}

PYVENT_TEST(TestCurveDoor)

#include "tst_curvedoor.moc"
