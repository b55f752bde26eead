// SPDX-License-Identifier: MIT
#include "bench.h"
#include "commandline.h"
#include "jsonwriter.h"
#include "output.h"
#include "report.h"

#include <QtCore/qlocale.h>
#include <QtCore/quuid.h>

#include <algorithm>
#include <cmath>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr qint64 defaultEvents = 20'000;
constexpr qint64 mostEvents = 100'000'000; // whose round trips take less than a gigabyte
constexpr qsizetype defaultSize = 100;
constexpr qsizetype largestSize = 64 * 1024 * 1024;
constexpr std::chrono::milliseconds defaultPatience = 5s;

constexpr qint64 mostAlone = 1'000;  // events that are sent one at a time
constexpr qint64 mostUnderWay = 256; // few enough for every queue on the way, so that nothing is dropped
constexpr qsizetype bytesUnderWay = 16 * 1024 * 1024;

QList<QCommandLineOption> benchOptions()
{
    return {
        {u"events"_s, u"Send N events. Default: %1."_s.arg(defaultEvents), u"N"_s},
        {u"size"_s,
         u"Send BYTES bytes with each event, beside its number and its time. Default: %1."_s.arg(defaultSize),
         u"BYTES"_s},
        timeoutOption(u"Try for SEC seconds to reach the server, and wait as long for an event that does not arrive. "
                      "Default: 5."_s),
        {u"json"_s, u"Print the figures as one JSON object."_s},
    };
}

qint64 underWayFor(qsizetype size)
{
    return std::clamp<qint64>(bytesUnderWay / std::max<qsizetype>(size, 1), 1, mostUnderWay);
}

// The whole of one 'pyvent bench'.
struct Report
{
    const BenchOptions &options;
    QString server;
    bool isServing = false;
    BenchRun alone;
    BenchRun loaded;
    Bench::End end = Bench::Complete;
};

double seconds(const BenchRun &run)
{
    return double(run.elapsed) / 1e9;
}

double eventsPerSecond(const BenchRun &run)
{
    return run.elapsed > 0 ? double(run.heard) / seconds(run) : 0;
}

double megabytesPerSecond(const Report &report)
{
    return eventsPerSecond(report.loaded) * double(report.options.size) / 1e6;
}

// The round trip that \a percent of all do not exceed, in nanoseconds.
qint64 percentile(const BenchRun &run, int percent)
{
    const qsizetype rank = (run.roundTrips.size() * percent + 99) / 100; // from 1, rounded up
    return run.roundTrips.at(std::max<qsizetype>(rank, 1) - 1);
}

QVariant roundTripsAsJson(const BenchRun &run)
{
    if (run.roundTrips.isEmpty())
        return QVariant::fromValue(nullptr);
    const auto milliseconds = [](qint64 nanoseconds) { return double(nanoseconds) / 1e6; };
    return QVariantMap{{u"median"_s, milliseconds(percentile(run, 50))},
                       {u"p99"_s, milliseconds(percentile(run, 99))},
                       {u"max"_s, milliseconds(run.roundTrips.constLast())}};
}

QByteArray asJson(const Report &report)
{
    QByteArray line;
    JsonWriter(&line).writeObject({
        {u"server"_s, report.server},
        {u"serving"_s, report.isServing},
        {u"size"_s, report.options.size},
        {u"events"_s, report.loaded.heard},
        {u"lost"_s, report.end == Bench::Signalled ? 0 : report.loaded.sent - report.loaded.heard},
        {u"complete"_s, report.end == Bench::Complete},
        {u"in_flight"_s, underWayFor(report.options.size)},
        {u"seconds"_s, seconds(report.loaded)},
        {u"events_per_second"_s, eventsPerSecond(report.loaded)},
        {u"mb_per_second"_s, megabytesPerSecond(report)},
        {u"round_trip_ms"_s, roundTripsAsJson(report.alone)},
        {u"loaded_round_trip_ms"_s, roundTripsAsJson(report.loaded)},
    });
    return line + '\n';
}

QString grouped(qint64 number)
{
    return QLocale(QLocale::English).toString(number);
}

// "85 µs", "1.25 ms", "2.1 s": three digits are as exact as a measurement here is.
QString duration(qint64 nanoseconds)
{
    static constexpr struct
    {
        double nanoseconds;
        QStringView name;
    } units[] = {{1e9, u"s"}, {1e6, u"ms"}, {1e3, u"µs"}};
    for (const auto &unit : units) {
        const double value = double(nanoseconds) / unit.nanoseconds;
        if (value >= 1 || &unit == &units[2])
            return u"%1 %2"_s.arg(QString::number(value, 'g', 3), unit.name);
    }
    Q_UNREACHABLE();
}

QString roundTripsAsText(const BenchRun &run)
{
    if (run.roundTrips.isEmpty())
        return u"none"_s;
    return u"median %1  99 % %2  max %3"_s.arg(duration(percentile(run, 50)), -8)
        .arg(duration(percentile(run, 99)), -8)
        .arg(duration(run.roundTrips.constLast()), -8);
}

QByteArray asText(const Report &report)
{
    const QString text = u"%1 events of %2 bytes in %3 s; server at %4%5\n"
                         "throughput  %6 events/s, %7 MB/s\n"
                         "round trip  %8  one event at a time\n"
                         "            %9  up to %10 on their way\n"_s;
    return text
        .arg(grouped(report.loaded.heard), grouped(report.options.size),
             QString::number(seconds(report.loaded), 'f', 2), report.server,
             report.isServing ? u", in this process"_s : QString(),
             grouped(std::llround(eventsPerSecond(report.loaded))), QString::number(megabytesPerSecond(report), 'f', 1),
             roundTripsAsText(report.alone), roundTripsAsText(report.loaded))
        .arg(underWayFor(report.options.size))
        .toUtf8();
}

ExitCode explainEnd(const Report &figures, const PyventNode &sender, bool isQuiet)
{
    const BenchRun &run = figures.loaded.sent > 0 ? figures.loaded : figures.alone;
    switch (figures.end) {
    case Bench::Complete:
        if (run.heard == run.sent)
            return Success;
        report(u"%1 of %2 events were lost"_s.arg(run.sent - run.heard).arg(run.sent));
        return Failed;
    case Bench::Signalled:
        if (!isQuiet)
            report(u"stopped by a signal; the figures cover what was heard until then"_s);
        return Success;
    case Bench::Refused:
        return Failed;
    case Bench::Stalled:
        break;
    }
    if (sender.state() == PyventNode::Connecting) {
        report(u"the server at %1 does not answer any more"_s.arg(figures.server));
        return NoServer;
    }
    report(u"%1 of %2 events did not arrive"_s.arg(run.sent - run.heard).arg(run.sent));
    return Failed;
}

ExitCode measure(PyventNode *sender, BenchReceiver *receiver, const BenchOptions &options, bool isJson)
{
    Report figures{.options = options, .server = whereaboutsOf(*sender)};
    {
        Bench bench(sender, receiver, options);
        figures.end = bench.run(std::min(options.events, mostAlone), 1, u"one at a time"_s);
        figures.alone = bench.lastRun();
        if (figures.end == Bench::Complete) {
            figures.end = bench.run(options.events, underWayFor(options.size), u"many at a time"_s);
            figures.loaded = bench.lastRun();
        }
    }
    figures.isServing = sender->isServer();
    if (figures.end == Bench::Refused)
        return Failed;
    Progress::takeDown();
    if (Output().write(isJson ? asJson(figures) : asText(figures)) == Output::Result::Failed)
        return Failed;
    return explainEnd(figures, *sender, options.isQuiet);
}

int runBench(const CommandLine &line)
{
    line.expectWords(0);
    const BenchOptions benchOptions{
        // Others hardly listen to a name that is new each time.
        .eventName = u"pyvent-bench-"_s + QUuid::createUuid().toString(QUuid::Id128).first(12),
        .events = line.number(u"events"_s, 1, mostEvents).value_or(defaultEvents),
        .size = qsizetype(line.number(u"size"_s, 0, largestSize).value_or(defaultSize)),
        .patience = line.timeout().value_or(defaultPatience),
        .isQuiet = line.isQuiet(),
    };
    PyventOptions senderOptions = line.nodeOptions();
    senderOptions.linger = 0ms; // whoever ends with events on their way has told so
    PyventOptions receiverOptions = senderOptions;
    receiverOptions.server = false;

    PyventNode sender;
    reportProblems(&sender);
    if (!sender.configure(senderOptions) || !sender.tryStart())
        return UsageMistake;
    BenchReceiver receiver(receiverOptions, benchOptions.eventName);
    if (!sender.waitForReady(benchOptions.patience) || !receiver.start(benchOptions.patience)) {
        reportNoServer(&sender,
                       u"answered within %1 s"_s.arg(QString::number(double(benchOptions.patience.count()) / 1000)));
        return NoServer;
    }
    return measure(&sender, &receiver, benchOptions, line.isSet(u"json"_s));
}

} // namespace

const Command benchCommand = {
    .name = "bench"_L1,
    .syntax = ""_L1,
    .otherSyntax = ""_L1,
    .summary = "Measure how fast the bus is as it runs."_L1,
    .description =
        "Sends events from one node of this process to another one, with the server that is there or, if there is\n"
        "none, with its own. First it sends up to 1000 events one at a time, and measures the round trip from\n"
        "sending to hearing. Then it sends all events as fast as they go, with a bounded number under way, so that\n"
        "none is lost.\n"
        "\n"
        "Each event has three arguments: its number, the time, and --size bytes, which MB/s counts. The event's\n"
        "name is new each time, 'pyvent-bench-...', so that only nodes that listen to everything hear it.\n"
        "\n"
        "On a terminal, standard error shows the progress. Ctrl+C ends it early, with the figures so far. With\n"
        "--json the figures are one object; round trips are in milliseconds.\n"
        "\n"
        "Ends with 0 if every event was heard or a signal came; with 1 if events were lost or refused; with 3 if\n"
        "no server was reached."_L1,
    .options = benchOptions,
    .run = runBench,
};

} // namespace Pyvent::Cli
