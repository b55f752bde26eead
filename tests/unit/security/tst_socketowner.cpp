// SPDX-License-Identifier: MIT
#include "security/socketowner.h"

#include "support/freeport.h"
#include "support/testprogram.h"
#include "transport/filedescriptor.h"

#include <QtTest/qtest.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

constexpr uid_t nobody = 65534;

sockaddr_storage storageOf(const sockaddr_in &address)
{
    sockaddr_storage storage{};
    memcpy(&storage, &address, sizeof address);
    return storage;
}

FileDescriptor listenAt(int port)
{
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopbackAddress(port);
    const bool listens = ::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        && ::listen(socket.get(), 5) == 0;
    return listens ? std::move(socket) : FileDescriptor();
}

} // namespace

class TestSocketOwner : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void ofAListener();
    void ofAListenerOfIpv6();
    void ofTheOtherEnd_data();
    void ofTheOtherEnd();
    void ofAUnixSocket();
};

void TestSocketOwner::ofAListener()
{
    const int port = freePort();
    const sockaddr_storage address = storageOf(loopbackAddress(port));
    QVERIFY(!ownerOfListener(address));
    const FileDescriptor listener = listenAt(port);
    QVERIFY(listener.isOpen());
    const auto owner = ownerOfListener(address);
    QVERIFY(owner);
    QCOMPARE(owner->user, ::geteuid());
    const SocketHolder holder = holderOf(*owner);
    QVERIFY2(holder.text.contains(u"(process %1)"_s.arg(::getpid())), qPrintable(holder.text));
    QVERIFY(holderOf({0, 1}).text.isEmpty());
}

// Where a server takes both.
void TestSocketOwner::ofAListenerOfIpv6()
{
    const FileDescriptor listener(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!listener.isOpen())
        QSKIP("this machine has no IPv6");
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    const int port = freePort();
    any.sin6_port = htons(quint16(port));
    const int off = 0;
    ::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    QVERIFY(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&any), sizeof any) == 0);
    QVERIFY(::listen(listener.get(), 5) == 0);
    const auto owner = ownerOfListener(storageOf(loopbackAddress(port)));
    QVERIFY(owner);
    QCOMPARE(owner->user, ::geteuid());
}

void TestSocketOwner::ofTheOtherEnd_data()
{
    QTest::addColumn<uid_t>("user");
    QTest::addColumn<QByteArray>("boundTo");
    QTest::newRow("own user") << ::geteuid() << QByteArray();
    QTest::newRow("another user") << nobody << QByteArray();
    QTest::newRow("another user, bound to the interface") << nobody << QByteArray("lo");
}

void TestSocketOwner::ofTheOtherEnd()
{
    QFETCH(const uid_t, user);
    QFETCH(const QByteArray, boundTo);
    if (user != ::geteuid() && ::geteuid() != 0)
        QSKIP("only root can start a process of another user's");
    const int port = freePort();
    const FileDescriptor listener = listenAt(port);
    QVERIFY(listener.isOpen());
    int hold[2];
    QVERIFY(::pipe(hold) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(hold[1]);
        const bool isUser = user == ::geteuid() || ::setresuid(user, user, user) == 0;
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        const bool isBound = boundTo.isEmpty() // as any user may
            || ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, boundTo.constData(), socklen_t(boundTo.size())) == 0;
        const sockaddr_in address = loopbackAddress(port);
        const bool connects = ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
        char byte;
        (void)!::read(hold[0], &byte, 1);
        ::_exit(isUser && isBound && connects ? 0 : 1);
    }
    ::close(hold[0]);
    const FileDescriptor accepted(::accept(listener.get(), nullptr, nullptr));
    const OtherEnd other = otherEndOf(accepted.get());
    ::close(hold[1]);
    int status = 0;
    ::waitpid(child, &status, 0);
    QCOMPARE(status, 0);
    QVERIFY(other.isLocal);
    QVERIFY(other.user);
    QCOMPARE(*other.user, user);
    // The connection is gone, and it is not the listener that is meant.
    pollfd gone{accepted.get(), POLLRDHUP, 0};
    ::poll(&gone, 1, 5000);
    const OtherEnd after = otherEndOf(accepted.get());
    QVERIFY(after.isLocal);
    QVERIFY(!after.user);
}

void TestSocketOwner::ofAUnixSocket()
{
    int ends[2];
    QVERIFY(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const FileDescriptor one(ends[0]);
    const FileDescriptor other(ends[1]);
    QCOMPARE(otherEndOf(one.get()).user, std::optional<uid_t>(::geteuid()));
    QVERIFY(!otherEndOf(-1).user);
}

PYVENT_TEST(TestSocketOwner)

#include "tst_socketowner.moc"
