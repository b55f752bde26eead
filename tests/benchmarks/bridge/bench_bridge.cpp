// SPDX-License-Identifier: MIT
// What a bridge carries beside a program that uses the engine's library alone: see --help. The machine's speed is no result, only the ratio of paired
// runs is.
#include "bareengines.h"
#include "bridge/serverprocess.h"
#include "busroles.h"
#include "child.h"
#include "measurement.h"
#include "support/freeport.h"

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qfile.h>
#include <QtCore/qlocale.h>

#include <cstdio>
#include <ctime>
#include <exception>

using namespace Pyvent::Benchmarks;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const QString bare = u"bare"_s;
const QString bridge = u"bridge"_s;

// Where events go.
struct EngineKind
{
    QString key;
    QString name;
    QString library; // as the roles of the bare side call it
    QString store;
    int servers;
};

QList<EngineKind> engineKinds()
{
    return {{u"nats-file"_s, u"NATS, file, 1 replica"_s, u"nats"_s, u"file"_s, 1},
            {u"nats-memory"_s, u"NATS, memory, 1 replica"_s, u"nats"_s, u"memory"_s, 1},
            {u"nats-file-3"_s, u"NATS, file, 3 replicas"_s, u"nats"_s, u"file"_s, 3},
            {u"nats-memory-3"_s, u"NATS, memory, 3 replicas"_s, u"nats"_s, u"memory"_s, 3},
            {u"mqtt"_s, u"Mosquitto, QoS 1"_s, u"mqtt"_s, {}, 1}};
}

double cpuTimeOf(qint64 pid)
{
    clockid_t clock;
    timespec time{};
    if (::clock_getcpuclockid(pid_t(pid), &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        throw Failure(u"the processor's time of process %1 cannot be had"_s.arg(pid));
    return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

// The most that it has had in memory, in bytes.
double peakMemoryOf(qint64 pid)
{
    QFile file(u"/proc/%1/status"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = file.readAll();
    const qsizetype at = text.indexOf("VmHWM:");
    return at < 0 ? 0 : 1024 * text.sliced(at + 6).trimmed().split(' ').first().toDouble();
}

// The servers of one kind, for as long as they are measured.
class Engines
{
public:
    explicit Engines(const EngineKind &kind)
        : m_kind(kind)
    {
        start();
    }

    int port() const { return m_servers.front()->port(); }
    QString url() const
    {
        QStringList urls;
        for (const auto &server : m_servers)
            urls += u"%1://127.0.0.1:%2"_s.arg(m_kind.library, QString::number(server->port()));
        return urls.join(u',');
    }
    double cpuTime() const
    {
        double sum = 0;
        for (const auto &server : m_servers)
            sum += cpuTimeOf(server->pid());
        return sum;
    }

    // Nothing of an earlier run is there.
    void empty()
    {
        if (m_kind.library == "nats"_L1)
            makeNatsStream(port(), m_kind.store, m_kind.servers);
        else
            start(); // a broker keeps what is for a bus, as bridges want it to
    }

private:
    void start()
    {
        m_servers.clear();
        if (m_kind.library == "mqtt"_L1) {
            // Otherwise it waits for the other side's word, up to 40 ms, before it sends the second of two small packets.
            m_servers.push_back(std::make_unique<MosquittoBroker>("set_tcp_nodelay true"));
        } else if (m_kind.servers == 1) {
            m_servers.push_back(std::make_unique<NatsServer>());
        } else {
            NatsServer::Cluster cluster{.name = "bench", .ports = {}};
            for (int i = 0; i < m_kind.servers; ++i)
                cluster.ports += freePort();
            for (int i = 0; i < m_kind.servers; ++i)
                m_servers.push_back(std::make_unique<NatsServer>(cluster, i));
        }
        for (const auto &server : m_servers)
            server->launch();
        for (const auto &server : m_servers) {
            if (!server->waitUntilReachable())
                throw Failure(u"%1 does not start"_s.arg(m_kind.name));
        }
    }

    const EngineKind m_kind;
    std::vector<std::unique_ptr<ServerProcess>> m_servers;
};

// A bus, and a bridge between it and the engine.
class BridgedBus
{
public:
    BridgedBus(const QString &name, const QString &url, const RoleOptions &options)
        : m_server(u"bus-server"_s, options)
        , m_port(int(m_server.waitFor("ready").value(0)))
        , m_bridge(QCoreApplication::applicationDirPath() + "/pyvent-bridge"_L1,
                   {url, u"--prefix"_s, enginePrefix, u"--bus"_s, name, u"--port"_s, QString::number(m_port),
                    u"--no-server"_s, u"--metrics"_s, u"0"_s},
                   ChildProcess::Errors::Kept)
    {
        if (!m_bridge.complains(u"joins the bus"_s) || !isReading())
            throw Failure(u"a bridge does not join the engine: %1"_s.arg(m_bridge.errors()));
    }

    int port() const { return m_port; }
    qint64 pid() const { return m_bridge.pid(); }

private:
    // It says so in its metrics.
    bool isReading()
    {
        const QString errors = m_bridge.errors();
        const QString before = u"metrics at http://127.0.0.1:"_s;
        const qsizetype at = errors.indexOf(before);
        if (at < 0)
            return false;
        const int metricsPort = errors.sliced(at + before.size()).section(u'/', 0, 0).toInt();
        return waitUntil(
            [&] { return metrics(metricsPort).contains("\npyvent_bridge_reading{") && hasOne(metricsPort); });
    }
    static bool hasOne(int port)
    {
        const QByteArray text = metrics(port);
        const qsizetype line = text.indexOf("\npyvent_bridge_reading{");
        return text.sliced(line + 1).split('\n').first().endsWith(" 1");
    }
    static QByteArray metrics(int port)
    {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopbackAddress(port);
        QByteArray text;
        constexpr QByteArrayView request = "GET /metrics HTTP/1.0\r\n\r\n";
        if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
            && ::send(fd, request.data(), std::size_t(request.size()), MSG_NOSIGNAL) > 0) {
            char buffer[4096];
            for (ssize_t size = 0; (size = ::recv(fd, buffer, sizeof buffer, 0)) > 0;)
                text.append(buffer, size);
        }
        ::close(fd);
        return text;
    }

    Child m_server;
    const int m_port;
    ChildProcess m_bridge;
};

struct Counts
{
    qint64 events;
    qint64 pings;
};

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr double mebibyte = 1024 * 1024;
constexpr int severalReaders = 8;

struct Throughput
{
    double seconds = 0;
    double servers = 0; // the processor's time of an event, in µs
};

// From one process to several, as the roles of \a prefix do it.
Throughput carry(const Engines &engines, const QString &prefix, const RoleOptions &here, const RoleOptions &there,
                 int readers)
{
    std::vector<std::unique_ptr<Child>> receivers;
    for (int i = 0; i < readers; ++i)
        receivers.push_back(std::make_unique<Child>(prefix + "receiver"_L1, there));
    for (const auto &receiver : receivers)
        receiver->waitFor("ready");
    const double before = engines.cpuTime();
    Child sender(prefix + "sender"_L1, here);
    const qint64 started = sender.waitFor("started").value(0);
    qint64 finished = 0;
    for (const auto &receiver : receivers)
        finished = std::max(finished, receiver->waitFor("finished").value(0));
    sender.checkFailure();
    return {double(finished - started) / 1e9, (engines.cpuTime() - before) / double(here.events) / 1000};
}

// Median and 99 % of half a round trip, in µs.
QList<double> oneWay(const QString &prefix, const RoleOptions &here, const RoleOptions &there)
{
    Child echo(prefix + "echo"_L1, there);
    echo.waitFor("ready");
    Child pinger(prefix + "pinger"_L1, here);
    const QList<qint64> times = pinger.waitFor("roundtrip");
    echo.checkFailure();
    return {double(times.value(0)) / 2000, double(times.value(1)) / 2000};
}

// A value for each of figures().
QList<double> runBare(const EngineKind &kind, Engines &engines, const Counts &counts)
{
    const QString prefix = bare + u'-' + kind.library + u'-';
    RoleOptions options{
        .port = engines.port(), .events = counts.events, .timeout = Pyvent::Benchmarks::patience(counts.events)};
    engines.empty();
    options.port = engines.port();
    const Throughput one = carry(engines, prefix, options, options, 1);
    engines.empty();
    options.port = engines.port();
    options.events = std::max<qint64>(counts.events / 4, 1);
    const Throughput several = carry(engines, prefix, options, options, severalReaders);
    options.events = counts.pings;
    engines.empty();
    options.port = engines.port();
    return QList<double>{double(counts.events) / one.seconds, one.servers,
                         (several.servers - one.servers) / (severalReaders - 1), nothing, nothing}
    + oneWay(prefix, options, options) + QList<double>{nothing, nothing};
}

QList<double> runBridge(Engines &engines, const Counts &counts)
{
    engines.empty();
    RoleOptions here{.events = counts.events, .timeout = Pyvent::Benchmarks::patience(counts.events)};
    RoleOptions there = here;
    const BridgedBus one(u"bench-a"_s, engines.url(), here);
    const BridgedBus other(u"bench-b"_s, engines.url(), there);
    here.port = one.port();
    there.port = other.port();
    const double before[] = {cpuTimeOf(one.pid()), cpuTimeOf(other.pid())};
    const Throughput throughput = carry(engines, u"bus-"_s, here, there, 1);
    const double events = double(counts.events);
    const QList<double> values{events / throughput.seconds, throughput.servers, nothing,
                               (cpuTimeOf(one.pid()) - before[0]) / events / 1000,
                               (cpuTimeOf(other.pid()) - before[1]) / events / 1000};
    here.events = there.events = counts.pings;
    const QList<double> times = oneWay(u"bus-"_s, here, there);
    return values + times + QList<double>{peakMemoryOf(one.pid()) / mebibyte, peakMemoryOf(other.pid()) / mebibyte};
}

QList<Figure> figures()
{
    return {{u"events"_s, u"events"_s, u"1/s"_s},
            {u"cpuServers"_s, u"processor's time of an event, all servers"_s, u"µs"_s, 1},
            {u"cpuReader"_s, u"the same, for each further reader"_s, u"µs"_s, 1},
            {u"cpuOut"_s, u"the same, of the bridge that sends"_s, u"µs"_s, 1},
            {u"cpuIn"_s, u"the same, of the bridge that hears"_s, u"µs"_s, 1},
            {u"oneWay"_s, u"one way, median (half of a round trip)"_s, u"µs"_s},
            {u"oneWay99"_s, u"one way, 99 %"_s, u"µs"_s},
            {u"memoryOut"_s, u"most memory of the bridge that sends"_s, u"MiB"_s, 1},
            {u"memoryIn"_s, u"most memory of the bridge that hears"_s, u"MiB"_s, 1}};
}

QStringList tableRow(const QString &name, const QList<Figure> &figures)
{
    const QLocale locale(QLocale::English, QLocale::UnitedStates);
    const auto median = [&](qsizetype figure, const QString &side) {
        const Figure &of = figures[figure];
        return locale.toString(Summary::of(of.values.value(side)).median, 'f', of.decimals);
    };
    const auto ratio = [&](qsizetype figure) {
        const Summary of = Summary::of(figures[figure].ratios(bridge));
        return u"%1 (%2 to %3)"_s.arg(of.median, 0, 'f', 2).arg(of.minimum, 0, 'f', 2).arg(of.maximum, 0, 'f', 2);
    };
    return {name,
            median(0, bare),
            median(0, bridge),
            ratio(0),
            median(5, bare),
            median(5, bridge),
            median(6, bridge),
            median(1, bridge),
            median(2, bare),
            median(3, bridge) + " + "_L1 + median(4, bridge),
            median(7, bridge) + " + "_L1 + median(8, bridge)};
}

int measure(const QStringList &keys, const Counts &counts, int repeat)
{
    const QStringList heading{u"through"_s,
                              u"events/s, bare"_s,
                              u"bridge"_s,
                              u"× bare"_s,
                              u"one way µs, bare"_s,
                              u"bridge"_s,
                              u"99 %"_s,
                              u"servers µs/event"_s,
                              u"and for each reader more"_s,
                              u"bridges µs/event"_s,
                              u"bridges MiB"_s};
    QList<QStringList> table{heading, QStringList(heading.size(), u"---"_s)};
    std::printf("%lld events, %lld pings, %d times by turns; median (minimum to maximum)\n",
                static_cast<long long>(counts.events), static_cast<long long>(counts.pings), repeat);
    for (const EngineKind &kind : engineKinds()) {
        if (!keys.isEmpty() && !keys.contains(kind.key))
            continue;
        if ((kind.library == "nats"_L1 ? natsServerProgram() : mosquittoProgram()).isEmpty()) {
            std::printf("%s: the server is not installed, and is left out\n", qUtf8Printable(kind.name));
            continue;
        }
        Engines engines(kind);
        Measurement measurement{
            .section = kind.key, .sides = {bare, bridge}, .figures = figures(), .run = [&](const QString &side) {
                return side == bare ? runBare(kind, engines, counts) : runBridge(engines, counts);
            }};
        for (int i = 0; i < repeat; ++i)
            measurement.runAll(i % 2 != 0);
        std::printf("\n%s\n", qUtf8Printable(kind.name));
        for (const Figure &figure : std::as_const(measurement.figures))
            std::printf("%s\n", qUtf8Printable(figure.text(measurement.sides)));
        std::fflush(stdout);
        table += tableRow(kind.name, measurement.figures);
    }
    std::printf("\n");
    for (const QStringList &row : std::as_const(table))
        std::printf("| %s |\n", qUtf8Printable(row.join(u" | "_s)));
    return 0;
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Measures events from one bus to another through two bridges and an engine, beside a program that sends the\n"
        "same messages to the same engine with its library, and one that reads them. Ends with 1 if any was lost."_s);
    parser.addHelpOption();
    QStringList keys;
    for (const EngineKind &kind : engineKinds())
        keys += kind.key;
    parser.addOptions({{u"events"_s, u"Events of each measurement."_s, u"n"_s, u"50000"_s},
                       {u"pings"_s, u"Round trips of each measurement."_s, u"n"_s, u"500"_s},
                       {u"repeat"_s, u"How often all is measured, by turns."_s, u"n"_s, u"5"_s},
                       {u"only"_s, u"Which engines: %1."_s.arg(keys.join(u", ")), u"list"_s}});
    QCommandLineOption role(u"role"_s, {}, u"side-part"_s);
    role.setFlags(QCommandLineOption::HiddenFromHelp);
    parser.addOption(role);
    parser.process(application);
    if (parser.isSet(role)) {
        return play({{u"bare-nats-sender"_s, bareNatsSender},
                     {u"bare-nats-receiver"_s, bareNatsReceiver},
                     {u"bare-nats-pinger"_s, bareNatsPinger},
                     {u"bare-nats-echo"_s, bareNatsEcho},
                     {u"bare-mqtt-sender"_s, bareMqttSender},
                     {u"bare-mqtt-receiver"_s, bareMqttReceiver},
                     {u"bare-mqtt-pinger"_s, bareMqttPinger},
                     {u"bare-mqtt-echo"_s, bareMqttEcho},
                     {u"bus-server"_s, busServer},
                     {u"bus-sender"_s, busSender},
                     {u"bus-receiver"_s, busReceiver},
                     {u"bus-pinger"_s, busPinger},
                     {u"bus-echo"_s, busEcho}},
                    parser.value(role), RoleOptions::fromJson(parser.positionalArguments().value(0).toUtf8()));
    }
    try {
        const Counts counts{std::max(parser.value(u"events"_s).toLongLong(), 1ll),
                            std::max(parser.value(u"pings"_s).toLongLong(), 1ll)};
        return measure(parser.value(u"only"_s).split(u',', Qt::SkipEmptyParts), counts,
                       std::max(parser.value(u"repeat"_s).toInt(), 1));
    } catch (const std::exception &error) {
        std::fflush(stdout);
        std::fprintf(stderr, "bench_bridge: %s\n", error.what());
        return 1;
    }
}
