// SPDX-License-Identifier: MIT
// What a process pays for being on the bus: time to start, wake-ups while nothing happens, memory.
#include "child.h"
#include "measurement.h"

#include <QtCore/qthread.h>

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

} // namespace

QList<Measurement> costsOfAProcess(const Options &options)
{
    const QStringList all{u"application"_s, u"bare"_s, u"bus"_s};
    return {{.section = u"start"_s,
             .sides = all,
             .figures = {{u"start"_s, u"process start to first event heard"_s, u"ms"_s, 1}},
             .run = start},
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
             .run = memory}};
}

} // namespace Pyvent::Benchmarks
