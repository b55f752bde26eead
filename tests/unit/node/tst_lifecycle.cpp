// SPDX-License-Identifier: MIT
#include <Pyvent>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Options, election, states, stopping and starting again.
class tst_Lifecycle : public QObject
{
    Q_OBJECT

private:
    PyventOptions options(bool server = true) const { return {.port = m_port, .server = server}; }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    void optionsAreSetBeforeFirstUse()
    {
        PyventNode node;
        QCOMPARE(node.port(), 52002);
        QCOMPARE(node.address(), u"127.0.0.1"_s);
        QVERIFY(node.server());
        QSignalSpy port(&node, &PyventNode::portChanged);
        QSignalSpy id(&node, &PyventNode::nodeIdChanged);
        node.setPort(m_port);
        node.setNodeId(u"kitchen"_s);
        QCOMPARE(port, QList<QVariantList>({{m_port}}));
        QCOMPARE(id, QList<QVariantList>({{u"kitchen"_s}}));
        QVERIFY(node.send("x"));

        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        QVERIFY(!node.configure({.port = m_port + 2}));
        node.setNodeId(u"hall"_s);
        QCOMPARE(errors.size(), 2);
        QCOMPARE(node.lastError().code, PyventError::ConfiguredTooLate);
        QCOMPARE(node.port(), m_port);
        QCOMPARE(node.nodeId(), u"kitchen"_s);
        QCOMPARE(port.size(), 1);

        node.stop();
        QVERIFY(node.configure({.port = m_port, .nodeId = u"hall"_s}));
        QCOMPARE(id.size(), 2);
    }

    void optionsOutOfRangeAreRefused_data()
    {
        QTest::addColumn<PyventOptions>("options");
        QTest::addColumn<QString>("subject");
        QTest::newRow("port 0") << PyventOptions{.port = 0} << u"port"_s;
        QTest::newRow("no next port") << PyventOptions{.port = 65535} << u"port"_s;
        QTest::newRow("no address") << PyventOptions{.address = {}} << u"address"_s;
        QTest::newRow("bad address") << PyventOptions{.address = u"tcp://x"_s} << u"address"_s;
        QTest::newRow("id") << PyventOptions{.nodeId = u"a\nb"_s} << u"nodeId"_s;
        QTest::newRow("linger") << PyventOptions{.linger = -1ms} << u"linger"_s;
        QTest::newRow("size") << PyventOptions{.maximumEventSize = 10} << u"maximumEventSize"_s;
        QTest::newRow("expanded size") << PyventOptions{.maximumExpandedSize = 1000} << u"maximumExpandedSize"_s;
        QTest::newRow("replay") << PyventOptions{.replayEvents = -1} << u"replayEvents"_s;
        QTest::newRow("replayed bytes") << PyventOptions{.replayBytes = -1} << u"replayEvents"_s;
        QTest::newRow("replayed time") << PyventOptions{.replayAge = 25h} << u"replayAge"_s;
        QTest::newRow("queue") << PyventOptions{.sendQueueEvents = 0} << u"sendQueueEvents"_s;
        QTest::newRow("limits") << PyventOptions{.serverLimits = {.subscriptions = 9}} << u"serverLimits"_s;
    }
    void optionsOutOfRangeAreRefused()
    {
        QFETCH(PyventOptions, options);
        QFETCH(QString, subject);
        PyventNode configured;
        QVERIFY(!configured.configure(options));
        QCOMPARE(configured.lastError().code, PyventError::InvalidOption);
        QCOMPARE(configured.lastError().subject, subject);

        PyventNode made(options); // must not silently use other options
        QVERIFY(!made.send("x"));
        QVERIFY(!made.tryStart());
        QSignalSpy errors(&made, &PyventNode::errorOccurred);
        QVERIFY(!made.startServer());
        QCOMPARE(errors.size(), 1);
        QVERIFY(!made.waitForReady(0ms));
        QVERIFY(made.whenReady().isCanceled());
        QCOMPARE(made.lastError().code, PyventError::InvalidOption);
        QCOMPARE(made.state(), PyventNode::Stopped);
    }

    void saysWhichLimitIsOutOfRange()
    {
        PyventNode node;
        QVERIFY(!node.configure({.serverLimits = {.handshake = 0ms}}));
        QCOMPARE(node.lastError().text, u"the server's limit handshake is 0; it must be 1 or more"_s);
        QVERIFY(!node.configure({.serverLimits = {.waitingBytes = 1000}}));
        QCOMPARE(node.lastError().text, u"the server's limit waitingBytes is 1000; it must be 1024 or more"_s);
    }

    void theFirstNodeServes()
    {
        PyventNode first(options());
        PyventNode second(options());
        QSignalSpy serving(&first, &PyventNode::servingChanged);
        QVERIFY(first.tryStart());
        QVERIFY(first.isServer());
        QCOMPARE(serving, QList<QVariantList>({{true}}));
        QVERIFY(second.tryStart());
        QVERIFY(!second.isServer());
        QVERIFY(second.waitForReady());
        QVERIFY(!second.startServer());
        QCOMPARE(second.lastError().code, PyventError::PortTaken);
    }

    void aNodeThatMayNotServeWaitsForAServer()
    {
        PyventNode client(options(false));
        QSignalSpy states(&client, &PyventNode::stateChanged);
        int heard = 0;
        client.on("x", this, [&] { ++heard; });
        QCOMPARE(client.state(), PyventNode::Connecting);
        QVERIFY(!client.isServer());
        QVERIFY(client.send("x"));
        const QFuture<void> ready = client.whenReady();
        QVERIFY(!ready.isFinished());

        PyventNode server(options(false)); // by hand it may
        QVERIFY(server.startServer());
        QTRY_VERIFY_WITH_TIMEOUT(ready.isFinished(), 20'000);
        QCOMPARE(client.state(), PyventNode::Ready);
        QVERIFY(server.send("x"));
        QTRY_VERIFY(heard >= 1);
        QList<PyventNode::State> seen;
        for (const QVariantList &state : states)
            seen.append(state[0].value<PyventNode::State>());
        seen.removeAll(PyventNode::Subscribing); // passed within one turn, it is not told
        QCOMPARE(seen, QList<PyventNode::State>({PyventNode::Connecting, PyventNode::Ready}));
    }

    void aNewSubscriptionIsProvenAgain()
    {
        PyventNode node(options());
        QVERIFY(node.waitForReady());
        for (int n = 0; n < 20; ++n) {
            const QString name = u"name-%1"_s.arg(n);
            bool heard = false;
            node.on(name, this, [&] { heard = true; });
            QCOMPARE(node.state(), PyventNode::Subscribing);
            QVERIFY(node.waitForReady());
            QVERIFY(node.send(name));
            QTRY_VERIFY(heard);
        }
    }

    // Ready is told later than it becomes true, and what was subscribed to in between is not proven yet.
    void readyIsNotToldOfTooLittle()
    {
        PyventNode server(options());
        QVERIFY(server.waitForReady());
        for (int n = 0; n < 20; ++n) {
            PyventNode node(options(false));
            QList<PyventNode::State> whenTold;
            connect(&node, &PyventNode::stateChanged, this, [&](PyventNode::State state) {
                if (state == PyventNode::Ready)
                    whenTold.append(node.state());
            });
            node.on("a", this, [] {});
            QVERIFY(node.waitForReady()); // runs no event loop
            node.on("b", this, [] {});
            QTRY_VERIFY(!whenTold.isEmpty());
            QCOMPARE(whenTold.first(), PyventNode::Ready);
        }
    }

    void stopsAndStartsAgain_data()
    {
        QTest::addColumn<bool>("serves");
        QTest::newRow("server") << true;
        QTest::newRow("client") << false;
    }
    void stopsAndStartsAgain()
    {
        QFETCH(bool, serves);
        PyventNode other(options(false)); // it does not take over meanwhile
        if (!serves)
            QVERIFY(other.startServer());
        PyventNode node(options());
        int heard = 0;
        node.on("x", this, [&] { ++heard; });
        QVERIFY(node.waitForReady());
        QCOMPARE(node.isServer(), serves);
        for (int round = 1; round <= 5; ++round) {
            node.stop();
            QCOMPARE(node.state(), PyventNode::Stopped);
            QVERIFY(!node.isServer());
            QVERIFY(node.send("y")); // starts it again, handlers included
            QCOMPARE(node.isServer(), serves);
            QVERIFY(node.waitForReady());
            QVERIFY(other.send("x"));
            QTRY_COMPARE_WITH_TIMEOUT(heard, round, 20'000);
        }
    }

    void stopsTheServerAlone()
    {
        PyventNode node(options());
        QVERIFY(node.waitForReady());
        node.stop(PyventNode::Server);
        QVERIFY(!node.isServer());
        QTRY_COMPARE(node.state(), PyventNode::Connecting);
        QTest::qWait(0);
        QVERIFY(!node.isServer()); // until the next use
        QVERIFY(node.send("x"));
        QVERIFY(node.flush(20s));
        QVERIFY(node.isServer());
    }

    void stopsTheClientAlone()
    {
        PyventNode node(options());
        PyventNode other(options());
        QVERIFY(node.startServer());
        node.stop(PyventNode::Client);
        QCOMPARE(node.state(), PyventNode::Stopped);
        QVERIFY(node.isServer());
        QVERIFY(other.waitForReady());
    }

    void anotherNodeTakesOver()
    {
        auto first = std::make_unique<PyventNode>(options());
        PyventNode second(options());
        QVERIFY(first->tryStart());
        int heard = 0;
        second.on("x", this, [&] { ++heard; });
        QVERIFY(second.waitForReady());
        QVERIFY(!second.isServer());
        first.reset();
        QTRY_VERIFY(second.isServer());
        QTRY_COMPARE(second.state(), PyventNode::Ready);
        second.send("x");
        QTRY_COMPARE(heard, 1);
    }

    void aForeignProgramOnThePortIsToldAndMayGoAway()
    {
        auto foreign = std::make_unique<PyventTests::BoundSocket>(m_port);
        QVERIFY(foreign->isBound());
        PyventNode node(options());
        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        bool heard = false;
        node.on("x", this, [&] { heard = true; });
        QTRY_COMPARE(errors.size(), 1);
        QCOMPARE(node.lastError().code, PyventError::PortTaken);
        QCOMPARE(node.lastError().subject, QString::number(m_port));
        QVERIFY(node.send("x"));
        foreign.reset();
        QTRY_VERIFY_WITH_TIMEOUT(heard || node.state() == PyventNode::Ready, 20'000);
        QVERIFY(node.isServer());
        QCOMPARE(errors.size(), 1);
    }

    void aForeignProgramOnTheNextPortIsTold()
    {
        auto foreign = std::make_unique<PyventTests::BoundSocket>(m_port + 1);
        QVERIFY(foreign->isBound());
        PyventNode node(options());
        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        QVERIFY(node.tryStart());
        QCOMPARE(errors.size(), 1);
        QCOMPARE(node.lastError().code, PyventError::PortTaken);
        QCOMPARE(node.lastError().subject, QString::number(m_port + 1));
        foreign.reset();
        QTRY_VERIFY_WITH_TIMEOUT(node.isServer() && node.state() == PyventNode::Ready, 20'000);
        QCOMPARE(errors.size(), 1);
    }

    void neverServesAnotherMachinesAddress()
    {
        // 192.0.2.0/24 is nobody's (RFC 5737), so it cannot be bound, and nothing is sent that anybody gets
        PyventNode node({.port = m_port, .address = u"192.0.2.1"_s, .linger = 0ms});
        QVERIFY(!node.startServer());
        QCOMPARE(node.lastError().code, PyventError::CannotServe);
        QSignalSpy serving(&node, &PyventNode::servingChanged);
        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        for (int round = 0; round < 3; ++round) { // nor by itself, whatever becomes of the connection, with each use
            QVERIFY(node.send("x"));
            QVERIFY(!node.waitForReady(100ms));
        }
        QVERIFY(!node.isServer());
        QCOMPARE(serving.size(), 0);
        QCOMPARE(errors.size(), 0);
    }

    void servesByTheLoopbacksNames_data()
    {
        QTest::addColumn<QString>("address");
        for (const char *address : {"localhost", "127.0.0.1", "127.0.0.2"})
            QTest::newRow(address) << QString::fromLatin1(address);
    }
    void servesByTheLoopbacksNames()
    {
        QFETCH(QString, address);
        PyventNode node({.port = m_port, .address = address});
        QVERIFY(node.waitForReady());
        QVERIFY(node.isServer());
    }

    void theDefaultNodeDoesItAll()
    {
        QVERIFY(pyvent::configure({.port = m_port, .nodeId = u"default"_s}));
        QString heard;
        pyvent::on("x", {"n", {"sender", u"nobody"_s}}, this,
                   [&](int n, const QString &sender) { heard = u"%1 %2"_s.arg(n).arg(sender); });
        QVERIFY(pyvent::tryStart());
        QVERIFY(pyvent::isServer());
        QVERIFY(pyvent::node().waitForReady());
        QVERIFY(pyvent::send("x", {{u"n"_s, 7}}));
        QVERIFY(pyvent::flush(20s));
        QTRY_COMPARE(heard, u"7 pyvent.default"_s);
        const auto event = pyvent::waitFor("pong", 20s, {.send = u"pong"_s});
        QVERIFY(event);
        QCOMPARE(event->sender, u"pyvent.default"_s);
        QCOMPARE(pyvent::off(this), 1);
        pyvent::stop(true, false);
        QVERIFY(pyvent::isServer());
        pyvent::stop();
        QVERIFY(!pyvent::isServer());
        QVERIFY(pyvent::startServer());
        pyvent::stop();
    }
};

PYVENT_TEST(tst_Lifecycle)
#include "tst_lifecycle.moc"
