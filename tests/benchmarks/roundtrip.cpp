// SPDX-License-Identifier: MIT
// How long a question and its answer take, one at a time.
#include "child.h"
#include "measurement.h"
#include "sampleframe.h"

#include <QtCore/qtemporarydir.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

QList<Measurement> roundTrips(const Options &options)
{
    const RoleOptions common{.events = options.pings,
                             .frame = sampleFrame(pingName, options.pings / 2),
                             .answer = sampleFrame(pongName, options.pings / 2),
                             .timeout = patience(options.pings)};
    if (common.frame.isEmpty() || common.answer.isEmpty())
        throw Failure(u"the frame of an event could not be had from a server"_s);
    const auto run = [common](const QString &side) -> QList<double> {
        const QTemporaryDir directory;
        RoleOptions role = common;
        role.directory = directory.path();
        Child server(side + "-server"_L1, role);
        role.port = int(server.waitFor("ready").value(0));
        Child echo(side + "-echo"_L1, role);
        echo.waitFor("ready");
        Child pinger(side + "-pinger"_L1, role);
        const QList<qint64> times = pinger.waitFor("roundtrip");
        echo.checkFailure();
        server.checkFailure();
        return {double(times.value(0)) / 1000, double(times.value(1)) / 1000};
    };
    return {{.section = u"roundtrip"_s,
             .sides = QStringList{u"bare"_s, u"bus"_s} + options.peers,
             .figures = {{u"roundTripMedian"_s, u"round trip, median"_s, u"µs"_s},
                         {u"roundTrip99"_s, u"round trip, 99 %"_s, u"µs"_s}},
             .run = run}};
}

} // namespace Pyvent::Benchmarks
