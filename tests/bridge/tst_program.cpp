// SPDX-License-Identifier: MIT
// The program as whoever starts it meets it: its arguments, its exit codes, Prometheus and systemd.
#include "bridge/bridgeprogram.h"
#include "bridge/servedbus.h"
#include "bridge/testbridge.h"
#include "support/notifysocket.h"
#include "support/rawconnection.h"
#include "support/testprogram.h"

#include <QtTest>

#include <csignal>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const QString usage = u"pyvent: 'pyvent help bridge' shows how it is used\n"_s;

// Nobody answers there, and a bridge that waits for its engine is all that some tests need.
#ifdef PYVENT_HAS_NATS
const QString noEngine = u"nats://127.0.0.1:1"_s;
#else
const QString noEngine = u"mqtt://127.0.0.1:1"_s;
#endif

// What is at the path "/metrics" of \a port.
QByteArray metricsAt(int port)
{
    RawConnection client(port);
    QByteArray answer;
    if (!client.isConnected() || !client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
        return "not taken";
    waitUntil([&] {
        answer += client.takeBytes();
        return client.isHungUp();
    });
    return answer + client.takeBytes();
}

} // namespace

class tst_Program : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void namesTheMistake_data();
    void namesTheMistake();
    void printsHelp();
    void isStartedByPyvent();
    void tellsThatItIsNotInstalled();
    void endsAtASignal_data();
    void endsAtASignal();
    void isQuiet_data() { bothEngines(); }
    void isQuiet();
    void believesOnlyWhoMayForward_data() { bothEngines(); }
    void believesOnlyWhoMayForward();
    void failsWhereTheMetricsPortIsTaken();
    void failsWhereTheSpoolIsTaken();
    void tellsPrometheus_data() { bothEngines(); }
    void tellsPrometheus();
    void tellsSystemd_data() { bothEngines(); }
    void tellsSystemd();
};

void tst_Program::namesTheMistake_data()
{
    QTest::addColumn<QString>("commandLine"); // words with single spaces between them
    QTest::addColumn<QString>("mistake");     // the line that is said of it

    const auto row = [](const char *commandLine, const QString &mistake) {
        QTest::newRow(commandLine) << QString::fromUtf8(commandLine) << mistake;
    };
    row("", u"the URL of the engine is missing, such as nats://localhost or mqtt://localhost"_s);
    row("--prefix house", u"the URL of the engine is missing, such as nats://localhost or mqtt://localhost"_s);
    row("http://localhost --prefix house",
        u"'http://localhost' is no URL that begins with nats://, tls://, mqtt:// or mqtts://"_s);
    row("localhost --prefix house", u"'localhost' is no URL that begins with nats://, tls://, mqtt:// or mqtts://"_s);
    row("nats://localhost:http --prefix house", u"'localhost:http' has no port from 1 to 65535"_s);
    row("nats://localhost/house --prefix house", u"'nats://localhost/house' has more behind its host and port"_s);
    row("nats://a,mqtt://b --prefix house",
        u"all servers of one bridge are reached in one way, and 'mqtt://b' is another one: take a bridge for each"_s);
    row("nats://ada:secret-word@localhost --prefix house",
        u"a URL has no place for a name or a password, which every user of this machine could read: take --user and "
        "--password-file"_s);
    row("nats://localhost", u"a prefix is missing, the same for all buses that are to be one: --prefix NAME"_s);
    row("nats://localhost --prefix", u"missing value after '--prefix'"_s);
    row("nats://localhost --prefix a>b",
        u"a prefix has 1 to 64 letters, digits, '-' and '_', in levels with '.' between them, and 'a>b' has not"_s);
    row("nats://localhost --prefix a/b",
        u"a prefix has 1 to 64 letters, digits, '-' and '_', in levels with '.' between them, and 'a/b' has not"_s);
    row("mqtt://localhost --prefix a.b",
        u"a prefix has 1 to 64 letters, digits, '-' and '_', in levels with '/' between them, and 'a.b' has not"_s);
    row("nats://localhost --prefix house --bus=",
        u"--bus needs a name; without --bus, it is made from the machine and the port"_s);
    row("nats://localhost --prefix house --bus a.b",
        u"a bus's name has 1 to 32 letters, digits, '-' and '_', and 'a.b' has not"_s);
    row("nats://localhost --prefix house --names=", u"'' is no name of events: an event's name cannot be empty"_s);
    row("nats://localhost --prefix house --in __*", u"'__*' is no name of events: "_s);
    row("nats://localhost --prefix house order-* __x", u"'__x' is no name of events: "_s);

    row("mqtt://localhost --prefix house --nkey k",
        u"nkeys and credentials are NATS's: for MQTT, take --user and "
        "--password-file, or --client-cert and --client-key"_s);
    row("mqtt://localhost --prefix house --values",
        u"--values needs NATS, and its key-value buckets: an MQTT broker has only retained messages, of which the one "
        "that comes last replaces a newer one"_s);
    row("mqtts://localhost --prefix house --credentials k",
        u"nkeys and credentials are NATS's: for MQTT, take --user and "
        "--password-file, or --client-cert and --client-key"_s);
    row("nats://localhost --prefix house --nkey k --credentials c",
        u"--user, --nkey and --credentials exclude each other: the server asks for one of them"_s);
    row("nats://localhost --prefix house --nkey k --user ada",
        u"--user, --nkey and --credentials exclude each other: the server asks for one of them"_s);
    row("nats://localhost --prefix house --password-file p", u"--password-file needs --user"_s);
    row("mqtts://localhost --prefix house --client-cert c", u"--client-cert and --client-key go together"_s);
    row("tls://localhost --prefix house --client-key k", u"--client-cert and --client-key go together"_s);
    row("nats://localhost --prefix house --ca c",
        u"--ca, --client-cert and --client-key are for a connection with TLS: the URL begins with tls:// then, not "
        "nats://"_s);
    row("mqtt://localhost --prefix house --client-cert c --client-key k",
        u"--ca, --client-cert and --client-key are for a connection with TLS: the URL begins with mqtts:// then, not "
        "mqtt://"_s);

    row("nats://localhost --prefix house --spool-size 0",
        u"--spool-size takes a whole number from 1 to 1073741824, not '0'"_s);
    row("nats://localhost --prefix house --keep day", u"--keep takes a whole number from 1 to 315360000, not 'day'"_s);
    row("nats://localhost --prefix house --keep-size -1",
        u"--keep-size takes a whole number from 1 to 1073741824, not '-1'"_s);
    row("nats://localhost --prefix house --metrics 65536",
        u"--metrics takes a whole number from 0 to 65535, not '65536'"_s);
    row("nats://localhost --prefix house --port 0",
        u"--port takes a number from 1 to 65534, and 0 is outside of that"_s);
    row("nats://localhost --prefx house", u"unknown option '--prefx'; did you mean '--prefix'?"_s);
    row("nats://localhost --prefix house --json=yes", u"unexpected value after '--json'"_s);
}

void tst_Program::namesTheMistake()
{
    QFETCH(QString, commandLine);
    QFETCH(QString, mistake);
    BridgeProgram bridge(commandLine.split(u' ', Qt::SkipEmptyParts));
    QCOMPARE(bridge.exitCode(), 2);
    QCOMPARE(bridge.output(), QString());
    const QString errors = bridge.errors();
    if (mistake.endsWith(u' ')) // the library's text for names follows
        QVERIFY2(errors.startsWith(u"pyvent: "_s + mistake), qPrintable(errors));
    else
        QCOMPARE(errors, u"pyvent: "_s + mistake + u'\n' + usage);
    QVERIFY2(errors.endsWith(usage), qPrintable(errors));
    QCOMPARE(errors.count(u'\n'), 2);
    QVERIFY(!errors.contains(u"secret-word"_s));
}

void tst_Program::printsHelp()
{
    BridgeProgram own({u"--help"_s});
    QCOMPARE(own.exitCode(), 0);
    const QString help = own.output();
    QVERIFY2(help.contains(u"pyvent bridge URL[,URL]... --prefix P [GLOB]..."_s), qPrintable(help));
    for (const char *option : {"--prefix", "--names", "--in", "--out", "--bus", "--json", "--user", "--password-file",
                               "--credentials", "--nkey", "--ca", "--client-cert", "--client-key", "--spool",
                               "--spool-size", "--keep", "--keep-size", "--metrics", "--values"})
        QVERIFY2(help.contains(QLatin1StringView(option)), option);
    Program pyvent({u"help"_s, u"bridge"_s});
    QCOMPARE(pyvent.exitCode(), 0);
    QCOMPARE(pyvent.output(), help);
    Program options({u"bridge"_s, u"--help"_s});
    QCOMPARE(options.exitCode(), 0);
    QCOMPARE(options.output(), help);

    BridgeProgram version({u"--version"_s});
    QCOMPARE(version.exitCode(), 0);
    QVERIFY2(version.output().startsWith(u"pyvent-bridge "_s), qPrintable(version.output()));
}

void tst_Program::isStartedByPyvent()
{
    const QStringList arguments = BridgeProgram::argumentsFor(freePort(), noEngine);
    Program pyvent(QStringList{u"--quiet"_s, u"bridge"_s} + arguments);
    QVERIFY2(pyvent.complains(u" at 127.0.0.1:1 cannot be used"_s), qPrintable(pyvent.errors()));
    // It has become that program, so that signals reach it.
    QCOMPARE(QFile::symLinkTarget(u"/proc/%1/exe"_s.arg(pyvent.pid())), QFileInfo(bridgeProgram).canonicalFilePath());
    pyvent.sendSignal(SIGTERM);
    QCOMPARE(pyvent.exitCode(), 0);

    Program mistaken({u"bridge"_s, u"http://localhost"_s});
    QCOMPARE(mistaken.exitCode(), 2);
    QCOMPARE(mistaken.errors(),
             u"pyvent: 'http://localhost' is no URL that begins with nats://, tls://, mqtt:// or mqtts://\n"_s + usage);
}

void tst_Program::tellsThatItIsNotInstalled()
{
    const QTemporaryDir folder;
    const QString alone = folder.filePath(u"pyvent"_s);
    QVERIFY(QFile::copy(QStringLiteral(PYVENT_PROGRAM), alone));
    const QStringList variables{u"PATH=/nonexistent"_s, u"LD_LIBRARY_PATH=" PYVENT_LIBRARY_FOLDER ""_s};
    Program pyvent(u"env"_s, variables + QStringList{alone, u"bridge"_s, noEngine, u"--prefix"_s, u"house"_s});
    QCOMPARE(pyvent.exitCode(), 1);
    QCOMPARE(pyvent.output(), QString());
    QCOMPARE(
        pyvent.errors(),
        u"pyvent: the program pyvent-bridge is not installed, which joins buses through NATS and MQTT; it is built "
        "where libnats or libmosquitto is there\n"_s);
    // Its help is there all the same.
    Program help(u"env"_s, variables + QStringList{alone, u"help"_s, u"bridge"_s});
    QCOMPARE(help.exitCode(), 0);
}

void tst_Program::endsAtASignal_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGINT") << SIGINT;
}

void tst_Program::endsAtASignal()
{
    QFETCH(int, signal);
    BridgeProgram bridge(freePort(), noEngine);
    QVERIFY(bridge.complains(u"cannot be used"_s));
    bridge.sendSignal(signal);
    QCOMPARE(bridge.exitCode(), 0);
    QCOMPARE(bridge.output(), QString());
    QCOMPARE(bridge.errors().count(u'\n'), 1);
}

void tst_Program::isQuiet()
{
    START_SERVER(server);
    const QString engine = engineUrl(dialect, server->port());
    ServedBus here;
    ServedBus there;
    BridgeProgram one(here.port(), engine, {u"--quiet"_s});
    BridgeProgram other(there.port(), engine);
    QVERIFY(crosses(&here, &there));
    QVERIFY(other.reachesTheEngine());
    QCOMPARE(one.endsWith(), 0);
    QCOMPARE(other.endsWith(), 0);
    QCOMPARE(one.errors(), QString());
    QVERIFY2(other.problems().isEmpty(), qPrintable(other.errors()));
}

// Whoever may not forward could otherwise have the bridge stand by, and nothing would cross.
void tst_Program::believesOnlyWhoMayForward()
{
    START_SERVER(server);
    const QString engine = engineUrl(dialect, server->port());
    ServedBus here;
    ServedBus there;
    BridgeProgram one(here.port(), engine, {u"--bus"_s, u"here"_s});
    BridgeProgram other(there.port(), engine);
    QVERIFY(crosses(&here, &there));
    here.node().setAbout({{u"bridge"_s,
                           QVariantMap{{u"link"_s, dialect == Dialect::Nats ? u"nats:house"_s : u"mqtt:house"_s},
                                       {u"bus"_s, u"here"_s},
                                       {u"up"_s, true},
                                       {u"active"_s, true},
                                       {u"since"_s, 1}}}});
    const QString standsBy = u"stands by"_s;
    for (int i = 0; i < 3; ++i) {
        here.node().announce();
        QVERIFY(crosses(&here, &there));
    }
    QVERIFY2(!one.errors().contains(standsBy), qPrintable(one.errors()));
    here.node().announceForwarder(); // which a node of this user may say
    QVERIFY2(one.complains(standsBy), qPrintable(one.errors()));
}

void tst_Program::failsWhereTheMetricsPortIsTaken()
{
    const int port = freePort();
    const BoundSocket taken(port);
    QVERIFY(taken.isBound());
    BridgeProgram bridge(BridgeProgram::argumentsFor(freePort(), noEngine)
                         + QStringList{u"--metrics"_s, QString::number(port)});
    QCOMPARE(bridge.exitCode(), 1);
    QCOMPARE(bridge.errors(),
             u"pyvent: metrics cannot be served at 127.0.0.1:%1: The bound address is already in use\n"_s.arg(port));
}

// Nothing is wrong with how it was called: a service manager tries again.
void tst_Program::failsWhereTheSpoolIsTaken()
{
    const QTemporaryDir folder;
    const QStringList arguments = BridgeProgram::argumentsFor(freePort(), noEngine)
        + QStringList{u"--bus"_s, u"here"_s, u"--spool"_s, folder.path()};
    BridgeProgram first(arguments);
    QVERIFY2(first.complains(u"cannot be used"_s) || first.complains(u"cannot be reached"_s),
             qPrintable(first.errors()));
    BridgeProgram second(arguments);
    QCOMPARE(second.exitCode(), 1);
    QVERIFY2(second.errors().startsWith(u"pyvent: "_s) && second.errors().contains(folder.path()),
             qPrintable(second.errors()));
    QVERIFY2(!second.errors().contains(usage), qPrintable(second.errors()));
    QCOMPARE(first.endsWith(), 0);
}

// The format is https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.
void tst_Program::tellsPrometheus()
{
    START_SERVER(server);
    const QString engine = engineUrl(dialect, server->port());
    ServedBus here;
    ServedBus there;
    BridgeProgram one(here.port(), engine, {u"--metrics"_s, u"0"_s, u"--bus"_s, u"here"_s});
    BridgeProgram other(there.port(), engine);
    QVERIFY(crosses(&here, &there));
    static const QRegularExpression place(u"pyvent: metrics at http://127\\.0\\.0\\.1:(\\d+)/metrics\n"_s);
    const int port = place.match(one.errors()).captured(1).toInt();
    QVERIFY2(port > 0, qPrintable(one.errors()));

    const QByteArray answer = metricsAt(port);
    const qsizetype end = answer.indexOf("\r\n\r\n");
    QVERIFY2(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer.constData());
    QVERIFY(answer.first(end).contains("\r\nContent-Type: text/plain; version=0.0.4"));
    const QString text = QString::fromUtf8(answer.sliced(end + 4));
    QVERIFY(text.endsWith(u'\n'));
    static const QRegularExpression comment(u"^# (HELP [a-zA-Z_:][a-zA-Z0-9_:]* .+|TYPE [a-zA-Z_:][a-zA-Z0-9_:]* "
                                            "(counter|gauge))$"_s);
    static const QRegularExpression sample(
        uR"(^[a-zA-Z_:][a-zA-Z0-9_:]*\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*")*\} [0-9.e+-]+$)"_s);
    for (const QString &line : text.chopped(1).split(u'\n'))
        QVERIFY2(comment.match(line).hasMatch() || sample.match(line).hasMatch(), qPrintable(line));
    const QString labels = u"{link=\"%1:house\",bus=\"here\"} "_s.arg(dialect == Dialect::Nats ? u"nats"_s : u"mqtt"_s);
    for (const char *fact : {"pyvent_bridge_engine_up%1", "pyvent_bridge_active%1", "pyvent_bridge_reading%1"})
        QVERIFY2(text.contains(QString::fromLatin1(fact).replace(u"%1"_s, labels + u"1\n"_s)), qPrintable(text));
    static const QRegularExpression published(u"\npyvent_bridge_published_events_total\\{[^}]*\\} [1-9]"_s);
    QVERIFY2(published.match(text).hasMatch(), qPrintable(text));
    QCOMPARE(one.endsWith(), 0);
}

void tst_Program::tellsSystemd()
{
    QFETCH(Dialect, dialect);
    const auto server = makeServer(dialect);
    if (!server)
        QSKIP(whyNoServer(dialect));
    const QTemporaryDir folder;
    NotifySocket socket(folder.filePath(u"notify"_s).toUtf8());
    const ServedBus bus;
    const QString engine = engineUrl(dialect, server->port());
    Program bridge(u"env"_s,
                   QStringList{u"NOTIFY_SOCKET="_s + folder.filePath(u"notify"_s), u"WATCHDOG_USEC=50000"_s,
                               bridgeProgram, u"--bus"_s, u"here"_s}
                       + BridgeProgram::argumentsFor(bus.port(), engine));
    QByteArrayList told;
    const auto tells = [&](const QByteArray &text) {
        return waitUntil([&] {
            told += socket.take();
            return told.contains(text);
        });
    };
    // While the engine is away, it serves its bus: what is sent waits.
    QVERIFY2(tells("STATUS=tries to reach " + engine.toUtf8()), told.join('\n').constData());
    QVERIFY(tells("READY=1"));
    QVERIFY(server->start());
    QVERIFY2(tells("STATUS=joins 'here' to " + engine.first(4).toUtf8() + ":house at " + engine.toUtf8()),
             told.join('\n').constData());
    told.clear();
    QVERIFY(waitUntil([&] { return (told += socket.take()).count("WATCHDOG=1") >= 3; }));
    QVERIFY(!told.contains("STOPPING=1"));
    bridge.sendSignal(SIGTERM);
    QCOMPARE(bridge.exitCode(), 0);
    QVERIFY(tells("STOPPING=1"));
    QCOMPARE(told.count("STOPPING=1"), 1);
    QVERIFY(!told.contains("READY=1"));
}

PYVENT_TEST(tst_Program)
#include "tst_program.moc"
