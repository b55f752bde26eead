// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/numbers.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A node that sends a count, again and again.
class Sender : public QObject
{
public:
    explicit Sender(const PyventOptions &options)
        : node(options)
    {
        connect(&m_timer, &QTimer::timeout, this, [this] {
            for (const char *name : {"tick", "tock"})
                taken = node.send(name, {{u"n"_s, sent + 1}}) && taken;
            ++sent;
        });
    }
    void start() { m_timer.start(1ms); }
    void stop() { m_timer.stop(); }

    PyventNode node;
    int sent = 0;
    bool taken = true;

private:
    QTimer m_timer;
};

// A node that hears these counts.
class Receiver : public QObject
{
public:
    explicit Receiver(const PyventOptions &options)
        : node(options)
    {
        node.on("tick", {"n"}, this, [this](int n) { ticks.append(n); });
        node.on("t*", this, [this](const PyventEvent &event) {
            if (event.name == "tock"_L1)
                tocks.append(event.args[u"n"_s].toInt());
        });
        connect(&node, &PyventNode::eventsLost, this, [this] { ++losses; });
    }

    PyventNode node;
    QList<int> ticks;
    QList<int> tocks;
    int losses = 0;
};

} // namespace

// Nothing is lost, doubled or out of order among nodes of this module, whatever becomes of the server.
class tst_Recovery : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }

    // While the past is on its way, and the sender goes on.
    void theServerOfALateJoinerIsKilled_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        for (const auto server : {PeerProcess::Python, PeerProcess::Qt})
            QTest::addRow("server %s", qPrintable(nameOf(server))) << server;
    }
    void theServerOfALateJoinerIsKilled()
    {
        QFETCH(const PeerProcess::Language, serving);

        Bus bus;
        PeerProcess *server = &bus.add(serving, u"server"_s);
        QVERIFY(bus.serve(*server));
        const PyventOptions client{.port = bus.port(), .server = false};
        Sender sender(client);
        sender.start();
        QVERIFY(waitUntil([&] { return sender.sent >= 2000; }));
        PyventNode joiner(client);
        QList<int> heard;
        joiner.on("tick", {"n"}, {.replay = {.since = 60s}}, this, [&](int n) { heard.append(n); });
        for (int round = 0; round < 2; ++round) {
            const qsizetype enough = heard.size() + 10;
            QVERIFY(waitUntil([&] { return heard.size() >= enough; }));
            server->kill();
            server = &bus.add(serving, u"server %1"_s.arg(round + 2));
            QVERIFY(bus.join(*server, {{u"server"_s, true}}) && server->order(u"serve"_s));
        }
        QVERIFY(waitUntil([&] { return heard.size() >= 2000; }));
        sender.stop();
        QVERIFY(sender.taken);
        QVERIFY(waitUntil([&] { return heard.size() >= sender.sent; }));
        QCOMPARE(heard, numbersFromTo(1, sender.sent));
    }

    void theServerIsKilled_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<bool>("mayServe");
        for (const auto server : {PeerProcess::Python, PeerProcess::Qt}) {
            QTest::addRow("server %s, and a new one each time", qPrintable(nameOf(server))) << server << false;
            QTest::addRow("server %s, and the receiver takes over", qPrintable(nameOf(server))) << server << true;
        }
    }
    void theServerIsKilled()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const bool, mayServe);

        Bus bus;
        PeerProcess *server = &bus.add(serving, u"server"_s);
        QVERIFY(bus.serve(*server));
        PyventOptions client{.port = bus.port(), .server = false};
        Sender sender(client);
        Receiver receiver(client);
        client.server = mayServe;
        Receiver other(client);
        for (PyventNode *node : {&sender.node, &receiver.node, &other.node}) {
            QVERIFY(node->tryStart());
            QVERIFY(waitUntil([&] { return node->state() == PyventNode::Ready; }));
        }
        sender.start();
        for (int round = 0; round < (mayServe ? 1 : 5); ++round) {
            const qsizetype enough = receiver.ticks.size() + 200;
            QVERIFY(waitUntil([&] { return receiver.ticks.size() >= enough && other.ticks.size() >= enough; }));
            server->kill();
            if (mayServe) {
                QVERIFY(waitUntil([&] { return other.node.isServer(); }));
            } else {
                server = &bus.add(serving, u"server %1"_s.arg(round + 2));
                QVERIFY(bus.join(*server, {{u"server"_s, true}}) && server->order(u"serve"_s));
            }
        }
        const qsizetype enough = receiver.ticks.size() + 200;
        QVERIFY(waitUntil([&] { return receiver.ticks.size() >= enough && other.ticks.size() >= enough; }));
        sender.stop();
        QVERIFY(sender.taken);
        const QList<int> all = numbersFromTo(1, sender.sent);
        for (Receiver *each : {&receiver, &other}) {
            QVERIFY(waitUntil([&] { return each->ticks.size() >= all.size() && each->tocks.size() >= all.size(); }));
            QCOMPARE(each->ticks, all);
            QCOMPARE(each->tocks, all);
            QCOMPARE(each->losses, 0);
        }
    }
};

PYVENT_TEST(tst_Recovery)

#include "tst_recovery.moc"
