// SPDX-License-Identifier: MIT
// Whether a window stays smooth while it is flooded.
#include "child.h"
#include "measurement.h"

#include <limits>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 floodRate = 200'000;

double milliseconds(qint64 nanoseconds)
{
    return double(nanoseconds) / 1e6;
}

QList<double> run(const QString &side, std::chrono::seconds watch)
{
    if (side == "alone"_L1) {
        Child window(u"window-alone"_s, {.timeout = patience(0) + watch});
        const QList<qint64> lateness = window.waitFor("lateness");
        return {milliseconds(lateness.value(0)), milliseconds(lateness.value(1)),
                std::numeric_limits<double>::quiet_NaN()};
    }
    RoleOptions options{
        .events = floodRate * watch.count(), .rate = floodRate, .timeout = patience(floodRate * watch.count())};
    Child server(u"bus-server"_s, options);
    options.port = int(server.waitFor("ready").value(0));
    Child window(u"window-fed"_s, options);
    window.waitFor("ready");
    Child sender(u"bus-sender"_s, options);
    const qint64 started = sender.waitFor("started").value(0);
    const qint64 finished = window.waitFor("finished").value(0);
    const QList<qint64> lateness = window.waitFor("lateness");
    sender.checkFailure();
    return {milliseconds(lateness.value(0)), milliseconds(lateness.value(1)),
            double(options.events) * 1e9 / double(finished - started)};
}

} // namespace

QList<Measurement> windows(const Options &options)
{
#ifdef PYVENT_BENCHMARKS_WINDOW
    return {{.section = u"window"_s,
             .sides = {u"alone"_s, u"bus"_s},
             .figures = {{u"windowMedian"_s, u"a window's 16 ms timer is late, median"_s, u"ms"_s, 2},
                         {u"window99"_s, u"a window's 16 ms timer is late, 99 %"_s, u"ms"_s, 2},
                         {u"windowEvents"_s, u"events heard meanwhile, of %L1 sent"_s.arg(floodRate), u"1/s"_s}},
             .run = [watch = options.watch](const QString &side) { return run(side, watch); }}};
#else // built without Qt Widgets
    (void)options;
    return {};
#endif
}

} // namespace Pyvent::Benchmarks
