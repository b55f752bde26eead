// SPDX-License-Identifier: MIT
#include "bench.h"

#include <algorithm>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto lookInterval = 100ms;

} // namespace

Bench::Bench(PyventNode *sender, BenchReceiver *receiver, const BenchOptions &options)
    : m_sender(sender)
    , m_receiver(receiver)
    , m_options(options)
    , m_padding(options.size, 'x')
    , m_signals()
    , m_progress(!options.isQuiet)
    , m_lookAgain()
    , m_loop()
    , m_run()
    , m_what()
{
    connect(&m_signals, &UnixSignals::received, this, [this] { finish(Signalled); });
    connect(m_receiver, &BenchReceiver::heardMore, this, &Bench::proceed);
    connect(&m_lookAgain, &QTimer::timeout, this, &Bench::look);
}

Bench::End Bench::run(qint64 events, qint64 underWay, const QString &what)
{
    m_receiver->takeRoundTrips();
    m_run = BenchRun();
    m_what = what;
    m_events = events;
    m_underWay = underWay;
    m_end = Complete;
    m_isRunning = true;
    m_startedAt = benchTime();
    m_lookAgain.start(lookInterval);
    proceed();
    if (m_isRunning)
        m_loop.exec();
    m_lookAgain.stop();

    const qint64 lastHeardAt = m_receiver->lastHeardAt();
    m_run.roundTrips = m_receiver->takeRoundTrips();
    m_run.heard = m_run.roundTrips.size();
    m_run.elapsed = m_run.heard > 0 ? lastHeardAt - m_startedAt : 0;
    return m_end;
}

void Bench::proceed()
{
    while (m_isRunning) {
        // Asked for before it is looked at, so that what comes in between is not missed.
        m_receiver->tellOfNext();
        const qint64 arrived = m_receiver->lastNumber();
        if (arrived >= m_events)
            return finish(Complete);
        if (m_run.sent >= m_events || m_run.sent - arrived >= m_underWay)
            return;
        while (m_run.sent < m_events && m_run.sent - arrived < m_underWay)
            if (!sendOne())
                return finish(Refused);
    }
}

bool Bench::sendOne()
{
    const QVariantMap args{{u"number"_s, m_run.sent + 1}, {u"padding"_s, m_padding}, {u"sent"_s, benchTime()}};
    if (!m_sender->send(m_options.eventName, args))
        return false;
    ++m_run.sent;
    return true;
}

void Bench::look()
{
    const qint64 now = benchTime();
    const qint64 aliveAt = std::max(m_receiver->lastHeardAt(), m_startedAt);
    if (now - aliveAt > std::chrono::nanoseconds(m_options.patience).count())
        return finish(Stalled);
    proceed();
    const qint64 heard = m_receiver->heard();
    if (m_progress.isDue() && now > m_startedAt) {
        m_progress.show(u"%1: %2 of %3 events (%4 %), %5 events/s"_s.arg(m_what)
                            .arg(heard)
                            .arg(m_events)
                            .arg(heard * 100 / m_events)
                            .arg(qint64(double(heard) * 1e9 / double(now - m_startedAt))));
    }
}

void Bench::finish(End end)
{
    if (!m_isRunning)
        return;
    m_isRunning = false;
    m_end = end;
    m_loop.quit();
}

} // namespace Pyvent::Cli
