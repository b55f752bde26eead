// SPDX-License-Identifier: MIT
#include "clitest.h"

#include <QtTest>

#include <csignal>

using namespace PyventTests;
using namespace Qt::StringLiterals;

// What takes long: 'bench', 'send --count', and what a terminal shows of them.

namespace {

const QString clearLine = u"\r\x1b[K"_s;

// "pyvent" with its \a stream, "stdout" or "stderr", on a terminal, and \a environment as env(1) takes it.
QStringList onTerminal(const QString &stream, const QStringList &arguments, const QStringList &environment = {})
{
    return QStringList{QStringLiteral(PYTHON_TERMINAL), stream, u"env"_s, u"-u"_s, u"NO_COLOR"_s, u"TERM=xterm"_s}
    + environment + QStringList(QStringLiteral(PYVENT_PROGRAM)) + arguments;
}

// The last thing that 'pyvent bench' printed, as JSON.
QJsonObject figures(const Program &bench)
{
    return QJsonDocument::fromJson(bench.output().section(clearLine, -1).toUtf8()).object();
}

void verifyRoundTrips(const QJsonObject &object)
{
    QVERIFY(object[u"median"_s].toDouble() > 0);
    QVERIFY(object[u"p99"_s].toDouble() >= object[u"median"_s].toDouble());
    QVERIFY(object[u"max"_s].toDouble() >= object[u"p99"_s].toDouble());
}

} // namespace

void tst_Cli::benchMeasuresItsOwnServer()
{
    Program bench(onBus({u"bench"_s, u"--events"_s, u"2000"_s, u"--json"_s}));
    QCOMPARE(bench.exitCode(), 0);
    QCOMPARE(bench.errors(), QString()); // which is no terminal, so no progress
    QCOMPARE(bench.output().count(u'\n'), 1);
    const QJsonObject result = figures(bench);
    QCOMPARE(result[u"events"_s].toInt(), 2000);
    QCOMPARE(result[u"size"_s].toInt(), 100);
    QCOMPARE(result[u"lost"_s].toInt(-1), 0);
    QCOMPARE(result[u"complete"_s], true);
    QCOMPARE(result[u"serving"_s], true);
    QCOMPARE(result[u"server"_s], u"127.0.0.1:%1"_s.arg(port()));
    const double rate = result[u"events_per_second"_s].toDouble();
    QVERIFY(rate > 0);
    QCOMPARE(result[u"mb_per_second"_s].toDouble(), rate * 100 / 1e6);
    QCOMPARE(result[u"seconds"_s].toDouble(), 2000 / rate);
    verifyRoundTrips(result[u"round_trip_ms"_s].toObject());
    verifyRoundTrips(result[u"loaded_round_trip_ms"_s].toObject());
}

void tst_Cli::benchUsesTheServerThatIsThere()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program listener(onBus({u"listen"_s, u"pyvent-bench-*"_s, u"--json"_s, u"--count"_s, u"2"_s}));
    QVERIFY(listener.complains(u"listening to"_s));
    Program bench(onBus({u"bench"_s, u"--events"_s, u"1"_s, u"--size"_s, u"5"_s, u"--no-server"_s}));
    QCOMPARE(bench.exitCode(), 0);
    const QRegularExpression text(u"\\A1 events of 5 bytes in [0-9.]+ s; server at 127.0.0.1:%1\n"
                                  "throughput  [0-9,]+ events/s, [0-9.]+ MB/s\n"
                                  "round trip  median .* one event at a time\n"
                                  "            median .* up to 256 on their way\n\\z"_s.arg(port()));
    QVERIFY2(text.match(bench.output()).hasMatch(), qPrintable(bench.output()));

    // One event alone, one of the many, and each with three arguments.
    QCOMPARE(listener.exitCode(), 0);
    for (const QString &line : listener.output().split(u'\n', Qt::SkipEmptyParts)) {
        const QJsonObject args = QJsonDocument::fromJson(line.toUtf8()).object()[u"args"_s].toObject();
        QCOMPARE(args.keys(), QStringList({u"number"_s, u"padding"_s, u"sent"_s}));
        QCOMPARE(QByteArray::fromBase64(args[u"padding"_s].toObject()[u"value"_s].toString().toLatin1()).size(), 5);
    }
}

void tst_Cli::benchMeasuresPythonsServer()
{
    Program server(python, pythonPeer({u"serve"_s}));
    QVERIFY2(server.prints(u"ready"_s), qPrintable(server.errors()));
    Program bench(onBus({u"bench"_s, u"--events"_s, u"300"_s, u"--size"_s, u"0"_s, u"--json"_s}));
    QVERIFY2(bench.exitCode() == 0, qPrintable(bench.errors()));
    QCOMPARE(figures(bench)[u"serving"_s], false);
    QCOMPARE(figures(bench)[u"events"_s].toInt(), 300);
    QCOMPARE(figures(bench)[u"mb_per_second"_s].toDouble(-1), 0.0);
}

void tst_Cli::benchEndsWith3WithoutAServer()
{
    Program bench(onBus({u"bench"_s, u"--no-server"_s, u"--timeout"_s, u"0.1"_s}));
    QCOMPARE(bench.exitCode(), 3);
    QCOMPARE(bench.output(), QString());
    QVERIFY2(bench.errors().contains(u"no server at 127.0.0.1:%1 answered within 0.1 s"_s.arg(port())),
             qPrintable(bench.errors()));
}

void tst_Cli::benchTellsOfAServerThatGoesAway()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program bench(python,
                  onTerminal(u"stderr"_s,
                             onBus({u"bench"_s, u"--events"_s, u"100000000"_s, u"--json"_s, u"--no-server"_s,
                                    u"--timeout"_s, u"1"_s})));
    QVERIFY2(bench.prints(u"many at a time"_s), qPrintable(bench.output()));
    server.sendSignal(SIGKILL);
    QCOMPARE(bench.exitCode(), 3);
    QVERIFY2(bench.output().contains(u"the server at 127.0.0.1:%1 does not answer any more\n"_s.arg(port())),
             qPrintable(bench.output()));
}

void tst_Cli::benchStopsAtASignal()
{
    Program bench(python, onTerminal(u"stderr"_s, onBus({u"bench"_s, u"--events"_s, u"100000000"_s, u"--json"_s})));
    QVERIFY2(bench.prints(u"many at a time"_s), qPrintable(bench.output()));
    bench.sendSignal(SIGINT);
    QCOMPARE(bench.exitCode(), 0);

    // Standard output and the terminal come on one stream here, in no certain order.
    const QString json = u'{' + bench.output().section(u'{', 1).section(u'\n', 0, 0);
    const QString shown = bench.output().remove(json + u'\n');
    const QRegularExpression progress(
        u"\r\x1b\\[Kmany at a time: [0-9]+ of 100000000 events \\([0-9]+ %\\), [0-9]+ events/s"_s);
    QVERIFY2(progress.match(shown).hasMatch(), qPrintable(shown));
    QVERIFY2(shown.contains(clearLine + u"pyvent: stopped by a signal; the figures cover"_s), qPrintable(shown));
    const QJsonObject result = QJsonDocument::fromJson(json.toUtf8()).object();
    QVERIFY2(result[u"events"_s].toInt() > 0, qPrintable(bench.output()));
    QCOMPARE(result[u"complete"_s], false);
    QCOMPARE(result[u"lost"_s].toInt(-1), 0);
}

void tst_Cli::sendsSeveralTimes_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("once") << 1 << QStringList();
    QTest::newRow("more than are under way at once") << 1203 << QStringList();
    QTest::newRow("with an interval") << 4 << QStringList{u"--interval"_s, u"0.01"_s};
    QTest::newRow("without an interval") << 4 << QStringList{u"--interval"_s, u"0"_s};
}

void tst_Cli::sendsSeveralTimes()
{
    QFETCH(int, count);
    QFETCH(QStringList, options);
    // One more than --count says would be printed before the end.
    Program listener(onBus({u"listen"_s, u"--json"_s, u"--count"_s, QString::number(count + 1)}));
    QVERIFY(listener.complains(u"listening to everything"_s));
    Program sender(onBus(QStringList{u"send"_s, u"x"_s, u"a:=1"_s, u"--count"_s, QString::number(count)} + options));
    QCOMPARE(sender.exitCode(), 0);
    QCOMPARE(sender.errors(), QString());
    QCOMPARE(Program(onBus({u"send"_s, u"end"_s})).exitCode(), 0);
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(listener.output().count(uR"({"name":"x","sender":"pyvent","args":{"a":1})"_s), count);
    QVERIFY2(listener.output().contains(uR"("seq":%1,)"_s.arg(count)), qPrintable(listener.output()));
    QCOMPARE(listener.output().count(u"\"end\""_s), 1);
}

void tst_Cli::sendsNothingMoreAfterASignal()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program listener(onBus({u"listen"_s}));
    QVERIFY(listener.complains(u"listening to everything"_s));
    Program sender(onBus({u"send"_s, u"x"_s, u"--count"_s, u"9"_s, u"--interval"_s, u"1000"_s}));
    QVERIFY(listener.prints(u"  x  pyvent\n"_s));
    sender.sendSignal(SIGINT);
    QCOMPARE(sender.exitCode(), 1);
    QVERIFY2(sender.errors().contains(u"stopped by a signal; the server took 1 of 9 events"_s),
             qPrintable(sender.errors()));
}

void tst_Cli::sendsNothingWithoutAServer()
{
    Program sender(onBus({u"send"_s, u"x"_s, u"--count"_s, u"9"_s, u"--timeout"_s, u"0.1"_s}));
    QCOMPARE(sender.exitCode(), 3);
    QVERIFY2(sender.errors().contains(u"no server at 127.0.0.1:%1 took 'x' within 0.1 s"_s.arg(port())),
             qPrintable(sender.errors()));
}

void tst_Cli::showsProgressOnATerminal()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    const QStringList command = onBus({u"send"_s, u"x"_s, u"--count"_s, u"40"_s, u"--interval"_s, u"0.02"_s});
    Program sender(python, onTerminal(u"stderr"_s, command));
    QCOMPARE(sender.exitCode(), 0);
    QVERIFY2(sender.output().startsWith(clearLine + u"sent "_s), qPrintable(sender.output()));
    QVERIFY2(sender.output().contains(u" of 40 ("_s), qPrintable(sender.output()));
    QVERIFY2(sender.output().endsWith(clearLine), qPrintable(sender.output()));
    QVERIFY(!sender.output().contains(u'\n'));

    Program *const silent[] = {
        new Program(python, onTerminal(u"stderr"_s, command + QStringList(u"--quiet"_s))),
        new Program(python, onTerminal(u"stderr"_s, command, {u"TERM=dumb"_s})),
        new Program(python, onTerminal(u"stdout"_s, command)),
    };
    for (Program *program : silent) {
        const std::unique_ptr<Program> owner(program);
        QCOMPARE(program->exitCode(), 0);
        QCOMPARE(program->output() + program->errors(), QString());
    }
}

void tst_Cli::listenColoursItsLines_data()
{
    QTest::addColumn<bool>("isTerminal");
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QStringList>("environment");
    QTest::addColumn<bool>("isColoured");
    QTest::newRow("a terminal") << true << QStringList() << QStringList() << true;
    QTest::newRow("a pipe") << false << QStringList() << QStringList() << false;
    QTest::newRow("NO_COLOR") << true << QStringList() << QStringList{u"NO_COLOR=1"_s} << false;
    QTest::newRow("NO_COLOR, but empty") << true << QStringList() << QStringList{u"NO_COLOR="_s} << true;
    QTest::newRow("TERM=dumb") << true << QStringList() << QStringList{u"TERM=dumb"_s} << false;
    QTest::newRow("always") << false << QStringList{u"--color=always"_s} << QStringList() << true;
    QTest::newRow("always, NO_COLOR") << true << QStringList{u"--color"_s, u"always"_s} << QStringList{u"NO_COLOR=1"_s}
                                      << true;
    QTest::newRow("never") << true << QStringList{u"--color=never"_s} << QStringList() << false;
    QTest::newRow("auto") << true << QStringList{u"--color=auto"_s} << QStringList() << true;
    QTest::newRow("JSON") << true << QStringList{u"--json"_s, u"--color=always"_s} << QStringList() << false;
}

void tst_Cli::listenColoursItsLines()
{
    QFETCH(bool, isTerminal);
    QFETCH(QStringList, options);
    QFETCH(QStringList, environment);
    QFETCH(bool, isColoured);
    const QStringList command = onBus(QStringList{u"listen"_s, u"--count"_s, u"1"_s} + options);
    Program listener(python, onTerminal(isTerminal ? u"stdout"_s : u"stderr"_s, command, environment));
    QVERIFY(isTerminal ? listener.complains(u"listening to everything"_s)
                       : listener.prints(u"listening to everything"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"order-food"_s, u"food=sushi"_s, u"n:=8"_s})).exitCode(), 0);
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(listener.output().contains(u'\x1b'), isColoured);
    if (isColoured) {
        const QString rest = u"\x1b[0m  \x1b[1morder-food\x1b[0m  \x1b[32mpyvent\x1b[0m  "_s
                             "\x1b[36mfood\x1b[0m='sushi' \x1b[36mn\x1b[0m=8\n";
        QVERIFY2(listener.output().endsWith(rest), qPrintable(listener.output()));
    }
}
