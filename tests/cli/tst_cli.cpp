// SPDX-License-Identifier: MIT
#include "clitest.h"

#include "support/freeport.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <QtTest>

#include <csignal>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

constexpr auto program = PYVENT_PROGRAM;

} // namespace

void tst_Cli::init()
{
    m_port = freePort();
}

QStringList tst_Cli::onBus(const QStringList &command) const
{
    return QStringList{command.constFirst(), u"--port"_s, port()} + command.sliced(1);
}

QStringList tst_Cli::pythonPeer(const QStringList &arguments) const
{
    return QStringList{QStringLiteral(PYTHON_PEER), arguments.constFirst(), port()} + arguments.sliced(1);
}

QString tst_Cli::makeFile(const QByteArray &content)
{
    QFile file(m_folder.filePath(u"events.jsonl"_s));
    const bool isWritten = file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
    return isWritten ? file.fileName() : QString();
}

void tst_Cli::namesTheMistake_data()
{
    QTest::addColumn<QString>("commandLine"); // words with single spaces between them
    QTest::addColumn<QString>("mistake");     // a part of what is said of it

    const auto row = [](const char *commandLine, const QString &mistake) {
        QTest::newRow(commandLine) << QString::fromUtf8(commandLine) << mistake;
    };
    row("", u"a command is missing"_s);
    row("--quiet", u"a command is missing"_s);
    row("sned x", u"unknown command 'sned'; did you mean 'send'?\npyvent: 'pyvent help' shows"_s);
    row("HELP", u"unknown command 'HELP'; did you mean 'help'?"_s);
    row("xyzzy",
        u"unknown command 'xyzzy'; the commands are send, listen, wait, ask, answer, serve, nodes, value, bridge, bench, keygen, check-rules, help"_s);
    row("help xyzzy", u"unknown command 'xyzzy'"_s);
    row("help --xyzzy", u"unknown option '--xyzzy'\npyvent: 'pyvent help' shows the commands and their options"_s);
    row("help send x", u"unexpected argument 'x'"_s);
    row("--count 3 listen", u"unknown option '--count'; a command's own options come after its name"_s);
    row("--prot 3 listen", u"unknown option '--prot'; did you mean '--port'?"_s);
    row("listen --colour", u"'--colour'; did you mean '--color'?\npyvent: 'pyvent help listen' shows how it is used"_s);
    row("listen --colour=red", u"unknown option '--colour'; did you mean '--color'?"_s);
    row("listen --time 3", u"unknown option '--time'; did you mean '--timeout'?"_s);
    row("listen -json", u"unknown option '-json'; did you mean '--json'?"_s);
    row("listen -x", u"unknown option '-x'\n"_s);
    row("value x -5", u"unknown option '-5'; an argument that begins with '-' stands behind '--'\n"_s);
    row("value x -1.5", u"unknown option '-1.5'; an argument that begins with '-' stands behind '--'\n"_s);
    row("listen --json -jsno", u"unknown option '-jsno'; did you mean '--json'?"_s);
    row("listen --xyzzy", u"unknown option '--xyzzy'\n"_s);
    row("listen --port", u"missing value after '--port'"_s);
    row("listen --json=yes", u"'--json'"_s);
    row("send", u"NAME is missing"_s);
    row("wait", u"NAME is missing"_s);
    row("send x --json", u"unknown option '--json'\n"_s);

    row("listen --port http", u"not 'http'"_s);
    row("listen --port 0", u"--port takes a number from 1 to 65534"_s);
    row("listen --port 65535", u"65535 is outside"_s);
    row("listen --port -1", u"-1 is outside"_s);
    row("listen --port 99999999999999999999", u"--port takes"_s);
    row("send x --port http", u"not 'http'"_s);
    row("wait x --port http", u"not 'http'"_s);
    row("serve --port http", u"not 'http'"_s);

    row("listen --count -1", u"--count takes a whole number from 1 on, not '-1'"_s);
    row("listen --count 0", u"not '0'"_s);
    row("listen --count 1.5", u"not '1.5'"_s);
    row("listen --count many", u"not 'many'"_s);
    row("listen --timeout -1", u"--timeout takes seconds from 0 to 2000000, not '-1'"_s);
    row("listen --timeout soon", u"not 'soon'"_s);
    row("listen --timeout nan", u"not 'nan'"_s);
    row("listen --timeout inf", u"not 'inf'"_s);
    row("wait x --timeout 1e99", u"not '1e99'"_s);
    row("send x --timeout", u"missing value"_s);
    row("listen --color blue", u"--color takes auto, always or never, not 'blue'"_s);
    row("send x --count none", u"--count takes a whole number from 1 on, not 'none'"_s);
    row("send x --count 2 --interval -1", u"--interval takes seconds from 0 to 2000000, not '-1'"_s);
    row("send x --interval 1", u"--interval needs --count or --from-json"_s);
    row("send --from-json /nowhere/events", u"--from-json cannot read '/nowhere/events': No such file"_s);
    row("send x --from-json -", u"--from-json takes names and arguments from FILE"_s);
    row("send --from-json - --count 2", u"--count and --from-json exclude each other"_s);
    row("bench --events 0", u"--events takes a whole number from 1 to 100000000, not '0'"_s);
    row("bench --events all", u"not 'all'"_s);
    row("bench --size -1", u"--size takes a whole number from 0 to 67108864, not '-1'"_s);
    row("check-rules", u"the FILE with the rules is missing"_s);
    row("check-rules a b", u"unexpected argument 'b'"_s);
    row("check-rules a --allow", u"missing value"_s);
    row("check-rules a --allow=", u"--allow needs the name of a file"_s);
    row("check-ruls a", u"did you mean 'check-rules'?"_s);
    row("nodes x", u"unexpected argument 'x'\npyvent: 'pyvent help nodes' shows how it is used"_s);
    row("bench order-food", u"unexpected argument 'order-food'"_s);
    row("listen --sender=", u"--sender cannot be empty"_s);
    row("listen x --share", u"missing value after '--share'"_s);
    row("listen x --share=", u"--share needs the name of a group"_s);
    row("listen x --share a\tb",
        u"cannot have that name: it has up to 255 bytes of UTF-8, and no control characters"_s);
    row(("listen x --share " + QByteArray(256, 'g')).constData(), u"up to 255 bytes"_s);
    row("listen x --last --share g", u"--share and --last exclude each other"_s);
    row("listen x --share g --at-most-every 1", u"--share and --at-most-every exclude each other"_s);
    row("wait x --share g", u"unknown option '--share'"_s);

    row("ask", u"NAME is missing"_s);
    row("ask order-*", u"'order-*' is a glob"_s);
    row("ask x y", u"'y'"_s);
    row("ask x reply_to=y", u"'reply_to' says where the answer goes"_s);
    row("ask x --timeout soon", u"not 'soon'"_s);
    row("answer", u"which questions? Give their name"_s);
    row("answer x", u"what answers 'x'? Give a command, --with COMMAND"_s);
    row("answer x --with=", u"what answers 'x'?"_s);
    row("answer x y --with z", u"unexpected argument 'y'"_s);
    row("send order-*", u"'order-*' is a glob"_s);
    row("wait order-?", u"'order-?' is a glob"_s);
    row("wait a b", u"unexpected argument 'b'"_s);
    row("serve everyone", u"unexpected argument 'everyone'"_s);
    row("serve --no-server", u"--no-server"_s);
    row("serve --keys x", u"--keys and --allow go together"_s);
    row("serve --allow x", u"--keys and --allow go together"_s);
    row("serve --keys x --allow x --key x", u"takes its secret key by --keys"_s);
    row("serve --keys /no/such/key --allow x", u"/no/such/key cannot be read: No such file"_s);
    row("listen --server-key x", u"keyFile"_s);
    row("keygen", u"the NAME of the new key is missing"_s);
    row("keygen a b", u"unexpected argument 'b'"_s);
    row("listen __check", u"'__check'"_s);
    row("wait __check", u"pyvent: 'pyvent help wait' shows how it is used\n"_s);
    row("send x --address a_b_", u"pyvent: 'pyvent help send' shows how it is used\n"_s);

    row("send x food", u"'food' is not an argument; write KEY=TEXT or KEY:=JSON"_s);
    row("send x =sushi", u"'=sushi' has no key"_s);
    row("send x :=1", u"':=1' has no key"_s);
    row("send x a=1 a:=2", u"the argument 'a' is given twice"_s);
    row("send x n:=", u"the JSON of 'n' is wrong at character 1: it ends where a value should be"_s);
    row("send x n:=[1;2]", u"the JSON of 'n' is wrong at character 3: ',' or ']' should be here"_s);
    row("send x n:=sushi", u"at character 1: a value (a string has double quotes)"_s);
    row(R"(send x n:={"$type":"fruit","value":1})", u"'fruit'"_s);
    row(R"(send x n:={"$type":"Popen","value":{"args":["sh"],"module":"subprocess","name":"Popen"}})",
        u"'pyvent send --from-json' sends it"_s);
}

void tst_Cli::namesTheMistake()
{
    QFETCH(QString, commandLine);
    QFETCH(QString, mistake);
    Program pyvent(commandLine.split(u' ', Qt::SkipEmptyParts));
    QCOMPARE(pyvent.exitCode(), 2);
    QVERIFY2(pyvent.errors().contains(mistake), qPrintable(pyvent.errors()));
    QVERIFY2(pyvent.errors().startsWith(u"pyvent: "_s), qPrintable(pyvent.errors()));
    QCOMPARE(pyvent.output(), QString());
}

void tst_Cli::printsHelp_data()
{
    QTest::addColumn<QString>("commandLine");
    QTest::addColumn<QStringList>("parts");
    QTest::addColumn<QStringList>("options"); // the names of all that it explains

    const auto row = [](const char *commandLine, const QStringList &parts, const QStringList &options) {
        QTest::newRow(commandLine) << QString::fromLatin1(commandLine) << parts << options;
    };
    const QStringList common{u"--address"_s,      u"--help"_s,       u"--id"_s,        u"--key"_s,
                             u"--local-access"_s, u"--no-lane"_s,    u"--no-server"_s, u"--port"_s,
                             u"--quiet"_s,        u"--server-key"_s, u"--version"_s};
    const QStringList commands{u"Usage: pyvent COMMAND"_s,
                               u"\n  send "_s,
                               u"\n  listen "_s,
                               u"\n  wait "_s,
                               u"\n  serve "_s,
                               u"\n  nodes "_s,
                               u"\n  bench "_s,
                               u"\n  check-rules "_s,
                               u"\n  keygen "_s,
                               u"\n  help "_s};
    for (const char *commandLine : {"--help", "-h", "help"})
        row(commandLine, commands, common);
    row("help --help", {u"Usage: pyvent help [COMMAND]"_s}, {});
    const QStringList send{u"Usage: pyvent send NAME"_s, u"\n       pyvent send --from-json FILE [options]\n"_s,
                           u"never becomes the server"_s};
    const QStringList sendOptions{u"--count"_s,  u"--from-json"_s, u"--interval"_s,
                                  u"--sender"_s, u"--timeout"_s,   u"--wait-for-receivers"_s};
    row("send --help", send, sendOptions);
    row("help send", send, sendOptions);
    row("listen --help", {u"Usage: pyvent listen [NAME|GLOB]..."_s},
        {u"--at-most-every"_s, u"--color"_s, u"--count"_s, u"--json"_s, u"--last"_s, u"--sender"_s, u"--share"_s,
         u"--timeout"_s});
    row("value --help", {u"Usage: pyvent value NAME [options]"_s, u"\n       pyvent value NAME VALUE [options]\n"_s},
        {u"--count"_s, u"--expect"_s, u"--json"_s, u"--timeout"_s, u"--watch"_s});
    row("--help wait", {u"Usage: pyvent wait NAME [options]"_s}, {u"--json"_s, u"--sender"_s, u"--timeout"_s});
    row("help bench", {u"Usage: pyvent bench [options]"_s}, {u"--events"_s, u"--json"_s, u"--size"_s, u"--timeout"_s});
    row("check-rules -h", {u"Usage: pyvent check-rules FILE [options]"_s}, {u"--allow"_s, u"--json"_s});
    row("nodes -h", {u"Usage: pyvent nodes [options]"_s}, {u"--json"_s, u"--timeout"_s, u"--watch"_s});
    row("serve -h", {u"Usage: pyvent serve [options]"_s, u"'pyvent help' shows the options"_s},
        {u"--allow"_s, u"--keys"_s, u"--open-to-network"_s, u"--payloads"_s, u"--python-name"_s, u"--rules"_s});
    row("keygen -h", {u"Usage: pyvent keygen NAME [options]"_s}, {});
}

void tst_Cli::printsHelp()
{
    QFETCH(QString, commandLine);
    QFETCH(QStringList, parts);
    QFETCH(QStringList, options);
    Program pyvent(commandLine.split(u' '));
    QCOMPARE(pyvent.exitCode(), 0);
    for (const QString &part : parts)
        QVERIFY2(pyvent.output().contains(part), qPrintable(part + u" is not in\n"_s + pyvent.output()));
    QCOMPARE(pyvent.errors(), QString());
    static const QRegularExpression option(u"^  (?:-\\w, )?(--[-\\w]+)"_s, QRegularExpression::MultilineOption);
    QStringList explained;
    for (const QRegularExpressionMatch &match : option.globalMatch(pyvent.output()))
        explained.append(match.captured(1));
    explained.sort();
    QCOMPARE(explained, options);
    for (const QString &line : pyvent.output().split(u'\n'))
        QVERIFY2(line.size() <= 110, qPrintable(line));
}

void tst_Cli::printsItsVersion()
{
    for (const QStringList &arguments : {QStringList{u"--version"_s}, QStringList{u"send"_s, u"-v"_s}}) {
        Program pyvent(arguments);
        QCOMPARE(pyvent.exitCode(), 0);
        QCOMPARE(pyvent.output(), QStringLiteral("pyvent " PYVENT_VERSION "\n"));
    }
}

void tst_Cli::saysNothingOfTheLocale()
{
    Program pyvent(u"env"_s, {u"LC_ALL=C"_s, QString::fromUtf8(program), u"send"_s, u"寿司*"_s});
    QCOMPARE(pyvent.exitCode(), 2);
    QVERIFY2(pyvent.errors().startsWith(u"pyvent: '寿司*' is a glob"_s), qPrintable(pyvent.errors()));
}

void tst_Cli::takesCommonOptionsBeforeTheCommand()
{
    Program server({u"--port"_s, port(), u"--id"_s, u"serve"_s, u"serve"_s});
    QVERIFY2(server.complains(u"serving at 127.0.0.1:%1\n"_s.arg(port())), qPrintable(server.errors()));
    Program sender({u"--port="_s + port(), u"send"_s, u"x"_s});
    QCOMPARE(sender.exitCode(), 0);
}

void tst_Cli::saysWhereItServes_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("said");
    QTest::newRow("IPv4") << u"127.0.0.1"_s << u"127.0.0.1"_s;
    QTest::newRow("IPv6") << u"::1"_s << u"[::1]"_s;
    QTest::newRow("IPv6 in brackets") << u"[::1]"_s << u"[::1]"_s;
}

void tst_Cli::saysWhereItServes()
{
    QFETCH(QString, address);
    QFETCH(QString, said);
    if (address.contains(u':') && !QFile::exists(u"/proc/net/if_inet6"_s))
        QSKIP("This machine has no IPv6.");
    Program server(onBus({u"serve"_s, u"--address"_s, address}));
    QVERIFY2(server.complains(u"serving at %1:%2\n"_s.arg(said, port())), qPrintable(server.errors()));
}

void tst_Cli::sendEndsWith3WithoutAServer()
{
    Program pyvent(onBus({u"send"_s, u"order-food"_s, u"--timeout"_s, u"0.1"_s}));
    QCOMPARE(pyvent.exitCode(), 3);
    QVERIFY2(pyvent.errors().contains(u"no server at 127.0.0.1:%1 took 'order-food' within 0.1 s"_s.arg(port())),
             qPrintable(pyvent.errors()));
}

void tst_Cli::sendEndsWith3WhereNobodyAnswers()
{
    const BoundSocket silent(m_port);
    const BoundSocket silentEvents(m_port + 1);
    QElapsedTimer time;
    time.start();
    Program pyvent(onBus({u"send"_s, u"order-food"_s}));
    QCOMPARE(pyvent.exitCode(), 3);
    QVERIFY2(time.elapsed() < 10'000, "Two seconds are the default.");
}

void tst_Cli::namesAHostWithoutAddress_data()
{
    QTest::addColumn<QStringList>("command");
    QTest::addColumn<int>("exitCode");
    const QStringList timeout{u"--timeout"_s, u"1.5"_s};
    QTest::newRow("send") << QStringList{u"send"_s, u"x"_s} + timeout << 3;
    QTest::newRow("send, several times") << QStringList{u"send"_s, u"x"_s, u"--count"_s, u"2"_s} + timeout << 3;
    QTest::newRow("send, quietly") << QStringList{u"send"_s, u"x"_s, u"-q"_s} + timeout << 3;
    QTest::newRow("nodes") << QStringList{u"nodes"_s} << 3;
    QTest::newRow("bench") << QStringList{u"bench"_s} + timeout << 3;
    QTest::newRow("wait") << QStringList{u"wait"_s, u"x"_s, u"--timeout"_s, u"3"_s}
                          << 1; // says after 2 s that it waits
    QTest::newRow("listen") << QStringList{u"listen"_s, u"--timeout"_s, u"3"_s} << 0;
    QTest::newRow("listen, never serving") << QStringList{u"listen"_s, u"--no-server"_s} + timeout << 0;
}

void tst_Cli::namesAHostWithoutAddress()
{
    QFETCH(QStringList, command);
    // No label of a name is so long, so nobody has to be asked for its address.
    const QString host(70, u'x');
    Program pyvent(onBus(command) + QStringList{u"--address"_s, host});
    QTEST(pyvent.exitCode(), "exitCode");
    QCOMPARE(pyvent.errors().count(u"the host '%1' has no address"_s.arg(host)), 1);
    QVERIFY2(!pyvent.errors().contains(u"no server"_s), qPrintable(pyvent.errors()));
    QCOMPARE(pyvent.output(), QString());
}

void tst_Cli::sendEndsWith1ForWhatIsRefused_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("reason");
    QTest::newRow("empty name") << QStringList{u""_s} << u"empty"_s;
    QTest::newRow("reserved name") << QStringList{u"__check"_s} << u"'__'"_s;
    QTest::newRow("space in the name") << QStringList{u"order food"_s} << u"space"_s;
    QTest::newRow("control character in the sender") << QStringList{u"x"_s, u"--sender"_s, u"a\nb"_s} << u"sender"_s;
}

void tst_Cli::sendEndsWith1ForWhatIsRefused()
{
    QFETCH(QStringList, words);
    QFETCH(QString, reason);
    Program pyvent(onBus(QStringList(u"send"_s) + words));
    QCOMPARE(pyvent.exitCode(), 1);
    QVERIFY2(pyvent.errors().contains(reason), qPrintable(pyvent.errors()));
    QCOMPARE(pyvent.errors().count(u'\n'), 1);
}

void tst_Cli::listenEndsWithItsTimeout()
{
    Program pyvent(onBus({u"listen"_s, u"--timeout"_s, u"0.2"_s}));
    QCOMPARE(pyvent.exitCode(), 0);
    QCOMPARE(pyvent.output(), QString());
}

void tst_Cli::listenFailsWithoutEnoughEvents()
{
    Program pyvent(onBus({u"listen"_s, u"--timeout"_s, u"0.2"_s, u"--count"_s, u"1"_s}));
    QCOMPARE(pyvent.exitCode(), 1);
    QCOMPARE(pyvent.output(), QString());
}

void tst_Cli::waitEndsWith1WithItsTimeout()
{
    Program pyvent(onBus({u"wait"_s, u"food-ready"_s, u"--timeout"_s, u"0.2"_s}));
    QCOMPARE(pyvent.exitCode(), 1);
    QCOMPARE(pyvent.output(), QString());
    QVERIFY2(pyvent.errors().contains(u"'food-ready' did not come in time"_s), qPrintable(pyvent.errors()));
}

void tst_Cli::endsAtASignal_data()
{
    QTest::addColumn<QStringList>("command");
    QTest::addColumn<QString>("ready");
    QTest::addColumn<int>("signal");
    QTest::addColumn<int>("exitCode");
    const QStringList listen{u"listen"_s};
    const QStringList serve{u"serve"_s};
    const QStringList wait{u"wait"_s, u"food-ready"_s};
    QTest::newRow("listen SIGTERM") << listen << u"listening to everything"_s << SIGTERM << 0;
    QTest::newRow("listen SIGINT") << listen << u"listening to everything"_s << SIGINT << 0;
    QTest::newRow("serve SIGTERM") << serve << u"serving at"_s << SIGTERM << 0;
    QTest::newRow("serve SIGINT") << serve << u"serving at"_s << SIGINT << 0;
    const QStringList answer{u"answer"_s, u"x"_s, u"--with"_s, u"cat"_s};
    QTest::newRow("answer SIGTERM") << answer << u"answering 'x'"_s << SIGTERM << 0;
    QTest::newRow("wait SIGTERM") << wait << u"listening to 'food-ready'"_s << SIGTERM << 1;
    QTest::newRow("without a server") << QStringList{u"listen"_s, u"--no-server"_s} << u"no server at"_s << SIGTERM
                                      << 0;
}

void tst_Cli::endsAtASignal()
{
    QFETCH(QStringList, command);
    QFETCH(QString, ready);
    QFETCH(int, signal);
    Program pyvent(onBus(command));
    QVERIFY2(pyvent.complains(ready), qPrintable(pyvent.errors()));
    pyvent.sendSignal(signal);
    QTEST(pyvent.exitCode(), "exitCode");
    QCOMPARE(pyvent.output(), QString());
}

void tst_Cli::serveFailsWhereThePortIsTaken()
{
    Program first(onBus({u"serve"_s}));
    QVERIFY2(first.complains(u"serving at"_s), qPrintable(first.errors()));
    Program second(onBus({u"serve"_s}));
    QCOMPARE(second.exitCode(), 1);
    QVERIFY2(second.errors().contains(port()), qPrintable(second.errors()));
    QVERIFY(!second.errors().contains(u"serving at"_s));
}

void tst_Cli::isQuiet()
{
    Program server(onBus({u"serve"_s, u"--quiet"_s}));
    Program listener(onBus({u"listen"_s, u"-q"_s, u"--no-server"_s, u"--count"_s, u"1"_s}));
    // There is no readiness to wait for, so it is sent until it is heard.
    QVERIFY(waitUntil([&] {
        Program sender(onBus({u"send"_s, u"x"_s}));
        return sender.exitCode() == 0 && !listener.output().isEmpty();
    }));
    QCOMPARE(listener.exitCode(), 0);
    QCOMPARE(listener.errors(), QString());
    server.sendSignal(SIGTERM);
    QCOMPARE(server.exitCode(), 0);
    QCOMPARE(server.errors(), QString());
}

void tst_Cli::checksRules_data()
{
    QTest::addColumn<QByteArray>("rules");
    QTest::addColumn<QString>("output"); // without the file's name
    QTest::addColumn<int>("exitCode");
    QTest::newRow("good") << QByteArray("allow user root send, hear oven.* door\n")
                          << u"user root may send and hear oven.*, door\nanyone else may do nothing\n"_s << 0;
    QTest::newRow("a note")
        << QByteArray("allow anyone hear *\n")
        << u":1: note: whoever reaches the server may hear all events, but for what earlier rules deny\n"
           "anyone else may hear all\n"_s
        << 0;
    QTest::newRow("hidden") << QByteArray("allow user 1 send oven.*\n\nallow user 1 send oven.temp\n")
                            << u":3: the rule never decides: line 1 allows all of it already; remove it\n"
                               "user 1 may send oven.*\nanyone else may do nothing\n"_s
                            << 1;
    QTest::newRow("mistakes")
        << QByteArray("alow user root send x\nallow usr root sned x\n")
        << u":1:1: a rule begins with 'allow' or 'deny', not with 'alow'; did you mean 'allow'?\n"
           ":2:7: a rule is for a 'user', a 'key' or 'anyone', not for 'usr'; did you mean 'user'?\n"_s
        << 1;
    QTest::newRow("what a terminal would obey") << QByteArray("allow user root send \u202e\n")
                                                << u"user root may send \\u202e\nanyone else may do nothing\n"_s << 0;
    QTest::newRow("a key")
        << QByteArray("allow key kitchn hear *\n")
        << u":1: the list of keys has no key named 'kitchn': the rule is for nobody; did you mean 'kitchen'?\n"
           "key kitchn may hear all\nanyone else may do nothing\n"_s
        << 1;
}

void tst_Cli::checksRules()
{
    QFETCH(const QByteArray, rules);
    QFETCH(QString, output);
    QFETCH(const int, exitCode);
    const QString keys = m_folder.filePath(u"keys"_s);
    QVERIFY(QFile::rename(makeFile("kitchen = " + QByteArray(40, 'k') + '\n'), keys));
    const QString file = makeFile(rules);
    for (const QString &each : {keys, file})
        QVERIFY(QFile::setPermissions(each, QFileDevice::ReadOwner | QFileDevice::WriteOwner));
    Program pyvent({u"check-rules"_s, file, u"--allow"_s, keys});
    QCOMPARE(pyvent.exitCode(), exitCode);
    QVERIFY(QFile::remove(keys));
    QCOMPARE(pyvent.output().replace(file, QString()), output);
    QCOMPARE(pyvent.errors(), QString());
}

void tst_Cli::checksRulesAsJson()
{
    const QString file = makeFile("allow user 1 send x\ndeny user 1 send x\nallow user 1 hear *\n");
    QVERIFY(QFile::setPermissions(file, QFileDevice::ReadOwner | QFileDevice::WriteOwner));
    Program pyvent({u"check-rules"_s, u"--json"_s, file});
    QCOMPARE(pyvent.exitCode(), 1);
    const QJsonObject finding = QJsonDocument::fromJson(pyvent.output().section(u'\n', 0, 0).toUtf8()).object();
    QCOMPARE(finding[u"file"_s].toString(), file);
    QCOMPARE(finding[u"line"_s].toInt(), 2);
    QCOMPARE(finding[u"kind"_s].toString(), u"contradiction"_s);
    QCOMPARE(finding[u"other_lines"_s].toArray(), QJsonArray{1});
    QVERIFY(!finding[u"text"_s].toString().isEmpty());

    // No server would start with it, whoever asks.
    Program other({u"check-rules"_s, u"/nowhere/rules"_s});
    QCOMPARE(other.exitCode(), 1);
    QVERIFY2(other.output().startsWith(u"/nowhere/rules: /nowhere/rules cannot be read: No such file"_s),
             qPrintable(other.output()));
}

PYVENT_TEST(tst_Cli)
