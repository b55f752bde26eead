// SPDX-License-Identifier: MIT
#include "bus.h"
#include "support/lateness.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <QtTest>

#include <algorithm>
#include <chrono>
#include <csignal>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

enum class Way { Lane, Tcp };

// How one node sees another one.
class Sight
{
public:
    explicit Sight(PeerProcess *watcher)
        : m_watcher(watcher)
    {
    }

    bool begins() { return m_watcher->tell(u"watch"_s) && m_watcher->tell(u"ready"_s); }

    // The changes of a node in order, "+", "Left" and "Lost".
    QStringList of(const QString &uuid) const
    {
        QStringList changes;
        for (const QJsonObject &line : m_watcher->lines()) {
            if (line["appeared"_L1].toString() == uuid)
                changes += u"+"_s;
            else if (line["vanished"_L1].toString() == uuid)
                changes += line["reason"_L1].toString();
        }
        return changes;
    }
    bool becomes(const QString &uuid, const QStringList &changes) const
    {
        return m_watcher->waitForLine(u"%1 becomes %2"_s.arg(uuid, changes.join(u' ')),
                                      [&](const QJsonObject &) { return of(uuid) == changes; });
    }

private:
    PeerProcess *const m_watcher;
};

QString uuidOf(PeerProcess &peer)
{
    const auto state = peer.request(u"state"_s);
    return state ? state->toObject()["uuid"_L1].toString() : QString();
}

} // namespace

Q_DECLARE_METATYPE(Way)

class tst_Presence : public QObject
{
    Q_OBJECT

private:
    static void addWays()
    {
        QTest::addColumn<Way>("way");
        QTest::newRow("lane") << Way::Lane;
        QTest::newRow("TCP") << Way::Tcp;
    }

    // Joins, without ever serving, by the way that the test is of.
    static bool join(Bus &bus, PeerProcess &peer, bool mayServe = false)
    {
        QFETCH(const Way, way);
        return bus.join(peer, {{u"lane"_s, way == Way::Lane}, {u"server"_s, mayServe}}) && peer.tell(u"start"_s)
            && peer.tell(u"ready"_s);
    }

private Q_SLOTS:
    void aKilledNodeIsLost_data() { addWays(); }
    void aKilledNodeIsLost()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &before = bus.add(PeerProcess::Qt, u"before"_s);
        PeerProcess &watcher = bus.add(PeerProcess::Qt, u"watcher"_s);
        PeerProcess &after = bus.add(PeerProcess::Qt, u"after"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(join(bus, before));
        QVERIFY(join(bus, watcher));
        Sight sight(&watcher);
        QVERIFY(sight.begins());
        const QStringList is{u"+"_s};
        QVERIFY(sight.becomes(uuidOf(server), is));
        QVERIFY(sight.becomes(uuidOf(before), is));
        QVERIFY(join(bus, after));
        QVERIFY(sight.becomes(uuidOf(after), is));
        QVERIFY(sight.of(uuidOf(watcher)).isEmpty());

        Lateness lateness;
        for (PeerProcess *const peer : {&before, &after}) {
            const QString uuid = uuidOf(*peer);
            (void)lateness.take();
            const auto killed = std::chrono::steady_clock::now();
            peer->kill();
            QVERIFY(sight.becomes(uuid, {u"+"_s, u"Lost"_s}));
            const auto took = std::chrono::steady_clock::now() - killed;
            qInfo().noquote() << u"known after %1 ms"_s.arg(took / 1ms);
            QVERIFY2(took < 3s + 20 * lateness.take(), qPrintable(QString::number(took / 1ms)));
        }
        QCOMPARE(sight.of(uuidOf(server)), is);
    }

    void aNodeThatStopsHasLeft_data() { addWays(); }
    void aNodeThatStopsHasLeft()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &node = bus.add(PeerProcess::Qt, u"node"_s);
        PeerProcess &watcher = bus.add(PeerProcess::Qt, u"watcher"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(join(bus, watcher));
        Sight sight(&watcher);
        QVERIFY(sight.begins());
        QVERIFY(join(bus, node));
        const QString uuid = uuidOf(node);
        QStringList changes{u"+"_s};
        QVERIFY(sight.becomes(uuid, changes));
        QVERIFY(node.tell(u"stop"_s));
        QVERIFY(sight.becomes(uuid, changes += u"Left"_s));
        QVERIFY(node.tell(u"start"_s));
        QVERIFY(sight.becomes(uuid, changes += u"+"_s));
        node.post(u"quit"_s);
        QCOMPARE(node.waitForExit().value_or(-1), 0);
        QVERIFY(sight.becomes(uuid, changes += u"Left"_s));
        // Also the node that serves, whose server ends after it.
        const QString ofServer = uuidOf(server);
        QVERIFY(sight.becomes(ofServer, {u"+"_s}));
        server.post(u"quit"_s);
        QCOMPARE(server.waitForExit().value_or(-1), 0);
        QVERIFY(sight.becomes(ofServer, {u"+"_s, u"Left"_s}));
    }

    // The server's process has a node, and another one is killed in the same moment; a third one takes over.
    void whoIsKilledWithTheServerIsLost_data() { addWays(); }
    void whoIsKilledWithTheServerIsLost()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &node = bus.add(PeerProcess::Qt, u"node"_s);
        PeerProcess &next = bus.add(PeerProcess::Qt, u"next"_s);
        PeerProcess &watcher = bus.add(PeerProcess::Qt, u"watcher"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(join(bus, watcher));
        Sight sight(&watcher);
        QVERIFY(sight.begins());
        QVERIFY(join(bus, node));
        QVERIFY(join(bus, next, true));
        const QStringList is{u"+"_s};
        const QString uuids[] = {uuidOf(server), uuidOf(node), uuidOf(next)};
        for (const QString &uuid : uuids)
            QVERIFY(sight.becomes(uuid, is));

        Lateness lateness;
        const auto killed = std::chrono::steady_clock::now();
        server.kill();
        node.kill();
        QVERIFY(sight.becomes(uuids[0], {u"+"_s, u"Lost"_s}));
        QVERIFY(sight.becomes(uuids[1], {u"+"_s, u"Lost"_s}));
        const auto took = std::chrono::steady_clock::now() - killed;
        qInfo().noquote() << u"known after %1 ms"_s.arg(took / 1ms);
        QVERIFY2(took < 3s + 20 * lateness.take(), qPrintable(QString::number(took / 1ms)));
        QCOMPARE(sight.of(uuids[2]), is); // and has come to its own server in time
    }

    // One that only stands still is not lost, as long as its process does not end.
    void aStoppedNodeIsThere_data() { addWays(); }
    void aStoppedNodeIsThere()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &node = bus.add(PeerProcess::Qt, u"node"_s);
        PeerProcess &other = bus.add(PeerProcess::Qt, u"other"_s);
        PeerProcess &watcher = bus.add(PeerProcess::Qt, u"watcher"_s);
        QVERIFY(bus.serve(server));
        for (PeerProcess *const peer : {&node, &other, &watcher})
            QVERIFY(join(bus, *peer));
        Sight sight(&watcher);
        QVERIFY(sight.begins());
        const QString uuid = uuidOf(node);
        const QString ofOther = uuidOf(other);
        QVERIFY(sight.becomes(uuid, {u"+"_s}));
        QVERIFY(sight.becomes(ofOther, {u"+"_s}));
        node.suspend();
        other.kill();
        QVERIFY(sight.becomes(ofOther, {u"+"_s, u"Lost"_s}));
        QCOMPARE(sight.of(uuid), QStringList{u"+"_s});
        node.resume();
        node.kill();
        QVERIFY(sight.becomes(uuid, {u"+"_s, u"Lost"_s}));
    }

    void aWillIsHeardOnce_data() { addWays(); }
    void aWillIsHeardOnce()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &node = bus.add(PeerProcess::Qt, u"node"_s);
        PeerProcess &leaver = bus.add(PeerProcess::Qt, u"leaver"_s);
        PeerProcess &changer = bus.add(PeerProcess::Qt, u"changer"_s);
        PeerProcess &listener = bus.add(PeerProcess::Qt, u"listener"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(join(bus, listener));
        Sight sight(&listener);
        QVERIFY(listener.tell(u"on"_s, {{u"name"_s, u"*"_s}, {u"sender"_s, u"*any*"_s}}));
        QVERIFY(sight.begins());
        const auto will = [](PeerProcess &peer, const QString &name) {
            return peer.order(u"will"_s, {{u"name"_s, name}, {u"args"_s, QJsonObject{{u"why"_s, u"lost"_s}}}});
        };
        // Before it joins, and after it has.
        QVERIFY(will(node, u"oven-lost"_s));
        QVERIFY(join(bus, node));
        QVERIFY(join(bus, leaver));
        QVERIFY(will(leaver, u"leaver-lost"_s));
        QVERIFY(join(bus, changer));
        QVERIFY(will(changer, u"first-lost"_s));
        QVERIFY(will(changer, u"second-lost"_s));
        QVERIFY(will(changer, u"third-lost"_s));
        QVERIFY(changer.tell(u"no_will"_s));
        for (PeerProcess *const peer : {&node, &leaver, &changer}) // the server has all that was said before
            QVERIFY(peer->order(u"send"_s, {{u"name"_s, u"here"_s}}) && peer->order(u"flush"_s));
        const QString uuid = uuidOf(node);
        const QString ofLeaver = uuidOf(leaver);
        const QString ofChanger = uuidOf(changer);
        QVERIFY(node.order(u"send"_s, {{u"name"_s, u"oven-lost"_s}, {u"count"_s, 100}}));
        QVERIFY(listener.waitForHeard(100, u"oven-lost"_s));

        QVERIFY(leaver.tell(u"stop"_s));
        QVERIFY(sight.becomes(ofLeaver, {u"+"_s, u"Left"_s}));
        leaver.kill();
        changer.kill();
        QVERIFY(sight.becomes(ofChanger, {u"+"_s, u"Lost"_s}));
        node.kill();
        QVERIFY(sight.becomes(uuid, {u"+"_s, u"Lost"_s}));
        QVERIFY(listener.waitForHeard(101, u"oven-lost"_s));
        const QList<QJsonObject> heard = listener.heard(u"oven-lost"_s);
        PEERS_COMPARE(heard.size(), 101);
        const QList<QJsonObject> lines = listener.lines();
        const auto isVanished = [&](const QJsonObject &line) { return line["vanished"_L1].toString() == uuid; };
        const auto told = std::find_if(lines.begin(), lines.end(), isVanished);
        const auto willHeard = std::find(lines.begin(), lines.end(), heard.last());
        QVERIFY2(willHeard < told, "it is told lost before its will is heard");
        PEERS_COMPARE(heard.last()["node"_L1].toString(), uuid);
        PEERS_COMPARE(heard.last()["seq"_L1].toInt(), 0);
        PEERS_COMPARE(heard.last()["args"_L1].toObject()["why"_L1].toString(), u"lost"_s);
        PEERS_COMPARE(listener.heard(u"leaver-lost"_s).size(), 0);
        for (const QString &name : {u"first-lost"_s, u"second-lost"_s, u"third-lost"_s})
            PEERS_COMPARE(listener.heard(name).size(), 0);
        PEERS_COMPARE(listener.errors().size(), 0);
    }

    // The next server has it as well. It does not send what the last one may have: nobody was lost then.
    void aWillOutlivesTheServer_data() { addWays(); }
    void aWillOutlivesTheServer()
    {
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &node = bus.add(PeerProcess::Qt, u"node"_s);
        PeerProcess &next = bus.add(PeerProcess::Qt, u"next"_s);
        PeerProcess &listener = bus.add(PeerProcess::Qt, u"listener"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(join(bus, listener));
        QVERIFY(listener.tell(u"on"_s, {{u"name"_s, u"*"_s}, {u"sender"_s, u"*any*"_s}}));
        QVERIFY(join(bus, node));
        QVERIFY(node.order(u"will"_s, {{u"name"_s, u"oven-lost"_s}}));
        QVERIFY(join(bus, next, true));
        server.kill();
        QVERIFY(
            next.waitForLine(u"next serves"_s, [](const QJsonObject &line) { return line["serving"_L1].toBool(); }));
        for (PeerProcess *const peer : {&listener, &node})
            QVERIFY(peer->tell(u"ready"_s));
        // By TCP, what the server does is known when it has acknowledged something, and then it gets the will.
        for (int i = 0; i < 2; ++i)
            QVERIFY(node.order(u"send"_s, {{u"name"_s, u"here"_s}}) && node.order(u"flush"_s));
        QVERIFY(listener.waitForHeard(2, u"here"_s));
        node.kill();
        QVERIFY(listener.waitForHeard(1, u"oven-lost"_s));
    }

    // Python hears a will as any event. Its server tells nobody, and keeps none.
    void withPython()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Qt, u"server"_s);
        PeerProcess &python = bus.add(PeerProcess::Python, u"python"_s);
        PeerProcess &node = bus.add(PeerProcess::Qt, u"node"_s);
        QVERIFY(bus.serve(server));
        QVERIFY(bus.join(python));
        QVERIFY(python.tell(u"on"_s, {{u"name"_s, u"oven-lost"_s}}));
        QVERIFY(python.tell(u"ready"_s));
        QVERIFY(bus.join(node) && node.order(u"will"_s, {{u"name"_s, u"oven-lost"_s}}) && node.tell(u"ready"_s));
        QVERIFY(node.order(u"send"_s, {{u"name"_s, u"here"_s}}) && node.order(u"flush"_s));
        node.kill();
        QVERIFY(python.waitForHeard(1, u"oven-lost"_s));
    }

    void withPythonsServer()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        Bus bus;
        PeerProcess &server = bus.add(PeerProcess::Python, u"server"_s);
        PeerProcess &node = bus.add(PeerProcess::Qt, u"node"_s);
        PeerProcess &leaver = bus.add(PeerProcess::Qt, u"leaver"_s);
        PeerProcess &watcher = bus.add(PeerProcess::Qt, u"watcher"_s);
        QVERIFY(bus.serve(server));
        for (PeerProcess *const peer : {&node, &leaver, &watcher})
            QVERIFY(bus.join(*peer) && peer->tell(u"start"_s) && peer->tell(u"ready"_s));
        Sight sight(&watcher);
        QVERIFY(sight.begins());
        const QString uuid = uuidOf(node);
        const QString ofLeaver = uuidOf(leaver);
        QVERIFY(sight.becomes(uuid, {u"+"_s}));
        QVERIFY(sight.becomes(ofLeaver, {u"+"_s}));
        QVERIFY(node.order(u"will"_s, {{u"name"_s, u"oven-lost"_s}}));
        QVERIFY(node.waitForLine(u"nobody keeps it"_s, [](const QJsonObject &line) {
            return line["error"_L1].toString() == u"NotSupported"_s;
        }));
        QVERIFY(leaver.tell(u"stop"_s));
        QVERIFY(sight.becomes(ofLeaver, {u"+"_s, u"Left"_s}));
        node.kill();
        QVERIFY(sight.becomes(uuid, {u"+"_s, u"Lost"_s}));
    }
};

PYVENT_TEST(tst_Presence)

#include "tst_presence.moc"
