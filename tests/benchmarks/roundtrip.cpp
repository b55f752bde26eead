// SPDX-License-Identifier: MIT
// How long a question and its answer take, one at a time.
#include "child.h"
#include "measurement.h"
#include "sampleframe.h"

#include <QtCore/qtemporarydir.h>

#include <sched.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

// Until its end, this process and the children that it starts have one processor.
class OneProcessor
{
public:
    OneProcessor()
    {
        ::sched_getaffinity(0, sizeof m_before, &m_before);
        int first = 0;
        while (first + 1 < CPU_SETSIZE && !CPU_ISSET(first, &m_before))
            ++first;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        ::sched_setaffinity(0, sizeof one, &one);
    }
    ~OneProcessor() { ::sched_setaffinity(0, sizeof m_before, &m_before); }
    Q_DISABLE_COPY_MOVE(OneProcessor)

private:
    cpu_set_t m_before;
};

} // namespace

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
        const qint64 before = server.wakeUps() + echo.wakeUps();
        Child pinger(side + "-pinger"_L1, role);
        const QList<qint64> times = pinger.waitFor("roundtrip");
        echo.checkFailure();
        server.checkFailure();
        // With those of the pinger's start, which are few.
        const qint64 wakeUps = server.wakeUps() + echo.wakeUps() + pinger.wakeUps() - before;
        return {double(times.value(0)) / 1000, double(times.value(1)) / 1000,
                double(wakeUps) / double(common.events + warmUpPings)};
    };
    const QStringList sides = QStringList{u"bare"_s, u"bus"_s, u"unix"_s} + options.peers;
    return {
        {.section = u"roundtrip"_s,
         .sides = sides,
         .figures = {{u"roundTripMedian"_s, u"round trip, median"_s, u"µs"_s},
                     {u"roundTrip99"_s, u"round trip, 99 %"_s, u"µs"_s},
                     {u"roundTripWakeUps"_s, u"wake-ups of threads in a round trip, all processes"_s, QString()}},
         .run = run},
        // On which processor the system wakes a thread decides more than what it does there. This tells what it does.
        {.section = u"roundtrip"_s,
         .sides = sides,
         .figures = {{u"roundTripOneProcessor"_s, u"round trip on one processor, median"_s, u"µs"_s}},
         .run = [run](const QString &side) -> QList<double> {
             const OneProcessor one;
             return {run(side).first()};
         }}};
}

} // namespace Pyvent::Benchmarks
