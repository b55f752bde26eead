// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/portpair.h"
#include "support/testprogram.h"
#include "tcpproxy.h"

#include <QtTest>

#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace PyventFaults;
using PyventTests::BoundSocket;
using PyventTests::loopbackAddress;

namespace {

constexpr int patience = 10'000; // milliseconds

bool isReadable(int descriptor, int milliseconds)
{
    pollfd watched{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, milliseconds) == 1;
}

class Socket
{
public:
    explicit Socket(int descriptor)
        : fd(descriptor)
    {
        const timeval limit{.tv_sec = patience / 1000, .tv_usec = 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    ~Socket() { ::close(fd); }
    Q_DISABLE_COPY_MOVE(Socket)

    // What arrives next: some bytes, "end", or "reset".
    QByteArray next() const
    {
        char buffer[64];
        const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
        if (count < 0)
            return errno == ECONNRESET ? "reset" : "nothing";
        return count == 0 ? QByteArray("end") : QByteArray(buffer, count);
    }
    bool send(const QByteArray &text) const
    {
        return ::send(fd, text.constData(), size_t(text.size()), MSG_NOSIGNAL) == text.size();
    }

    const int fd;
};

// A server, and a client that reaches it through the proxy.
struct Line
{
    Line()
        : server(ports.port())
        , proxy(ports.port() + 1, ports.port())
    {
    }

    bool isUp() const { return server.isBound() && proxy.isListening(); }

    int connect()
    {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopbackAddress(ports.port() + 1);
        if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
            return fd;
        const int error = errno;
        ::close(fd);
        errno = error;
        return -1;
    }
    int accept() const
    {
        return isReadable(server.fd(), patience) ? ::accept4(server.fd(), nullptr, nullptr, SOCK_CLOEXEC) : -1;
    }

    PyventTests::PortPair ports;
    BoundSocket server;
    TcpProxy proxy;
};

} // namespace

class tst_TcpProxy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void forwards()
    {
        Line line;
        QVERIFY(line.isUp());
        const Socket client(line.connect());
        const Socket peer(line.accept());
        QVERIFY(client.send("question"));
        QCOMPARE(peer.next(), "question");
        QVERIFY(peer.send("answer"));
        QCOMPARE(client.next(), "answer");
        QVERIFY(client.send("last"));
        ::shutdown(client.fd, SHUT_WR);
        QCOMPARE(peer.next(), "last");
        QCOMPARE(peer.next(), "end");
        QVERIFY(peer.send("still"));
        QCOMPARE(client.next(), "still");
    }

    void dropsAndResets()
    {
        Line line;
        QVERIFY(line.isUp());
        for (const bool byReset : {false, true}) {
            const Socket client(line.connect());
            const Socket peer(line.accept());
            if (byReset)
                line.proxy.reset();
            else
                line.proxy.drop();
            for (const Socket *end : {&client, &peer})
                QCOMPARE(end->next(), byReset ? "reset" : "end");
        }
    }

    void stalls()
    {
        Line line;
        QVERIFY(line.isUp());
        const Socket client(line.connect());
        const Socket peer(line.accept());
        line.proxy.setStalled(true);
        QVERIFY(client.send("late"));
        QVERIFY(!isReadable(peer.fd, 100));
        line.proxy.setStalled(false);
        QCOMPARE(peer.next(), "late");
    }

    void refuses()
    {
        Line line;
        QVERIFY(line.isUp());
        line.proxy.setRefusing(true);
        int error = 0;
        const auto isRefused = [&] {
            const int fd = line.connect();
            error = errno;
            if (fd >= 0)
                ::close(fd);
            return fd < 0;
        };
        QVERIFY(isRefused());
        QCOMPARE(error, ECONNREFUSED);
        line.proxy.setRefusing(false);
        QVERIFY(!isRefused());
    }

    void delays()
    {
        Line line;
        QVERIFY(line.isUp());
        const Socket client(line.connect());
        const Socket peer(line.accept());
        line.proxy.setDelay(std::chrono::milliseconds(50));
        QElapsedTimer clock;
        clock.start();
        QVERIFY(client.send("later"));
        QCOMPARE(peer.next(), "later");
        QVERIFY(clock.elapsed() >= 45); // it takes no less, however busy the machine is
    }
};

PYVENT_TEST(tst_TcpProxy)

#include "tst_tcpproxy.moc"
