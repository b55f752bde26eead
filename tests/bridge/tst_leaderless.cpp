// SPDX-License-Identifier: MIT
// What crosses while a NATS stream, or a bus's consumer, has no leader.
#include "bridge/bridgeprogram.h"
#include "bridge/engineprobe.h"
#include "bridge/plainnats.h"
#include "bridge/servedbus.h"
#include "bridge/serverprocess.h"
#include "support/testprogram.h"

#include <QtTest>

#include <algorithm>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

class tst_Leaderless : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void hearsWhatIsSaid();
    void tellsWhatItMayNot();
    void readsOnWithoutAConsumer();
    void comesBackWithoutALeader();
    void crossesWithoutALeader();
};

namespace {

// Three servers that are one.
class ThreeServers
{
public:
    ThreeServers()
    {
        for (int i = 0; i < 3; ++i)
            servers.push_back(std::make_unique<NatsServer>(m_cluster, i));
    }

    bool start()
    {
        for (const auto &server : servers)
            server->launch();
        if (!std::ranges::all_of(servers, [](const auto &server) { return server->waitUntilReachable(); }))
            return false;
        PlainNats plain(servers[2]->port());
        return waitUntil([&] { return plain.addStream("READY", "ready"); }); // they have agreed on who decides
    }

    std::vector<std::unique_ptr<NatsServer>> servers;

private:
    const NatsServer::Cluster m_cluster{"three", {freePort(), freePort(), freePort()}};
};

bool isIn(const QList<Engine::Arrival> &arrivals, const Message &message)
{
    return std::ranges::any_of(arrivals, [&](const Engine::Arrival &arrival) { return arrival.message == message; });
}

// Says \a message until it is heard: who hears may have begun to a little later.
bool isHeard(EngineProbe *from, EngineProbe *to, const Message &message)
{
    QElapsedTimer lately;
    return waitUntil([&] {
        if (isIn(to->direct, message))
            return true;
        if (!lately.isValid() || lately.hasExpired(50)) {
            from->engine().say({{1, message}});
            lately.start();
        }
        return false;
    });
}

} // namespace

void tst_Leaderless::initTestCase()
{
    if (natsServerProgram().isEmpty())
        QSKIP(whySkipped("nats-server", "nats-server"));
}

void tst_Leaderless::hearsWhatIsSaid()
{
    NatsServer server;
    QVERIFY(server.start());
    EngineProbe reader(engineOptions(Dialect::Nats, server.port()));
    EngineProbe standing(engineOptions(Dialect::Nats, server.port()), false);
    EngineProbe sender(engineOptions(Dialect::Nats, server.port(), u"elsewhere"_s));
    QVERIFY(reader.waitUntilReading() && standing.waitUntilUp() && sender.waitUntilReading());
    const QUuid node = QUuid::createUuid();
    const Message said = testMessage(node, 1, u"a*b>c. d"_s);
    QVERIFY(isHeard(&sender, &reader, said));
    QVERIFY(standing.direct.isEmpty());
    QVERIFY2(sender.direct.isEmpty(), "its own");
    QVERIFY(reader.arrivals.isEmpty());
    // The stream has nothing of it, and what is no event by a bridge comes by the stream only.
    PlainNats plain(server.port());
    plain.publish("PYVENT_DIRECT.house.bad", "x", {{"Pyvent-Node", "nobody"}});
    plain.publish("PYVENT_DIRECT.house.other", "1");
    sender.publish({testMessage(node, 1, u"last"_s)});
    QVERIFY(reader.waitForArrivals(1));
    QVERIFY(std::ranges::all_of(reader.direct, [&](const Engine::Arrival &each) { return each.message == said; }));
    // However much is said to one that acknowledges nothing, it does not grow.
    reader.acknowledges = false;
    QList<Engine::Publication> sayings(10'000, {1, testMessage(node, 2)});
    sender.engine().say(sayings);
    sender.publish({testMessage(node, 2, u"last"_s)});
    QVERIFY(reader.waitForArrivals(2));
    QVERIFY2(reader.direct.size() < 5'000, QByteArray::number(reader.direct.size()));
    reader.setReading(false);
    QVERIFY(waitUntil([&] { return reader.reading == Engine::Reading::Off; }));
    QVERIFY2(reader.problems.isEmpty(), qPrintable(reader.problems.join(u'\n')));
}

void tst_Leaderless::tellsWhatItMayNot()
{
    NatsServer server("authorization { users: [ { user: ada, password: pw, permissions: { publish: "
                      "[\"house.>\", \"$JS.>\"], subscribe: [\"_INBOX.>\"] } } ] }\n");
    QVERIFY(server.start());
    QTemporaryDir folder;
    EngineOptions options = engineOptions(Dialect::Nats, server.port());
    options.user = u"ada"_s;
    options.passwordFile = writeSecret(folder, u"password"_s, "pw");
    EngineProbe engine(options);
    QVERIFY2(engine.waitUntilReading(), qPrintable(engine.problems.join(u'\n')));
    QVERIFY(engine.hasProblem(u"this NATS user may not subscribe to 'PYVENT_DIRECT.house.>'"_s));
    const QUuid node = QUuid::createUuid();
    for (quint64 number = 1; number <= 3; ++number)
        engine.engine().say({{number, testMessage(node, number)}});
    QVERIFY(engine.hasProblem(u"this NATS user may not publish to 'PYVENT_DIRECT.house.>'"_s));
    engine.publish({testMessage(node, 1)});
    QVERIFY(engine.waitForArrivals(1));
    QCOMPARE(engine.problems.size(), 2);
}

// Its requests reach nobody, as while the consumer has no leader.
void tst_Leaderless::readsOnWithoutAConsumer()
{
    NatsServer server("authorization { users: [ { user: ada, password: pw, permissions: { publish: { deny: "
                      "[\"$JS.API.CONSUMER.MSG.NEXT.>\"] } } }, { user: bob, password: pw } ] }\n");
    QVERIFY(server.start());
    QTemporaryDir folder;
    EngineOptions options = engineOptions(Dialect::Nats, server.port());
    options.user = u"ada"_s;
    options.passwordFile = writeSecret(folder, u"password"_s, "pw");
    EngineOptions elsewhere = engineOptions(Dialect::Nats, server.port(), u"elsewhere"_s);
    elsewhere.user = u"bob"_s;
    elsewhere.passwordFile = options.passwordFile;
    EngineProbe engine(options);
    EngineProbe sender(elsewhere, false);
    QVERIFY(engine.waitUntilReading() && sender.waitUntilUp());
    const QUuid node = QUuid::createUuid();
    for (quint64 number = 1; number <= 500; ++number)
        sender.publish({testMessage(node, number)});
    QVERIFY(waitUntil([&] { return engine.direct.size() >= 500; }));
    QCOMPARE(engine.direct.size(), 500);
    for (quint64 number = 1; number <= 500; ++number)
        QCOMPARE(engine.direct[qsizetype(number) - 1].message, testMessage(node, number));
    QVERIFY(engine.arrivals.isEmpty());
}

// Its server ends, and the other one takes nothing, nor gives anything: what is said crosses.
void tst_Leaderless::comesBackWithoutALeader()
{
    ThreeServers three;
    QVERIFY(three.start());
    auto &servers = three.servers;
    EngineProbe engine(engineOptions(Dialect::Nats, servers[0]->port()));
    EngineProbe sender(engineOptions(Dialect::Nats, servers[2]->port(), u"elsewhere"_s), false);
    QVERIFY(engine.waitUntilReading() && sender.waitUntilUp());
    servers[1]->kill();
    servers[0]->kill();
    const QUuid node = QUuid::createUuid();
    QVERIFY2(isHeard(&sender, &engine, testMessage(node, 1)), qPrintable(engine.problems.join(u'\n')));
    QVERIFY(engine.ups >= 2);
    servers[1]->launch();
    QVERIFY(waitUntil([&] { return engine.isUp() && engine.reading == Engine::Reading::On; }));
    sender.publish({testMessage(node, 2)});
    QVERIFY(waitUntil([&] { return isIn(engine.arrivals, testMessage(node, 2)); }));
}

void tst_Leaderless::crossesWithoutALeader()
{
    constexpr int count = 100;
    ThreeServers three;
    QVERIFY(three.start());
    auto &servers = three.servers;
    const QString url = engineUrl(Dialect::Nats, servers[2]->port());
    ServedBus here;
    ServedBus there;
    BridgeProgram one(here.port(), url);
    BridgeProgram other(there.port(), url);
    QVERIFY2(crosses(&here, &there) && crosses(&there, &here), qPrintable(one.errors() + other.errors()));
    int sent = 0;
    const auto send = [&] {
        for (const int last = sent + count; sent < last;)
            QVERIFY(here.node().send(u"order-food"_s, {{u"i"_s, ++sent}}));
    };
    send();
    QVERIFY(there.hears(u"order-food"_s, sent));
    servers[0]->kill();
    servers[1]->kill();
    send();
    QVERIFY2(there.hears(u"order-food"_s, sent), qPrintable(one.errors() + other.errors()));
    send();
    QVERIFY2(there.hears(u"order-food"_s, sent), qPrintable(one.errors() + other.errors()));
    qInfo("One bridge has said:\n%s", qPrintable(one.errors()));
    servers[1]->launch();
    QVERIFY(crosses(&here, &there) && crosses(&there, &here));
    send();
    QVERIFY(there.hears(u"order-food"_s, sent));
    QCOMPARE(there.count(u"order-food"_s), sent);
    QList<int> numbers;
    for (const PyventEvent &event : there.heard()) {
        if (event.name == u"order-food"_s)
            numbers += event.args[u"i"_s].toInt();
    }
    QVERIFY(std::ranges::is_sorted(numbers) && numbers.last() == sent);
    QCOMPARE(one.endsWith(), 0);
}

PYVENT_TEST(tst_Leaderless)
#include "tst_leaderless.moc"
