// SPDX-License-Identifier: MIT
// What a process pays for being on the bus: time to start, wake-ups while nothing happens, memory.
#include "child.h"
#include "measurement.h"

#include <QtCore/qthread.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr double mebibyte = 1024 * 1024;
constexpr int furtherNodes = 8;

// The bus that the processes are on. What listens and idles in bare ZeroMQ is on it, too: the wire is the same.
class Bus
{
public:
    Bus()
        : m_server(u"bus-server"_s, {.timeout = patience(0)})
        , m_port(int(m_server.waitFor("ready").value(0)))
    {
    }

    int port() const { return m_port; }

private:
    Child m_server;
    int m_port;
};

// From just before the process is started to the first event that it hears. One is sent each millisecond.
QList<double> start(const QString &side)
{
    const Bus bus;
    RoleOptions options{.port = bus.port(), .events = 1'000'000, .rate = 1000, .timeout = patience(0)};
    Child sender(u"bus-sender"_s, options);
    sender.waitFor("started");
    const qint64 before = nanoseconds();
    Child listener(side + "-listener"_L1, options);
    return {double(listener.waitFor("first").value(0) - before) / 1e6};
}

QList<double> idle(const QString &side, std::chrono::seconds watch)
{
    const Bus bus;
    Child idler(side + "-idler"_L1, {.port = bus.port(), .timeout = patience(0) + watch});
    idler.waitFor("ready");
    const double cpuBefore = idler.cpuTime();
    const qint64 wakeUpsBefore = idler.wakeUps();
    const qint64 before = nanoseconds();
    QThread::sleep(watch.count()); // this is what is measured, and no wait for anything
    const double seconds = double(nanoseconds() - before) / 1e9;
    return {double(idler.wakeUps() - wakeUpsBefore) / seconds, 100 * (idler.cpuTime() - cpuBefore) / 1e9 / seconds};
}

QList<double> memory(const QString &side)
{
    const Bus bus;
    RoleOptions options{.port = bus.port(), .timeout = patience(0)};
    Child application(u"application-idler"_s, options);
    Child one(side + "-idler"_L1, options);
    options.nodes = 1 + furtherNodes;
    Child many(side + "-idler"_L1, options);
    for (Child *child : {&application, &one, &many})
        child->waitFor("ready");
    return {(one.memory("Rss") - application.memory("Rss")) / mebibyte,
            (one.memory("Pss") - application.memory("Pss")) / mebibyte,
            (many.memory("Pss") - one.memory("Pss")) / mebibyte / furtherNodes};
}

// From the end of the server to where all others hear events again, one of which serves then.
QList<double> takeOver(const QString &side)
{
    RoleOptions options{.lane = side != "tcp"_L1, .timeout = patience(0)};
    Child server(u"bus-server"_s, options);
    options.port = int(server.waitFor("ready").value(0));
    std::array<std::optional<Child>, 3> heirs;
    for (std::optional<Child> &heir : heirs)
        heir.emplace(u"bus-heir"_s, options);
    for (std::optional<Child> &heir : heirs)
        heir->waitFor("ready");
    const qint64 before = nanoseconds();
    server.kill();
    qint64 last = 0;
    for (std::optional<Child> &heir : heirs)
        last = std::max(last, heir->waitFor("resumed").value(0));
    return {double(last - before) / 1e6};
}

// What a server holds for so many nodes with a connection each.
QList<double> relayMemory(const QString &side, qint64 count)
{
    RoleOptions options{.timeout = patience(0)};
    Child application(u"application-idler"_s, options);
    Child server(side + "-server"_L1, options);
    options.port = int(server.waitFor("ready").value(0));
    application.waitFor("ready");
    std::vector<std::unique_ptr<Child>> nodes;
    for (qint64 i = 0; i < count; ++i)
        nodes.push_back(std::make_unique<Child>(side + "-idler"_L1, options));
    for (const auto &node : nodes)
        node->waitFor("ready");
    return {(server.memory("Rss") - application.memory("Rss")) / mebibyte};
}

} // namespace

QList<Measurement> costsOfAProcess(const Options &options)
{
    const qint64 crowd = std::min<qint64>(options.pings, 100);
    const QStringList all{u"application"_s, u"bare"_s, u"bus"_s};
    return {{.section = u"start"_s,
             .sides = all,
             .figures = {{u"start"_s, u"process start to first event heard"_s, u"ms"_s, 1}},
             .run = start},
            {.section = u"takeover"_s,
             .sides = {u"bus"_s, u"tcp"_s},
             .figures = {{u"takeOver"_s, u"kill -9 of the server to events heard by all again"_s, u"ms"_s, 1}},
             .run = takeOver},
            {.section = u"idle"_s,
             .sides = all,
             .figures = {{u"idleWakeUps"_s, u"idle node, wake-ups of all threads"_s, u"1/s"_s, 1},
                         {u"idleCpu"_s, u"idle node, of one core"_s, u"%"_s, 3}},
             .run = [watch = options.watch](const QString &side) { return idle(side, watch); }},
            {.section = u"idle"_s,
             .sides = {u"bare"_s, u"bus"_s},
             .figures = {{u"memoryResident"_s, u"a node over a bare QCoreApplication, resident"_s, u"MiB"_s, 1},
                         {u"memoryProportional"_s, u"the same, libraries shared (PSS)"_s, u"MiB"_s, 1},
                         {u"memoryFurther"_s, u"each further node of a process"_s, u"MiB"_s, 2}},
             .run = memory},
            {.section = u"relay"_s,
             .sides = {u"bare"_s, u"bus"_s},
             .figures = {{u"relayMemory"_s, u"a server with %1 idle nodes over a bare QCoreApplication"_s.arg(crowd),
                          u"MiB"_s, 1}},
             .run = [crowd](const QString &side) { return relayMemory(side, crowd); }}};
}

} // namespace Pyvent::Benchmarks
