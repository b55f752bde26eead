// SPDX-License-Identifier: MIT
#include "bridge/serverprocess.h"
#include "bridge/testbridge.h"
#include "support/freeport.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <PyventBridge>
#include <PyventNode>
#include <PyventNodeInfo>

#include <QtCore/qtemporarydir.h>
#include <QtTest/qsignalspy.h>
#include <QtTest/qtest.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Pyvent::Bridge::Dialect;

namespace {

// A bus with its server, and a bridge that is a client of it.
struct Side
{
    Side(Dialect dialect, int engine, const QString &name, PyventBridgeOptions more = {})
        : port(freePort())
        , node({.port = port})
    {
        if (!node.startServer())
            qFatal("no server");
        options = more;
        options.engine = (dialect == Dialect::Nats ? u"nats://127.0.0.1:%1"_s : u"mqtt://127.0.0.1:%1"_s).arg(engine);
        options.prefix = u"test"_s;
        options.bus = name;
    }

    std::unique_ptr<PyventBridge> makeBridge()
    {
        auto bridge = std::make_unique<PyventBridge>(options, PyventOptions{.port = port, .server = false});
        QObject::connect(bridge.get(), &PyventBridge::problem, [this](const QString &line) { problems += line; });
        if (!bridge->start())
            qFatal("%s", qPrintable(bridge->whyNot()));
        return bridge;
    }

    int port;
    PyventNode node;
    PyventBridgeOptions options;
    QStringList problems;
};

bool isWorking(const PyventBridge &bridge)
{
    // "Working" says that this one is the bridge of its bus; what it reads comes a little later.
    return bridge.state() == PyventBridge::Working && bridge.metrics().contains("pyvent_bridge_reading{")
        && bridge.metrics().contains("} 1\n# HELP pyvent_bridge_peers");
}

} // namespace

// Buses of nodes, joined by bridges in this process to a real server of an engine.
class TestBuses : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eventsCross_data() { bothEngines(); }
    void eventsCross();
    void theyNeverComeBack_data() { bothEngines(); }
    void theyNeverComeBack();
    void twoBridgesOfOneBus_data() { bothEngines(); }
    void twoBridgesOfOneBus();
    void namesAreChosen();
    void lateJoinersHaveThePast();
    void thePastOutlivesSenderAndBridge();
    void rulesDecide();
    void whatIsWrongWithOptions_data();
    void whatIsWrongWithOptions();
    void tellsOfItself();
};

void TestBuses::eventsCross()
{
    START_SERVER(server);
    Side one(dialect, server->port(), u"one"_s);
    Side two(dialect, server->port(), u"two"_s);
    const auto first = one.makeBridge();
    const auto second = two.makeBridge();
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*first) && isWorking(*second), patience);

    PyventNode sender({.port = one.port, .nodeId = u"kitchen"_s, .server = false});
    QVERIFY(sender.waitForReady());
    QList<PyventEvent> heard;
    two.node.on("order-*", {.sender = PyventSender::Any}, this, [&](const PyventEvent &event) { heard += event; });
    QVERIFY(two.node.waitForReady());
    const QVariantMap arguments = {{u"food"_s, u"Süßes"_s}, {u"count"_s, 3}, {u"raw"_s, QByteArray("\0\xff", 2)}};
    for (int i = 0; i < 100; ++i)
        QVERIFY(sender.send("order-food", arguments,
                            i % 2 ? PyventSendOptions{.sender = u"till.2"_s} : PyventSendOptions()));
    QTRY_COMPARE_WITH_TIMEOUT(heard.size(), 100, patience);
    for (int i = 0; i < 100; ++i) {
        QCOMPARE(heard[i].sequence, quint64(i + 1));
        QCOMPARE(heard[i].nodeId, sender.uuid());
        QCOMPARE(heard[i].sender, i % 2 ? u"till.2"_s : u"pyvent.kitchen"_s);
        QCOMPARE(heard[i].args, arguments);
    }
    // And the other way.
    PyventEvent back;
    one.node.on("order-back", this, [&](const PyventEvent &event) { back = event; });
    QVERIFY(one.node.waitForReady());
    QVERIFY(two.node.send("order-back", {{u"n"_s, 1}}));
    QTRY_COMPARE_WITH_TIMEOUT(back.args, (QVariantMap{{u"n"_s, 1}}), patience);
    QVERIFY2(one.problems.isEmpty() && two.problems.isEmpty(), qPrintable((one.problems + two.problems).join(u'\n')));
}

// Three buses, each with a bridge: what one sends is on each of the others once, and on its own as sent.
void TestBuses::theyNeverComeBack()
{
    START_SERVER(server);
    std::vector<std::unique_ptr<Side>> sides;
    std::vector<std::unique_ptr<PyventBridge>> bridges;
    std::vector<QList<quint64>> heard(3);
    for (int i = 0; i < 3; ++i) {
        sides.push_back(std::make_unique<Side>(dialect, server->port(), u"bus%1"_s.arg(i)));
        bridges.push_back(sides.back()->makeBridge());
        sides.back()->node.on("tick", this,
                              [&heard, i](const PyventEvent &event) { heard[std::size_t(i)] += event.sequence; });
    }
    for (const auto &bridge : bridges)
        QTRY_VERIFY_WITH_TIMEOUT(isWorking(*bridge), patience);
    PyventNode sender({.port = sides[0]->port, .server = false});
    QVERIFY(sender.waitForReady());
    QList<quint64> sent;
    for (quint64 i = 1; i <= 300; ++i) {
        sent += i;
        QVERIFY(sender.send("tick"));
    }
    for (const QList<quint64> &each : heard)
        QTRY_COMPARE_WITH_TIMEOUT(each, sent, patience);
    // What is still under way would have come before this, which follows it from each bus.
    int last = 0;
    for (const auto &side : sides)
        side->node.on("last", this, [&] { ++last; });
    for (const auto &side : sides)
        QVERIFY(side->node.waitForReady());
    for (const auto &side : sides)
        QVERIFY(side->node.send("last"));
    QTRY_COMPARE_WITH_TIMEOUT(last, 9, patience);
    for (const QList<quint64> &each : heard)
        QCOMPARE(each, sent);
}

void TestBuses::twoBridgesOfOneBus()
{
    START_SERVER(server);
    Side one(dialect, server->port(), u"one"_s);
    Side two(dialect, server->port(), u"two"_s);
    auto first = one.makeBridge();
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*first), patience);
    const auto standby = one.makeBridge();
    const auto far = two.makeBridge();
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*far), patience);
    QTRY_COMPARE_WITH_TIMEOUT(standby->state(), PyventBridge::StandingBy, patience);
    QList<quint64> heard;
    two.node.on("tick", this, [&](const PyventEvent &event) { heard += event.sequence; });
    QVERIFY(two.node.waitForReady());
    QList<quint64> sent;
    const auto send = [&](int count) {
        for (int i = 0; i < count; ++i) {
            sent += quint64(sent.size() + 1);
            if (!one.node.send("tick"))
                return false;
        }
        return true;
    };
    QVERIFY(send(100));
    QTRY_COMPARE_WITH_TIMEOUT(heard, sent, patience);
    first.reset();
    QVERIFY(send(100));
    QTRY_COMPARE_WITH_TIMEOUT(heard, sent, patience);
    QCOMPARE(standby->state(), PyventBridge::Working);
}

void TestBuses::namesAreChosen()
{
    START_SERVER_OF(server, Dialect::Nats);
    Side one(Dialect::Nats, server->port(), u"one"_s, {.namesOut = {u"a*"_s, u"ab"_s}});
    Side two(Dialect::Nats, server->port(), u"two"_s, {.names = {u"ab"_s, u"ac"_s, u"b"_s}});
    const auto first = one.makeBridge();
    const auto second = two.makeBridge();
    QTRY_VERIFY_WITH_TIMEOUT(first->state() == PyventBridge::Working && isWorking(*second), patience);
    QStringList heard;
    two.node.on("*", this, [&](const PyventEvent &event) { heard += event.name; });
    QStringList back;
    one.node.on("b", this, [&](const PyventEvent &event) { back += event.name; });
    QVERIFY(one.node.waitForReady() && two.node.waitForReady());
    QVERIFY(two.node.send("b")); // which goes out there, and does not come in here
    for (const char *name : {"b", "ad", "ab", "ac"})
        QVERIFY(one.node.send(name));
    QTRY_COMPARE_WITH_TIMEOUT(heard, (QStringList{u"b"_s, u"ab"_s, u"ac"_s}), patience);
    QCOMPARE(back, QStringList{u"b"_s}); // its own
}

void TestBuses::lateJoinersHaveThePast()
{
    START_SERVER_OF(server, Dialect::Nats);
    Side one(Dialect::Nats, server->port(), u"one"_s);
    Side two(Dialect::Nats, server->port(), u"two"_s);
    const auto first = one.makeBridge();
    const auto second = two.makeBridge();
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*first) && isWorking(*second), patience);
    int heard = 0;
    two.node.on("tick", this, [&] { ++heard; });
    {
        PyventNode sender({.port = one.port, .server = false});
        for (int i = 0; i < 10; ++i)
            QVERIFY(sender.send("tick"));
        QVERIFY(sender.flush(10s));
    }
    QTRY_COMPARE_WITH_TIMEOUT(heard, 10, patience);
    QList<quint64> past;
    PyventNode late({.port = two.port, .server = false});
    late.on("tick", {.replay = {.last = 3}}, this, [&](const PyventEvent &event) { past += event.sequence; });
    QTRY_COMPARE_WITH_TIMEOUT(past, (QList<quint64>{8, 9, 10}), patience);
}

void TestBuses::thePastOutlivesSenderAndBridge()
{
    START_SERVER_OF(server, Dialect::Nats);
    Side one(Dialect::Nats, server->port(), u"one"_s);
    const auto first = one.makeBridge();
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*first), patience);
    {
        PyventNode sender({.port = one.port, .server = false});
        for (int i = 0; i < 10; ++i)
            QVERIFY(sender.send("tick", {{u"i"_s, i}}));
        QVERIFY(sender.flush(10s));
    }
    QTRY_VERIFY_WITH_TIMEOUT(first->metrics().contains("published_events_total{link=\"nats:test\",bus=\"one\"} 10\n"),
                             patience);
    // A bus that was never there before, and another one that has lost its bridge, and with it what that kept.
    Side two(Dialect::Nats, server->port(), u"two"_s);
    for (int turn = 0; turn < 2; ++turn) {
        auto second = two.makeBridge();
        QTRY_VERIFY_WITH_TIMEOUT(isWorking(*second), patience);
        QList<QPair<quint64, bool>> past;
        int live = 0;
        PyventNode late({.port = two.port, .server = false});
        late.on("tick", this, [&] { ++live; });
        late.on("tick", {.replay = {.last = 3}}, this, [&](const PyventEvent &event) {
            past.append({event.sequence, event.replayed});
        });
        const QList<QPair<quint64, bool>> expected = {{8, true}, {9, true}, {10, true}};
        QTRY_COMPARE_WITH_TIMEOUT(past, expected, patience);
        QCOMPARE(live, 0);
    }
}

// A bus whose rules do not let the bridge speak for others says so, and the other bus goes on.
void TestBuses::rulesDecide()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QTemporaryDir folder;
    QFile rules(folder.filePath(u"rules"_s));
    QVERIFY(rules.open(QIODevice::WriteOnly));
    rules.write("allow anyone send, hear *\n");
    rules.close();
    Side one(Dialect::Nats, server->port(), u"one"_s);
    Side two(Dialect::Nats, server->port(), u"two"_s);
    two.node.stop();
    PyventOptions options{.port = two.port};
    options.security.rulesFile = rules.fileName();
    PyventNode strict(options);
    QVERIFY(strict.startServer());
    const auto first = one.makeBridge();
    const auto second = two.makeBridge();
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*first) && isWorking(*second), patience);
    int heard = 0;
    one.node.on("back", this, [&] { ++heard; });
    QVERIFY(one.node.waitForReady());
    // From another process: what comes of this thread's nodes, the bridge's thread may say.
    Program sender({u"send"_s, u"tick"_s, u"--no-server"_s, u"--port"_s, QString::number(one.port)});
    QCOMPARE(sender.exitCode(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(!two.problems.isEmpty(), patience);
    QVERIFY2(two.problems.first().contains("speak-for-others tick"_L1), qPrintable(two.problems.join(u'\n')));
    QVERIFY(strict.send("back"));
    QTRY_COMPARE_WITH_TIMEOUT(heard, 1, patience);
    QVERIFY2(one.problems.isEmpty(), qPrintable(one.problems.join(u'\n')));
}

void TestBuses::whatIsWrongWithOptions_data()
{
    QTest::addColumn<QString>("engine");
    QTest::addColumn<QString>("prefix");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("bus");
    QTest::addColumn<QString>("says");
    QTest::newRow("no URL") << QString() << u"p"_s << u"a"_s << u"b"_s << u"nats://"_s;
    QTest::newRow("a scheme") << u"http://a"_s << u"p"_s << u"a"_s << u"b"_s << u"'http://a'"_s;
    QTest::newRow("a password") << u"nats://u:p@a"_s << u"p"_s << u"a"_s << u"b"_s << u"--password-file"_s;
    QTest::newRow("no prefix") << u"nats://a"_s << QString() << u"a"_s << u"b"_s << u"prefix is missing"_s;
    QTest::newRow("a prefix") << u"nats://a"_s << u"p.*"_s << u"a"_s << u"b"_s << u"'p.*'"_s;
    QTest::newRow("a name") << u"nats://a"_s << u"p"_s << u"a b"_s << u"b"_s << u"'a b'"_s;
    QTest::newRow("a bus") << u"nats://a"_s << u"p"_s << u"a"_s << u"b c"_s << u"'b c'"_s;
}

void TestBuses::whatIsWrongWithOptions()
{
    QFETCH(const QString, engine);
    QFETCH(const QString, prefix);
    QFETCH(const QString, name);
    QFETCH(const QString, bus);
    QFETCH(const QString, says);
    PyventBridge bridge({.engine = engine, .prefix = prefix, .names = {name}, .bus = bus},
                        {.port = freePort(), .server = false});
    QVERIFY(!bridge.start());
    QVERIFY2(bridge.whyNot().contains(says), qPrintable(bridge.whyNot()));
    QCOMPARE(bridge.state(), PyventBridge::Stopped);
    QVERIFY(bridge.node()->state() == PyventNode::Stopped);
}

void TestBuses::tellsOfItself()
{
    START_SERVER_OF(server, Dialect::Nats);
    Side one(Dialect::Nats, server->port(), u"harbour"_s);
    auto bridge = one.makeBridge();
    QSignalSpy states(bridge.get(), &PyventBridge::stateChanged);
    QSignalSpy finished(bridge.get(), &PyventBridge::finished);
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*bridge), patience);
    QVERIFY2(bridge->statusText().startsWith("joins 'harbour' to nats:test at nats://127.0.0.1"_L1),
             qPrintable(bridge->statusText()));
    Program nodes({u"nodes"_s, u"--port"_s, QString::number(one.port), u"--timeout"_s, u"2"_s});
    QCOMPARE(nodes.exitCode(), 0);
    QVERIFY2(nodes.output().contains(
                 u": bridge of 'harbour' to nats:test at nats://127.0.0.1:%1: works\n"_s.arg(server->port())),
             qPrintable(nodes.output()));
    server->kill();
    QTRY_COMPARE_WITH_TIMEOUT(bridge->state(), PyventBridge::Connecting, patience);
    QVERIFY(one.node.send("tick"));
    QTRY_COMPARE_WITH_TIMEOUT(bridge->waiting(), 1, patience);
    QVERIFY(server->start());
    QTRY_COMPARE_WITH_TIMEOUT(bridge->waiting(), 0, patience);
    QTRY_COMPARE_WITH_TIMEOUT(bridge->state(), PyventBridge::Working, patience);
    bridge->stop();
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, patience);
    QCOMPARE(bridge->state(), PyventBridge::Stopped);
    QVERIFY(states.size() >= 4);
    // It may be started again.
    QVERIFY(bridge->start());
    QTRY_VERIFY_WITH_TIMEOUT(isWorking(*bridge), patience);
}

PYVENT_TEST(TestBuses)
#include "tst_buses.moc"
