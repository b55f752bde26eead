// SPDX-License-Identifier: MIT
#include "bridge/testbridge.h"
#include "support/numbers.h"
#include "support/testprogram.h"

#include <QtTest>

#include <numeric>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

QList<quint64> upTo(quint64 last, quint64 first = 1)
{
    QList<quint64> numbers(qsizetype(last - first + 1), 0);
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

// Sends \a count events in small heaps, each in a turn of the event loop, for as long as \a mayGoOn.
class Flow : public QObject
{
public:
    Flow(TestBus *bus, const QString &name, int count)
        : m_bus(bus)
        , m_name(name)
        , m_count(count)
    {
        connect(&m_timer, &QTimer::timeout, this, [this] {
            for (int i = 0; i < heap && m_sent < m_count; ++i)
                m_bus->send(m_name, {{u"i"_s, ++m_sent}});
            if (m_sent == m_count)
                m_timer.stop();
        });
        m_timer.start(2);
    }
    int sent() const { return m_sent; }
    bool isOver() const { return m_sent == m_count; }

private:
    static constexpr int heap = 20;
    TestBus *const m_bus;
    const QString m_name;
    const int m_count;
    int m_sent = 0;
    QTimer m_timer;
};

void describe(const char *what, const QList<TestBridge *> &bridges)
{
    for (TestBridge *bridge : bridges) {
        const BridgeStatus s = bridge->status();
        fprintf(stderr,
                "%s %s: up %d active %d reading %d waiting %lld in %lld published %llu repeated %llu dropped %llu "
                "received %llu forwarded %llu doubled %llu own %llu lost %llu\n  %s\n",
                what, qPrintable(s.bus), s.isUp, s.isActive, s.isReading, s.waiting, s.waitingIn, s.outbox.published,
                s.outbox.repeated, s.outbox.dropped, s.in.received, s.in.forwarded, s.in.doubled, s.in.own, s.in.lost,
                qPrintable((bridge->problems + bridge->notices).join(u"\n  "_s)));
    }
}

} // namespace

class tst_Bridge : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void carriesEvents_data() { bothEngines(); }
    void carriesEvents();
    void carriesJson_data() { bothEngines(); }
    void carriesJson();
    void hearsOtherPrograms_data() { bothEngines(); }
    void hearsOtherPrograms();
    void choosesByName_data() { bothEngines(); }
    void choosesByName();
    void outlivesTheEngine_data() { bothEngines(); }
    void outlivesTheEngine();
    void waitsForItsBus_data() { bothEngines(); }
    void waitsForItsBus();
    void worksInTurn_data() { bothEngines(); }
    void worksInTurn();
    void endsInOrder_data() { bothEngines(); }
    void endsInOrder();
    void carriesAcrossOtherBuses_data() { bothEngines(); }
    void carriesAcrossOtherBuses();
    void tellsWhatThereIsNoRoomFor_data() { bothEngines(); }
    void tellsWhatThereIsNoRoomFor();
    void keepsOnDisk_data() { bothEngines(); }
    void keepsOnDisk();
    void tellsWhatOfItsBusWasLost_data() { bothEngines(); }
    void tellsWhatOfItsBusWasLost();
    void tellsOfTwoNames_data() { bothEngines(); }
    void tellsOfTwoNames();
};

void tst_Bridge::carriesEvents()
{
    START_SERVER(server);
    TestBus here;
    TestBus there;
    TestBridge one(&here, bridgeOptions(dialect, server->port(), u"here"_s));
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking());
    for (int i = 1; i <= 1000; ++i)
        here.send(u"order-food"_s, {{u"i"_s, i}}, u"customer-manager"_s);
    for (int i = 1; i <= 1000; ++i)
        there.send(u"oven.temperature"_s, {{u"i"_s, i}});
    here.send(u"a*b+c/#.>.."_s);
    here.sendPythons(u"new-customer"_s, {{u"name"_s, u"Ada"_s}}, u"till"_s);
    here.sendPythons(u"new-customer"_s, {{u"name"_s, u"Bob"_s}});
    QVERIFY(waitUntil([&] { return there.received().size() >= 1003 && here.received().size() >= 1000; }));
    QCOMPARE(there.numbers(here.node(), u"order-food"_s), upTo(1000));
    QCOMPARE(here.numbers(there.node(), u"oven.temperature"_s), upTo(1000));
    QCOMPARE(there.count(u"a*b+c/#.>.."_s), 1);
    const TestBus::Received &first = there.received().first();
    QCOMPARE(first.sender, u"customer-manager"_s);
    QCOMPARE(first.arguments, (QVariantMap{{u"i"_s, 1}}));
    // Those of Python have an identity beyond their bus.
    QList<TestBus::Received> pythons;
    for (const TestBus::Received &each : there.received()) {
        if (each.name == u"new-customer")
            pythons += each;
    }
    QCOMPARE(pythons.size(), 2);
    QCOMPARE(pythons[0].sender, u"till"_s);
    QCOMPARE(pythons[1].sender, QString());
    QVERIFY(!pythons[0].node.isNull() && pythons[0].node == pythons[1].node);
    QCOMPARE(pythons[0].number, 1u);
    QCOMPARE(pythons[1].number, 2u);
    // Nothing has come back, and all is done with.
    QVERIFY(waitUntil(
        [&] { return one.status().waiting == 0 && other.status().waiting == 0 && one.status().waitingIn == 0; }));
    QCOMPARE(here.received().size(), 1000);
    QCOMPARE(there.received().size(), 1003);
    QCOMPARE(one.status().outbox.published, 1003u);
    QCOMPARE(other.status().in.forwarded, 1003u);
    QVERIFY2(here.mistakes().isEmpty() && there.mistakes().isEmpty(), qPrintable(here.mistakes() + there.mistakes()));
    QVERIFY2(one.problems.isEmpty() && other.problems.isEmpty(),
             qPrintable((one.problems + other.problems).join(u'\n')));
}

void tst_Bridge::carriesJson()
{
    START_SERVER(server);
    TestBus here;
    TestBus there;
    BridgeOptions json = bridgeOptions(dialect, server->port(), u"here"_s);
    json.asJson = true;
    TestBridge one(&here, json);
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s)); // it reads both kinds
    EngineProbe looker(engineOptions(dialect, server->port(), u"looker"_s));
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking() && looker.waitUntilReading());
    const QVariantMap arguments{{u"food"_s, u"sushi"_s}, {u"raw"_s, "\xff"_ba}, {u"n"_s, 1.5}};
    here.send(u"order-food"_s, arguments);
    QVERIFY(waitUntil([&] { return there.count(u"order-food"_s) == 1; }));
    QCOMPARE(there.received().first().arguments, arguments);
    QVERIFY(looker.waitForArrivals(1));
    QVERIFY(looker.arrivals[0].message.format == Message::Format::Json);
    QVERIFY2(looker.arrivals[0].message.payload.startsWith(R"({"food":"sushi",)"),
             looker.arrivals[0].message.payload.constData());
}

void tst_Bridge::hearsOtherPrograms()
{
    START_SERVER(server);
    TestBus here;
    TestBus there;
    TestBridge one(&here, bridgeOptions(dialect, server->port(), u"here"_s));
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    // What such a program publishes: nothing but a name and JSON. A bridge's own messages have a node.
    EngineProbe plain(engineOptions(dialect, server->port(), u"plain"_s), false);
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking() && plain.waitUntilUp());
    const auto json = [](const QString &name, const QByteArray &content) {
        return Message{.name = name,
                       .node = QUuid::createUuid(),
                       .number = 1,
                       .format = Message::Format::Json,
                       .payload = content};
    };
    plain.publish({json(u"order-food"_s, R"({"food":"sushi"})"), json(u"oven"_s, "21.5"), json(u"bad"_s, "{"),
                   json(u"__check"_s, "{}"), json(u"new-customer"_s, R"({"name":"Ada","sender":"till"})")});
    for (TestBus *bus : {&here, &there}) {
        QVERIFY(waitUntil([&] { return bus->received().size() == 3; }));
        QCOMPARE(bus->received()[0].arguments, (QVariantMap{{u"food"_s, u"sushi"_s}}));
        QCOMPARE(bus->received()[1].arguments, (QVariantMap{{u"value"_s, 21.5}}));
        QCOMPARE(bus->received()[2].arguments.value(u"name"_s), u"Ada"_s);
    }
    QVERIFY(one.hasSaid(u"the message 'bad' is no event: its content is no JSON"_s));
    QVERIFY(one.hasSaid(u"the bus does not take '__check'"_s));
    QCOMPARE(one.status().in.unreadable, 1u);
    QVERIFY(waitUntil([&] { return one.status().waitingIn == 0; }));
}

void tst_Bridge::choosesByName()
{
    START_SERVER(server);
    TestBus here;
    TestBus there;
    BridgeOptions options = bridgeOptions(dialect, server->port(), u"here"_s);
    options.out = {PyventPattern("order-*"), PyventPattern("*-food"), PyventPattern("bill")};
    TestBridge one(&here, options);
    options = bridgeOptions(dialect, server->port(), u"there"_s);
    options.in = {PyventPattern("*food")};
    TestBridge other(&there, options);
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking());
    for (const char *name : {"secret", "order-food", "order-drink", "bill", "eat-food"})
        here.send(QString::fromLatin1(name));
    QVERIFY(waitUntil([&] { return there.count(u"eat-food"_s) == 1; }));
    QCOMPARE(there.received().size(), 2);
    QCOMPARE(there.count(u"order-food"_s), 1);
    QCOMPARE(other.status().in.unwanted, 2u);
    QVERIFY(waitUntil([&] { return one.status().outbox.published == 4; }));
}

void tst_Bridge::outlivesTheEngine()
{
    constexpr int count = 10'000;
    START_SERVER(server);
    TestBus here;
    TestBus there;
    TestBridge one(&here, bridgeOptions(dialect, server->port(), u"here"_s));
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking());
    if (dialect == Dialect::Mqtt) { // which stores its sessions once a second: it is to know them when it is killed
        here.send(u"first"_s);
        QVERIFY(waitUntil([&] { return server->log().contains(u"Saving in-memory database"_s); }));
    }
    Flow flow(&here, u"order-food"_s, count);
    for (int kill = 1; kill <= 3; ++kill) {
        QVERIFY(waitUntil([&] { return there.count(u"order-food"_s) >= kill * count / 5; }));
        server->kill();
        QVERIFY(waitUntil([&] { return !one.status().isUp && !other.status().isUp; }));
        QVERIFY(server->start());
    }
    if (!waitUntil([&] { return flow.isOver() && there.count(u"order-food"_s) >= count; }, 20000))
        describe("outlives", {&one, &other});
    QVERIFY(waitUntil([&] { return flow.isOver() && there.count(u"order-food"_s) >= count; }));
    QCOMPARE(there.numbers(here.node(), u"order-food"_s), upTo(count));
    QVERIFY2(there.mistakes().isEmpty(), qPrintable(there.mistakes()));
    QVERIFY(waitUntil([&] { return one.status().waiting == 0; }));
    QCOMPARE(one.status().outbox.dropped, 0u);
    QCOMPARE(other.status().in.lost, 0u);
    QVERIFY(one.status().connections >= 4);
    QVERIFY(here.received().isEmpty());
}

// A bus whose server is away takes nothing; the engine keeps it meanwhile.
void tst_Bridge::waitsForItsBus()
{
    constexpr int count = 6'000;
    START_SERVER(server);
    TestBus here;
    TestBus there;
    TestBridge one(&here, bridgeOptions(dialect, server->port(), u"here"_s));
    auto other = std::make_unique<TestBridge>(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(one.waitUntilWorking() && other->waitUntilWorking());
    there.setServing(false);
    Flow flow(&here, u"order-food"_s, count);
    QVERIFY(waitUntil([&] { return flow.isOver() && one.status().waiting == 0; }));
    QVERIFY(there.received().isEmpty());
    QVERIFY(other->status().waitingIn > 0);
    // Nor does anything get lost if the bridge ends before the bus is back.
    other.reset();
    there.setServing(true);
    other = std::make_unique<TestBridge>(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(waitUntil([&] { return there.count(u"order-food"_s) >= count; }));
    QCOMPARE(there.numbers(here.node(), u"order-food"_s), upTo(count));
    QVERIFY2(there.mistakes().isEmpty(), qPrintable(there.mistakes()));
}

// Two bridges on each bus, of which the working one is killed, again and again.
void tst_Bridge::worksInTurn()
{
    constexpr int count = 10'000;
    START_SERVER(server);
    TestBus here;
    TestBus there;
    std::unique_ptr<TestBridge> one[2];
    std::unique_ptr<TestBridge> other[2];
    const auto make = [&](TestBus *bus) {
        return std::make_unique<TestBridge>(
            bus, bridgeOptions(dialect, server->port(), bus == &here ? u"here"_s : u"there"_s));
    };
    one[0] = make(&here);
    other[0] = make(&there);
    QVERIFY(one[0]->waitUntilWorking() && other[0]->waitUntilWorking());
    one[1] = make(&here);
    other[1] = make(&there);
    QVERIFY(waitUntil([&] { return one[1]->status().peers == 1 && one[1]->status().isUp && other[1]->status().isUp; }));
    Flow flow(&here, u"order-food"_s, count);
    for (int kill = 0; kill < 4; ++kill) {
        QVERIFY(waitUntil([&] { return there.count(u"order-food"_s) >= (kill + 1) * count / 6; }));
        auto *const pair = kill % 2 ? one : other;
        const int active = pair[0]->status().isActive ? 0 : 1;
        QVERIFY(!pair[1 - active]->status().isActive);
        pair[active].reset();
        pair[active] = make(kill % 2 ? &here : &there);
        QVERIFY(pair[1 - active]->waitUntilWorking());
    }
    QVERIFY(waitUntil([&] { return flow.isOver() && there.count(u"order-food"_s) >= count; }));
    QCOMPARE(there.numbers(here.node(), u"order-food"_s), upTo(count));
    QVERIFY2(there.mistakes().isEmpty(), qPrintable(there.mistakes()));
    QVERIFY(here.received().isEmpty());
    // Who stands by keeps nothing for long that the other one has carried.
    QVERIFY(waitUntil([&] { return one[0]->status().waiting == 0 && one[1]->status().waiting == 0; }));
}

void tst_Bridge::endsInOrder()
{
    START_SERVER(server);
    TestBus here;
    TestBus there;
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(other.waitUntilWorking());
    {
        TestBridge one(&here, bridgeOptions(dialect, server->port(), u"here"_s));
        QVERIFY(one.waitUntilWorking());
        for (int i = 1; i <= 3000; ++i)
            here.send(u"order-food"_s);
        QVERIFY(waitUntil([&] { return one.status().out.heard == 3000; }));
        QVERIFY(one.stop());
        QCOMPARE(one.status().waiting, 0);
    }
    QVERIFY(waitUntil([&] { return there.count(u"order-food"_s) >= 3000; }));

    // What cannot go out is told.
    server->kill();
    TestBridge one(&here, bridgeOptions(dialect, server->port(), u"here"_s));
    here.send(u"order-food"_s);
    QVERIFY(waitUntil([&] { return one.status().waiting == 1; }));
    QVERIFY(one.stop());
    QVERIFY(one.hasSaid(u"1 events that the engine has not taken are lost beyond this bus"_s));
}

// Three buses, each joined to each by a prefix of its own.
void tst_Bridge::carriesAcrossOtherBuses()
{
    constexpr int count = 500;
    START_SERVER(server);
    TestBus buses[3];
    const QString names[] = {u"a"_s, u"b"_s, u"c"_s};
    std::vector<std::unique_ptr<TestBridge>> bridges;
    const auto join = [&](int one, int other) {
        for (const int bus : {one, other}) {
            BridgeOptions options = bridgeOptions(dialect, server->port(), names[bus]);
            options.engine.prefix = u"link-"_s + names[one] + names[other];
            bridges.push_back(std::make_unique<TestBridge>(&buses[bus], options));
        }
    };
    join(0, 1);
    join(1, 2);
    const auto areWorking = [&] {
        return std::ranges::all_of(bridges, [](const auto &bridge) { return bridge->isWorking(); });
    };
    QVERIFY(waitUntil(areWorking));
    // A chain: what is sent at one end is heard at the other.
    QVERIFY(
        waitUntil([&] { return bridges[1]->status().peers == 0 && bridges[1]->end().id() != bridges[2]->end().id(); }));
    for (int i = 1; i <= count; ++i)
        buses[0].send(u"order-food"_s);
    QVERIFY(waitUntil([&] { return buses[2].count(u"order-food"_s) >= count; }));
    QCOMPARE(buses[2].numbers(buses[0].node(), u"order-food"_s), upTo(count));
    QCOMPARE(buses[1].numbers(buses[0].node(), u"order-food"_s), upTo(count));

    // A circle: each bus hears it once, and it ends where it began.
    join(0, 2);
    QVERIFY(waitUntil(areWorking));
    for (int from = 0; from < 3; ++from) {
        for (int i = 1; i <= count; ++i)
            buses[from].send(u"bill"_s);
    }
    QVERIFY(waitUntil([&] {
        return std::ranges::all_of(buses, [](const TestBus &bus) { return bus.count(u"bill"_s) >= 2 * count; });
    }));
    QVERIFY(waitUntil([&] {
        return std::ranges::all_of(bridges, [](const auto &bridge) {
            return bridge->status().waiting == 0 && bridge->status().waitingIn == 0;
        });
    }));
    for (int bus = 0; bus < 3; ++bus) {
        QCOMPARE(buses[bus].count(u"bill"_s), 2 * count);
        QVERIFY2(buses[bus].mistakes().isEmpty(), qPrintable(buses[bus].mistakes()));
        QVERIFY(buses[bus].numbers(buses[bus].node(), u"bill"_s).isEmpty());
    }
}

void tst_Bridge::tellsWhatThereIsNoRoomFor()
{
    START_SERVER(server);
    TestBus here;
    TestBus there;
    BridgeOptions options = bridgeOptions(dialect, server->port(), u"here"_s);
    options.spoolLimit = 300'000;
    TestBridge one(&here, options);
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking());
    server->kill();
    QVERIFY(waitUntil([&] { return !one.status().isUp && !other.status().isUp; }));
    const QVariantMap large{{u"x"_s, QString(1000, u'x')}};
    for (int i = 1; i <= 1000; ++i)
        here.send(u"order-food"_s, large);
    QVERIFY(waitUntil([&] { return one.status().out.heard == 1000; }));
    const quint64 dropped = one.status().outbox.dropped;
    QVERIFY(dropped > 0 && dropped < 1000);
    QVERIFY(one.status().waitingBytes <= options.spoolLimit);
    QVERIFY(one.hasSaid(u"there is no room for 'order-food'"_s));
    QCOMPARE(std::ranges::count_if(one.problems, [](const QString &line) { return line.contains(u"no room"_s); }), 1);
    QVERIFY(server->start());
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking());
    here.send(u"order-food"_s); // says how many are missing, so that nobody waits for these
    const quint64 kept = 1000 - dropped;
    QVERIFY(waitUntil([&] { return there.numbers(here.node(), u"order-food"_s).contains(1001); }));
    if (there.numbers(here.node(), u"order-food"_s) != (upTo(kept) << 1001))
        describe("tells", {&one, &other});
    QCOMPARE(there.numbers(here.node(), u"order-food"_s), upTo(kept) << 1001);
    QCOMPARE(other.status().in.lost, 0u);
}

// Killed with its engine away, and started again.
void tst_Bridge::keepsOnDisk()
{
    constexpr int count = 2'000;
    START_SERVER(server);
    QTemporaryDir spool;
    TestBus here;
    TestBus there;
    BridgeOptions options = bridgeOptions(dialect, server->port(), u"here"_s);
    options.spoolFolder = spool.filePath(u"spool"_s);
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(other.waitUntilWorking());
    auto one = std::make_unique<TestBridge>(&here, options);
    QVERIFY(one->waitUntilWorking());
    server->kill();
    QVERIFY(waitUntil([&] { return !one->status().isUp && !other.status().isUp; }));
    for (int i = 1; i <= count; ++i)
        here.send(u"order-food"_s, {{u"x"_s, QString(20'000, u'x')}}); // more than is kept in memory, too
    here.sendPythons(u"new-customer"_s);                               // nobody works, so it goes nowhere
    QVERIFY(waitUntil([&] { return one->status().out.heard == count + 1; }));
    QCOMPARE(one->status().waiting, count);
    one.reset();
    // An MQTT broker that was killed may have forgotten whom it has messages for, and what is remembered for that is less than this.
    QVERIFY(server->start());
    QVERIFY(other.waitUntilWorking());
    one = std::make_unique<TestBridge>(&here, options);
    QVERIFY(one->hasSaid(u"%1 events of an earlier run wait in the spool"_s.arg(count)));
    here.send(u"order-food"_s);
    QVERIFY(waitUntil([&] { return there.count(u"order-food"_s) >= count + 1; }));
    QCOMPARE(there.numbers(here.node(), u"order-food"_s), upTo(count + 1));
    QVERIFY2(there.mistakes().isEmpty(), qPrintable(there.mistakes()));
    QVERIFY(waitUntil([&] { return one->status().waiting == 0; }));
}

// What other buses have sent it need not hear.
void tst_Bridge::tellsWhatOfItsBusWasLost()
{
    START_SERVER(server);
    TestBus here;
    TestBus there;
    TestBridge one(&here, bridgeOptions(dialect, server->port(), u"here"_s));
    TestBridge other(&there, bridgeOptions(dialect, server->port(), u"there"_s));
    QVERIFY(one.waitUntilWorking() && other.waitUntilWorking());
    here.send(u"gate"_s);
    there.send(u"lamp"_s);
    QVERIFY(waitUntil([&] { return there.count(u"gate"_s) == 1 && here.count(u"lamp"_s) == 1; }));
    Q_EMIT other.end().lost(u"gate"_s, here.node(), 3);
    QVERIFY2(other.problems.isEmpty(), qPrintable(other.problems.join(u'\n')));
    Q_EMIT other.end().lost(u"lamp"_s, there.node(), 2);
    QCOMPARE(other.problems, QStringList{u"2 events 'lamp' of this bus were lost before the bridge had heard them"_s});
}

void tst_Bridge::tellsOfTwoNames()
{
    QFETCH(Dialect, dialect); // and its server need not be there
    TestBus bus;
    TestBridge one(&bus, bridgeOptions(dialect, 1, u"here"_s));
    TestBridge other(&bus, bridgeOptions(dialect, 1, u"there"_s));
    QVERIFY(one.hasSaid(u"calls the bus 'there', and this one 'here': give both the same --bus"_s));
}

PYVENT_TEST(tst_Bridge)
#include "tst_bridge.moc"
