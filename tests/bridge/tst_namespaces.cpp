// SPDX-License-Identifier: MIT
// Two machines: the engine and one bus on the one, another bus on the other one, and a cable between that is pulled while both send.
#include "bridge/bridgeprogram.h"
#include "bridge/testbridge.h"
#include "support/machine.h"
#include "support/testprogram.h"

#include <QtTest>

#include <unistd.h>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const QString harbourAddress = u"10.213.16.1"_s;
const QString islandAddress = u"10.213.16.2"_s;

// The cable is pulled for so long at least, and until the bridge has said so. In seconds.
int shortestCut()
{
    constexpr int usual = 5;
    const int seconds = qEnvironmentVariableIntValue("PYVENT_CUT_SECONDS");
    return seconds > 0 ? seconds : usual;
}

// A server on a machine.
template <typename Server>
class ServerThere : public Server
{
public:
    template <typename... Arguments>
    explicit ServerThere(const Machine &machine, const QStringList &more, const Arguments &...arguments)
        : Server(arguments...)
        , m_machine(machine)
        , m_more(more)
    {
    }

protected:
    QString program() const override { return u"ip"_s; }
    QStringList arguments() const override { return m_machine.words(Server::program(), Server::arguments() + m_more); }

private:
    const Machine &m_machine;
    const QStringList m_more;
};

std::unique_ptr<ServerProcess> makeServerThere(Dialect dialect, const Machine &machine, int port)
{
    if (dialect == Dialect::Nats)
        return std::make_unique<ServerThere<NatsServer>>(
            machine, QStringList{u"-a"_s, u"0.0.0.0"_s, u"-p"_s, QString::number(port)});
    QByteArray listeners;
    for (const QString &address : {harbourAddress, u"127.0.0.1"_s})
        listeners += "listener " + QByteArray::number(port) + ' ' + address.toUtf8() + '\n';
    return std::make_unique<ServerThere<MosquittoBroker>>(machine, QStringList(), listeners);
}

// A bus on a machine: its server, one that sends numbered events as it is told to, one that notes what comes from elsewhere, and its bridge.
class RemoteBus
{
public:
    RemoteBus(const Machine &machine, const QString &name, const QString &other, const QString &engine)
        : m_name(name)
        , m_other(other)
        , m_server(u"ip"_s, machine.words(pyvent, {u"serve"_s, u"--port"_s, m_port}))
        , m_isServing(m_server.complains(u"serving at"_s))
        , m_sender(u"ip"_s, machine.words(pyvent, {u"send"_s, u"--port"_s, m_port, u"--from-json"_s, u"-"_s}))
        , m_listener(u"ip"_s,
                     machine.words(pyvent,
                                   {u"listen"_s, u"--json"_s, u"--port"_s, m_port, u"--no-server"_s, u"from-"_s + other,
                                    u"probe-"_s + other}))
        , m_bridge(u"ip"_s,
                   machine.words(bridgeProgram,
                                 QStringList{u"--bus"_s, name} + BridgeProgram::argumentsFor(m_port.toInt(), engine)))
    {
    }

    bool isThere() { return m_isServing && m_listener.complains(u"listening to"_s); }

    void sendProbe() { m_sender.writeLine(R"({"name":"probe-)" + m_name.toUtf8() + R"(","args":{}})"); }
    bool hasHeardProbe() { return m_listener.output().contains(u"\"probe-"_s); }

    // Sends one more.
    void send()
    {
        m_sender.writeLine(R"({"name":"from-)" + m_name.toUtf8() + R"(","args":{"i":)" + QByteArray::number(++m_sent)
                           + "}}");
    }
    int sent() const { return m_sent; }
    // Ends the sender, which waits for its server; false if something was wrong with it.
    bool stopSending()
    {
        m_sender.closeInput();
        return m_sender.exitCode() == 0;
    }

    // The numbers of what has come, in its order.
    QList<int> heard() const
    {
        QList<int> numbers;
        for (const QByteArray &line : m_listener.lines()) {
            const QJsonObject event = QJsonDocument::fromJson(line).object();
            if (event["name"_L1].toString() == u"from-"_s + m_other)
                numbers += event["args"_L1]["i"_L1].toInt();
        }
        return numbers;
    }

    Program &bridge() { return m_bridge; }
    QStringList problems() const { return BridgeProgram::problemsIn(m_bridge.errors()); }
    QString log() const { return m_bridge.errors() + m_sender.errors() + m_server.errors(); }

private:
    static inline const QString pyvent = QStringLiteral(PYVENT_PROGRAM);

    const QString m_name;
    const QString m_other;
    const QString m_port = QString::number(freePort());
    Program m_server;
    const bool m_isServing;
    Program m_sender;
    Program m_listener;
    Program m_bridge;
    int m_sent = 0;
};

// What is not as it should be with the numbers from 1 to \a count: empty if nothing is.
QString mistakesIn(const QList<int> &numbers, int count)
{
    int lost = 0;
    int doubled = 0;
    int disordered = 0;
    QList<int> times(count + 1, 0);
    int last = 0;
    for (const int number : numbers) {
        disordered += number < last;
        last = number;
        if (number >= 1 && number <= count)
            ++times[number];
    }
    for (int i = 1; i <= count; ++i) {
        lost += times[i] == 0;
        doubled += times[i] > 1;
    }
    if (lost + doubled + disordered == 0)
        return {};
    return u"of %1, %2 are lost, %3 doubled and %4 out of order"_s.arg(count).arg(lost).arg(doubled).arg(disordered);
}

} // namespace

class tst_Namespaces : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void outlivesACutCable_data() { bothEngines(); }
    void outlivesACutCable();

private:
    std::unique_ptr<Machine> m_harbour;
    std::unique_ptr<Machine> m_island;
};

void tst_Namespaces::initTestCase()
{
    if (::geteuid() != 0)
        QSKIP("Skipped: two machines are made by root only.");
    m_harbour = std::make_unique<Machine>(u"pyvent-harbour"_s);
    m_island = std::make_unique<Machine>(u"pyvent-island"_s);
    if (!m_harbour->isThere() || !m_island->isThere()
        || !Machine::connect({*m_harbour, u"sea"_s, harbourAddress}, {*m_island, u"sea"_s, islandAddress}))
        QSKIP("Skipped: there is no 'ip netns' (Debian: apt-get install iproute2), or it may not make two machines "
              "here.");
}

void tst_Namespaces::outlivesACutCable()
{
    constexpr int atLeast = 300; // events before, during and after the cut
    QFETCH(Dialect, dialect);
    if (!makeServer(dialect))
        QSKIP(whyNoServer(dialect));
    const bool isNats = dialect == Dialect::Nats;
    const int port = freePort();
    const auto server = makeServerThere(dialect, *m_harbour, port);
    server->launch();
    QVERIFY2(waitUntil([&] { return server->log().contains(isNats ? u"Server is ready"_s : u" running"_s); }),
             qPrintable(server->log()));
    const QString scheme = isNats ? u"nats"_s : u"mqtt"_s;
    RemoteBus harbour(*m_harbour, u"harbour"_s, u"island"_s, engineUrl(dialect, port));
    RemoteBus island(*m_island, u"island"_s, u"harbour"_s, u"%1://%2:%3"_s.arg(scheme, harbourAddress).arg(port));
    QVERIFY2(harbour.isThere() && island.isThere(), qPrintable(harbour.log() + island.log()));
    QVERIFY2(waitUntil(
                 [&] {
                     harbour.sendProbe();
                     island.sendProbe();
                     return harbour.hasHeardProbe() && island.hasHeardProbe();
                 },
                 patience, 100),
             qPrintable(harbour.log() + island.log()));

    QTimer clock;
    connect(&clock, &QTimer::timeout, this, [&] {
        harbour.send();
        island.send();
    });
    clock.start(2);
    const auto haveHeard = [&](qsizetype count) {
        return waitUntil([&] { return harbour.heard().size() >= count && island.heard().size() >= count; }, patience,
                         100);
    };
    QVERIFY2(haveHeard(atLeast), qPrintable(harbour.log() + island.log()));

    // It is pulled at the harbour, so that the island's packets go nowhere, and nobody says so.
    const int sentBefore = island.sent();
    QVERIFY(m_harbour->setPlugged(u"sea"_s, false));
    QElapsedTimer cut;
    cut.start();
    QVERIFY2(waitUntil(
                 [&] {
                     return cut.hasExpired(shortestCut() * 1000) && !island.problems().isEmpty()
                         && island.sent() >= sentBefore + atLeast;
                 },
                 shortestCut() * 1000 + patience),
             qPrintable(island.log()));
    const qsizetype arrivedBefore = island.heard().size();
    const QStringList problems = island.problems();
    const int sentDuring = island.sent() - sentBefore;
    const double seconds = double(cut.elapsed()) / 1000;
    const QString place = u"pyvent: at %1://%2:%3"_s.arg(scheme, harbourAddress).arg(port);
    const qsizetype placesBefore = island.bridge().errors().count(place);
    QVERIFY(m_harbour->setPlugged(u"sea"_s, true));
    QVERIFY2(waitUntil([&] { return island.bridge().errors().count(place) > placesBefore; }), qPrintable(island.log()));
    QVERIFY(haveHeard(arrivedBefore + atLeast));
    clock.stop();
    const int count = harbour.sent();
    QVERIFY(harbour.stopSending() && island.stopSending());
    const bool haveAll = haveHeard(count);
    qInfo("the cable was pulled for %.1f s, in which each side sent %d of its %d events; the island's bridge said:\n%s",
          seconds, sentDuring, count, qPrintable(island.bridge().errors()));
    QVERIFY2(haveAll, qPrintable(harbour.log() + island.log()));
    QCOMPARE(mistakesIn(harbour.heard(), count), QString());
    QCOMPARE(mistakesIn(island.heard(), count), QString());

    // One line at once, and one for each half minute of it.
    QVERIFY2(problems.size() <= 1 + int(seconds) / 30, qPrintable(problems.join(u'\n')));
    QVERIFY2(problems[0].contains(u" at %1:%2 "_s.arg(harbourAddress).arg(port)), qPrintable(problems[0]));
    // Where the engine is, nothing is wrong.
    QVERIFY2(harbour.problems().isEmpty(), qPrintable(harbour.log()));
    for (RemoteBus *bus : {&harbour, &island}) {
        bus->bridge().sendSignal(SIGTERM);
        QCOMPARE(bus->bridge().exitCode(), 0);
    }
}

PYVENT_TEST(tst_Namespaces)
#include "tst_namespaces.moc"
