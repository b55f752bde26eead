// SPDX-License-Identifier: MIT
#include "clitest.h"

#include <QtTest>

#include <csignal>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// The numbers that the lines of \a output have as "n", in their order.
QList<int> numbersIn(const QString &output)
{
    static const QRegularExpression number(u"\"n\":([0-9]+)"_s);
    QList<int> numbers;
    for (const QRegularExpressionMatch &match : number.globalMatch(output))
        numbers.append(match.captured(1).toInt());
    return numbers;
}

} // namespace

void tst_Cli::listenSharesEvents()
{
    constexpr int count = 40;
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    const QStringList listen{u"listen"_s, u"job"_s, u"--json"_s, u"--share"_s, u"workers"_s};
    Program one(onBus(listen));
    Program other(onBus(listen));
    QVERIFY2(one.complains(u"listening to 'job' in the group 'workers' at"_s), qPrintable(one.errors()));
    QVERIFY2(other.complains(u"listening to 'job' in the group 'workers' at"_s), qPrintable(other.errors()));
    QByteArray lines;
    QList<int> sent;
    for (int i = 0; i < count; ++i) {
        lines += "{\"name\":\"job\",\"args\":{\"n\":" + QByteArray::number(i) + "}}\n";
        sent.append(i);
    }
    QCOMPARE(Program(onBus({u"send"_s, u"--from-json"_s, makeFile(lines)})).exitCode(), 0);
    QList<int> printed;
    QTRY_VERIFY_WITH_TIMEOUT((printed = numbersIn(one.output()) + numbersIn(other.output())).size() >= count, 30'000);
    std::sort(printed.begin(), printed.end());
    QCOMPARE(printed, sent);
    QVERIFY(!one.output().isEmpty() && !other.output().isEmpty());
    QVERIFY(!(one.output() + other.output()).contains(u"redelivered"_s));
}

// Only those share who hear the same sender; by default that is on()'s.
void tst_Cli::listenSharesWithHandlersOfTheDefaultSender()
{
    constexpr int count = 20;
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    const QStringList listen{u"listen"_s, u"job"_s, u"--json"_s, u"--share"_s, u"workers"_s};
    Program one(onBus(listen));
    Program other(onBus(listen + QStringList{u"--sender"_s, u"pyvent"_s}));
    QVERIFY2(one.complains(u"listening to 'job' in the group"_s), qPrintable(one.errors()));
    QVERIFY2(other.complains(u"listening to 'job' in the group"_s), qPrintable(other.errors()));
    QByteArray lines;
    QList<int> sent;
    for (int i = 0; i < count; ++i) {
        lines += "{\"name\":\"job\",\"args\":{\"n\":" + QByteArray::number(i) + "}}\n";
        sent.append(i);
    }
    QCOMPARE(Program(onBus({u"send"_s, u"--from-json"_s, makeFile(lines)})).exitCode(), 0);
    QList<int> all;
    QTRY_VERIFY_WITH_TIMEOUT((all = numbersIn(one.output()) + numbersIn(other.output())).size() >= count, 30'000);
    std::sort(all.begin(), all.end());
    QCOMPARE(all, sent); // each once
}

// One that has had enough leaves the rest to the others.
void tst_Cli::listenSharesWhatItDoesNotPrint()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    const QStringList listen{u"listen"_s, u"job"_s, u"--json"_s, u"--share"_s, u"workers"_s, u"--count"_s};
    Program one(onBus(listen + QStringList{u"1"_s}));
    QVERIFY(one.complains(u"listening to 'job' in the group"_s));
    Program other(onBus(listen + QStringList{u"3"_s}));
    QVERIFY(other.complains(u"listening to 'job' in the group"_s));
    QByteArray lines;
    for (int i = 0; i < 4; ++i)
        lines += "{\"name\":\"job\",\"args\":{\"n\":" + QByteArray::number(i) + "}}\n";
    QCOMPARE(Program(onBus({u"send"_s, u"--from-json"_s, makeFile(lines)})).exitCode(), 0);
    QCOMPARE(one.exitCode(), 0);
    QCOMPARE(other.exitCode(), 0);
    QCOMPARE(numbersIn(one.output()), QList<int>{0});
    QList<int> others = numbersIn(other.output());
    std::sort(others.begin(), others.end());
    QCOMPARE(others, (QList<int>{1, 2, 3}));
}

void tst_Cli::listenPrintsWhatAnotherHasNotFinished_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<int>("signal");
    QTest::addColumn<QString>("printed");
    QTest::newRow("killed") << QStringList{} << SIGKILL << u"  job  pyvent  (redelivered)  a='x"_s;
    QTest::newRow("asked to end") << QStringList{} << SIGTERM << u"  job  pyvent  (redelivered)  a='x"_s;
    QTest::newRow("coloured") << QStringList{u"--color=always"_s} << SIGTERM << u"\x1b[33m(redelivered)\x1b[0m  "_s;
    QTest::newRow("JSON") << QStringList{u"--json"_s} << SIGKILL << u"\"redelivered\":true}\n"_s;
}

// It is in the middle of a line that nobody reads when it ends.
void tst_Cli::listenPrintsWhatAnotherHasNotFinished()
{
    QFETCH(const QStringList, options);
    QFETCH(const int, signal);
    QFETCH(const QString, printed);
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    const QString fifo = m_folder.filePath(QString::fromLatin1(QTest::currentDataTag()));
    QCOMPARE(QProcess::execute(u"mkfifo"_s, {fifo}), 0);
    const QString script = u"{ \"$0\" \"$@\" & echo \"pid $! \" >&2; wait $!; } | { read -r end < \"$FIFO\"; }"_s;
    const QStringList listen{u"listen"_s, u"job"_s, u"--share"_s, u"workers"_s};
    Program pipeline(u"env"_s,
                     QStringList{u"FIFO="_s + fifo, u"sh"_s, u"-c"_s, script, QStringLiteral(PYVENT_PROGRAM)}
                         + onBus(listen));
    QVERIFY2(pipeline.complains(u"listening to 'job' in the group"_s), qPrintable(pipeline.errors()));
    const QString large(100'000, u'x'); // more than a pipe holds
    QCOMPARE(Program(onBus({u"send"_s, u"job"_s, u"a="_s + large})).exitCode(), 0);
    Program other(onBus(listen + options));
    QVERIFY2(other.complains(u"listening to 'job' in the group"_s), qPrintable(other.errors()));
    const QString pid = pipeline.errors().section(u"pid "_s, 1).section(u' ', 0, 0);
    QVERIFY2(pid.toInt() > 0, qPrintable(pipeline.errors()));
    QCOMPARE(::kill(pid.toInt(), signal), 0);
    QVERIFY2(other.prints(u"\n"_s), qPrintable(other.errors()));
    QCOMPARE(other.output().count(u'\n'), 1);
    QVERIFY2(other.output().contains(printed), qPrintable(other.output().remove(large)));
    QFile end(fifo);
    QVERIFY(end.open(QIODevice::WriteOnly));
    end.write("end\n");
    end.close();
    QCOMPARE(pipeline.exitCode(), 0);
}

void tst_Cli::listenSaysThatPythonsServerSharesNothing()
{
    Program server(python, pythonPeer({u"serve"_s}));
    QVERIFY2(server.prints(u"ready"_s), qPrintable(server.errors()));
    Program listener(onBus({u"listen"_s, u"job"_s, u"order-*"_s, u"--share"_s, u"workers"_s}));
    QCOMPARE(listener.exitCode(), 1);
    QCOMPARE(listener.output(), QString());
    QVERIFY2(listener.errors().contains(u"the group 'workers' cannot share events, because the server"_s),
             qPrintable(listener.errors()));
}

void tst_Cli::listenSaysThatItSharesTooMuch()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    QStringList listen{u"listen"_s, u"--share"_s, u"workers"_s};
    for (int i = 0; i <= 1000; ++i) // a server takes so many of a connection, but for the last
        listen.append(u"job%1"_s.arg(i));
    Program listener(onBus(listen));
    QCOMPARE(listener.exitCode(), 1);
    QVERIFY2(listener.errors().contains(u"too many members of groups"_s), qPrintable(listener.errors()));
}
