// SPDX-License-Identifier: MIT
// "pyvent bridge --values": what outlives a bus, and is the same on all.
#include "bridge/keptbus.h"
#include "bridge/plainnats.h"
#include "bridge/testbridge.h"
#include "keptentry.h"
#include "support/testprogram.h"

#include <QtCore/qjsondocument.h>
#include <QtTest>

#include <random>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const char *const bucketStream = "KV_pyvent-house";

// The first that a handler hears which asks for the last event.
class LastHeard
{
public:
    LastHeard(PyventNode *node, const QString &name)
    {
        node->on(name, {.sender = PyventSender::Any, .last = true}, &m_context, [this](const PyventEvent &event) {
            if (!m_event)
                m_event = event;
        });
    }
    const std::optional<PyventEvent> &event() const { return m_event; }

private:
    std::optional<PyventEvent> m_event;
    QObject m_context;
};

// Asks until there is one: the bus may not have been given it yet.
std::optional<PyventEvent> lastOf(KeptBus *bus, const QString &name)
{
    std::optional<PyventEvent> found;
    waitUntil([&] {
        const LastHeard last(&bus->node(), name);
        waitUntil([&] { return last.event().has_value(); }, 200);
        found = last.event();
        return found.has_value();
    });
    return found;
}

} // namespace

class tst_Keeping : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void outlivesTheBus();
    void isTheSameOnAllBuses();
    void goesByStampsNotByArrival();
    void whatWasThereBefore();
    void lateBusesHaveLastEvents();
    void keepsWhatPythonWrites();
    void survivesKills();
    void stampsCrossWithoutBucket();
    void onlyNamesThatCross();
    void sharesItsBucketAsJson();
    void makesItsBucketAgain();
    void contentsMayBeAnything();
    void tooLargeIsNotKept();
    void saysWhatIsWrongWithABucket_data();
    void saysWhatIsWrongWithABucket();
    void oneTakesOver();
};

// Relay, bridge, nodes and engine are all killed.
void tst_Keeping::outlivesTheBus()
{
    START_SERVER_OF(server, Dialect::Nats);
    KeptBus bus(u"one"_s, engineUrl(Dialect::Nats, server->port()));
    QVERIFY(bus.start());
    const qint64 before = QDateTime::currentMSecsSinceEpoch();
    bus.value() = 180;
    bus.node().send(u"bell"_s, {{u"n"_s, 7}}, {.sender = u"door"_s});
    QVERIFY(bus.reaches("kept_events_total", 2));
    const QUuid writer = bus.node().uuid();
    bus.endNode();
    bus.killRelay();
    bus.killBridge();
    server->kill();

    QVERIFY(server->start());
    QVERIFY(bus.startRelay());
    bus.startBridge();
    bus.startNode();
    QVERIFY(bus.hears(180));
    QCOMPARE(bus.value().origin(), writer);
    QVERIFY(bus.value().time().toMSecsSinceEpoch() >= before);
    const auto last = lastOf(&bus, u"bell"_s);
    QVERIFY(last);
    QCOMPARE(last->args.value(u"n"_s).toInt(), 7);
    QCOMPARE(last->sender, u"door"_s);
    QCOMPARE(last->nodeId, writer);
    QCOMPARE(last->sequence, 1u);
    QVERIFY(last->replayed);
    QVERIFY(qAbs(last->time.toMSecsSinceEpoch() - before) < 60'000);

    // The bridge outlives a bus, too.
    bus.endNode();
    bus.killRelay();
    QVERIFY(bus.startRelay());
    bus.startNode();
    QVERIFY(bus.hears(180));
    bus.value() = 190;
    QVERIFY(bus.reaches("kept_events_total", 1));
    QCOMPARE(bus.bridge().endsWith(), 0);
}

void tst_Keeping::isTheSameOnAllBuses()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine);
    KeptBus other(u"two"_s, engine);
    QVERIFY(one.start() && other.start());
    one.value() = 1;
    QVERIFY(other.hears(1));
    QCOMPARE(other.value().origin(), one.node().uuid());
    other.value() = 2;
    QVERIFY(one.hears(2));
    for (int i = 10; i < 60; i += 2) { // at the same time
        one.value() = i;
        other.value() = i + 1;
        QVERIFY(waitUntil([&] {
            return one.value().value() == other.value().value() && one.value().value() >= i
                && one.value().origin() == other.value().origin();
        }));
    }
    QVERIFY(one.isKept() && other.isKept());
    // And the bucket has that.
    one.endNode();
    other.endNode();
    KeptBus third(u"three"_s, engine);
    QVERIFY(third.start());
    one.startNode();
    QVERIFY(waitUntil([&] { return one.value().isKnown() && one.value().value() == third.value().value(); }));
    QVERIFY(third.value().value() >= 58);
}

// The one that was written later wins, though it comes to the bucket first.
void tst_Keeping::goesByStampsNotByArrival()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine);
    KeptBus other(u"two"_s, engine);
    QVERIFY(one.startRelay());
    one.startNode(); // without a bridge as yet
    QVERIFY(other.start());
    one.value() = 1;
    QTRY_VERIFY(one.value().isKnown());
    QTest::qWait(5); // so that the other one is later, whatever the counters say
    other.value() = 2;
    QVERIFY(other.reaches("kept_events_total", 1));
    one.startBridge();
    QVERIFY(one.hears(2));
    QCOMPARE(other.value().value(), 2);

    // And the other way round: the one that comes late is the newer one.
    one.killBridge();
    other.value() = 3;
    QVERIFY(other.reaches("kept_events_total", 2));
    QTest::qWait(5);
    one.value() = 4;
    QTRY_COMPARE(one.value().value(), 4);
    one.startBridge();
    QVERIFY(other.hears(4));
    QVERIFY(one.isKept() && other.isKept());
    QCOMPARE(one.value().value(), 4);
}

// The bridge learns what the bus's server keeps.
void tst_Keeping::whatWasThereBefore()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine);
    QVERIFY(one.startRelay());
    one.startNode();
    one.value() = 5;
    constexpr int many = 500; // more than one answer has
    for (int i = 0; i < many; ++i)
        one.node().send(u"sensor.%1"_s.arg(i), {{u"i"_s, i}});
    QVERIFY(one.node().flush(std::chrono::seconds(10)));
    one.startBridge();
    QVERIFY(one.reaches("kept_events_total", many + 1));
    KeptBus other(u"two"_s, engine);
    QVERIFY(other.start());
    QVERIFY(other.hears(5));
    const auto last = lastOf(&other, u"sensor.499"_s);
    QVERIFY(last);
    QCOMPARE(last->args.value(u"i"_s).toInt(), 499);
    QCOMPARE(last->nodeId, one.node().uuid());
}

void tst_Keeping::lateBusesHaveLastEvents()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine);
    QVERIFY(one.start());
    for (int i = 1; i <= 3; ++i)
        one.node().send(u"küche:>"_s, {{u"i"_s, i}}, {.sender = u"cook"_s});
    QVERIFY(one.reaches("kept_events_total", 1) && one.isKept());
    KeptBus other(u"two"_s, engine);
    QVERIFY(other.start());
    const auto last = lastOf(&other, u"küche:>"_s);
    QVERIFY(last);
    QCOMPARE(last->args.value(u"i"_s).toInt(), 3);
    QCOMPARE(last->sender, u"cook"_s);
    QCOMPARE(last->nodeId, one.node().uuid());
    QCOMPARE(last->sequence, 3u);
    QVERIFY(last->replayed);
    // What is sent later is heard as ever.
    QList<int> heard;
    other.node().on(u"küche:>"_s, {.sender = PyventSender::Any}, &other.node(),
                    [&](const PyventEvent &event) { heard += event.args.value(u"i"_s).toInt(); });
    QVERIFY(other.node().waitForReady());
    one.node().send(u"küche:>"_s, {{u"i"_s, 4}});
    QVERIFY(waitUntil([&] { return heard == QList{4}; }));
}

// A write without a stamp, as Python's are, gets one of its bus's server; and one that is compared and set has no number.
void tst_Keeping::keepsWhatPythonWrites()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine);
    KeptBus other(u"two"_s, engine);
    QVERIFY(one.start() && other.start());
    one.value() = 1;
    QVERIFY(other.hears(1));
    for (int i = 2; i < 12; ++i) {
        one.node().send(u"oven"_s, {{u"value"_s, i}});
        QVERIFY(one.hears(i) && other.hears(i));
        other.value() = 100 + i; // which is later, on both
        QVERIFY(other.hears(100 + i) && one.hears(100 + i));
    }
    const QFuture<bool> isSet = one.value().compareAndSet(111, 500);
    QVERIFY(waitUntil([&] { return isSet.isFinished(); }));
    QVERIFY(isSet.result());
    QVERIFY(one.hears(500) && other.hears(500));
    one.node().send(u"oven"_s, {{u"value"_s, 600}});
    QVERIFY(one.hears(600) && other.hears(600));
    QVERIFY(one.isKept() && other.isKept());
    KeptBus third(u"three"_s, engine);
    QVERIFY(third.start());
    QVERIFY(third.hears(600));
}

// All that there is is killed at random while both buses write; in the end all have the same.
void tst_Keeping::survivesKills()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine, {u"--values"_s, u"--json"_s});
    KeptBus other(u"two"_s, engine, {u"--values"_s, u"--json"_s});
    QVERIFY(one.start() && other.start());
    bool hasSeed = false;
    quint32 seed = qEnvironmentVariable("PYVENT_SEED").toUInt(&hasSeed);
    if (!hasSeed)
        seed = std::random_device()();
    qInfo("PYVENT_SEED=%u", seed);
    std::mt19937 random(seed);
    bool areCounted = false;
    const int kills = qEnvironmentVariableIntValue("PYVENT_KILLS", &areCounted);
    int written = 0;
    for (int i = 0; i < (areCounted ? kills : 6); ++i) {
        KeptBus &bus = random() % 2 ? one : other;
        const auto write = [&] {
            for (KeptBus *each : {&one, &other}) {
                each->value() = ++written;
                each->node().send(u"bell"_s, {{u"i"_s, written}});
            }
        };
        write();
        switch (random() % 3) {
        case 0:
            bus.killBridge();
            write();
            bus.startBridge();
            break;
        case 1:
            bus.killRelay();
            write();
            QVERIFY(bus.startRelay());
            break;
        case 2:
            server->kill();
            write();
            QVERIFY(server->start());
            break;
        }
        write();
    }
    const bool isSame = waitUntil([&] {
        return one.value().value() == other.value().value() && one.value().origin() == other.value().origin()
            && one.value().value() >= written - 1;
    });
    QVERIFY2(isSame, qPrintable(u"%1 and %2 of %3"_s.arg(one.value().value()).arg(other.value().value()).arg(written)));
    QVERIFY(one.isKept() && other.isKept());
    QVERIFY(waitUntil(
        [&] { // what was missed while a relay was away is asked for again
            const QByteArray bell = PlainNats(server->port()).lastOf(bucketStream, "$KV.pyvent-house.bell");
            return QJsonDocument::fromJson(bell)["i"_L1].toInt() >= written - 1;
        },
        patience, 200));
    // What is kept outlives all of it.
    const int newest = one.value().value();
    for (KeptBus *bus : {&one, &other}) {
        bus->endNode();
        bus->killRelay();
        bus->killBridge();
    }
    server->kill();
    QVERIFY(server->start());
    for (KeptBus *bus : {&one, &other})
        QVERIFY(bus->start() && bus->hears(newest));
    const auto last = lastOf(&one, u"bell"_s);
    QVERIFY(last);
    QVERIFY(last->args.value(u"i"_s).toInt() >= written - 1);
}

void tst_Keeping::stampsCrossWithoutBucket()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine, {});
    KeptBus other(u"two"_s, engine, {});
    for (KeptBus *bus : {&one, &other}) {
        QVERIFY(bus->startRelay());
        bus->startBridge();
        bus->startNode();
        QVERIFY(bus->reaches("reading", 1));
    }
    QHash<QString, quint64> stamps;
    const auto hear = [&](KeptBus *bus, const QString &name) {
        bus->node().onFrame(u"oven"_s, &bus->node(), [&stamps, name](const PyventFrame &frame) {
            if (frame.stamp > 0)
                stamps[name] = frame.stamp;
        });
        return bus->node().waitForReady();
    };
    QVERIFY(hear(&other, u"two"_s));
    one.value() = 1;
    QVERIFY(other.hears(1));
    QCOMPARE(other.value().origin(), one.node().uuid());
    QVERIFY(waitUntil([&] { return stamps.contains(u"two"_s); }));
    const quint64 milliseconds = stamps[u"two"_s] >> 16;
    QVERIFY(qAbs(qint64(milliseconds) - QDateTime::currentMSecsSinceEpoch()) < 60'000);
    QCOMPARE(other.value().time(), one.value().time());
    QVERIFY(!one.metric("kept_loaded"));
}

void tst_Keeping::onlyNamesThatCross()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus one(u"one"_s, engine, {u"--values"_s, u"--names"_s, u"oven"_s, u"--out"_s, u"out.*"_s});
    KeptBus other(u"two"_s, engine, {u"--values"_s, u"--names"_s, u"oven"_s, u"--in"_s, u"*.wanted"_s});
    QVERIFY(one.start());
    for (const QString &name : {u"private"_s, u"in.wanted"_s, u"out.x"_s, u"out.wanted"_s})
        one.node().send(name);
    one.value() = 7;
    QVERIFY(one.reaches("kept_events_total", 3) && one.isKept());
    QCOMPARE(one.metric("kept_events_total"), 3);
    QVERIFY(other.start());
    QVERIFY(other.hears(7));
    QVERIFY(lastOf(&other, u"out.wanted"_s));
    QVERIFY(waitUntil([&] { return other.metric("kept_given_events_total").value_or(0) == 2; }));
}

// With --json, other programs read it: the key is the name.
void tst_Keeping::sharesItsBucketAsJson()
{
    START_SERVER_OF(server, Dialect::Nats);
    KeptBus bus(u"one"_s, engineUrl(Dialect::Nats, server->port()), {u"--values"_s, u"--json"_s});
    QVERIFY(bus.start());
    bus.value() = 42;
    QVERIFY(bus.reaches("kept_events_total", 1));
    QCOMPARE(PlainNats(server->port()).lastOf(bucketStream, "$KV.pyvent-house.oven"), R"({"value":42})"_ba);
    bus.endNode();
    bus.killRelay();
    QVERIFY(bus.startRelay());
    bus.startNode();
    QVERIFY(bus.hears(42));
}

// Somebody removes it: it is made again, with what the bus has.
void tst_Keeping::makesItsBucketAgain()
{
    START_SERVER_OF(server, Dialect::Nats);
    KeptBus bus(u"one"_s, engineUrl(Dialect::Nats, server->port()));
    QVERIFY(bus.start());
    bus.value() = 1;
    bus.node().send(u"bell"_s);
    QVERIFY(bus.reaches("kept_events_total", 2));
    PlainNats nats(server->port());
    QVERIFY(nats.removeStream(bucketStream));
    bus.value() = 2; // by which it is found out
    QVERIFY(waitUntil([&] { return !nats.lastOf(bucketStream, "$KV.pyvent-house.oven").isNull(); }));
    QVERIFY(waitUntil([&] { return !nats.lastOf(bucketStream, "$KV.pyvent-house.bell").isNull(); }));
    bus.endNode();
    bus.killRelay();
    QVERIFY(bus.startRelay());
    bus.startNode();
    QVERIFY(bus.hears(2));
}

void tst_Keeping::contentsMayBeAnything()
{
    START_SERVER_OF(server, Dialect::Nats);
    KeptBus bus(u"one"_s, engineUrl(Dialect::Nats, server->port()));
    QVERIFY(bus.start());
    PlainNats nats(server->port());
    const QByteArray node = QUuid::createUuid().toByteArray(QUuid::WithoutBraces);
    const QByteArray pickle = "application/x-pyvent-pickle";
    const auto put = [&](const QByteArray &key, const QByteArray &content,
                         const QList<Envelope::Header> &headers = {}) {
        nats.publish(("$KV.pyvent-house." + key).constData(), content, headers);
    };
    put("plain", "42");
    put("=zz", "42");
    put("oven", QByteArray(1000, '\xff'), {{"Pyvent-Node", node}, {"Content-Type", pickle}, {"Pyvent-Number", "1"}});
    put("oven", "}.", {{"Pyvent-Node", "x"}, {"Content-Type", pickle}, {"Pyvent-Stamp", "y"}});
    put("far", "}.",
        {{"Pyvent-Node", node},
         {"Content-Type", pickle},
         {"Pyvent-Number", "0"},
         {"Pyvent-Stamp", "9223372036854775807"}});
    put("oven.x", "cos\nsystem\n.", {{"Pyvent-Node", node}, {"Content-Type", pickle}, {"Pyvent-Number", "1"}});
    put("gone", "", {{"KV-Operation", "DEL"}});
    QVERIFY(bus.reaches("kept_unreadable_total", 3));
    QVERIFY(bus.bridge().complains(u"the bucket's key"_s));
    bus.value() = 3; // replaces what nobody can read
    QVERIFY(bus.reaches("kept_events_total", 1) && bus.isKept());
    bus.endNode();
    bus.killRelay();
    bus.killBridge();
    QVERIFY(bus.start());
    QVERIFY(bus.hears(3));
    QCOMPARE(bus.bridge().endsWith(), 0);
}

void tst_Keeping::tooLargeIsNotKept()
{
    START_SERVER_OF(server, Dialect::Nats);
    KeptBus bus(u"one"_s, engineUrl(Dialect::Nats, server->port()));
    QVERIFY(bus.start());
    bus.node().send(u"picture"_s, {{u"small"_s, 1}});
    QVERIFY(bus.reaches("kept_events_total", 1));
    bus.node().send(u"picture"_s, {{u"large"_s, QByteArray(100'000, 'x')}});
    QVERIFY(bus.bridge().complains(u"the last event of 'picture' has 100"_s));
    QVERIFY(bus.reaches("kept_events_total", 2));
    // The older one is not the last one any more.
    QCOMPARE(PlainNats(server->port()).lastOf(bucketStream, "$KV.pyvent-house.picture"), ""_ba);
}

void tst_Keeping::saysWhatIsWrongWithABucket_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("line");
    QTest::newRow("another stream")
        << u"subject"_s
        << u"the bucket pyvent-house is there with other settings: it does not take '$KV.pyvent-house.>'"_s;
    QTest::newRow("no bucket") << u"history"_s << u"it keeps all that was ever put for a key"_s;
    QTest::newRow("work queue") << u"queue"_s << u"it drops what one of its readers has got"_s;
    QTest::newRow("rights") << u"rights"_s << u"the bucket pyvent-house cannot be had"_s;
    QTest::newRow("no rights to put") << u"put"_s << u"this NATS user may not publish to '$KV.pyvent-house.oven'"_s;
    QTest::newRow("no JetStream") << u"nothing"_s << u"the server has no JetStream"_s;
}

// Events cross all the same, where they can, and it does not end.
void tst_Keeping::saysWhatIsWrongWithABucket()
{
    QFETCH(QString, how);
    QFETCH(QString, line);
    if (natsServerProgram().isEmpty())
        QSKIP(whySkipped("nats-server", "nats-server"));
    QByteArray extra;
    if (how == "rights"_L1)
        extra =
            "no_auth_user: ada\nauthorization { users: [ { user: ada, password: pw, permissions: { publish: { deny: "
            "[\"$JS.API.STREAM.CREATE.KV_pyvent-house\"] } } } ] }\n";
    else if (how == "put"_L1)
        extra =
            "no_auth_user: ada\nauthorization { users: [ { user: ada, password: pw, permissions: { publish: { deny: "
            "[\"$KV.>\"] } } } ] }\n";
    NatsServer server(extra, how != "nothing"_L1);
    QVERIFY(server.start());
    if (how == "subject"_L1)
        QVERIFY(PlainNats(server.port()).addStream(bucketStream, "other.>"));
    else if (how == "history"_L1)
        QVERIFY(PlainNats(server.port()).addStream(bucketStream, "$KV.pyvent-house.>"));
    else if (how == "queue"_L1)
        QVERIFY(PlainNats(server.port()).addStream(bucketStream, "$KV.pyvent-house.>", js_WorkQueuePolicy));
    KeptBus bus(u"one"_s, engineUrl(Dialect::Nats, server.port()));
    QVERIFY(bus.startRelay());
    bus.startBridge();
    bus.startNode();
    if (how == "put"_L1) {
        QVERIFY(bus.isKept());
        bus.value() = 1;
    }
    QVERIFY2(bus.bridge().complains(line), qPrintable(bus.bridge().errors()));
    if (how != "nothing"_L1) {
        QVERIFY(bus.reaches("reading", 1));
        bus.node().send(u"bell"_s);
        QVERIFY(bus.reaches("published_events_total", 1));
    }
    if (how == "subject"_L1) { // and goes on when that is mended
        QVERIFY(PlainNats(server.port()).removeStream(bucketStream));
        QVERIFY(bus.isKept());
    }
    QCOMPARE(bus.bridge().endsWith(), 0);
}

// Another bridge of the bus stands by, and goes on where this one has ended.
void tst_Keeping::oneTakesOver()
{
    START_SERVER_OF(server, Dialect::Nats);
    const QString engine = engineUrl(Dialect::Nats, server->port());
    KeptBus bus(u"one"_s, engine);
    QVERIFY(bus.start());
    BridgeProgram standby(bus.port(), engine, {u"--bus"_s, u"one"_s, u"--values"_s});
    QVERIFY(standby.complains(u"stands by"_s));
    bus.value() = 1;
    QVERIFY(bus.reaches("kept_events_total", 1));
    bus.killBridge();
    bus.value() = 2;
    PlainNats nats(server->port());
    const QByteArray before = nats.lastOf(bucketStream, "$KV.pyvent-house.oven");
    QVERIFY(!before.isEmpty());
    QVERIFY(waitUntil([&] { return nats.lastOf(bucketStream, "$KV.pyvent-house.oven") != before; }));
    QCOMPARE(standby.endsWith(), 0);
}

PYVENT_TEST(tst_Keeping)
#include "tst_keeping.moc"
