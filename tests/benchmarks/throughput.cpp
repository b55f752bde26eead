// SPDX-License-Identifier: MIT
// How many events, and bytes, get from one process through the server to others.
#include "child.h"
#include "measurement.h"
#include "sampleframe.h"

#include <QtCore/qtemporarydir.h>

#include <limits>
#include <memory>
#include <vector>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr qint64 kibibyte = 1024;

struct Load
{
    qint64 events = 0;
    qint64 payload = 0;
    int processes = 1; // that receive
    int nodes = 1;     // in each of them
    int handlers = 0;  // for names that nobody sends
    bool hasBystander = false;
};

struct Outcome
{
    double seconds = 0; // from the first event sent to the last one heard by the last node

    // The processor's time for each event, in µs.
    double sender = 0;
    double server = 0;
    double receivers = 0;
    double bystander = 0;
};

// Bare ZeroMQ without an acknowledgement for each event: what that guarantee costs.
const QString unacknowledged = u"unacknowledged"_s;
const QString tcp = u"tcp"_s;     // nodes of this module that do not take the lane
const QString mixed = u"mixed"_s; // Python nodes at a server of this module

Outcome play(const QString &measured, const Load &load, const QByteArray &frame)
{
    const QString serverSide = measured == tcp || measured == mixed ? u"bus"_s
        : measured == unacknowledged                                ? u"bare"_s
                                                                    : measured;
    const QString side = measured == mixed ? u"python"_s : serverSide;
    const QTemporaryDir directory;
    RoleOptions options{.directory = directory.path(),
                        .events = load.events,
                        .payload = load.payload,
                        .nodes = load.nodes,
                        .handlers = load.handlers,
                        .acknowledged = measured != unacknowledged,
                        .lane = measured != tcp,
                        .frame = frame,
                        .timeout = patience(load.events)};
    Child server(serverSide + "-server"_L1, options);
    options.port = int(server.waitFor("ready").value(0));
    std::vector<std::unique_ptr<Child>> receivers;
    for (int i = 0; i < load.processes; ++i)
        receivers.push_back(std::make_unique<Child>(side + "-receiver"_L1, options));
    for (const auto &receiver : receivers)
        receiver->waitFor("ready");
    std::optional<Child> bystander;
    if (load.hasBystander) {
        bystander.emplace(side + "-idler"_L1, options);
        bystander->waitFor("ready");
    }
    const double bystanderBefore = bystander ? bystander->cpuTime() : 0;

    Child sender(side + "-sender"_L1, options);
    const qint64 started = sender.waitFor("started").value(0);
    qint64 finished = 0;
    double receiversCpu = 0;
    for (const auto &receiver : receivers) {
        finished = std::max(finished, receiver->waitFor("finished").value(0));
        receiversCpu += receiver->cpuTime();
    }
    sender.checkFailure();
    server.checkFailure();
    const double scale = 1 / double(load.events) / 1000;
    return {.seconds = double(finished - started) / 1e9,
            .sender = sender.cpuTime() * scale,
            .server = server.cpuTime() * scale,
            .receivers = receiversCpu * scale,
            .bystander = bystander ? (bystander->cpuTime() - bystanderBefore) * scale : 0};
}

// The events of one run must take long enough to be measured, and not so long that nobody waits for it.
qint64 eventsOf(const QString &side, qint64 events)
{
    if (side == "python"_L1 || side == mixed)
        return std::max<qint64>(events / 20, 100);
    return side == "dbus"_L1 ? std::max<qint64>(events / 4, 100) : events;
}

Measurement events(const Options &options, const QByteArray &frame)
{
    return {.section = u"throughput"_s,
            .sides = QStringList{u"bare"_s, u"bus"_s, tcp, unacknowledged} + options.peers,
            .figures = {{u"events"_s, u"events, 3 arguments"_s, u"1/s"_s},
                        {u"cpuSender"_s, u"processor's time of an event, sender"_s, u"µs"_s, 2},
                        {u"cpuServer"_s, u"processor's time of an event, server"_s, u"µs"_s, 2},
                        {u"cpuReceiver"_s, u"processor's time of an event, receiver"_s, u"µs"_s, 2}},
            .run = [events = options.events, frame](const QString &side) -> QList<double> {
                const Load load{.events = eventsOf(side, events)};
                const Outcome outcome = play(side, load, frame);
                const double rate = double(load.events) / outcome.seconds;
                if (!QStringList{u"bare"_s, u"bus"_s, tcp, unacknowledged}.contains(
                        side)) // others' daemons are not ours to look at
                    return {rate, nothing, nothing, nothing};
                return {rate, outcome.sender, outcome.server, outcome.receivers};
            }};
}

Measurement payload(const Options &options, const QByteArray &frame, const QString &name, qint64 bytes)
{
    // Fewer of the larger ones, so that all sizes take about as long.
    const Load load{.events = std::max<qint64>(20, options.events * 10 * kibibyte / (bytes + 10 * kibibyte)),
                    .payload = bytes};
    return {.section = u"payloads"_s,
            .sides = {u"bare"_s, u"bus"_s},
            .figures = {{u"payload"_s + QString(name).remove(u' '), u"payloads of "_s + name, u"MiB/s"_s}},
            .run = [load, frame](const QString &side) -> QList<double> {
                const double mebibytes = double(load.events * load.payload) / double(kibibyte * kibibyte);
                return {mebibytes / play(side, load, frame).seconds};
            }};
}

Measurement fanOut(const Options &options, const QByteArray &frame)
{
    const Load load{.events = std::max<qint64>(20, options.events / 10), .processes = 8, .nodes = 8};
    return {.section = u"fanout"_s,
            .sides = {u"bare"_s, u"bus"_s},
            .figures = {{u"fanOut"_s, u"64 nodes in 8 processes, events heard"_s, u"1/s"_s}},
            .run = [load, frame](const QString &side) -> QList<double> {
                return {double(load.events * load.processes * load.nodes) / play(side, load, frame).seconds};
            }};
}

Measurement handlers(const Options &options, const QByteArray &frame)
{
    const Load load{.events = options.events, .handlers = int(std::min<qint64>(options.events / 2, 100'000))};
    return {.section = u"handlers"_s,
            .sides = {u"bare"_s, u"bus"_s},
            .figures = {{u"handlers"_s, u"events, with %L1 handlers for other names"_s.arg(load.handlers), u"1/s"_s}},
            .run = [load, frame](const QString &side) -> QList<double> {
                return {double(load.events) / play(side, load, frame).seconds};
            }};
}

Measurement unwanted(const Options &options, const QByteArray &frame)
{
    const Load load{.events = options.events, .hasBystander = true};
    return {
        .section = u"unwanted"_s,
        .sides = {u"bare"_s, u"bus"_s},
        .figures = {{u"unwanted"_s, u"processor's time of an event, for a node that does not hear it"_s, u"ns"_s, 1}},
        .run = [load, frame](const QString &side) -> QList<double> {
            return {play(side, load, frame).bystander * 1000};
        }};
}

// Python's REQ sends one event at a time.
Measurement pythons(const Options &options)
{
    const qint64 events = eventsOf(mixed, options.events);
    return {.section = u"python"_s,
            .sides = {u"python"_s, mixed},
            .figures = {{u"pythonSends"_s, u"events of Python nodes"_s, u"1/s"_s}},
            .run = [events](const QString &side) -> QList<double> {
                return {double(events) / play(side, {.events = events}, {}).seconds};
            }};
}

} // namespace

QList<Measurement> throughputs(const Options &options)
{
    const QByteArray frame = sampleFrame(orderName, options.events / 2); // a number of the usual length
    if (frame.isEmpty())
        throw Failure(u"the frame of an event could not be had from a server"_s);
    QList<Measurement> all{events(options, frame),
                           payload(options, frame, u"1 KiB"_s, kibibyte),
                           payload(options, frame, u"64 KiB"_s, 64 * kibibyte),
                           payload(options, frame, u"4 MiB"_s, 4 * kibibyte * kibibyte),
                           fanOut(options, frame),
                           handlers(options, frame),
                           unwanted(options, frame)};
    if (options.peers.contains(u"python"_s))
        all.append(pythons(options));
    return all;
}

} // namespace Pyvent::Benchmarks
