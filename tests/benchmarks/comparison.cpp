// SPDX-License-Identifier: MIT
#include "comparison.h"

#include "child.h"
#include "sampleframe.h"

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How long a measurement of \a count events may take at most: far more than it needs on a loaded machine.
std::chrono::seconds patience(qint64 count)
{
    return 20s + std::chrono::seconds(count / 2000);
}

QString server(const QString &side)
{
    return side == "bare"_L1 ? u"bare-broker"_s : u"bus-server"_s;
}

} // namespace

Comparison::Comparison(const Options &options)
    : m_options(options)
    , m_order(sampleFrame(orderName, options.events / 2)) // a number of the usual length
    , m_ping(sampleFrame(pingName, options.pings / 2))
    , m_pong(sampleFrame(pongName, options.pings / 2))
{
    if (m_order.isEmpty() || m_ping.isEmpty() || m_pong.isEmpty())
        throw Failure(u"the frame of an event could not be had from a server"_s);
}

void Comparison::runPair(bool bareFirst)
{
    const auto both = [bareFirst](const auto &measure) {
        if (bareFirst) {
            measure(u"bare"_s);
            measure(u"bus"_s);
        } else {
            measure(u"bus"_s);
            measure(u"bare"_s);
        }
    };
    both([this](const QString &side) { m_rate.add(side, eventsPerSecond(side)); });
    both([this](const QString &side) {
        const RoundTrip time = roundTrip(side);
        m_median.add(side, time.median);
        m_percentile.add(side, time.percentile);
    });
}

double Comparison::eventsPerSecond(const QString &side) const
{
    const std::chrono::seconds timeout = patience(m_options.events);
    const QDeadlineTimer deadline(timeout);
    RoleOptions options{.events = m_options.events, .frame = m_order};
    Child broker(server(side), options, timeout);
    options.port = int(broker.waitFor("ready", deadline).value(0));
    Child receiver(side + "-receiver"_L1, options, timeout);
    receiver.waitFor("ready", deadline);
    Child sender(side + "-sender"_L1, options, timeout);
    const qint64 started = sender.waitFor("started", deadline).value(0);
    const qint64 finished = receiver.waitFor("finished", deadline).value(0);
    sender.checkFailure();
    broker.checkFailure();
    return double(m_options.events) * 1e9 / double(finished - started);
}

Comparison::RoundTrip Comparison::roundTrip(const QString &side) const
{
    const std::chrono::seconds timeout = patience(m_options.pings);
    const QDeadlineTimer deadline(timeout);
    RoleOptions options{.events = m_options.pings, .frame = m_ping, .answer = m_pong};
    Child broker(server(side), options, timeout);
    options.port = int(broker.waitFor("ready", deadline).value(0));
    Child echo(side + "-echo"_L1, options, timeout);
    echo.waitFor("ready", deadline);
    Child pinger(side + "-pinger"_L1, options, timeout);
    const QList<qint64> times = pinger.waitFor("roundtrip", deadline);
    echo.checkFailure();
    broker.checkFailure();
    return {double(times.value(0)) / 1000, double(times.value(1)) / 1000};
}

} // namespace Pyvent::Benchmarks
