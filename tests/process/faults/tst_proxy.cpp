// SPDX-License-Identifier: MIT
#include "proxy.h"
#include "support/portpair.h"
#include "support/testprogram.h"

#include <QtTest>

#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace PyventFaults;

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

// A server, and a client that reaches it through the proxy: by TCP, or by Unix sockets.
class Line
{
public:
    explicit Line(bool byPath)
        : m_near(byPath ? Proxy::End(path("/near")) : Proxy::End(m_ports.port() + 1))
        , m_far(byPath ? Proxy::End(path("/far")) : Proxy::End(m_ports.port()))
        , m_server(m_far.newSocket(0))
        , m_isServing(serve())
        , proxy(m_near, m_far)
    {
    }
    ~Line() { ::close(m_server); }
    Q_DISABLE_COPY_MOVE(Line)

    bool isUp() const { return m_isServing && proxy.isListening(); }

    int connect() const
    {
        const int fd = m_near.newSocket(0);
        if (::connect(fd, m_near.address(), m_near.size()) == 0)
            return fd;
        const int error = errno;
        ::close(fd);
        errno = error;
        return -1;
    }
    int accept() const
    {
        return isReadable(m_server, patience) ? ::accept4(m_server, nullptr, nullptr, SOCK_CLOEXEC) : -1;
    }

private:
    // An earlier test's connections may still be on their way out of the port.
    bool serve() const
    {
        const int yes = 1;
        ::setsockopt(m_server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        return ::bind(m_server, m_far.address(), m_far.size()) == 0 && ::listen(m_server, 16) == 0;
    }
    QByteArray path(const char *name) const { return m_folder.path().toLocal8Bit() + name; }

    const PyventTests::PortPair m_ports;
    const QTemporaryDir m_folder;
    const Proxy::End m_near;
    const Proxy::End m_far;
    const int m_server;
    const bool m_isServing;

public:
    Proxy proxy;
};

} // namespace

class tst_Proxy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<bool>("byPath");
        QTest::newRow("by TCP") << false;
        QTest::newRow("by a path") << true;
    }

    void forwards()
    {
        QFETCH_GLOBAL(const bool, byPath);
        Line line(byPath);
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
        QFETCH_GLOBAL(const bool, byPath);
        Line line(byPath);
        QVERIFY(line.isUp());
        for (const bool byReset : {false, true}) {
            const Socket client(line.connect());
            const Socket peer(line.accept());
            if (byReset)
                line.proxy.reset();
            else
                line.proxy.drop();
            for (const Socket *end : {&client, &peer})
                QCOMPARE(end->next(), byReset && !byPath ? "reset" : "end");
        }
    }

    // As a server that crashes with bytes before it that it has not read.
    void resetsWhatIsUnderWay()
    {
        QFETCH_GLOBAL(const bool, byPath);
        Line line(byPath);
        QVERIFY(line.isUp());
        const Socket client(line.connect());
        const Socket peer(line.accept());
        line.proxy.setStalled(true);
        QVERIFY(client.send("to nobody"));
        QVERIFY(peer.send("to nobody"));
        line.proxy.reset();
        QCOMPARE(client.next(), "reset");
        QCOMPARE(peer.next(), "reset");
    }

    void stalls()
    {
        QFETCH_GLOBAL(const bool, byPath);
        Line line(byPath);
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
        QFETCH_GLOBAL(const bool, byPath);
        Line line(byPath);
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
        QFETCH_GLOBAL(const bool, byPath);
        Line line(byPath);
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

PYVENT_TEST(tst_Proxy)

#include "tst_proxy.moc"
