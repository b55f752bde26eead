// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;

// Shared values between processes that end at the worst moments, with Python's nodes in each role.
class tst_SharedValues : public QObject
{
    Q_OBJECT

private:
    static void addServers()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        for (const auto server : languages)
            QTest::addRow("server %s", qPrintable(nameOf(server))) << server;
    }

    static QJsonObject oven(int value)
    {
        return {{u"name"_s, u"oven"_s}, {u"args"_s, QJsonObject{{u"value"_s, value}}}};
    }
    static QJsonObject oven() { return {{u"name"_s, u"oven"_s}}; }

    static int lastHeard(const PeerProcess &peer, const QString &handler)
    {
        const QList<QJsonObject> heard = peer.heard(u"oven"_s, handler);
        return heard.isEmpty() ? -1 : heard.last()[u"args"_s][u"value"_s].toInt(-1);
    }

    // Whether it has this value, or will.
    static bool has(PeerProcess &peer, int value, const QString &handler = u"value"_s)
    {
        if (lastHeard(peer, handler) == value)
            return true;
        return peer.waitForLine(u"the value %1"_s.arg(value),
                                [&](const QJsonObject &) { return lastHeard(peer, handler) == value; });
    }

    // A node of this module's that holds the value.
    static bool holds(Bus &bus, PeerProcess &peer)
    {
        return bus.join(peer) && peer.tell(u"hold"_s, oven()) && peer.tell(u"ready"_s);
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }

    void pythonSetsAndHears_data() { addServers(); }
    void pythonSetsAndHears()
    {
        QFETCH(const PeerProcess::Language, serving);
        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &one = bus.add(PeerProcess::Qt, u"one"_s);
        PeerProcess &other = bus.add(PeerProcess::Qt, u"other"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(holds(bus, one));
        QVERIFY(holds(bus, other));
        QVERIFY(bus.join(python));
        QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"oven"_s}, {u"label"_s, u"python"_s}}));
        QVERIFY(python.tell(u"ready"_s));
        QVERIFY(python.tell(u"send"_s, oven(180)));
        PEERS_VERIFY(has(one, 180) && has(other, 180));
        QVERIFY(one.order(u"set"_s, oven(90)));
        PEERS_VERIFY(has(other, 90) && has(python, 90, u"python"_s));
        // Python's write is later than the one that it has heard.
        QVERIFY(python.tell(u"send"_s, oven(200)));
        PEERS_VERIFY(has(one, 200) && has(other, 200));
        QVERIFY(other.order(u"set"_s, oven(10)));
        PEERS_VERIFY(has(one, 10) && has(python, 10, u"python"_s));
    }

    void whoComesLateHasIt_data() { addServers(); }
    void whoComesLateHasIt()
    {
        QFETCH(const PeerProcess::Language, serving);
        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &writer = bus.add(PeerProcess::Qt, u"writer"_s);
        PeerProcess &holder = bus.add(PeerProcess::Qt, u"holder"_s);
        PeerProcess &late = bus.add(PeerProcess::Qt, u"late"_s);
        PeerProcess &later = bus.add(PeerProcess::Qt, u"later"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(holds(bus, holder));
        QVERIFY(holds(bus, writer));
        QVERIFY(writer.order(u"set"_s, oven(42)));
        PEERS_VERIFY(has(holder, 42));
        writer.kill();
        QVERIFY(holds(bus, late));
        PEERS_VERIFY(has(late, 42));
        if (serving == PeerProcess::Python)
            return;
        // A server of this module's has it though nobody else does.
        holder.kill();
        late.kill();
        QVERIFY(holds(bus, later));
        PEERS_VERIFY(has(later, 42));
    }

    // The server is killed with what it knows, and one of the other language may follow it.
    void itOutlivesTheServer_data()
    {
        QTest::addColumn<PeerProcess::Language>("serving");
        QTest::addColumn<PeerProcess::Language>("next");
        for (const auto server : languages) {
            for (const auto next : languages)
                QTest::addRow("server %s, then %s", qPrintable(nameOf(server)), qPrintable(nameOf(next)))
                    << server << next;
        }
    }
    void itOutlivesTheServer()
    {
        QFETCH(const PeerProcess::Language, serving);
        QFETCH(const PeerProcess::Language, next);
        Bus bus;
        PeerProcess &server = bus.add(serving, u"server"_s);
        PeerProcess &replacement = bus.add(next, u"replacement"_s);
        PeerProcess &one = bus.add(PeerProcess::Qt, u"one"_s);
        PeerProcess &other = bus.add(PeerProcess::Qt, u"other"_s);
        PeerProcess &late = bus.add(PeerProcess::Qt, u"late"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(holds(bus, one));
        QVERIFY(holds(bus, other));
        QVERIFY(one.order(u"set"_s, oven(1)));
        PEERS_VERIFY(has(other, 1));
        server.kill();
        PEERS_VERIFY(one.waitForState(u"Connecting"_s) && other.waitForState(u"Connecting"_s));
        QVERIFY(one.order(u"set"_s, oven(2))); // each writes without the other
        const qint64 written = QDateTime::currentMSecsSinceEpoch();
        QTRY_VERIFY(QDateTime::currentMSecsSinceEpoch()
                    > written); // in the same millisecond, either may be the later one
        QVERIFY(other.order(u"set"_s, oven(3)));
        PEERS_VERIFY(bus.join(replacement, {{u"server"_s, true}}) && replacement.order(u"serve"_s));
        QVERIFY(holds(bus, late));
        PEERS_VERIFY(
            late.waitForLine(u"a value"_s, [&](const QJsonObject &) { return lastHeard(late, u"value"_s) > 1; }));
        PEERS_COMPARE(one.order(u"flush"_s), true);
        PEERS_COMPARE(other.order(u"flush"_s), true);
        PEERS_VERIFY(has(one, 3) && has(other, 3) && has(late, 3));
        QVERIFY(late.order(u"set"_s, oven(4)));
        PEERS_VERIFY(has(one, 4) && has(other, 4));
    }

    void oneOfManySets()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &one = bus.add(PeerProcess::Qt, u"one"_s);
        PeerProcess &other = bus.add(PeerProcess::Qt, u"other"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(holds(bus, one));
        QVERIFY(holds(bus, other));
        QVERIFY(one.order(u"set"_s, oven(0)));
        PEERS_VERIFY(has(other, 0));
        const auto increase = [](int from, int to) {
            return QJsonObject{{u"name"_s, u"oven"_s},
                               {u"args"_s, QJsonObject{{u"expected"_s, from}, {u"value"_s, to}}}};
        };
        for (int i = 0; i < 20; ++i) {
            one.post(u"compare_and_set"_s, increase(i, i + 1));
            const auto answer = other.request(u"compare_and_set"_s, increase(i, i + 1));
            PEERS_VERIFY(answer && answer->isBool());
            PEERS_VERIFY(has(one, i + 1) && has(other, i + 1));
        }
    }

    void aPythonServerDoesNotSet()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Python, u"server"_s);
        PeerProcess &one = bus.add(PeerProcess::Qt, u"one"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(holds(bus, one));
        const auto answer = one.request(u"compare_and_set"_s,
                                        {{u"name"_s, u"oven"_s},
                                         {u"args"_s, QJsonObject{{u"expected"_s, QJsonValue()}, {u"value"_s, 1}}},
                                         {u"timeout"_s, 100}});
        PEERS_COMPARE(answer.value_or(QJsonValue()), QJsonValue(u"canceled"_s));
        PEERS_COMPARE(one.errors().size(), 1);
        PEERS_COMPARE(one.errors().first()[u"error"_s].toString(), u"NotSupported"_s);
    }

    // The last event of a Python node that has ended.
    void theLastEventOfAPythonNode()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
        PeerProcess &late = bus.add(PeerProcess::Qt, u"late"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(python));
        QVERIFY(python.tell(u"send"_s, oven(7)));
        QVERIFY(python.tell(u"send"_s, oven(8)));
        QVERIFY(server.tell(u"on"_s, oven()));
        python.kill();
        QVERIFY(bus.join(late));
        QVERIFY(late.tell(u"on"_s, {{u"name"_s, u"oven"_s}, {u"last"_s, true}, {u"label"_s, u"last"_s}}));
        PEERS_VERIFY(has(late, 8, u"last"_s));
        PEERS_COMPARE(late.heard(u"oven"_s, u"last"_s).size(), 1);
    }
};

PYVENT_TEST(tst_SharedValues)

#include "tst_values.moc"
