// SPDX-License-Identifier: MIT
#include "clitest.h"
#include "support/waituntil.h"

#include <QtTest>

#include <csignal>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// The one line of \a output as a JSON object.
QJsonObject toObject(const QString &output)
{
    return QJsonDocument::fromJson(output.toUtf8()).object();
}

} // namespace

void tst_Cli::listenPrintsWhatIsSent()
{
    Program listener(onBus({u"listen"_s, u"--count"_s, u"2"_s}));
    QVERIFY2(listener.complains(u"listening to everything, and serving at 127.0.0.1:%1"_s.arg(port())),
             qPrintable(listener.errors()));
    QCOMPARE(Program(onBus({u"send"_s, u"order-food"_s, u"food=sushi"_s, u"pieces:=8"_s})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"food-ready"_s, u"--id"_s, u"kitchen"_s})).exitCode(), 0);
    QCOMPARE(listener.exitCode(), 0);

    const QString time = u"[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3}  "_s;
    const QRegularExpression lines(u"\\A"_s + time + u"order-food  pyvent  food='sushi' pieces=8\n"_s + time
                                   + u"food-ready  pyvent\\.kitchen\n\\z"_s);
    QVERIFY2(lines.match(listener.output()).hasMatch(), qPrintable(listener.output()));
}

void tst_Cli::listenPrintsJson()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program listener(onBus({u"listen"_s, u"order-food"_s, u"--json"_s, u"--count=1"_s}));
    QVERIFY(listener.complains(u"listening to 'order-food' at"_s));
    const QDateTime before = QDateTime::currentDateTimeUtc().addMSecs(-1);
    QCOMPARE(Program(onBus({u"send"_s, u"order-food"_s, u"food=sushi"_s, u"note="_s,
                            u"n:=123456789012345678901234567890"_s}))
                 .exitCode(),
             0);
    QCOMPARE(listener.exitCode(), 0);

    QVERIFY2(listener.output().startsWith(uR"({"name":"order-food","sender":"pyvent","args":{"food":"sushi",)"_s
                                          uR"("n":123456789012345678901234567890,"note":""},"node":")"_s),
             qPrintable(listener.output()));
    QCOMPARE(listener.output().count(u'\n'), 1);
    const QJsonObject event = toObject(listener.output());
    QVERIFY(!QUuid::fromString(event[u"node"_s].toString()).isNull());
    QCOMPARE(event[u"seq"_s].toInt(), 1);
    const QDateTime time = QDateTime::fromString(event[u"time"_s].toString(), Qt::ISODateWithMs);
    QCOMPARE(time.timeSpec(), Qt::UTC);
    QVERIFY(time >= before && time <= QDateTime::currentDateTimeUtc());
}

void tst_Cli::listenChoosesNamesAndSenders()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program names(onBus({u"listen"_s, u"order-*"_s, u"end"_s, u"--json"_s, u"--count"_s, u"3"_s}));
    Program senders(onBus({u"listen"_s, u"--sender"_s, u"till"_s, u"--json"_s, u"--count"_s, u"2"_s}));
    QVERIFY(names.complains(u"listening to 'order-*', 'end'"_s));
    QVERIFY(senders.complains(u"listening to everything"_s));
    const QStringList sent[] = {
        {u"order-food"_s},
        {u"reorder-food"_s},
        {u"order-drink"_s, u"--sender"_s, u"till.2"_s},
        {u"ending"_s},
        {u"end"_s, u"--sender"_s, u"till"_s},
        {u"end"_s, u"--sender"_s, u"tiller"_s},
    };
    for (const QStringList &event : sent)
        QCOMPARE(Program(onBus(QStringList(u"send"_s) + event)).exitCode(), 0);

    const auto namesIn = [](const QString &output) {
        QStringList result;
        for (const QString &line : output.split(u'\n', Qt::SkipEmptyParts))
            result += toObject(line)[u"name"_s].toString();
        return result;
    };
    QCOMPARE(names.exitCode(), 0);
    QCOMPARE(namesIn(names.output()), QStringList({u"order-food"_s, u"order-drink"_s, u"end"_s}));
    QCOMPARE(senders.exitCode(), 0);
    QCOMPARE(namesIn(senders.output()), QStringList({u"order-drink"_s, u"end"_s}));
}

void tst_Cli::listenPrintsAnEventOnce()
{
    Program listener(onBus({u"listen"_s, u"order-*"_s, u"order-food"_s, u"*-food"_s, u"order-food"_s, u"end"_s,
                            u"--json"_s, u"--count"_s, u"2"_s}));
    QVERIFY(listener.complains(u"listening to"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"order-food"_s})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"end"_s})).exitCode(), 0);
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(listener.output().count(u"order-food"_s), 1);
    QCOMPARE(listener.output().count(u"\"end\""_s), 1);
}

void tst_Cli::listenPrintsAsOftenAsItMay()
{
    Program seldom(onBus({u"listen"_s, u"x"_s, u"end"_s, u"--at-most-every"_s, u"3600"_s, u"--count"_s, u"2"_s}));
    QVERIFY(seldom.complains(u"listening to"_s));
    Program often(onBus({u"listen"_s, u"x"_s, u"--json"_s, u"--at-most-every"_s, u"0.2"_s}));
    QVERIFY(often.complains(u"listening to"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"x"_s, u"--count"_s, u"100"_s})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"end"_s})).exitCode(), 0);
    QCOMPARE(seldom.exitCode(), 0);
    QCOMPARE(seldom.output().count(u'\n'), 2);
    QVERIFY2(often.prints(u"\"seq\":100,"_s), qPrintable(often.output())); // the last one
    Program wrong({u"listen"_s, u"--at-most-every"_s, u"-1"_s});
    QCOMPARE(wrong.exitCode(), 2);
    QVERIFY2(wrong.errors().contains(u"--at-most-every"_s), qPrintable(wrong.errors()));
}

// What takes two code units of UTF-16 is one character.
void tst_Cli::listenPrintsAnEventOnceWithSurrogates()
{
    Program listener(onBus({u"listen"_s, u"a?"_s, u"*"_s, u"--json"_s, u"--count"_s, u"2"_s}));
    QVERIFY(listener.complains(u"listening to"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"a🍣"_s})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"end"_s})).exitCode(), 0);
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(listener.output().count(u"\"a🍣\""_s), 1);
    QCOMPARE(listener.output().count(u"\"end\""_s), 1);
}

void tst_Cli::printsOneLineWhateverIsSent()
{
    Program text(onBus({u"listen"_s, u"x"_s, u"--count"_s, u"1"_s}));
    QVERIFY(text.complains(u"listening to"_s));
    Program json(onBus({u"listen"_s, u"x"_s, u"--count"_s, u"1"_s, u"--json"_s}));
    QVERIFY(json.complains(u"listening to"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"x"_s, u"a=1\n2\u001b[31m"_s, uR"(b:="\u009b\ud83c\u2028")"_s})).exitCode(), 0);
    QCOMPARE(text.exitCode(), 0);
    QVERIFY2(text.output().endsWith(uR"(x  pyvent  a='1\n2\x1b[31m' b='\x9b\ud83c\u2028')"_s + u'\n'),
             qPrintable(text.output()));
    QCOMPARE(text.output().count(u'\n'), 1);
    QCOMPARE(json.exitCode(), 0);
    QVERIFY2(json.output().contains(uR"("args":{"a":"1\n2\u001b[31m","b":"\u009b\ud83c)"_s), qPrintable(json.output()));
    QCOMPARE(json.output().count(u'\n'), 1);
}

void tst_Cli::waitPrintsTheArguments()
{
    Program waiter(onBus({u"wait"_s, u"food-ready"_s, u"--timeout"_s, u"60"_s}));
    QVERIFY(waiter.complains(u"listening to 'food-ready'"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"food-burnt"_s, u"food=rice"_s})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"food-ready"_s, u"food=sushi"_s, u"drink=sake"_s})).exitCode(), 0);
    QCOMPARE(waiter.exitCode(), 0);
    QCOMPARE(waiter.output(), u"drink='sake' food='sushi'\n"_s);
}

void tst_Cli::waitPrintsJson()
{
    Program waiter(onBus({u"wait"_s, u"food-ready"_s, u"--json"_s, u"--sender"_s, u"kitchen"_s}));
    QVERIFY(waiter.complains(u"listening to 'food-ready'"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"food-ready"_s, u"food=rice"_s})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"food-ready"_s, u"food=sushi"_s, u"--sender=kitchen"_s})).exitCode(), 0);
    QCOMPARE(waiter.exitCode(), 0);
    QVERIFY2(
        waiter.output().startsWith(uR"({"name":"food-ready","sender":"kitchen","args":{"food":"sushi"},"node":)"_s),
        qPrintable(waiter.output()));
}

void tst_Cli::asksAndAnswers_data()
{
    QTest::addColumn<QStringList>("answer");
    QTest::addColumn<QStringList>("ask");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("output"); // what it begins with
    QTest::addColumn<QString>("errors");
    const QStringList cat{u"cat"_s};
    QTest::newRow("text") << QStringList{u"echo sushi"_s} << QStringList{} << 0 << u"sushi\n"_s << QString();
    QTest::newRow("two lines") << QStringList{u"echo 'a\nb'"_s} << QStringList{} << 0 << u"'a\\nb'\n"_s << QString();
    QTest::newRow("arguments") << cat << QStringList{u"food=sushi"_s, u"count:=2"_s} << 0
                               << uR"({"count":2,"food":"sushi"})"_s + u'\n' << QString();
    QTest::newRow("JSON") << QStringList{u"echo '[1, null]'"_s, u"--json"_s} << QStringList{} << 0 << u"[1, None]\n"_s
                          << QString();
    QTest::newRow("as JSON") << QStringList{u"echo '[1, null]'"_s, u"--json"_s} << QStringList{u"--json"_s} << 0
                             << uR"({"value":[1,null],"sender":"pyvent","node":")"_s << QString();
    QTest::newRow("no JSON") << QStringList{u"echo x"_s, u"--json"_s} << QStringList{} << 1 << QString()
                             << u"pyvent: the command has not printed JSON"_s;
    QTest::newRow("environment") << QStringList{u"echo $PYVENT_NAME $PYVENT_SENDER"_s}
                                 << QStringList{u"--sender=cook"_s} << 0 << u"question cook\n"_s << QString();
    QTest::newRow("refusal") << QStringList{u"echo no such dish >&2; exit 1"_s} << QStringList{} << 1 << QString()
                             << u"pyvent: no such dish"_s;
    QTest::newRow("refusal as JSON") << QStringList{u"echo no such dish >&2; exit 1"_s} << QStringList{u"--json"_s} << 1
                                     << uR"({"error":"no such dish","kind":"Refused","sender":"pyvent","node":")"_s
                                     << QString();
    QTest::newRow("silent refusal") << QStringList{u"exit 7"_s} << QStringList{} << 1 << QString()
                                    << u"pyvent: the command ended with 7"_s;
    QTest::newRow("killed") << QStringList{u"kill -9 $$"_s} << QStringList{} << 1 << QString()
                            << u"pyvent: the command was killed"_s;
    QTest::newRow("too much") << QStringList{u"head -c 20000000 /dev/zero"_s} << QStringList{u"--timeout=60"_s} << 1
                              << QString() << u"pyvent: the command has printed more than"_s;
    QTest::newRow("it reads nothing") << QStringList{u"exec <&-; echo x"_s}
                                      << QStringList{u"long="_s + QString(100'000, u'x')} << 0 << u"x\n"_s << QString();
}

void tst_Cli::asksAndAnswers()
{
    QFETCH(const QStringList, answer);
    QFETCH(const QStringList, ask);
    QFETCH(const int, exitCode);
    QFETCH(const QString, output);
    QFETCH(const QString, errors);
    Program answerer(onBus(QStringList{u"answer"_s, u"quest*"_s, u"--with"_s} + answer));
    QVERIFY(answerer.complains(u"answering 'quest*', and serving at"_s));
    Program asker(onBus(QStringList{u"ask"_s, u"question"_s} + ask));
    QCOMPARE(asker.exitCode(), exitCode);
    QVERIFY2(asker.output().startsWith(output) && asker.output().count(u'\n') == (output.isEmpty() ? 0 : 1),
             qPrintable(asker.output()));
    QVERIFY2(asker.errors().startsWith(errors), qPrintable(asker.errors()));
}

void tst_Cli::asksAll()
{
    Program one(onBus({u"answer"_s, u"x"_s, u"--with"_s, u"echo one"_s}));
    QVERIFY(one.complains(u"answering 'x', and serving at"_s));
    Program two(onBus({u"answer"_s, u"x"_s, u"--with"_s, u"echo two"_s}));
    QVERIFY(two.complains(u"answering 'x' at"_s));
    Program asker(onBus({u"ask"_s, u"x"_s, u"--all"_s, u"--timeout"_s, u"60"_s}));
    QCOMPARE(asker.exitCode(), 0);
    QStringList lines = asker.output().split(u'\n', Qt::SkipEmptyParts);
    lines.sort();
    QCOMPARE(lines, (QStringList{u"one"_s, u"two"_s}));
    Program nobody(onBus({u"ask"_s, u"y"_s, u"--all"_s, u"--timeout"_s, u"60"_s}));
    QCOMPARE(nobody.exitCode(), 1);
    QVERIFY2(nobody.errors().contains(u"nobody has answered 'y'"_s), qPrintable(nobody.errors()));
}

void tst_Cli::askSaysThatNobodyAnswers()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program asker(onBus({u"ask"_s, u"x"_s, u"--timeout"_s, u"100000"_s}));
    QCOMPARE(asker.exitCode(), 1);
    QCOMPARE(asker.output(), QString());
    QCOMPARE(asker.errors(), u"pyvent: nobody answers 'x'\n"_s);
}

void tst_Cli::askEndsWith3WithoutAServer()
{
    Program asker(onBus({u"ask"_s, u"x"_s, u"--timeout"_s, u"0.3"_s}));
    QCOMPARE(asker.exitCode(), 3);
    QCOMPARE(asker.output(), QString());
    QVERIFY2(asker.errors().contains(u"no server"_s), qPrintable(asker.errors()));
}

void tst_Cli::answerKillsWhatNobodyWaitsFor()
{
    const QString file = m_folder.filePath(u"pid"_s);
    Program answerer(onBus({u"answer"_s, u"x"_s, u"--with"_s, u"echo $$ > "_s + file + u"; exec sleep 1000"_s}));
    QVERIFY(answerer.complains(u"answering 'x', and serving at"_s));
    Program asker(onBus({u"ask"_s, u"x"_s, u"--timeout"_s, u"1"_s}));
    QCOMPARE(asker.exitCode(), 1);
    QFile pid(file);
    QVERIFY(pid.open(QIODevice::ReadOnly));
    const pid_t process = pid.readAll().trimmed().toInt();
    QVERIFY(process > 0);
    QTRY_VERIFY_WITH_TIMEOUT(::kill(process, 0) != 0, 20'000);
}

void tst_Cli::servesPythonsSenders()
{
    Program listener(onBus({u"listen"_s, u"--json"_s, u"--count"_s, u"1"_s}));
    QVERIFY(listener.complains(u"listening to everything, and serving at"_s));
    Program sender(python,
                   pythonPeer({u"send"_s, u"order-food"_s, u"dict(food='sushi', pair=(1, 2.0), big=2**100)"_s}));
    QCOMPARE(sender.exitCode(), 0);
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(
        listener.output(),
        uR"({"name":"order-food","sender":"pyvent","args":{"big":1267650600228229401496703205376,"food":"sushi",)"_s
        uR"("pair":{"$type":"tuple","value":[1,2.0]}},"node":null,"seq":null,"time":null})"_s
            + u'\n');
}

void tst_Cli::usesPythonsServer()
{
    Program server(python, pythonPeer({u"serve"_s}));
    QVERIFY2(server.prints(u"ready"_s), qPrintable(server.errors()));
    Program waiter(onBus({u"wait"_s, u"order-food"_s}));
    QVERIFY2(waiter.complains(u"listening to 'order-food' at"_s), qPrintable(waiter.errors()));
    QCOMPARE(
        Program(onBus({u"send"_s, u"order-food"_s, u"food=sushi"_s, u"n:=-340282366920938463463374607431768211456"_s,
                       uR"(t:={"$type":"tuple","value":[1,null]})"_s, u"--sender"_s, u"till"_s}))
            .exitCode(),
        0);
    QCOMPARE(waiter.exitCode(), 0);
    QCOMPARE(waiter.output(), u"food='sushi' n=-340282366920938463463374607431768211456 t=(1, None)\n"_s);
    QVERIFY2(server.prints(u"order-food {'sender': 'till', 'food': 'sushi', "_s
                           u"'n': -340282366920938463463374607431768211456, 't': (1, None)}"_s),
             qPrintable(server.output()));
}

void tst_Cli::repeatsWhatItHeard_data()
{
    QTest::addColumn<QString>("expression"); // whose repr() is the same
    for (const char *expression : {
             "None",
             "True",
             "-1",
             "1.5",
             "1e+100",
             "inf",
             "18446744073709551616",
             "-9223372036854775809",
             "'sushi'",
             "b'\\x00\\xff'",
             "bytearray(b'ab')",
             "[1, [2]]",
             "(1, (2,))",
             "{1}",
             "set()",
             "frozenset({1})",
             "{1: 'a'}",
             "{'a': {'b': None}}",
             "datetime.datetime(2024, 1, 2, 3, 4, 5, 6)",
             "datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)",
             "datetime.datetime(2024, 1, 2, 3, 4, fold=1)",
             "datetime.date(2024, 1, 2)",
             "datetime.time(3, 4, 5, 6)",
             "datetime.timedelta(days=-1, seconds=2, microseconds=3)",
             "UUID('12345678-9abc-def0-1234-56789abcdef0')",
             "Decimal('1.10')",
             "Fraction(1, 3)",
             "(1+2j)",
             "PurePosixPath('/tmp/x')",
             "deque([1, 2])",
             "deque([1, 2], maxlen=2)",
             "Counter({'i': 2, 'sush': 1})",
             "OrderedDict([('b', 1), ('a', 2)])",
             "range(1, 5, 2)",
             "datetime.timezone(datetime.timedelta(seconds=3600), 'CET')",
             "zoneinfo.ZoneInfo(key='Europe/Berlin')",
             "datetime.time(3, 4, tzinfo=zoneinfo.ZoneInfo(key='Europe/Berlin'))",
             "datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600), 'CET'))",
         }) {
        QTest::newRow(expression) << QString::fromUtf8(expression);
    }
}

// Python sends it, one pyvent prints it as JSON, another one sends that, and Python has what it sent.
void tst_Cli::repeatsWhatItHeard()
{
    QFETCH(QString, expression);
    Program server(python, pythonPeer({u"serve"_s}));
    QVERIFY2(server.prints(u"ready"_s), qPrintable(server.errors()));
    Program waiter(onBus({u"wait"_s, u"value"_s, u"--json"_s}));
    QVERIFY2(waiter.complains(u"listening to 'value'"_s), qPrintable(waiter.errors()));
    Program sender(python, pythonPeer({u"send"_s, u"value"_s, u"dict(v=%1)"_s.arg(expression)}));
    QVERIFY2(sender.exitCode() == 0, qPrintable(sender.errors()));
    QCOMPARE(waiter.exitCode(), 0);

    const qsizetype start = waiter.output().indexOf(u"{\"v\":"_s) + 5;
    const QString json = waiter.output().sliced(start, waiter.output().lastIndexOf(u"},\"node\""_s) - start);
    Program repeater(onBus({u"send"_s, u"again"_s, u"v:="_s + json}));
    QVERIFY2(repeater.exitCode() == 0, qPrintable(json + u'\n' + repeater.errors()));
    QVERIFY2(server.prints(u"again {'v': %1}\n"_s.arg(expression)), qPrintable(json + u'\n' + server.output()));
}

// Every kind of value that the codec's oracle has: from Python to a file of lines, and from that back to Python, which
// judges whether it is the same.
void tst_Cli::sendsAgainWhatListenPrinted()
{
    constexpr int count = 600;
    const QString seed = qEnvironmentVariable("PYVENT_SEED", u"1"_s);
    Program judge(python, {QStringLiteral(PYTHON_CIRCLE), port(), QString::number(count), seed});
    QVERIFY2(judge.prints(u"ready\n"_s), qPrintable(judge.errors()));
    Program listener(onBus({u"listen"_s, u"value"_s, u"--json"_s, u"--count"_s, QString::number(count)}));
    QVERIFY2(listener.complains(u"listening to 'value'"_s), qPrintable(listener.errors()));
    judge.write("go\n");
    QCOMPARE(listener.exitCode(), 0);

    Program sender(onBus({u"send"_s, u"--from-json"_s, makeFile(listener.output().toUtf8())}));
    QCOMPARE(sender.exitCode(), 0);
    QCOMPARE(sender.errors(), QString());
    judge.exitCode();
    QCOMPARE(judge.output() + judge.errors(), u"ready\nequal\n"_s);
}

void tst_Cli::sendsTheLinesOfStandardInputAtOnce()
{
    Program listener(onBus({u"listen"_s, u"--json"_s, u"--count"_s, u"3"_s}));
    QVERIFY(listener.complains(u"listening to everything"_s));
    Program sender(onBus({u"send"_s, u"--from-json"_s, u"-"_s}));
    sender.write("{\"name\":\"a\",\"sender\":\"till\",\"args\":{\"n\":1},\"node\":null,\"seq\":7,\"time\":null}\n");
    QVERIFY2(listener.prints(uR"({"name":"a","sender":"till","args":{"n":1})"_s), qPrintable(sender.errors()));
    sender.write("\n{\"name\":\"b\"}\r\n{\"name\":\"c\",");
    QVERIFY2(listener.prints(uR"({"name":"b","sender":"pyvent","args":{})"_s), qPrintable(sender.errors()));
    sender.write("\"args\":{\"$type\":2}}"); // a last line without an end
    sender.closeInput();
    QCOMPARE(sender.exitCode(), 0);
    QCOMPARE(sender.errors(), QString());
    QCOMPARE(listener.exitCode(), 0);
    QVERIFY2(listener.output().contains(uR"({"name":"c","sender":"pyvent","args":{"$type":2})"_s),
             qPrintable(listener.output()));
}

void tst_Cli::sendsTheLinesThatAreEvents()
{
    Program listener(onBus({u"listen"_s, u"--json"_s, u"--count"_s, u"2"_s}));
    QVERIFY(listener.complains(u"listening to everything"_s));
    const QString path = makeFile("{\"name\":\"a\",\"args\":{}}\n"
                                  "sushi\n"
                                  "{\"name\":\"b c\",\"args\":{}}\n"
                                  "{\"name\":1}\n"
                                  "{\"name\":\"a\",\"sender\":null,\"args\":[]}\n"
                                  "{\"name\":\"d\",\"args\":{}}\n");
    Program sender(onBus({u"send"_s, u"--from-json"_s, path, u"--sender"_s, u"S"_s}));
    QCOMPARE(sender.exitCode(), 1);
    for (const QString &line : {u"line 2 of '%1' is not sent: its JSON is wrong at character 1"_s,
                                u"line 3 of '%1' is not sent: the event was refused"_s,
                                u"line 4 of '%1' is not sent: it is no JSON object with a string \"name\""_s,
                                u"line 5 of '%1' is not sent: its \"args\" is not an object"_s})
        QVERIFY2(sender.errors().contains(line.arg(path)), qPrintable(sender.errors()));
    QVERIFY2(sender.errors().contains(u"'b c' has a space"_s), qPrintable(sender.errors()));
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(listener.output().count(uR"("sender":"S")"_s), 2);
    QVERIFY(listener.output().contains(uR"("name":"d")"_s));
}

void tst_Cli::tellsOfAnAbsentServer()
{
    Program listener(onBus({u"listen"_s, u"--no-server"_s, u"--count"_s, u"1"_s}));
    QVERIFY2(listener.complains(u"no server at 127.0.0.1:%1 yet; waiting for one"_s.arg(port())),
             qPrintable(listener.errors()));
    Program server(onBus({u"serve"_s}));
    QVERIFY2(listener.complains(u"listening to everything at"_s), qPrintable(listener.errors()));
    QCOMPARE(Program(onBus({u"send"_s, u"x"_s})).exitCode(), 0);
    QCOMPARE(listener.exitCode(), 0);
}

void tst_Cli::listenTellsWhatItCouldNotRead_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::newRow("text") << QStringList();
    QTest::newRow("JSON") << QStringList{u"--json"_s};
    QTest::newRow("quietly") << QStringList{u"--quiet"_s};
}

void tst_Cli::listenTellsWhatItCouldNotRead()
{
    QFETCH(QStringList, options);
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program listener(onBus(QStringList{u"listen"_s, u"--count"_s, u"1"_s} + options));
    // Where it says nothing of being ready, it is asked who is there.
    QVERIFY(waitUntil([&] {
        Program nodes(onBus({u"nodes"_s}));
        return nodes.exitCode() == 0 && nodes.output().contains(u"everything"_s);
    }));
    Program sender(python,
                   pythonPeer({u"frames"_s, uR"(b'a }s.')"_s, uR"(b'b \x80\x04K\x01.')"_s, uR"(b'a }s.')"_s,
                               uR"(b'c \x80\x04}')"_s, uR"(b'\xff }.')"_s, uR"(b'good')"_s}));
    QVERIFY2(sender.exitCode() == 0, qPrintable(sender.errors()));
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(listener.output().count(u'\n'), 1);
    QVERIFY2(listener.output().contains(u"good"_s), qPrintable(listener.output()));
    for (const QString &once :
         {u"of 'a' cannot be read"_s, u"of 'b' cannot be read"_s, u"of 'c' cannot be read"_s, u"not UTF-8"_s})
        QVERIFY2(listener.errors().count(once) == 1, qPrintable(once + u" is not once in\n"_s + listener.errors()));
    QVERIFY2(listener.errors().endsWith(u"\npyvent: 5 events could not be read, or only in part: 2 of 'a', "
                                        "1 with an invalid name, 1 of 'b', 1 of 'c'\n"_s),
             qPrintable(listener.errors()));
}

void tst_Cli::endsWhenNobodyReads()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    // The exit code is that of pyvent, not that of head. It ends without a second event.
    const QString script = u"{ \"$0\" \"$@\"; echo \"it ended with $?\" >&2; } | head -n 1"_s;
    Program pipeline(u"sh"_s, QStringList{u"-c"_s, script, QStringLiteral(PYVENT_PROGRAM)} + onBus({u"listen"_s}));
    QVERIFY2(pipeline.complains(u"listening to everything at"_s), qPrintable(pipeline.errors()));
    QCOMPARE(Program(onBus({u"send"_s, u"x"_s})).exitCode(), 0);
    QCOMPARE(pipeline.exitCode(), 0);
    QVERIFY2(pipeline.output().endsWith(u"  x  pyvent\n"_s), qPrintable(pipeline.output()));
    QVERIFY2(pipeline.errors().endsWith(u":%1\nit ended with 0\n"_s.arg(port())), qPrintable(pipeline.errors()));
}

// The pipe is full, and its reader alive: no reason to stay when asked to end.
void tst_Cli::endsAtASignalWhileNobodyReads()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    const QString script = u"{ \"$0\" \"$@\" & echo \"pid $! \" >&2; wait $!; echo \"it ended with $?\" >&2; } | "
                           "{ read -r line; read -r end < \"$FIFO\"; }"_s;
    QTemporaryDir folder;
    const QString fifo = folder.filePath(u"end"_s);
    QCOMPARE(QProcess::execute(u"mkfifo"_s, {fifo}), 0);
    Program pipeline(u"env"_s,
                     QStringList{u"FIFO="_s + fifo, u"sh"_s, u"-c"_s, script, QStringLiteral(PYVENT_PROGRAM)}
                         + onBus({u"listen"_s}));
    QVERIFY2(pipeline.complains(u"listening to everything at"_s), qPrintable(pipeline.errors()));
    const QString large(100'000, u'x'); // more than a pipe holds
    QCOMPARE(Program(onBus({u"send"_s, u"x"_s, u"a="_s + large})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"x"_s, u"a="_s + large})).exitCode(), 0);
    const QString pid = pipeline.errors().section(u"pid "_s, 1).section(u' ', 0, 0);
    QVERIFY2(pid.toInt() > 0, qPrintable(pipeline.errors()));
    QCOMPARE(::kill(pid.toInt(), SIGTERM), 0);
    QVERIFY2(pipeline.complains(u"it ended with 0"_s), qPrintable(pipeline.errors()));
    QFile end(fifo);
    QVERIFY(end.open(QIODevice::WriteOnly));
    end.write("end\n");
    end.close();
    QCOMPARE(pipeline.exitCode(), 0);
}

void tst_Cli::valueIsWrittenAndPrinted()
{
    QCOMPARE(Program(onBus({u"value"_s, u"oven"_s})).exitCode(), 3);
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    const auto value = [&](const QStringList &words) { return onBus(QStringList{u"value"_s, u"oven"_s} + words); };
    QCOMPARE(Program(value({})).exitCode(), 1); // nobody has written it
    QCOMPARE(Program(value({u"180"_s})).exitCode(), 0);
    Program text(value({}));
    QCOMPARE(text.exitCode(), 0);
    QCOMPARE(text.output(), u"180\n"_s);
    QCOMPARE(Program(value({u"--expect"_s, u"\"180\""_s, u"1"_s})).exitCode(), 1); // that is a text
    QCOMPARE(Program(value({u"--expect"_s, u"180"_s, u"not JSON"_s})).exitCode(), 0);
    Program json(value({u"--json"_s}));
    QCOMPARE(json.exitCode(), 0);
    QCOMPARE(json.output(), u"\"not JSON\"\n"_s);
    Program watch(value({u"--watch"_s, u"--count"_s, u"2"_s}));
    QVERIFY2(watch.prints(u"'not JSON'"_s), qPrintable(watch.errors()));
    QCOMPARE(Program(onBus({u"send"_s, u"oven"_s, u"value:=7"_s})).exitCode(), 0);
    QCOMPARE(watch.exitCode(), 0);
    QCOMPARE(watch.output(), u"'not JSON'\n7\n"_s);
    QCOMPARE(Program(value({u"1"_s, u"--watch"_s})).exitCode(), 2);
    QCOMPARE(Program(value({u"--expect"_s, u"1"_s})).exitCode(), 2);
    QCOMPARE(Program(value({u"--count"_s, u"1"_s})).exitCode(), 2);
}

void tst_Cli::listenPrintsTheLastEvent()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    QCOMPARE(Program(onBus({u"send"_s, u"oven"_s, u"n:=1"_s})).exitCode(), 0);
    QCOMPARE(Program(onBus({u"send"_s, u"oven"_s, u"n:=2"_s})).exitCode(), 0);
    Program listener(onBus({u"listen"_s, u"oven"_s, u"--last"_s, u"--count"_s, u"1"_s}));
    QCOMPARE(listener.exitCode(), 0);
    QVERIFY2(listener.output().endsWith(u"oven  pyvent  n=2\n"_s), qPrintable(listener.output()));
    QCOMPARE(Program(onBus({u"listen"_s, u"--last"_s})).exitCode(), 2);
}

void tst_Cli::nodesTellsWhoIsThere()
{
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program everything(onBus({u"listen"_s}));
    QVERIFY(everything.complains(u"listening to everything"_s));
    Program listener(onBus({u"listen"_s, u"order-*"_s, u"end"_s, u"--id"_s, u"kitchen"_s}));
    QVERIFY(listener.complains(u"listening to"_s));

    // As long as it takes on a busy machine.
    QString table;
    const auto hasAll = [&] {
        Program nodes(onBus({u"nodes"_s}));
        const int code = nodes.exitCode();
        table = nodes.output() + nodes.errors();
        return code == 0 && table.count(u'\n') == 4;
    };
    QVERIFY2(waitUntil(hasAll), qPrintable(table));
    const QStringList lines = table.split(u'\n');
    QVERIFY2(QRegularExpression(u"^PROGRAM +ID +PID +HOST +SERVES +BY +LISTENS TO$"_s).match(lines[0]).hasMatch(),
             qPrintable(table));
    // Who serves comes first.
    QVERIFY2(QRegularExpression(u"^pyvent +- +[0-9]+ +[^ ]+ +yes +lane +-$"_s).match(lines[1]).hasMatch(),
             qPrintable(table));
    const QRegularExpression kitchen(u"\npyvent +kitchen +[0-9]+ +[^ ]+ +- +lane +(order-\\*, end|end, order-\\*)\n"_s);
    QVERIFY2(kitchen.match(table).hasMatch(), qPrintable(table));
    QVERIFY2(QRegularExpression(u"\npyvent +- +[0-9]+ +[^ ]+ +- +lane +everything\n"_s).match(table).hasMatch(),
             qPrintable(table));

    Program hasty(onBus({u"nodes"_s, u"--timeout"_s, u"0"_s}));
    QCOMPARE(hasty.exitCode(), 0);
    QVERIFY2(hasty.errors().contains(u"there was no time to ask who serves the bus"_s), qPrintable(hasty.errors()));
    QVERIFY2(!hasty.errors().contains(u"none of these nodes"_s), qPrintable(hasty.errors()));
    Program json(onBus({u"nodes"_s, u"--json"_s, u"--timeout"_s, u"3"_s}));
    QCOMPARE(json.exitCode(), 0);
    QCOMPARE(json.output().count(u'\n'), 3);
    const QJsonObject first = toObject(json.output().section(u'\n', 0, 0));
    QCOMPARE(first.keys(),
             QStringList({u"about"_s, u"host"_s, u"id"_s, u"key"_s, u"names"_s, u"node"_s, u"pid"_s, u"program"_s,
                          u"serving"_s, u"way"_s}));
    QCOMPARE(first[u"way"_s], u"lane"_s);
    QCOMPARE(first[u"serving"_s], true);
    QCOMPARE(first[u"program"_s], u"pyvent"_s);
    QVERIFY(!QUuid::fromString(first[u"node"_s].toString()).isNull());
    QVERIFY(first[u"pid"_s].toInt() > 0);
    QVERIFY(json.output().contains(uR"("id":"kitchen")"_s));
}

void tst_Cli::nodesTellsWhoComesAndGoes()
{
    Program early(onBus({u"nodes"_s, u"--watch"_s, u"--timeout"_s, u"0.5"_s}));
    QCOMPARE(early.exitCode(), 3); // nobody serves
    Program server(onBus({u"serve"_s}));
    QVERIFY(server.complains(u"serving at"_s));
    Program watcher(onBus({u"nodes"_s, u"--watch"_s}));
    QVERIFY(watcher.complains(u"watching who is at"_s));
    Program json(onBus({u"nodes"_s, u"--watch"_s, u"--json"_s}));
    QVERIFY(json.complains(u"watching who is at"_s));
    Program kitchen(onBus({u"listen"_s, u"order-*"_s, u"--id"_s, u"kitchen"_s}));
    QVERIFY(kitchen.complains(u"listening to"_s));
    const QString name = u"pyvent (%1), id kitchen, on "_s.arg(kitchen.pid());
    QVERIFY2(watcher.prints(u"+ "_s + name), qPrintable(watcher.output()));
    QVERIFY2(watcher.prints(u"+ pyvent (%1), on "_s.arg(server.pid())), qPrintable(watcher.output()));
    kitchen.sendSignal(SIGTERM);
    QVERIFY2(watcher.prints(u"- "_s + name), qPrintable(watcher.output()));
    QVERIFY2(watcher.prints(u", has left\n"_s), qPrintable(watcher.output()));
    Program killed(onBus({u"listen"_s, u"--id"_s, u"oven"_s}));
    QVERIFY2(watcher.prints(u"+ pyvent (%1), id oven, on "_s.arg(killed.pid())), qPrintable(watcher.output()));
    killed.kill();
    QVERIFY2(watcher.prints(u", is lost\n"_s), qPrintable(watcher.output()));
    QVERIFY2(json.prints(u"\"change\":\"lost\""_s), qPrintable(json.output()));
    QStringList changes;
    for (const QByteArray &line : json.lines()) {
        const QJsonObject change = toObject(QString::fromUtf8(line));
        if (change[u"id"_s] == u"oven"_s)
            changes += change[u"change"_s].toString();
    }
    QCOMPARE(changes, (QStringList{u"here"_s, u"lost"_s}));
    watcher.sendSignal(SIGINT);
    QCOMPARE(watcher.exitCode(), 0);
}

void tst_Cli::keygenMakesKeysForABus()
{
    const auto at = [this](const QString &name) { return m_folder.filePath(name); };
    Program first({u"keygen"_s, at(u"server"_s)});
    QCOMPARE(first.exitCode(), 0);
    QVERIFY2(first.output().contains(u"--keys %1.key --allow"_s.arg(at(u"server"_s))), qPrintable(first.output()));
    Program again({u"keygen"_s, at(u"server"_s)});
    QCOMPARE(again.exitCode(), 1);
    QVERIFY2(again.errors().contains(u"it is not overwritten"_s), qPrintable(again.errors()));
    for (const QString &name : {u"kitchen"_s, u"stranger"_s}) {
        Program quiet({u"keygen"_s, u"--quiet"_s, at(name)});
        QCOMPARE(quiet.exitCode(), 0);
        QCOMPARE(quiet.output(), QString());
    }

    // What other machines reach is served with keys only.
    Program without(onBus({u"serve"_s, u"--address"_s, u"0.0.0.0"_s}));
    QCOMPARE(without.exitCode(), 1);
    QVERIFY2(without.errors().contains(u"pyvent keygen"_s), qPrintable(without.errors()));
    QVERIFY(QFile::copy(at(u"kitchen.pub"_s), at(u"allowed"_s)));
    Program server(onBus(
        {u"serve"_s, u"--address"_s, u"0.0.0.0"_s, u"--keys"_s, at(u"server.key"_s), u"--allow"_s, at(u"allowed"_s)}));
    QVERIFY2(server.complains(u"serving at"_s), qPrintable(server.errors()));
    const auto withKey = [&](const QString &name) {
        return QStringList{u"--no-lane"_s, u"--key"_s, at(name + u".key"_s), u"--server-key"_s, at(u"server.pub"_s)};
    };
    Program kitchen(onBus({u"listen"_s, u"order"_s, u"--count"_s, u"1"_s}) + withKey(u"kitchen"_s));
    QVERIFY2(kitchen.complains(u"listening to"_s), qPrintable(kitchen.errors()));
    Program nodes(onBus({u"nodes"_s}));
    QCOMPARE(nodes.exitCode(), 0);
    QVERIFY2(nodes.output().contains(u" key kitchen "_s), qPrintable(nodes.output()));
    Program stranger(onBus({u"send"_s, u"order"_s}) + withKey(u"stranger"_s));
    QCOMPARE(stranger.exitCode(), 3);
    QVERIFY2(stranger.errors().contains(u"add the line 'stranger = "_s), qPrintable(stranger.errors()));
    QVERIFY2(server.complains(u"its key is not in "_s), qPrintable(server.errors()));
    Program waiter(onBus({u"send"_s, u"order"_s, u"food=sushi"_s}) + withKey(u"kitchen"_s));
    QCOMPARE(waiter.exitCode(), 0);
    QCOMPARE(kitchen.exitCode(), 0);
    QVERIFY2(kitchen.output().contains(u"food='sushi'"_s), qPrintable(kitchen.output()));
    server.sendSignal(SIGTERM);
    QCOMPARE(server.exitCode(), 0);

    Program open(onBus({u"serve"_s, u"--address"_s, u"0.0.0.0"_s, u"--open-to-network"_s}));
    QVERIFY2(open.complains(u"Anybody who reaches this machine"_s), qPrintable(open.errors()));
    QVERIFY2(open.complains(u"serving at"_s), qPrintable(open.errors()));
}

void tst_Cli::sendTellsWhatTheRulesRefuse_data()
{
    QTest::addColumn<QStringList>("way");
    QTest::newRow("lane") << QStringList{};
    QTest::newRow("tcp") << QStringList{u"--no-lane"_s};
}

void tst_Cli::sendTellsWhatTheRulesRefuse()
{
    QFETCH(const QStringList, way);
    const QString rules = makeFile("allow anyone hear *\nallow anyone send order*\n");
    Program server(onBus({u"serve"_s, u"--rules"_s, rules}));
    QVERIFY2(server.complains(u"serving at"_s), qPrintable(server.errors()));
    for (int i = 0; i < 5; ++i) { // whoever ends at once has been told all the same
        Program refused(onBus({u"send"_s, u"secret"_s}) + way);
        QCOMPARE(refused.exitCode(), 1);
        QVERIFY2(refused.errors().contains(u"'secret' was not passed on: the server's rules"_s),
                 qPrintable(refused.errors()));
    }
    Program sent(onBus({u"send"_s, u"order-1"_s}) + way);
    QCOMPARE(sent.exitCode(), 0);
    Program some(onBus({u"send"_s, u"--from-json"_s,
                        makeFile(R"({"name":"order-2","args":{}})"
                                 "\n"
                                 R"({"name":"secret","args":{}})"
                                 "\n")})
                 + way);
    QCOMPARE(some.exitCode(), 1);
    QVERIFY2(some.errors().contains(u"'secret' was not passed on"_s), qPrintable(some.errors()));
    QVERIFY2(!some.errors().contains(u"order-2"_s), qPrintable(some.errors()));
}

void tst_Cli::nodesTellsOfPythonsServer()
{
    Program server(python, pythonPeer({u"serve"_s}));
    QVERIFY2(server.prints(u"ready"_s), qPrintable(server.errors()));
    Program nodes(onBus({u"nodes"_s}));
    QCOMPARE(nodes.exitCode(), 0);
    QCOMPARE(nodes.output().count(u'\n'), 1);
    QVERIFY2(nodes.errors().contains(u"none of these nodes serves the bus: a Python process does"_s),
             qPrintable(nodes.errors()));
}

void tst_Cli::nodesEndsWith3WithoutAServer()
{
    Program nodes(onBus({u"nodes"_s}));
    QCOMPARE(nodes.exitCode(), 3);
    QCOMPARE(nodes.output(), QString());
    QVERIFY2(nodes.errors().contains(u"no server at 127.0.0.1:%1 answered"_s.arg(port())), qPrintable(nodes.errors()));
}
