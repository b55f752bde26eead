// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_BENCH_H
#define PYVENT_CLI_BENCH_H

#include "benchreceiver.h"
#include "progress.h"
#include "unixsignals.h"

#include <QtCore/qeventloop.h>
#include <QtCore/qtimer.h>

namespace Pyvent::Cli {

struct BenchOptions
{
    QString eventName;
    qint64 events = 0;
    qsizetype size = 0; // bytes of the event's padding
    std::chrono::milliseconds patience{0};
    bool isQuiet = false;
};

// What a run of events took.
struct BenchRun
{
    qint64 sent = 0;
    qint64 heard = 0;
    qint64 elapsed = 0;       // nanoseconds from the first event's sending to the last one's arrival
    QList<qint64> roundTrips; // nanoseconds, sorted
};

// Sends events with one node and hears them with another, over the bus as it is.
class Bench : public QObject
{
    Q_OBJECT

public:
    enum End {
        Complete,
        Signalled, // the figures are of what was heard until then
        Refused,   // an event was; reported
        Stalled    // what was sent does not arrive
    };

    // \a sender and \a receiver must be ready.
    Bench(PyventNode *sender, BenchReceiver *receiver, const BenchOptions &options);

    // Sends \a events, of which never more than \a underWay are sent and not yet heard.
    End run(qint64 events, qint64 underWay, const QString &what);

    const BenchRun &lastRun() const { return m_run; }

private:
    void proceed();
    bool sendOne();
    void look();
    void finish(End end);

    PyventNode *const m_sender;
    BenchReceiver *const m_receiver;
    const BenchOptions m_options;
    const QByteArray m_padding;
    UnixSignals m_signals;
    Progress m_progress;
    QTimer m_lookAgain;
    QEventLoop m_loop;
    BenchRun m_run;
    QString m_what;
    qint64 m_events = 0;
    qint64 m_underWay = 0;
    qint64 m_startedAt = 0;
    End m_end = Complete;
    bool m_isRunning = false;
};

} // namespace Pyvent::Cli

#endif
