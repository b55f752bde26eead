// SPDX-License-Identifier: MIT
// The program where its engine or its bus is not as it should be for a while, or where somebody sends what is no event.
#include "bridge/bridgeprogram.h"
#include "bridge/servedbus.h"
#include "bridge/testbridge.h"
#include "support/testprogram.h"

#ifdef PYVENT_HAS_NATS
#    include "bridge/plainnats.h"
#endif
#ifdef PYVENT_HAS_MQTT
#    include "bridge/plainmqtt.h"
#endif

#include <QtTest>

#include <numeric>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

// What some other program does.
void publishPlainly(Dialect dialect, int port, const QByteArray &name, const QByteArray &content)
{
#ifdef PYVENT_HAS_NATS
    if (dialect == Dialect::Nats)
        PlainNats(port).publish(("house." + name).constData(), content);
#endif
#ifdef PYVENT_HAS_MQTT
    if (dialect == Dialect::Mqtt)
        QVERIFY(PlainMqttClient(port).publish("house/" + name, content));
#endif
}

QList<int> numbersUpTo(int count)
{
    QList<int> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 1);
    return numbers;
}

QList<int> numbersOf(const ServedBus &bus, const QString &name)
{
    QList<int> numbers;
    for (const PyventEvent &event : bus.heard()) {
        if (event.name == name)
            numbers += event.args.value(u"i"_s).toInt();
    }
    return numbers;
}

} // namespace

class tst_Mishaps : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tellsOfWhatIsNoEvent_data() { bothEngines(); }
    void tellsOfWhatIsNoEvent();
    void carriesAnyName_data() { bothEngines(); }
    void carriesAnyName();
    void waitsForItsEngine_data() { bothEngines(); }
    void waitsForItsEngine();
    void tellsWhatTheRulesNeed_data() { bothEngines(); }
    void tellsWhatTheRulesNeed();
    void waitsForAQuorum();
};

void tst_Mishaps::tellsOfWhatIsNoEvent()
{
    START_SERVER(server);
    const QString engine = engineUrl(dialect, server->port());
    ServedBus here;
    ServedBus there;
    const BridgeProgram one(here.port(), engine);
    BridgeProgram other(there.port(), engine);
    QVERIFY(crosses(&here, &there) && crosses(&there, &here));
    const auto publishNow = [&](const QByteArray &name, const QByteArray &content) {
        publishPlainly(dialect, server->port(), name, content);
    };
    publishNow("order-food", "sushi, please");
    publishNow("order-food", QByteArray("\xff\xfe", 2));
    publishNow("order-food", "");
    publishNow("__check", "{}");
    publishNow("order-food", R"({"food":"sushi"})");
    for (const ServedBus *bus : {&here, &there}) {
        QVERIFY(bus->hears(u"order-food"_s));
        QCOMPARE(bus->heard().last().args, (QVariantMap{{u"food"_s, u"sushi"_s}}));
        QCOMPARE(bus->count(u"order-food"_s), 1);
    }
    QVERIFY(crosses(&here, &there) && crosses(&there, &here));
    for (const BridgeProgram *bridge : {&one, static_cast<const BridgeProgram *>(&other)}) {
        const QStringList problems = bridge->problems();
        QVERIFY2(problems.size() == 2,
                 qPrintable(bridge->errors())); // of two kinds; how many more there were comes later
        QVERIFY2(problems[0].startsWith(u"pyvent: the message 'order-food' is no event: its content is no JSON that an "
                                        "event can be made of: "_s),
                 qPrintable(problems[0]));
        QVERIFY2(problems[1].startsWith(u"pyvent: the bus does not take '__check': "_s), qPrintable(problems[1]));
    }
    QCOMPARE(other.endsWith(), 0);
}

// What an engine's addresses cannot have is escaped, and comes back.
void tst_Mishaps::carriesAnyName()
{
    START_SERVER(server);
    const QString engine = engineUrl(dialect, server->port());
    ServedBus here;
    ServedBus there;
    const BridgeProgram one(here.port(), engine);
    const BridgeProgram other(there.port(), engine);
    QVERIFY(crosses(&here, &there));
    const QStringList names{u"a.b"_s,
                            u".a..b."_s,
                            u">"_s,
                            u"a.>"_s,
                            u"/"_s,
                            u"a/b//c/"_s,
                            u"a+b"_s,
                            u"a*b"_s,
                            u"+"_s,
                            u"#"_s,
                            u"a/#"_s,
                            u"$SYS/broker"_s,
                            u"$JS.API.STREAM.DELETE.PYVENT_house"_s,
                            u"100%"_s,
                            u"a%2Fb"_s,
                            u"%~again"_s,
                            u"küche"_s,
                            u"注文/食べ物"_s,
                            u"\U0001F363"_s,
                            QString(1024, u'x'),
                            QString(512, u'ü'),
                            u"a/b."_s.repeated(256)};
    for (const QString &name : names)
        QVERIFY2(here.node().send(name, {{u"name"_s, name}}), qPrintable(here.node().lastError().text));
    here.node().send(u"last"_s);
    QVERIFY(there.hears(u"last"_s));
    for (const QString &name : names) {
        QVERIFY2(there.hears(name), qPrintable(name));
        QCOMPARE(there.count(name), 1);
    }
    for (const PyventEvent &event : there.heard()) {
        if (!event.args.isEmpty())
            QCOMPARE(event.args.value(u"name"_s).toString(), event.name);
    }
    for (const char *name : {"a b", ""}) // no event has such a name
        QVERIFY(!here.node().send(QString::fromLatin1(name)));
    QVERIFY2(one.problems().isEmpty() && other.problems().isEmpty(), qPrintable(one.errors() + other.errors()));
}

void tst_Mishaps::waitsForItsEngine()
{
    constexpr int count = 500;
    QFETCH(Dialect, dialect);
    const auto server = makeServer(dialect);
    if (!server)
        QSKIP(whyNoServer(dialect));
    const QString engine = engineUrl(dialect, server->port());
    ServedBus here;
    ServedBus there;
    BridgeProgram one(here.port(), engine);
    BridgeProgram other(there.port(), engine);
    const QString line = (dialect == Dialect::Nats ? u"pyvent: the NATS server at %1 cannot be used: "_s
                                                   : u"pyvent: the MQTT broker at %1 cannot be used: "_s)
                             .arg(engine.sliced(7))
        + u"Connection refused"_s;
    QVERIFY2(one.complains(line) && other.complains(line), qPrintable(one.errors() + other.errors()));
    QVERIFY(server->start());
    QVERIFY(crosses(&here, &there) && crosses(&there, &here));

    if (dialect == Dialect::Mqtt) { // which stores its sessions once a second: it is to know them when it is killed
        const auto saves = [&] { return server->log().count(u"Saving in-memory database"_s); };
        QVERIFY(waitUntil([&, before = saves()] { return saves() >= before + 2; }));
    }

    // It goes away, and comes back.
    server->kill();
    QVERIFY2(waitUntil([&] { return one.problems().size() == 2 && other.problems().size() == 2; }),
             qPrintable(one.errors() + u"---\n"_s + other.errors()));
    for (int i = 1; i <= count; ++i)
        QVERIFY(here.node().send(u"order-food"_s, {{u"i"_s, i}}) && there.node().send(u"bill"_s, {{u"i"_s, i}}));
    QVERIFY(server->start());
    QVERIFY(there.hears(u"order-food"_s, count) && here.hears(u"bill"_s, count));
    QVERIFY(crosses(&here, &there) && crosses(&there, &here));
    QCOMPARE(numbersOf(there, u"order-food"_s), numbersUpTo(count));
    QCOMPARE(numbersOf(here, u"bill"_s), numbersUpTo(count));
    for (const BridgeProgram *bridge : {&one, &other}) {
        QCOMPARE(bridge->errors().count(u"pyvent: at "_s + engine), 2);
        QVERIFY2(bridge->problems().size() == 2, qPrintable(bridge->errors()));
    }
    QCOMPARE(one.endsWith(), 0);
    QCOMPARE(other.endsWith(), 0);
}

// The rules of one bus let its bridge hear and send, but not in the name of others.
void tst_Mishaps::tellsWhatTheRulesNeed()
{
    START_SERVER(server);
    const QString engine = engineUrl(dialect, server->port());
    const QTemporaryDir folder;
    const QString rules = writeSecret(folder, u"rules"_s, "allow user *  send, hear  *\n");
    const int port = freePort();
    Program strict({u"serve"_s, u"--port"_s, QString::number(port), u"--rules"_s, rules});
    QVERIFY2(strict.complains(u"serving at"_s), qPrintable(strict.errors()));
    ServedBus ruled(port);
    ServedBus here;
    ServedBus there;
    BridgeProgram bridge(port, engine);
    const BridgeProgram one(here.port(), engine);
    const BridgeProgram other(there.port(), engine);
    QVERIFY(crosses(&ruled, &here));
    QVERIFY(crosses(&here, &there));
    // Each event that comes is refused, and of many it says so once.
    QVERIFY(bridge.complains(u"pyvent: 'probe-"_s));
    for (int i = 0; i < 20; ++i)
        here.node().send(u"order-food"_s);
    QVERIFY(there.hears(u"order-food"_s, 20));
    QVERIFY(crosses(&ruled, &here)); // what goes out does so on
    QCOMPARE(ruled.count(u"order-food"_s), 0);
    const QStringList problems = bridge.problems();
    QVERIFY2(problems.size() == 1, qPrintable(bridge.errors()));
    static const QRegularExpression line(
        u"^pyvent: '(probe-\\d+)' was not forwarded: the server does not let this program send it in the name of the "
        "node [-0-9a-f]{36} \\(no rule allows it\\)\\. Its rules \\(.*\\) need the line 'allow user \\S+ send, "
        "speak-for-others \\1', before any that denies it\\."_s);
    QVERIFY2(line.match(problems[0]).hasMatch(), qPrintable(problems[0]));

    // With such a line, it is the bridge that it should be.
    QFile::remove(rules);
    writeSecret(folder, u"rules"_s, "allow user *  send, hear, speak-for-others  *\n");
    QVERIFY(crosses(&here, &ruled));
    QCOMPARE(bridge.endsWith(), 0);
}

// Three servers, of which two are gone: the third one takes nothing. Whether it passes something on is tst_leaderless.cpp's matter.
void tst_Mishaps::waitsForAQuorum()
{
#ifdef PYVENT_HAS_NATS
    constexpr int count = 200;
    if (natsServerProgram().isEmpty())
        QSKIP(whySkipped("nats-server", "nats-server"));
    const NatsServer::Cluster cluster{"three", {freePort(), freePort(), freePort()}};
    std::vector<std::unique_ptr<NatsServer>> servers;
    QStringList urls;
    for (int i = 0; i < 3; ++i) {
        servers.push_back(std::make_unique<NatsServer>(cluster, i));
        servers.back()->launch();
        urls += u"nats://127.0.0.1:%1"_s.arg(cluster.ports[i]);
    }
    for (const auto &server : servers)
        QVERIFY(server->waitUntilReachable());
    PlainNats plain(cluster.ports[2]);
    QVERIFY(waitUntil([&] { return plain.addStream("READY", "ready"); })); // they have agreed on who decides
    ServedBus here;
    ServedBus there;
    BridgeProgram one(here.port(), urls.join(u','));
    BridgeProgram other(there.port(), urls.join(u','));
    QVERIFY2(crosses(&here, &there) && crosses(&there, &here), qPrintable(one.errors() + other.errors()));
    servers[0]->kill();
    servers[1]->kill();
    const QString line = u"too few servers of the cluster are there to decide"_s;
    QVERIFY2(one.complains(line), qPrintable(one.errors()));
    QVERIFY2(other.complains(line), qPrintable(other.errors()));
    for (int i = 1; i <= count; ++i)
        QVERIFY(here.node().send(u"order-food"_s, {{u"i"_s, i}}));
    ServedBus neighbour(here.port()); // their own buses go on
    QVERIFY(here.node().send(u"hello"_s) && neighbour.hears(u"hello"_s));
    qInfo("One bridge has said:\n%s", qPrintable(one.errors()));
    // Once, and then, where that lasts, how many more there were.
    const auto told = [&line](const BridgeProgram &bridge) {
        const QStringList lines = bridge.problems().filter(line);
        return lines.size() - lines.filter(u"more of this kind"_s).size();
    };
    QCOMPARE(told(one), 1);
    QCOMPARE(told(other), 1);
    servers[1]->launch();
    QVERIFY(there.hears(u"order-food"_s, count));
    QVERIFY(crosses(&here, &there) && crosses(&there, &here));
    QCOMPARE(numbersOf(there, u"order-food"_s), numbersUpTo(count));
    QCOMPARE(one.endsWith(), 0);
#else
    QSKIP("This is built without NATS");
#endif
}

PYVENT_TEST(tst_Mishaps)
#include "tst_mishaps.moc"
