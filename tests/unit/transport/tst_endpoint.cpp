// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "transport/endpoint.h"

#include <QtTest/qtest.h>

#include <zmq.hpp>

#include <array>
#include <system_error>

#include <arpa/inet.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

// As ZeroMQ writes it.
QByteArray textOf(const sockaddr_storage &address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET6) {
        const auto *const v6 = reinterpret_cast<const sockaddr_in6 *>(&address);
        inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
        return "tcp://[" + QByteArray(text.data()) + "]:" + QByteArray::number(ntohs(v6->sin6_port));
    }
    const auto *const v4 = reinterpret_cast<const sockaddr_in *>(&address);
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return "tcp://" + QByteArray(text.data()) + ":" + QByteArray::number(ntohs(v4->sin_port));
}

} // namespace

class TestEndpoint : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void endpoints_data();
    void endpoints();
    void whatIsNoAddress_data();
    void whatIsNoAddress();
    void zeroMqTakesWhateverIsAnAddress_data();
    void zeroMqTakesWhateverIsAnAddress();
};

void TestEndpoint::endpoints_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<QByteArray>("bind");
    QTest::addColumn<QByteArray>("connect");
    QTest::addColumn<bool>("isIpv6");
    QTest::addColumn<bool>("isName");

    const auto row = [](const QString &host, const char *bind, const char *connect, bool isIpv6, bool isName) {
        QTest::newRow(qPrintable(host)) << host << QByteArray(bind) << QByteArray(connect) << isIpv6 << isName;
    };
    row(u"127.0.0.1"_s, "tcp://127.0.0.1", "tcp://127.0.0.1", false, false);
    row(u"192.168.1.7"_s, "tcp://192.168.1.7", "tcp://192.168.1.7", false, false);
    row(u"localhost"_s, "tcp://127.0.0.1", "tcp://127.0.0.1", false, false);
    row(u"0.0.0.0"_s, "tcp://0.0.0.0", "tcp://127.0.0.1", false, false);
    row(u"::1"_s, "tcp://[::1]", "tcp://[::1]", true, false);
    row(u"[::1]"_s, "tcp://[::1]", "tcp://[::1]", true, false);
    row(u"::"_s, "tcp://[::]", "tcp://[::1]", true, false);
    row(u"[::]"_s, "tcp://[::]", "tcp://[::1]", true, false);
    row(u"2001:db8::7"_s, "tcp://[2001:db8::7]", "tcp://[2001:db8::7]", true, false);
    row(u"::ffff:127.0.0.1"_s, "tcp://[::ffff:127.0.0.1]", "tcp://[::ffff:127.0.0.1]", true, false);
    row(u"kitchen"_s, "tcp://kitchen", "tcp://kitchen", false, true);
    row(u"kitchen.example.org"_s, "tcp://kitchen.example.org", "tcp://kitchen.example.org", false, true);
    row(u"256.0.0.1"_s, "tcp://256.0.0.1", "tcp://256.0.0.1", false, true);
}

void TestEndpoint::endpoints()
{
    QFETCH(const QString, host);
    QFETCH(const QByteArray, bind);
    QFETCH(const QByteArray, connect);
    QFETCH(const bool, isIpv6);
    QFETCH(const bool, isName);

    const Endpoint endpoint = Endpoint::tcp(host, 50020);
    if (isName) {
        QVERIFY_THROWS_EXCEPTION(std::system_error, (void)endpoint.address(Endpoint::Purpose::Requests));
    } else {
        QCOMPARE(textOf(endpoint.address(Endpoint::Purpose::Requests)), bind + ":50020");
        QCOMPARE(textOf(endpoint.address(Endpoint::Purpose::Events)), bind + ":50021");
    }
    QCOMPARE(QByteArray::fromStdString(endpoint.toConnect(Endpoint::Purpose::Requests)), connect + ":50020");
    QCOMPARE(QByteArray::fromStdString(endpoint.toConnect(Endpoint::Purpose::Events)), connect + ":50021");
    QCOMPARE(endpoint.isIpv6(), isIpv6);
    QCOMPARE(endpoint.isName(), isName);
    QCOMPARE(whyNotAnAddress(host), QString());
}

void TestEndpoint::whatIsNoAddress_data()
{
    QTest::addColumn<QString>("host");
    QTest::newRow("null") << QString();
    QTest::newRow("empty") << u""_s;
    QTest::newRow("a space") << u" "_s;
    QTest::newRow("a space after it") << u"127.0.0.1 "_s;
    QTest::newRow("with a port") << u"127.0.0.1:50020"_s;
    QTest::newRow("a URL") << u"tcp://127.0.0.1"_s;
    QTest::newRow("a wildcard") << u"*"_s;
    QTest::newRow("two") << u"127.0.0.1,127.0.0.2"_s;
    QTest::newRow("with a source") << u"127.0.0.1:0;127.0.0.1"_s;
    QTest::newRow("brackets alone") << u"[]"_s;
    QTest::newRow("half of the brackets") << u"[::1"_s;
    QTest::newRow("a broken IPv6 address") << u"1:::2"_s;
    QTest::newRow("a slash") << u"kitchen/stove"_s;
    QTest::newRow("a zero") << u"127.0.0.1"_s + QChar(0);
    QTest::newRow("text after a zero") << u"127.0.0.1"_s + QChar(0) + u"kitchen"_s;
    QTest::newRow("letters that ZeroMQ does not take") << u"k\u00FCche.example.org"_s;
    QTest::newRow("wide digits") << u"\uFF11\uFF12\uFF17.0.0.1"_s;
    QTest::newRow("a dot first") << u".kitchen"_s;
    QTest::newRow("a hyphen first") << u"-kitchen"_s;
}

void TestEndpoint::whatIsNoAddress()
{
    QFETCH(const QString, host);
    const QString why = whyNotAnAddress(host);
    QVERIFY(!why.isEmpty());
    QVERIFY(host.isEmpty() || why.contains(host));
}

void TestEndpoint::zeroMqTakesWhateverIsAnAddress_data()
{
    whatIsNoAddress_data();
    for (const QString &host : {u"127.0.0.1"_s, u"::1"_s, u"0.0.0.0"_s, u"::"_s, u"kitchen"_s,
                                u"kitchen-2.example.org"_s, u"256.0.0.1"_s, u"_kitchen"_s, u"9"_s})
        QTest::newRow(qPrintable(host)) << host;
}

// What is let through must not make ZeroMQ throw where nobody expects it.
void TestEndpoint::zeroMqTakesWhateverIsAnAddress()
{
    QFETCH(const QString, host);
    if (!whyNotAnAddress(host).isEmpty())
        return;
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    const Endpoint endpoint = Endpoint::tcp(host, 9);
    socket.set(zmq::sockopt::ipv6, endpoint.isIpv6());
    try {
        socket.connect(endpoint.toConnect(Endpoint::Purpose::Requests));
    } catch (const zmq::error_t &error) {
        QFAIL(error.what());
    }
}

PYVENT_TEST(TestEndpoint)
#include "tst_endpoint.moc"
