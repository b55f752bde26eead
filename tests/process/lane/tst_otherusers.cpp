// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/portpair.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtTest>

#include <csignal>
#include <cstdio>

#include <unistd.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr uid_t nobody = 65534;

// A program of another user's.
class OthersProgram : public Program
{
public:
    OthersProgram(const QString &program, const QStringList &arguments)
        : Program(u"/usr/bin/setpriv"_s,
                  QStringList{u"--reuid"_s, QString::number(nobody), u"--clear-groups"_s, program} + arguments)
    {
    }
    explicit OthersProgram(const QStringList &arguments)
        : OthersProgram(QStringLiteral(PYVENT_CLI), arguments)
    {
    }
};

} // namespace

// Two users of one machine: this one is root, and the other one is nobody.
class tst_OtherUsers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void aServerLetsNoStrangerIn_data() { addWays(); }
    void aServerLetsNoStrangerIn();
    void aServerLetsInWhomItNames_data() { addWays(); }
    void aServerLetsInWhomItNames();
    void rulesHold_data() { addWays(); }
    void rulesHold();
    void noNodeJoinsAStrangersServer();
    void noNodeJoinsAStrangersServerByName();
    void whoHangsUpAtOnceIsNotHeard();
    void aStrangerHasThePortFirst();
    void aStrangerTakesThePortLater();

private:
    static void addWays()
    {
        QTest::addColumn<bool>("lane");
        QTest::newRow("lane") << true;
        QTest::newRow("tcp") << false;
    }
    static QStringList to(const PortPair &ports, bool lane = true)
    {
        const QStringList port = {u"--port"_s, QString::number(ports.port())};
        return lane ? port : port + QStringList{u"--no-lane"_s};
    }
};

void tst_OtherUsers::initTestCase()
{
    if (::geteuid() != 0)
        QSKIP("only root can start processes of another user's");
    OthersProgram program({u"--version"_s});
    if (program.exitCode() != 0)
        QSKIP("another user cannot run the program where it is built");
}

void tst_OtherUsers::aServerLetsNoStrangerIn()
{
    QFETCH(const bool, lane);
    const PortPair ports;
    PyventNode server({.port = ports.port()});
    int heard = 0;
    connect(&server, &PyventNode::eventReceived, this, [&] { ++heard; });
    QVERIFY(server.startServer());
    QVERIFY(server.waitForReady(10s));
    OthersProgram sends(QStringList{u"send"_s, u"order"_s, u"--no-server"_s, u"--timeout"_s, u"3"_s} + to(ports, lane));
    QCOMPARE(sends.exitCode(), 3);
    OthersProgram listens(QStringList{u"listen"_s, u"--no-server"_s, u"--timeout"_s, u"3"_s} + to(ports, lane));
    QVERIFY2(listens.complains(u"let"_s), qPrintable(listens.errors()));
    QVERIFY(server.send(u"secret"_s));
    listens.exitCode();
    QVERIFY2(!listens.output().contains(u"secret"_s), qPrintable(listens.output()));
    QCOMPARE(heard, 1);
}

void tst_OtherUsers::aServerLetsInWhomItNames()
{
    QFETCH(const bool, lane);
    const PortPair ports;
    PyventNode server({.port = ports.port(), .localAccess = PyventLocalAccess::users({u"nobody"_s})});
    QStringList heard;
    connect(&server, &PyventNode::eventReceived, this, [&](const QString &name) { heard.append(name); });
    QVERIFY(server.startServer());
    QVERIFY(server.waitForReady(10s));
    // root's server is joined without a word: nothing could keep root out.
    OthersProgram sends(QStringList{u"send"_s, u"order"_s, u"--no-server"_s} + to(ports, lane));
    QCOMPARE(sends.exitCode(), 0);
    QVERIFY(waitUntil([&] { return heard == QStringList{u"order"_s}; }));
    OthersProgram nodes(QStringList{u"nodes"_s, u"--json"_s} + to(ports, lane));
    QCOMPARE(nodes.exitCode(), 0);
    OthersProgram listens(QStringList{u"listen"_s, u"--no-server"_s, u"--count"_s, u"1"_s} + to(ports, lane));
    const auto found = [&] {
        const auto future = server.findNodes(200ms);
        waitUntil([&] { return future.isFinished(); });
        const QList<PyventNodeInfo> all = future.result();
        for (const PyventNodeInfo &info : all) {
            if (info.pid == listens.pid())
                return info.way;
        }
        return QString();
    };
    QString way;
    QVERIFY(waitUntil([&] { return !(way = found()).isEmpty(); }));
    QCOMPARE(way, lane ? u"lane"_s : u"tcp"_s);
    QVERIFY(server.send(u"bill"_s));
    QCOMPARE(listens.exitCode(), 0);
    QVERIFY2(listens.output().contains(u"bill"_s), qPrintable(listens.output()));
}

// Of a server of root's with rules, for nobody's programs: before the file is another one, and after.
void tst_OtherUsers::rulesHold()
{
    QFETCH(const bool, lane);
    const PortPair ports;
    const QTemporaryDir folder;
    const auto setRules = [&](const QByteArray &nobodys) {
        const QString next = folder.filePath(u"next"_s);
        QFile file(next);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("allow user root anything\n" + nobodys + '\n');
        file.close();
        QVERIFY(std::rename(QFile::encodeName(next), QFile::encodeName(folder.filePath(u"rules"_s))) == 0);
    };
    setRules("allow user nobody send, hear order*");
    const Program server(
        QStringList{u"serve"_s, u"--local-access"_s, u"nobody"_s, u"--rules"_s, folder.filePath(u"rules"_s)}
        + to(ports));
    PyventNode root({.port = ports.port(), .server = false, .lane = lane});
    QStringList heard;
    connect(&root, &PyventNode::eventReceived, this, [&](const QString &name) { heard.append(name); });
    QVERIFY(root.waitForReady(20s));
    const auto send = [&](const QString &name) {
        OthersProgram sends(QStringList{u"send"_s, name, u"--no-server"_s} + to(ports, lane));
        const int code = sends.exitCode();
        return code == 0 ? QString() : u"%1: %2"_s.arg(code).arg(sends.errors());
    };
    OthersProgram listens(QStringList{u"listen"_s, u"--no-server"_s} + to(ports, lane));
    QVERIFY(listens.complains(u"listening"_s));

    // What is forbidden is refused, with a word, and what is not is heard.
    const QString why = send(u"secret"_s);
    QVERIFY2(why.startsWith(u"1: "_s) && why.contains(u"rules"_s), qPrintable(why));
    QCOMPARE(send(u"order-1"_s), QString());
    QVERIFY(waitUntil([&] { return heard == QStringList{u"order-1"_s}; }));
    QVERIFY(root.send(u"secret"_s));
    QVERIFY(root.send(u"order-2"_s));
    QVERIFY(waitUntil([&] { return listens.output().contains(u"order-2"_s); }));
    QVERIFY2(!listens.output().contains(u"secret"_s), qPrintable(listens.output()));

    setRules("allow user nobody send, hear secret");
    QVERIFY(waitUntil([&] { return send(u"secret"_s).isEmpty(); }));
    QVERIFY(waitUntil([&] { return heard.contains(u"secret"_s); }));
    QVERIFY2(send(u"order-3"_s).startsWith(u"1: "_s), "a rule that is gone still allows");
    QVERIFY(root.send(u"order-4"_s));
    QVERIFY(root.send(u"secret"_s));
    QVERIFY(waitUntil([&] { return listens.output().contains(u"secret"_s); }));
    QVERIFY2(!listens.output().contains(u"order-4"_s), qPrintable(listens.output()));
    QVERIFY2(!heard.contains(u"order-3"_s), qPrintable(heard.join(u' ')));
}

void tst_OtherUsers::noNodeJoinsAStrangersServer()
{
    const PortPair ports;
    OthersProgram server(QStringList{u"serve"_s, u"--local-access"_s, u"everyone"_s} + to(ports));
    QVERIFY(server.complains(u"serving"_s));
    PyventNode node({.port = ports.port(), .server = false});
    QList<PyventError> errors;
    connect(&node, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    QVERIFY(node.send(u"secret"_s));
    QVERIFY(waitUntil([&] { return !errors.isEmpty(); }));
    QCOMPARE(errors.first().code, PyventError::NotAllowed);
    QVERIFY2(errors.first().text.contains(u"nobody (65534)"_s), qPrintable(errors.first().text));
    QCOMPARE(node.state(), PyventNode::Connecting);
    // And where it may be joined, it is.
    for (const bool lane : {true, false}) {
        PyventNode trusts({.port = ports.port(),
                           .server = false,
                           .localAccess = PyventLocalAccess::users({u"nobody"_s}),
                           .lane = lane});
        QVERIFY(trusts.waitForReady(10s));
    }
    QCOMPARE(node.state(), PyventNode::Connecting);
}

// With a name, it is known only when it is connected.
void tst_OtherUsers::noNodeJoinsAStrangersServerByName()
{
    const PortPair ports;
    OthersProgram server(QStringList{u"serve"_s, u"--local-access"_s, u"everyone"_s} + to(ports));
    QVERIFY(server.complains(u"serving"_s));
    OthersProgram listens(QStringList{u"listen"_s, u"--no-server"_s} + to(ports));
    QVERIFY(listens.complains(u"listening"_s));
    for (const QString &name : {u"LOCALHOST"_s, u"localhost.localdomain"_s}) {
        PyventNode node({.port = ports.port(), .address = name, .server = false});
        PyventError error;
        connect(&node, &PyventNode::errorOccurred, this, [&](const PyventError &e) { error = e; });
        QVERIFY(node.send(u"secret"_s));
        QVERIFY(waitUntil([&] { return bool(error); }));
        QVERIFY2(error.code == PyventError::NotAllowed || error.code == PyventError::ServerNotResponding,
                 qPrintable(error.text)); // where the name has no address
        QCOMPARE(node.state(), PyventNode::Connecting);
    }
    QVERIFY2(!listens.output().contains(u"secret"_s), qPrintable(listens.output()));
}

// Whoever sends and hangs up at once, from whatever address of this machine's.
void tst_OtherUsers::whoHangsUpAtOnceIsNotHeard()
{
    const PortPair ports;
    PyventNode server({.port = ports.port()});
    int heard = 0;
    connect(&server, &PyventNode::eventReceived, this, [&](const QString &name) { heard += name == u"forged"; });
    QVERIFY(server.startServer());
    QVERIFY(server.waitForReady(10s));
    OthersProgram attacker(
        u"/usr/bin/python3"_s,
        {u"-c"_s,
         u"import socket, subprocess, sys\n"
         "port = int(sys.argv[1])\n"
         "greeting = b'\\xff' + bytes(8) + b'\\x7f\\3\\1NULL' + bytes(48)\n"
         "ready = b'\\5READY\\x0bSocket-Type\\0\\0\\0\\6DEALER'\n"
         "event = b'forged }.'\n"
         "said = (greeting + bytes([4, len(ready)]) + ready + b'\\1\\0' + bytes([0, len(event)]) + event)\n"
         "own = subprocess.run(['hostname', '-I'], capture_output=True, text=True).stdout.split()\n"
         "for i in range(300):\n"
         "    for source in ['127.0.0.1', '127.0.0.2'] + [a for a in own if ':' not in a]:\n"
         "        s = socket.socket()\n"
         "        try:\n"
         "            s.bind((source, 0)); s.connect(('127.0.0.1', port)); s.sendall(said)\n"
         "        except OSError:\n"
         "            pass\n"
         "        s.close()\n"
         "print('done', flush=True)\n"_s,
         QString::number(ports.port())});
    QCOMPARE(attacker.exitCode(), 0);
    QVERIFY2(attacker.output().contains(u"done"_s), qPrintable(attacker.errors()));
    QVERIFY(server.send(u"last"_s));
    QVERIFY(server.flush(std::chrono::milliseconds(patience)));
    QTest::qWait(100);
    QCOMPARE(heard, 0);
}

// It accepts connections, and says what ZeroMQ's server would.
void tst_OtherUsers::aStrangerHasThePortFirst()
{
    const PortPair ports;
    OthersProgram stranger(QStringList{u"serve"_s} + to(ports));
    QVERIFY(stranger.complains(u"serving"_s));
    PyventNode one({.port = ports.port()});
    PyventNode two({.port = ports.port()});
    QList<PyventError> errors;
    connect(&one, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    int heard = 0;
    two.on(u"order"_s, this, [&] { ++heard; });
    QVERIFY(one.tryStart());
    QVERIFY(waitUntil([&] { return one.state() == PyventNode::Ready && two.state() == PyventNode::Ready; }));
    QVERIFY(one.isServer() != two.isServer());
    QVERIFY(one.send(u"order"_s));
    QVERIFY(waitUntil([&] { return heard == 1; }));
    QVERIFY(!errors.isEmpty());
    QVERIFY2(errors.first().text.contains(u"nobody (65534)"_s), qPrintable(errors.first().text));
    stranger.kill();
    // The port is the bus's own, now.
    PyventNode byTcp({.port = ports.port(), .server = false, .lane = false});
    QVERIFY(byTcp.waitForReady(30s));
}

void tst_OtherUsers::aStrangerTakesThePortLater()
{
    const PortPair ports;
    Program server(QStringList{u"serve"_s} + to(ports));
    QVERIFY(server.complains(u"serving"_s));
    PyventNode byTcp({.port = ports.port(), .server = false, .lane = false});
    PyventNode byLane({.port = ports.port()});
    int heard = 0;
    byLane.on(u"order"_s, this, [&] { ++heard; });
    QVERIFY(byTcp.waitForReady(10s));
    QVERIFY(byLane.waitForReady(10s));
    QList<PyventError> errors;
    connect(&byTcp, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    server.sendSignal(SIGSTOP); // so that nobody is quicker than the stranger
    OthersProgram stranger(QStringList{u"serve"_s, u"--local-access"_s, u"everyone"_s} + to(ports));
    server.kill();
    QVERIFY(waitUntil([&] { return byLane.isServer() && byLane.state() == PyventNode::Ready; }));
    QVERIFY(byLane.send(u"order"_s));
    QVERIFY(waitUntil([&] { return heard == 1; }));
    // Whoever had the port, a node that trusts nobody else is on no stranger's bus.
    QVERIFY(byTcp.send(u"secret"_s));
    QVERIFY(waitUntil([&] { return heard == 2 || byTcp.state() == PyventNode::Ready || !errors.isEmpty(); }) || true);
    QVERIFY2(!stranger.output().contains(u"secret"_s), qPrintable(stranger.output()));
}

PYVENT_TEST(tst_OtherUsers)

#include "tst_otherusers.moc"
