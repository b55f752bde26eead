// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/testprogram.h"

#include <QtTest>

#include <algorithm>
#include <functional>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

enum class Way { StoppedAndStarted, KilledAndReplaced };

} // namespace

Q_DECLARE_METATYPE(Way)

// Servers that go away and come back, and nodes that are stopped and used again.
class tst_Restart : public QObject
{
    Q_OBJECT

private:
    static void addServers()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        for (const auto server : languages)
            QTest::addRow("server %s", qPrintable(nameOf(server))) << server;
    }

    static void addServersAndWays()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<Way>("way");
        for (const auto server : languages) {
            QTest::addRow("server %s, stopped and started", qPrintable(nameOf(server)))
                << server << Way::StoppedAndStarted;
            QTest::addRow("server %s, killed and replaced", qPrintable(nameOf(server)))
                << server << Way::KilledAndReplaced;
        }
    }

    // Both hear what either of them sends.
    static bool canTalk(PeerProcess &one, PeerProcess &other, const QString &name)
    {
        for (PeerProcess *peer : {&one, &other}) {
            if (!peer->tell(u"on"_s, {{u"name"_s, name}}) || !peer->tell(u"ready"_s))
                return false;
        }
        for (PeerProcess *peer : {&one, &other}) {
            if (!peer->tell(u"send"_s, {{u"name"_s, name}})) // Python gives up on the reply early, not on the event
                return false;
        }
        return one.waitForHeard(2, name) && other.waitForHeard(2, name);
    }

    // The peer serves at this bus's port, which a server has just left.
    static bool serveAgain(Bus &bus, PeerProcess &peer)
    {
        return bus.join(peer, {{u"server"_s, true}}) && peer.order(u"serve"_s);
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }

    void clientsOutliveTheirServer_data() { addServersAndWays(); }
    void clientsOutliveTheirServer()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const Way, way);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &qt = bus.add(PeerProcess::Qt, u"qt client"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python client"_s);
        PeerProcess &replacement = bus.add(serving, u"replacement"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(qt));
        QVERIFY(bus.join(python, {{u"replyTimeout"_s, 50}}));
        QVERIFY(canTalk(qt, python, u"before"_s));

        qt.forget();
        if (way == Way::StoppedAndStarted)
            QVERIFY(server.tell(u"stop"_s, {{u"client"_s, false}}));
        else
            server.kill();
        QVERIFY(qt.waitForState(u"Connecting"_s));
        QVERIFY(qt.order(u"send"_s, {{u"name"_s, u"between"_s}}));
        if (way == Way::StoppedAndStarted)
            QVERIFY(server.order(u"serve"_s));
        else
            QVERIFY(serveAgain(bus, replacement));
        QVERIFY(qt.order(u"flush"_s));
        QVERIFY(canTalk(qt, python, u"after"_s));
        // Handlers and subscriptions from before still count.
        QVERIFY(python.tell(u"send"_s, {{u"name"_s, u"before"_s}}));
        QVERIFY(qt.waitForHeard(1, u"before"_s));
        PEERS_COMPARE(qt.errors().size(), 0);
    }

    void aServerStopsAndStartsManyTimes_data() { addServers(); }
    void aServerStopsAndStartsManyTimes()
    {
        QFETCH(const PeerProcess::Language, serving);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &client = bus.add(PeerProcess::Qt, u"client"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(client));
        QVERIFY(client.tell(u"on"_s, {{u"name"_s, u"order"_s}}));
        for (int round = 1; round <= 5; ++round) {
            QVERIFY(client.tell(u"ready"_s));
            QVERIFY(client.order(u"send"_s, {{u"name"_s, u"order"_s}}));
            QVERIFY(client.waitForHeard(round, u"order"_s));
            QVERIFY(client.order(u"flush"_s));
            QVERIFY(server.tell(u"stop"_s, {{u"client"_s, false}}));
            // Sent to nobody, and kept. Whether it is heard depends on which of the two connections is back
            // first.
            QVERIFY(client.order(u"send"_s, {{u"name"_s, u"between"_s}}));
            QVERIFY(server.order(u"serve"_s));
            QVERIFY(client.order(u"flush"_s));
        }
        PEERS_COMPARE(client.errors().size(), 0);
        PEERS_COMPARE(client.heard(u"order"_s).size(), 5);
    }

    void aNodeStopsAndStartsAgain_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<PeerProcess::Language>("stopping");
        for (const auto server : languages) {
            for (const auto node : languages)
                QTest::addRow("server %s, node %s", qPrintable(nameOf(server)), qPrintable(nameOf(node)))
                    << server << node;
        }
    }
    void aNodeStopsAndStartsAgain()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, stopping);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &node = bus.add(stopping, u"node"_s);
        PeerProcess &other = bus.add(PeerProcess::Qt, u"other"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(node));
        QVERIFY(bus.join(other));
        QVERIFY(canTalk(node, other, u"order"_s));
        for (int round = 1; round <= 2; ++round) {
            QVERIFY(node.tell(u"stop"_s));
            QVERIFY(node.tell(u"start"_s));
            QVERIFY(node.tell(u"ready"_s));
            node.forget();
            QVERIFY(other.order(u"send"_s, {{u"name"_s, u"order"_s}}));
            QVERIFY(node.waitForHeard(1, u"order"_s)); // by the handler from before
            QVERIFY(node.order(u"send"_s, {{u"name"_s, u"order"_s}}));
            QVERIFY(other.waitForHeard(2 + 2 * round, u"order"_s));
        }
    }

    void aServingNodeStopsAsAWholeAndServesAgain_data() { addServers(); }
    void aServingNodeStopsAsAWholeAndServesAgain()
    {
        QFETCH(const PeerProcess::Language, serving);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &client = bus.add(PeerProcess::Qt, u"client"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(client));
        QVERIFY(canTalk(server, client, u"before"_s));
        QVERIFY(server.tell(u"stop"_s));
        const auto state = server.request(u"state"_s);
        QVERIFY(state);
        PEERS_VERIFY(!(*state)["serving"_L1].toBool());
        QVERIFY(server.order(u"serve"_s));
        QVERIFY(canTalk(server, client, u"after"_s));
    }

    void pythonHearsThatTheServerStops_data() { addServers(); }
    void pythonHearsThatTheServerStops()
    {
        QFETCH(const PeerProcess::Language, serving);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
        PeerProcess &qt = bus.add(PeerProcess::Qt, u"qt"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(python));
        QVERIFY(bus.join(qt));
        QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"__server_disconnect"_s}}));
        QVERIFY(qt.tell(u"on"_s, {{u"name"_s, u"*"_s}, {u"sender"_s, u"*any*"_s}}));
        QVERIFY(canTalk(python, qt, u"order"_s));
        QVERIFY(server.tell(u"stop"_s));
        QVERIFY(python.waitForHeard(1, u"__server_disconnect"_s));
        QVERIFY(qt.waitForState(u"Connecting"_s));
        for (const QJsonObject &heard : qt.heard()) // Python's reserved events are nobody's here
            PEERS_COMPARE(heard["heard"_L1].toString(), u"order"_s);
    }

    void aBlockedClientIsReadyOnlyWhenItHears_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<QString>("question");
        for (const auto server : languages) {
            QTest::addRow("server %s, whenReady()", qPrintable(nameOf(server))) << server << u"ready"_s;
            QTest::addRow("server %s, waitForReady()", qPrintable(nameOf(server))) << server << u"wait_until_ready"_s;
        }
    }
    void aBlockedClientIsReadyOnlyWhenItHears()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const QString, question);

        // While the client's event loop stands still, ZeroMQ connects to the new server by itself. What the
        // client then takes for a proof of its subscriptions has to be one. Many names make many
        // subscriptions to send.
        constexpr int names = 60;
        const auto nameOfEvent = [](int i) { return u"event-%1"_s.arg(i, 2, 10, '0'_L1); };
        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &client = bus.add(PeerProcess::Qt, u"client"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(client));
        QVERIFY(bus.join(python, {{u"replyTimeout"_s, 50}}));
        for (int i = 0; i < names; ++i)
            client.post(u"on"_s, {{u"name"_s, nameOfEvent(i)}});
        for (int round = 0; round < 3; ++round) {
            QVERIFY(client.tell(u"ready"_s));
            QVERIFY(client.tell(u"block"_s));
            QVERIFY(server.tell(u"stop"_s, {{u"client"_s, false}}));
            QVERIFY(server.order(u"serve"_s));
            QVERIFY(python.tell(u"ready"_s)); // takes as long as connecting does
            client.forget();
            QVERIFY(client.order(question));
            for (int i = names - 1; i >= 0; --i)
                QVERIFY(python.tell(u"send"_s, {{u"name"_s, nameOfEvent(i)}}));
            for (int i = 0; i < names; ++i)
                QVERIFY(client.waitForHeard(1, nameOfEvent(i)));
        }
    }

    void aServerHangsForAWhile_data() { addServers(); }
    void aServerHangsForAWhile()
    {
        QFETCH(const PeerProcess::Language, serving);

        // The connection stays as it was, and only silence tells.
        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &sender = bus.add(PeerProcess::Qt, u"sender"_s);
        PeerProcess &receiver = bus.add(PeerProcess::Qt, u"receiver"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(sender));
        QVERIFY(bus.join(receiver));
        QVERIFY(canTalk(sender, receiver, u"before"_s));
        for (PeerProcess *peer : {&sender, &receiver})
            peer->forget();
        server.suspend();
        QVERIFY(sender.order(u"send"_s, {{u"name"_s, u"before"_s}, {u"count"_s, 10}}));
        for (PeerProcess *peer : {&sender, &receiver}) {
            QVERIFY(peer->waitForState(u"Connecting"_s));
            QVERIFY(peer->waitForLine(u"that the server does not respond"_s, [](const QJsonObject &line) {
                return line["error"_L1] == u"ServerNotResponding"_s;
            }));
        }
        server.resume();
        QVERIFY(sender.order(u"flush"_s));
        QVERIFY(canTalk(sender, receiver, u"after"_s));
        // What the server had taken in before it hung is sent again, because it was not acknowledged; nobody
        // hears it twice. That it is heard at all depends on which of the connections is back first.
        QList<int> numbers;
        for (const QJsonObject &heard : receiver.heard(u"before"_s))
            numbers.append(heard["args"_L1]["i"_L1].toInt());
        PEERS_VERIFY(std::is_sorted(numbers.cbegin(), numbers.cend(), std::less_equal<int>()));
        for (const PeerProcess *peer : {&sender, &receiver})
            PEERS_COMPARE(peer->errors().size(), 1);
    }

    void aClientReplacesAKilledServer_data() { addServers(); }
    void aClientReplacesAKilledServer()
    {
        QFETCH(const PeerProcess::Language, serving);

        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &heir = bus.add(PeerProcess::Qt, u"heir"_s);
        PeerProcess &qt = bus.add(PeerProcess::Qt, u"qt client"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python client"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(heir, {{u"server"_s, true}}));
        QVERIFY(bus.join(qt));
        QVERIFY(bus.join(python, {{u"replyTimeout"_s, 50}}));
        QVERIFY(canTalk(heir, qt, u"before"_s));
        QVERIFY(python.tell(u"start"_s));
        server.kill();
        QVERIFY(
            heir.waitForLine(u"that it serves"_s, [](const QJsonObject &line) { return line["serving"_L1].toBool(); }));
        QVERIFY(canTalk(heir, qt, u"after"_s));
        QVERIFY(canTalk(python, qt, u"with-python"_s));
        PEERS_COMPARE(qt.errors().size(), 0);
    }
};

PYVENT_TEST(tst_Restart)

#include "tst_restart.moc"
