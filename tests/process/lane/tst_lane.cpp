// SPDX-License-Identifier: MIT
#include "bus.h"
#include "proxy.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtCore/qscopeguard.h>
#include <QtCore/qsemaphore.h>
#include <QtTest>

#include <csignal>
#include <thread>

#include <unistd.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// What a node hears of the events "n", which are numbered.
class Numbers
{
public:
    explicit Numbers(PyventNode *node)
        : m_lost(QObject::connect(node, &PyventNode::eventsLost, node,
                                  [this](const QString &, const QUuid &, quint64 count) { lost += int(count); }))
    {
        node->on(u"n"_s, {u"i"_s}, node, [this](int i) {
            isInOrder = isInOrder && i == heard;
            ++heard;
        });
    }
    ~Numbers() { QObject::disconnect(m_lost); }
    Q_DISABLE_COPY_MOVE(Numbers)

    int heard = 0;
    int lost = 0;
    bool isInOrder = true;

private:
    const QMetaObject::Connection m_lost;
};

QString wayOf(PyventNode *node)
{
    const auto found = node->findNodes(200ms);
    if (!waitUntil([&] { return found.isFinished(); }) || found.isCanceled())
        return u"nobody answers"_s;
    const QList<PyventNodeInfo> nodes = found.result();
    for (const PyventNodeInfo &info : nodes) {
        if (info.uuid == node->uuid())
            return info.way;
    }
    return u"it does not answer itself"_s;
}

// A program that has a port, and is no server.
class Stranger : public ChildProcess
{
public:
    explicit Stranger(int port)
        : ChildProcess(u"/usr/bin/python3"_s,
                       {u"-c"_s,
                        u"import socket, sys, time\n"
                        "s = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
                        "print('listens', flush=True)\n"
                        "time.sleep(1000)"_s,
                        QString::number(port)})
    {
    }

    bool listens() { return printsLine("listens"); }
};

// How many large events a process has open as files.
int filesOf(qint64 pid)
{
    int files = 0;
    const QString folder = u"/proc/%1/fd"_s.arg(pid);
    for (const QString &name : QDir(folder).entryList(QDir::System | QDir::Files | QDir::NoDotAndDotDot)) {
        char target[100];
        const QByteArray path = (folder + u'/' + name).toLocal8Bit();
        const ssize_t size = ::readlink(path.constData(), target, sizeof target);
        files += size > 0 && QByteArrayView(target, size).startsWith("/memfd:pyvent-event");
    }
    return files;
}

} // namespace

// The local way, and how nodes come to it and go back from it.
class tst_Lane : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isUsedWhereItIsThere();
    void oneBusWhateverTheWay();
    void comesAndGoesWithTheServer();
    void aLaneThatComesToNothing();
    void aBusWithoutItsPort_data();
    void aBusWithoutItsPort();
    void aBusWithoutItsPortIsOne();
    void aServerThatIsFull();
    void aBusWithoutItsPortGivesWayToAServer();
    void aServerThatHangsIsNotReplaced();
    void oneTakesOverFromAnother();
    void largeEventsInFiles();
};

void tst_Lane::isUsedWhereItIsThere()
{
    const PortPair ports;
    PyventNode server({.port = ports.port()});
    QVERIFY(server.startServer());
    QVERIFY(server.waitForReady(10s));
    QCOMPARE(wayOf(&server), u"lane"_s);
    PyventNode node({.port = ports.port(), .server = false});
    QVERIFY(node.waitForReady(10s));
    QCOMPARE(wayOf(&node), u"lane"_s);
    PyventNode byTcp({.port = ports.port(), .server = false, .lane = false});
    QVERIFY(byTcp.waitForReady(10s));
    QCOMPARE(wayOf(&byTcp), u"tcp"_s);
}

void tst_Lane::oneBusWhateverTheWay()
{
    if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
        QSKIP(qPrintable(why));
    Bus bus;
    PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
    PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
    QVERIFY(bus.serve(server));
    PyventNode lane({.port = bus.port(), .server = false});
    PyventNode tcp({.port = bus.port(), .server = false, .lane = false});
    QVERIFY(bus.join(python));
    QHash<QString, int> heard;
    for (PyventNode *node : {&lane, &tcp}) {
        node->on(u"order"_s, this, [&heard, node, &lane](const QVariantMap &args) {
            ++heard[args[u"from"_s].toString() + (node == &lane ? u" by lane"_s : u" by tcp"_s)];
        });
        QVERIFY(node->waitForReady(10s));
    }
    QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
    QVERIFY(python.tell(u"ready"_s));
    QVERIFY(lane.send(u"order"_s, {{u"from"_s, u"lane"_s}}));
    QVERIFY(tcp.send(u"order"_s, {{u"from"_s, u"tcp"_s}}));
    QVERIFY(python.tell(u"send"_s, {{u"name"_s, u"order"_s}, {u"args"_s, QJsonObject{{u"from"_s, u"python"_s}}}}));
    QVERIFY(python.waitForHeard(3, u"order"_s));
    QVERIFY(waitUntil([&] { return heard.size() == 6; }));
    QCOMPARE(heard.values(), QList<int>(6, 1));
}

// From the lane to a Python server's port, and back to the lane, with a stream of events all the time.
void tst_Lane::comesAndGoesWithTheServer()
{
    if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
        QSKIP(qPrintable(why));
    Bus bus;
    PeerProcess &first = bus.add(PeerProcess::Qt, u"first"_s);
    PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
    PeerProcess &last = bus.add(PeerProcess::Qt, u"last"_s);
    QVERIFY(bus.serve(first));
    PyventNode sender({.port = bus.port(), .server = false});
    PyventNode receiver({.port = bus.port(), .server = false});
    Numbers numbers(&receiver);
    QVERIFY(receiver.waitForReady(10s));
    int sent = 0;
    QTimer timer;
    connect(&timer, &QTimer::timeout, &sender, [&] { sent += sender.send(u"n"_s, {{u"i"_s, sent}}); });
    timer.start(1ms);
    const auto goesOn = [&] {
        const int from = numbers.heard;
        return waitUntil([&] { return numbers.heard > from + 100; });
    };

    QVERIFY(goesOn());
    QCOMPARE(wayOf(&receiver), u"lane"_s);
    first.kill();
    QVERIFY(bus.join(python, {{u"server"_s, true}}));
    QVERIFY(python.order(u"serve"_s));
    QVERIFY(goesOn());
    QCOMPARE(wayOf(&receiver), u"tcp"_s);
    python.kill();
    QVERIFY(bus.join(last, {{u"server"_s, true}}));
    QVERIFY(last.order(u"serve"_s));
    QVERIFY(goesOn());
    QCOMPARE(wayOf(&receiver), u"lane"_s);
    timer.stop();
    QVERIFY(waitUntil([&] { return numbers.heard == sent; }));
    QVERIFY(numbers.isInOrder);
    QCOMPARE(numbers.lost, 0);
}

// Whoever listens at the lane ends each connection, and the bus has its ports all the same.
void tst_Lane::aLaneThatComesToNothing()
{
    const PortPair ports;
    PyventNode server({.port = ports.port(), .lane = false});
    QVERIFY(server.startServer());
    const PyventFaults::Proxy lane(PyventFaults::Proxy::End::lane(ports.port()), QByteArray("/nowhere"));
    QVERIFY(lane.isListening());
    PyventNode node({.port = ports.port(), .server = false});
    QVERIFY(node.waitForReady(10s));
    QCOMPARE(wayOf(&node), u"tcp"_s);
}

// It is not taken for one that hangs, and there is room when somebody has left. The nodes of a thread share a connection.
void tst_Lane::aServerThatIsFull()
{
    const PortPair ports;
    PyventNode server({.port = ports.port(), .serverLimits = {.connections = 2}});
    QVERIFY(server.startServer());
    QVERIFY(server.waitForReady(10s));
    QSemaphore isThere;
    QSemaphore mayLeave;
    std::thread other([&] {
        PyventNode node({.port = ports.port(), .server = false});
        if (node.waitForReady(10s))
            isThere.release();
        mayLeave.acquire();
    });
    const auto ended = qScopeGuard([&] {
        mayLeave.release();
        other.join();
    });
    QVERIFY(isThere.tryAcquire(1, 20'000));

    PyventError refusal;
    bool isLetIn = false;
    std::thread([&] {
        PyventNode node({.port = ports.port(), .server = false});
        node.waitForReady(3s);
        refusal = node.lastError();
        mayLeave.release();
        isLetIn = node.waitForReady(20s);
    }).join();
    QCOMPARE(refusal.code, PyventError::ServerNotResponding);
    QVERIFY2(refusal.text.contains(u"has as many connections as it may"_s), qPrintable(refusal.text));
    QVERIFY(isLetIn);
}

void tst_Lane::aBusWithoutItsPort_data()
{
    QTest::addColumn<int>("taken");
    QTest::newRow("the one for requests") << 0;
    QTest::newRow("the one for events") << 1;
}

// Something else has one of the ports: those on the lane have their bus, and are told; and the port is taken when it is free.
void tst_Lane::aBusWithoutItsPort()
{
    QFETCH(const int, taken);
    const PortPair ports;
    Stranger other(ports.port() + taken);
    QVERIFY(other.listens());
    PyventNode one({.port = ports.port()});
    PyventNode two({.port = ports.port(), .server = false});
    QList<PyventError> errors;
    connect(&one, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    Numbers numbers(&two);
    QVERIFY(one.tryStart());
    QVERIFY(waitUntil(
        [&] { return one.state() == PyventNode::Ready && two.state() == PyventNode::Ready && !errors.isEmpty(); }));
    QVERIFY(one.isServer());
    QCOMPARE(errors.size(), 1);
    QCOMPARE(errors.first().code, PyventError::PortTaken);
    for (const QString &part : {u"(process %1)"_s.arg(other.pid()), QString::number(ports.port() + taken)})
        QVERIFY2(errors.first().text.contains(part), qPrintable(errors.first().text));
    QVERIFY(one.send(u"n"_s, {{u"i"_s, 0}}));
    QVERIFY(waitUntil([&] { return numbers.heard == 1; }));

    other.kill();
    PyventNode byTcp({.port = ports.port(), .server = false, .lane = false});
    Numbers numbersByTcp(&byTcp);
    QVERIFY(waitUntil([&] { return byTcp.state() == PyventNode::Ready; }));
    QVERIFY(byTcp.send(u"n"_s, {{u"i"_s, 0}}));
    QVERIFY(waitUntil([&] { return numbersByTcp.heard == 1 && numbers.heard == 2; }));
}

// A process that looks for the lane in another folder serves no second one beside it.
void tst_Lane::aBusWithoutItsPortIsOne()
{
    const PortPair ports;
    Stranger other(ports.port());
    QVERIFY(other.listens());
    auto one = std::make_unique<PyventNode>(PyventOptions{.port = ports.port()});
    QVERIFY(one->tryStart());
    QVERIFY(waitUntil([&] { return one->isServer(); }));

    const QByteArray folder = qgetenv("XDG_RUNTIME_DIR");
    const auto restored = qScopeGuard([&] { qputenv("XDG_RUNTIME_DIR", folder); });
    const QTemporaryDir another;
    qputenv("XDG_RUNTIME_DIR", another.path().toLocal8Bit());
    PyventNode two({.port = ports.port()});
    QStringList errors;
    connect(&two, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error.text); });
    QVERIFY(two.tryStart());
    QVERIFY(waitUntil([&] { return !errors.filter(u"XDG_RUNTIME_DIR"_s).isEmpty(); }));
    QVERIFY(!two.isServer());
    QVERIFY(two.state() != PyventNode::Ready);
    one.reset();
    QVERIFY(waitUntil([&] { return two.isServer() && two.state() == PyventNode::Ready; }));
}

// A Python server gets the port before the bus that is on the lane alone: its nodes go there, so there is one bus again.
void tst_Lane::aBusWithoutItsPortGivesWayToAServer()
{
    if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
        QSKIP(qPrintable(why));
    Bus bus;
    Stranger other(bus.port());
    QVERIFY(other.listens());
    PeerProcess &one = bus.add(PeerProcess::Qt, u"one"_s);
    PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
    QVERIFY(bus.join(one, {{u"server"_s, true}}));
    QVERIFY(one.tell(u"start"_s)); // and it waits for whatever has the port to say what it is
    QVERIFY(one.waitForLine(u"it serves"_s, [](const QJsonObject &line) { return line[u"serving"_s].toBool(); }));
    PyventNode two({.port = bus.port(), .server = false});
    Numbers numbers(&two);
    QVERIFY(two.waitForReady(10s));
    QCOMPARE(wayOf(&two), u"lane"_s);

    one.suspend(); // or it could have the port first
    other.kill();
    QVERIFY(bus.join(python, {{u"server"_s, true}}));
    QVERIFY(python.order(u"serve"_s));
    one.resume();
    QVERIFY(waitUntil([&] { return two.state() == PyventNode::Ready && wayOf(&two) == u"tcp"_s; }, 30'000));
    QVERIFY(one.tell(u"on"_s, {{u"name"_s, u"n"_s}}));
    QVERIFY(one.tell(u"ready"_s));
    QVERIFY(python.tell(u"send"_s, {{u"name"_s, u"n"_s}, {u"args"_s, QJsonObject{{u"i"_s, 0}}}}));
    QVERIFY(waitUntil([&] { return numbers.heard == 1; }));
    QVERIFY(one.waitForHeard(1, u"n"_s));
    QVERIFY(!one.order(u"serve"_s));
}

// A Python server that is stopped has its port, and goes on with its bus. A second bus beside it would be a split.
void tst_Lane::aServerThatHangsIsNotReplaced()
{
    if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
        QSKIP(qPrintable(why));
    Bus bus;
    PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
    QVERIFY(bus.serve(python));
    python.suspend();
    PyventNode node({.port = bus.port()});
    QList<PyventError> errors;
    connect(&node, &PyventNode::errorOccurred, this, [&](const PyventError &error) { errors.append(error); });
    QVERIFY(node.tryStart());
    QVERIFY(waitUntil([&] { return !errors.isEmpty(); }));
    QCOMPARE(errors.first().code, PyventError::PortTaken);
    QVERIFY(!node.isServer());
    python.resume();
    QVERIFY(waitUntil([&] { return node.state() == PyventNode::Ready; }));
    QVERIFY(!node.isServer());
    QCOMPARE(wayOf(&node), u"tcp"_s);
}

void tst_Lane::oneTakesOverFromAnother()
{
    Bus bus;
    QList<PeerProcess *> servers;
    for (int i = 0; i < 5; ++i)
        servers.append(&bus.add(PeerProcess::Qt, u"server %1"_s.arg(i)));
    QVERIFY(bus.serve(*servers[0]));
    for (int i = 1; i < 5; ++i)
        QVERIFY(bus.join(*servers[i], {{u"server"_s, true}}));
    PyventNode sender({.port = bus.port(), .server = false});
    PyventNode receiver({.port = bus.port(), .server = false});
    Numbers numbers(&receiver);
    QVERIFY(receiver.waitForReady(10s));
    for (int i = 1; i < 5; ++i) {
        QVERIFY(servers[i]->tell(u"on"_s, {{u"name"_s, u"x"_s}}));
        QVERIFY(servers[i]->tell(u"ready"_s));
    }
    int sent = 0;
    for (int i = 0; i < 5; ++i) {
        for (int k = 0; k < 200; ++k)
            sent += sender.send(u"n"_s, {{u"i"_s, sent}});
        // Whoever serves now.
        if (i < 4) {
            qint64 serving = 0;
            QVERIFY(waitUntil([&] {
                const auto found = receiver.findNodes(100ms); // who is not back yet does not answer
                waitUntil([&] { return found.isFinished(); });
                const QList<PyventNodeInfo> nodes = found.isCanceled() ? QList<PyventNodeInfo>() : found.result();
                for (const PyventNodeInfo &info : nodes)
                    serving = info.serving ? info.pid : serving;
                return serving != 0;
            }));
            const auto server = std::find_if(servers.begin(), servers.end(),
                                             [&](const PeerProcess *peer) { return peer->pid() == serving; });
            QVERIFY(server != servers.end());
            (*server)->kill();
        }
        QVERIFY(waitUntil([&] { return numbers.heard == sent; }));
    }
    QVERIFY(numbers.isInOrder);
    QCOMPARE(numbers.lost, 0);
    QCOMPARE(wayOf(&receiver), u"lane"_s);
}

// Written once, and mapped by whoever takes files; the others get the bytes. What a process that does not read, and then crashes, was to have is
// gone with it.
void tst_Lane::largeEventsInFiles()
{
    Bus bus;
    PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
    PeerProcess &stopped = bus.add(PeerProcess::Qt, u"stopped"_s);
    QVERIFY(bus.serve(server));
    QVERIFY(bus.join(stopped));
    QVERIFY(stopped.tell(u"on"_s, {{u"name"_s, u"image"_s}}));
    QVERIFY(stopped.tell(u"ready"_s));
    PyventNode sender({.port = bus.port(), .server = false});
    PyventNode byTcp({.port = bus.port(), .server = false, .lane = false});
    const bool hasPython = PeerProcess::whyNoPython().isEmpty();
    PeerProcess *const python = hasPython ? &bus.add(PeerProcess::Python, u"python"_s) : nullptr;
    if (python) {
        QVERIFY(bus.join(*python));
        QVERIFY(python->tell(u"on"_s, {{u"name"_s, u"image"_s}}));
        QVERIFY(python->tell(u"ready"_s));
    }
    const auto pixelsOf = [](int i) { return QByteArray(1'000'000 + i, char(i)); };
    int wrong = 0;
    QHash<PyventNode *, int> heard;
    for (PyventNode *node : {&sender, &byTcp}) {
        node->on(u"image"_s, {u"i"_s, u"pixels"_s}, node,
                 [&, node](int i, const QByteArray &pixels) { wrong += i != heard[node]++ || pixels != pixelsOf(i); });
        QVERIFY(node->waitForReady(10s));
    }
    const auto haveHeard = [&](int count) {
        return waitUntil([&] { return heard[&sender] == count && heard[&byTcp] == count; }, 30'000);
    };

    QVERIFY(sender.send(u"image"_s, {{u"i"_s, 0}, {u"pixels"_s, pixelsOf(0)}}));
    QVERIFY(stopped.waitForHeard(1, u"image"_s));
    QVERIFY(haveHeard(1));
    QVERIFY(waitUntil([&] { return filesOf(server.pid()) == 0; }));

    constexpr int count = 30;
    QCOMPARE(::kill(pid_t(stopped.pid()), SIGSTOP), 0);
    for (int i = 1; i < count; ++i)
        QVERIFY(sender.send(u"image"_s, {{u"i"_s, i}, {u"pixels"_s, pixelsOf(i)}}));
    QVERIFY(haveHeard(count));
    QVERIFY(!python || python->waitForHeard(count, u"image"_s));
    QCOMPARE(wrong, 0);
    QVERIFY(waitUntil([&] { return filesOf(server.pid()) == count - 1; }));
    QVERIFY(
        waitUntil([] { return filesOf(QCoreApplication::applicationPid()) == 0; })); // it kept some to write to again
    QCOMPARE(::kill(pid_t(stopped.pid()), SIGKILL), 0);
    QVERIFY(waitUntil([&] { return filesOf(server.pid()) == 0; }));
}

PYVENT_TEST(tst_Lane)

#include "tst_lane.moc"
