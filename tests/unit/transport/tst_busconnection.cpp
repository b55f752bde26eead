// SPDX-License-Identifier: MIT
#include "transport/busconnection.h"

#include "connectiondriver.h"
#include "support/freeport.h"
#include "support/testprogram.h"
#include "transport/lanefolder.h"
#include "wire/lane.h"
#include "wire/zmtp.h"

#include <QtCore/qtemporarydir.h>
#include <QtTest/qtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stop_token>
#include <thread>

#include <sys/socket.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using Way = Connection::Way;

namespace {

// A server's lane that the test plays: it acknowledges all, and passes on to who is there what was sent.
class PlayedLane
{
public:
    explicit PlayedLane(const QByteArray &path)
        : m_path(path)
        , m_listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0))
    {
        const auto address = laneAddress(path);
        if (!address || ::bind(m_listener.get(), reinterpret_cast<const sockaddr *>(&*address), sizeof *address) != 0
            || ::listen(m_listener.get(), 5) != 0)
            qFatal("cannot listen");
    }
    ~PlayedLane() { ::unlink(m_path.constData()); }

    void turn()
    {
        if (FileDescriptor next(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
            next.isOpen()) {
            m_peer = std::move(next);
            m_bytes.clear();
            m_taken = {};
            write(Lane::readyFrame());
        }
        std::array<char, 4096> room;
        for (ssize_t count; m_peer.isOpen() && (count = ::recv(m_peer.get(), room.data(), room.size(), 0)) > 0;)
            m_bytes.append(room.data(), count);
        while (const auto header = Zmtp::readHeader(m_bytes)) {
            const qsizetype size = header->size + qsizetype(header->bodySize);
            if (m_bytes.size() < size)
                break;
            take(*header, m_bytes.first(size).sliced(header->size));
            m_bytes.remove(0, size);
        }
        if (acknowledges && m_taken != m_told)
            write(Lane::acknowledgementFrame(m_told = m_taken));
    }

    QByteArrayList events;
    QByteArrayList prefixes;
    bool acknowledges = true;

private:
    void take(const Zmtp::Header &header, const QByteArray &body)
    {
        if (!(header.flags & Zmtp::Header::Command)) {
            ++m_taken.events;
            events.append(body);
            write(Zmtp::frame(0, body));
            return;
        }
        const auto command = Zmtp::readCommand(body);
        if (command->name == Lane::subscribeCommand)
            prefixes.append(command->data.toByteArray());
        m_taken.subscriptions += command->name == Lane::subscribeCommand || command->name == Lane::cancelCommand;
    }
    void write(QByteArrayView bytes)
    {
        if (::send(m_peer.get(), bytes.data(), std::size_t(bytes.size()), MSG_NOSIGNAL) != bytes.size())
            qFatal("cannot write");
    }

    const QByteArray m_path;
    const FileDescriptor m_listener;
    FileDescriptor m_peer;
    QByteArray m_bytes;
    Lane::Acknowledgement m_taken;
    Lane::Acknowledgement m_told;
};

} // namespace

class TestBusConnection : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void takesTheLaneWhereThereIsOne();
    void takesTcpWhereThereIsNone();
    void comesAndGoesWithTheLane();
    void anotherLaneIsSeenToBeAnotherOne();
    void whatTheLaneDidNotAcknowledgeGoesOn();
    void saysOfItsLagWhatItHasSaidBefore();

private:
    bool until(const std::function<bool()> &condition);
    bool isReadyBy(Way way)
    {
        return until([&] { return m_connection->state() == State::Ready && m_connection->way() == way; });
    }
    QByteArray lanePath() const { return m_folder->path().toLocal8Bit() + "/127.0.0.1-" + QByteArray::number(m_port); }

    int m_port = 0;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::optional<PlayedLane> m_lane;
    std::optional<RawServer> m_tcp;
    std::unique_ptr<PollSet> m_pollSet;
    std::unique_ptr<SendQueue> m_queue;
    std::unique_ptr<BusConnection> m_connection;
    QByteArrayList m_heard;
};

void TestBusConnection::init()
{
    m_connection.reset();
    m_lane.reset();
    m_tcp.reset();
    m_heard.clear();
    m_port = freePort();
    m_folder = std::make_unique<QTemporaryDir>();
    m_queue = std::make_unique<SendQueue>();
    m_pollSet = std::make_unique<PollSet>();
}

// Drives the connection, and the servers that there are.
bool TestBusConnection::until(const std::function<bool()> &condition)
{
    if (!m_connection) {
        const QByteArray folder = m_folder->path().toLocal8Bit();
        m_connection = std::make_unique<BusConnection>(
            Endpoint::tcp(QStringLiteral("127.0.0.1"), m_port).withLanes({folder}, folder), 1'000'000, *m_queue,
            *m_pollSet);
    }
    for (const QDeadlineTimer deadline(60'000); !deadline.hasExpired();) {
        m_connection->process(Connection::Clock::now());
        for (QByteArrayView frame; m_connection->receive(&frame);)
            m_heard.append(frame.toByteArray());
        if (m_lane)
            m_lane->turn();
        if (m_tcp)
            m_tcp->relay();
        if (condition())
            return true;
        m_pollSet->wait(std::chrono::milliseconds(1)); // the servers' sockets are not in the set
    }
    return false;
}

void TestBusConnection::takesTheLaneWhereThereIsOne()
{
    m_lane.emplace(lanePath());
    m_tcp.emplace(m_port);
    QVERIFY(isReadyBy(Way::Lane));
    const quint64 number = m_connection->subscribe("order");
    QVERIFY(m_connection->proven() < number);
    QVERIFY(until([&] { return m_connection->proven() >= number; }));
    m_connection->send(QByteArray("order 1."), false, nullptr);
    QVERIFY(until([&] { return m_queue->events() == 0 && m_heard == QByteArrayList{"order 1."}; }));
    QVERIFY(m_tcp->relayed.isEmpty());
}

void TestBusConnection::takesTcpWhereThereIsNone()
{
    m_tcp.emplace(m_port);
    QVERIFY(until([] { return true; }));
    const quint64 number = m_connection->subscribe("order");
    m_connection->send(QByteArray("order 1."), false, nullptr);
    QVERIFY(isReadyBy(Way::Tcp));
    QVERIFY(m_connection->proven() >= number);
    QVERIFY(until([&] { return m_queue->events() == 0; }));
    QVERIFY(m_tcp->relayed.contains("order 1."));
}

// What was subscribed to is so by each way, and numbers go on counting.
void TestBusConnection::comesAndGoesWithTheLane()
{
    m_lane.emplace(lanePath());
    QVERIFY(isReadyBy(Way::Lane));
    const quint64 first = m_connection->subscribe("order");
    m_connection->subscribe("other");
    m_connection->unsubscribe("other");
    QVERIFY(until([&] { return m_connection->proven() >= first; }));

    m_lane.reset();
    m_tcp.emplace(m_port);
    QVERIFY(isReadyBy(Way::Tcp));
    QVERIFY(m_connection->proven() >= first);
    QVERIFY(until([&] { return m_tcp->subscriptions.contains("\1order"); }));
    QVERIFY(!m_tcp->subscriptions.contains("\1other"));
    const quint64 second = m_connection->subscribe("more");
    QVERIFY(second > first);
    QVERIFY(until([&] { return m_connection->proven() >= second; }));

    m_tcp.reset();
    m_lane.emplace(lanePath());
    QVERIFY(isReadyBy(Way::Lane));
    QVERIFY(m_connection->proven() >= second);
    std::sort(m_lane->prefixes.begin(), m_lane->prefixes.end());
    QCOMPARE(m_lane->prefixes, (QByteArrayList{"more", "order"}));
}

// However fast the next server answers: nodes have to say to it what the last one knew.
void TestBusConnection::anotherLaneIsSeenToBeAnotherOne()
{
    m_lane.emplace(lanePath());
    QVERIFY(isReadyBy(Way::Lane));
    for (int i = 0; i < 3; ++i) {
        m_lane.reset();
        m_lane.emplace(lanePath());
        std::jthread server([this](const std::stop_token &stop) {
            while (!stop.stop_requested())
                m_lane->turn();
        });
        bool isSeen = false;
        for (const QDeadlineTimer deadline(30'000); !isSeen && !deadline.hasExpired();) {
            m_connection->process(Connection::Clock::now());
            for (QByteArrayView frame; m_connection->receive(&frame);) { }
            isSeen = m_connection->state() == State::Connecting;
        }
        QVERIFY(isSeen);
        QVERIFY(m_connection->deadline() <= Connection::Clock::now());
        server = {};
        QVERIFY(isReadyBy(Way::Lane));
    }
}

void TestBusConnection::whatTheLaneDidNotAcknowledgeGoesOn()
{
    m_lane.emplace(lanePath());
    QVERIFY(isReadyBy(Way::Lane));
    m_lane->acknowledges = false;
    for (int i = 0; i < 10; ++i)
        m_connection->send(QByteArray("order " + QByteArray::number(i) + "."), false, nullptr);
    QVERIFY(until([&] { return m_lane->events.size() == 10; }));
    QCOMPARE(m_queue->events(), 10);
    const QByteArrayList sent = m_lane->events;
    m_lane.reset();
    m_tcp.emplace(m_port);
    QVERIFY(until([&] { return m_queue->events() == 0; }));
    QCOMPARE(withoutProofs(m_tcp->relayed), sent);
    QCOMPARE(m_queue->acknowledged(), quint64(10));
}

void TestBusConnection::saysOfItsLagWhatItHasSaidBefore()
{
    m_tcp.emplace(m_port);
    QVERIFY(isReadyBy(Way::Tcp));
    m_connection->setLagging(true); // for which TCP has no word
    m_tcp.reset();
    // The first bytes by the lane, which nobody answers.
    const auto address = laneAddress(lanePath());
    const FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    QVERIFY(address);
    QCOMPARE(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&*address), sizeof *address), 0);
    QCOMPARE(::listen(listener.get(), 5), 0);
    FileDescriptor peer;
    QByteArray bytes;
    QVERIFY(until([&] {
        if (!peer.isOpen())
            peer = FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        std::array<char, 4096> room;
        const ssize_t count = peer.isOpen() ? ::recv(peer.get(), room.data(), room.size(), 0) : 0;
        bytes.append(room.data(), std::max<ssize_t>(count, 0));
        return bytes.endsWith(Lane::lagFrame(true));
    }));
}

PYVENT_TEST(TestBusConnection)

#include "tst_busconnection.moc"
