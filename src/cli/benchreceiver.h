// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_BENCHRECEIVER_H
#define PYVENT_CLI_BENCHRECEIVER_H

#include <PyventNode>

#include <QtCore/qlist.h>
#include <QtCore/qthread.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace Pyvent::Cli {

// The clock that a round trip is measured with: both ends are in this process.
inline qint64 benchTime()
{
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

// The node of 'pyvent bench' that hears, on a thread of its own, as a process of its own would.
class BenchReceiver : public QObject
{
    Q_OBJECT

public:
    BenchReceiver(const PyventOptions &options, const QString &eventName);
    ~BenchReceiver() override;

    // Waits until the node hears, and returns whether it does. Refused options and names have been reported.
    bool start(std::chrono::milliseconds timeout);

    // How many events of the current run were heard, and when the last of them was.
    qint64 heard() const { return m_heard.load(std::memory_order_acquire); }
    qint64 lastHeardAt() const { return m_lastHeardAt.load(std::memory_order_acquire); }
    // The number of the last event, counted from 1: those before it that were not heard will not be any more.
    qint64 lastNumber() const { return m_lastNumber.load(std::memory_order_acquire); }

    // The round trips of what was heard since the last call, in nanoseconds, sorted. Begins a new run.
    QList<qint64> takeRoundTrips();

    // Until the next call, heardMore() is emitted once: for the next event.
    void tellOfNext() { m_mustTell.store(true, std::memory_order_release); }

Q_SIGNALS:
    void heardMore();

private:
    void hear(const QVariantMap &args);

    const PyventOptions m_options;
    const QString m_eventName;
    QThread m_thread;
    std::unique_ptr<QObject> m_context; // lives in the thread, and its handlers run there
    std::unique_ptr<PyventNode> m_node; // likewise
    QList<qint64> m_roundTrips;         // the thread's own
    std::atomic<qint64> m_heard = 0;
    std::atomic<qint64> m_lastHeardAt = 0;
    std::atomic<qint64> m_lastNumber = 0;
    std::atomic<bool> m_mustTell = false;
};

} // namespace Pyvent::Cli

#endif
