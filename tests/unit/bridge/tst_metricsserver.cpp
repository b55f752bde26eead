// SPDX-License-Identifier: MIT
#include "metrics.h"
#include "metricsserver.h"
#include "support/rawconnection.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// What is answered to \a request, until the server hangs up.
QByteArray answerTo(int port, const QByteArray &request)
{
    RawConnection client(port);
    QByteArray answer;
    if (!client.isConnected() || !client.send(request))
        return "not taken";
    const bool isOver = waitUntil([&] {
        answer += client.takeBytes();
        return client.isHungUp();
    });
    return isOver ? answer + client.takeBytes() : "no end";
}

} // namespace

class tst_MetricsServer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void tellsAll();
    void answers_data();
    void answers();
    void waitsForNobody();
    void takesNoMoreThanThereIsRoomFor();
    void outlivesResets();
    void tellsOfATakenPort();
    void writesLines();

private:
    std::unique_ptr<MetricsServer> m_server;
    int m_asked = 0;
};

void tst_MetricsServer::init()
{
    m_asked = 0;
    m_server = std::make_unique<MetricsServer>([this] {
        ++m_asked;
        return "pyvent 1\n"_ba;
    });
    const QString why = m_server->listen(0);
    QVERIFY2(why.isEmpty(), qPrintable(why));
}

void tst_MetricsServer::tellsAll()
{
    const BridgeStatus status{
        .link = u"nats:house"_s, .bus = u"a\"b\\c"_s, .isUp = true, .waiting = 12, .outbox = {.published = 7}};
    const QByteArray text = metricsText(status);
    QVERIFY2(text.contains("# TYPE pyvent_bridge_engine_up "
                           "gauge\npyvent_bridge_engine_up{link=\"nats:house\",bus=\"a\\\"b\\\\c\"} 1\n"),
             text.constData());
    QVERIFY(text.contains("pyvent_bridge_waiting_events{link=\"nats:house\",bus=\"a\\\"b\\\\c\"} 12\n"));
    QVERIFY(text.contains("pyvent_bridge_published_events_total{link=\"nats:house\",bus=\"a\\\"b\\\\c\"} 7\n"));
    // Each has a help and a type, and no name comes twice.
    const QList<QByteArray> lines = text.trimmed().split('\n');
    QSet<QByteArray> names;
    for (qsizetype i = 0; i < lines.size(); i += 3) {
        const QByteArray name = lines[i].split(' ')[2];
        QVERIFY2(lines[i].startsWith("# HELP pyvent_bridge_") && lines[i + 1].startsWith("# TYPE " + name + ' ')
                     && lines[i + 2].startsWith(name + '{'),
                 lines[i].constData());
        QVERIFY2(!names.contains(name), name.constData());
        QVERIFY2(name.endsWith("_total") == lines[i + 1].endsWith(" counter"), name.constData());
        names.insert(name);
    }
}

void tst_MetricsServer::answers_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<bool>("hasText");

    const QByteArray end = "\r\nHost: x\r\n\r\n";
    QTest::newRow("GET") << "GET /metrics HTTP/1.1" + end << "200 OK"_ba << true;
    QTest::newRow("GET 1.0") << "GET /metrics HTTP/1.0\r\n\r\n"_ba
                             << "200 OK"_ba << true;
    QTest::newRow("with a query") << "GET /metrics?x=1 HTTP/1.1" + end << "200 OK"_ba << true;
    QTest::newRow("bare line ends") << "GET /metrics HTTP/1.1\n\n"_ba
                                    << "200 OK"_ba << true;
    QTest::newRow("HEAD") << "HEAD /metrics HTTP/1.1" + end << "200 OK"_ba << false;
    QTest::newRow("another path") << "GET / HTTP/1.1" + end << "404 Not Found"_ba << false;
    QTest::newRow("another method") << "POST /metrics HTTP/1.1" + end << "405 Method Not Allowed"_ba << false;
    QTest::newRow("no HTTP") << "hello\r\n\r\n"_ba
                             << "400 Bad Request"_ba << false;
    QTest::newRow("an old HTTP") << "GET /metrics\r\n\r\n"_ba
                                 << "400 Bad Request"_ba << false;
    QTest::newRow("empty lines") << "\r\n\r\n"_ba
                                 << "400 Bad Request"_ba << false;
    QTest::newRow("bytes of any kind") << QByteArray("\0\xff\r\n\r\n", 6) << "400 Bad Request"_ba << false;
    QTest::newRow("too much") << "GET /metrics HTTP/1.1\r\nX: " + QByteArray(5000, 'x') + "\r\n\r\n"
                              << "431 Request Header Fields Too Large"_ba << false;
    QTest::newRow("too much without an end")
        << QByteArray(4096, 'x') << "431 Request Header Fields Too Large"_ba << false;
    QTest::newRow("two requests") << "GET /metrics HTTP/1.1" + end + "GET /metrics HTTP/1.1" + end << "200 OK"_ba
                                  << true;
}

void tst_MetricsServer::answers()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, status);
    QFETCH(bool, hasText);
    const QByteArray answer = answerTo(m_server->port(), request);
    QVERIFY2(answer.startsWith("HTTP/1.1 " + status + "\r\n"), answer.constData());
    QCOMPARE(answer.endsWith("pyvent 1\n"), hasText);
    QCOMPARE(answer.count("HTTP/1.1"), 1);
    QVERIFY(m_asked <= 1);
    QVERIFY(waitUntil([&] { return m_server->connections() == 0; }));
}

// Who says nothing, or not all, is hung up on; and others are answered meanwhile.
void tst_MetricsServer::waitsForNobody()
{
    RawConnection silent(m_server->port());
    RawConnection slow(m_server->port());
    QVERIFY(slow.send("GET /metr"));
    QVERIFY(waitUntil([&] { return m_server->connections() == 2; }));
    QVERIFY(answerTo(m_server->port(), "GET /metrics HTTP/1.1\r\n\r\n").endsWith("pyvent 1\n"));
    QVERIFY(waitUntil([&] { return silent.isHungUp() && slow.isHungUp(); }));
    QCOMPARE(m_server->connections(), 0);
}

void tst_MetricsServer::takesNoMoreThanThereIsRoomFor()
{
    std::vector<RawConnection> clients;
    for (int i = 0; i < 60; ++i) {
        clients.emplace_back(m_server->port());
        QCoreApplication::processEvents(); // who connects is not let wait by the system
    }
    QVERIFY(waitUntil([&] {
        return std::ranges::count_if(clients, [](RawConnection &client) { return client.isHungUp(); })
            >= 60 - MetricsServer::mostConnections;
    }));
    QVERIFY(m_server->connections() <= MetricsServer::mostConnections);
    clients.clear();
    QVERIFY(waitUntil([&] { return m_server->connections() == 0; }));
    QVERIFY(answerTo(m_server->port(), "GET /metrics HTTP/1.1\r\n\r\n").endsWith("pyvent 1\n"));
}

void tst_MetricsServer::outlivesResets()
{
    for (int i = 0; i < 50; ++i) {
        RawConnection client(m_server->port());
        if (i % 2)
            client.send("GET /metrics HTTP/1.1\r\n\r\n");
        client.reset();
    }
    QVERIFY(
        waitUntil([&] { return answerTo(m_server->port(), "GET /metrics HTTP/1.1\r\n\r\n").endsWith("pyvent 1\n"); }));
    QVERIFY(waitUntil([&] { return m_server->connections() == 0; }));
}

void tst_MetricsServer::tellsOfATakenPort()
{
    MetricsServer other([] { return QByteArray(); });
    const QString why = other.listen(m_server->port());
    QVERIFY2(why.contains(u"127.0.0.1:%1"_s.arg(m_server->port())), qPrintable(why));
}

void tst_MetricsServer::writesLines()
{
    BridgeStatus status{.link = u"nats:house"_s, .engine = u"nats://a:4222"_s, .bus = u"harbour"_s};
    QCOMPARE(statusLine(status), u"tries to reach nats://a:4222"_s);
    status.isUp = true;
    QCOMPARE(statusLine(status), u"stands by for 'harbour' and nats:house"_s);
    status.isActive = true;
    status.waiting = 3;
    QCOMPARE(statusLine(status), u"joins 'harbour' to nats:house at nats://a:4222, 3 events wait"_s);
}

PYVENT_TEST(tst_MetricsServer)
#include "tst_metricsserver.moc"
