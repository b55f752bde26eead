// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_LOGFILE_H
#define PYVENT_INSPECTOR_LOGFILE_H

#include "eventstore.h"

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qobject.h>

#include <functional>
#include <memory>

namespace Pyvent::Inspector {

// Logs as files: what `pyvent listen --json` prints, one event a line.

// What came of reading or writing one. \a error is for people, and empty if it went well.
struct LogResult
{
    std::shared_ptr<EventStore> store = {}; // what was read
    qsizetype dropped = 0;                  // events at the beginning that were more than the maximum
    qsizetype count = 0;
    QString error = {};
    QString omitted = {}; // which lines are not in the store, for people; empty if all are
};

// Told how far it is, in thousandths; false stops it.
using Progress = std::function<bool(int thousandths)>;

// Takes every line that is an event. What is none, such as a last line that was cut off, is left out and told; a file
// without a single event is no log, which is an error.
LogResult readLog(const QString &path, qsizetype maximum, const Progress &progress);

// The file is there as a whole, or not at all.
LogResult writeLog(const QString &path, const EventStore &store, const Progress &progress);

// Reads and writes in a thread of its own, one after the other.
class LogFile : public QObject
{
    Q_OBJECT

public:
    explicit LogFile(QObject *parent = nullptr);
    ~LogFile() override;

    bool isBusy() const { return m_watcher.isRunning(); }
    void read(const QString &path, qsizetype maximum);
    void write(const QString &path, const EventStore &store);
    void cancel();

Q_SIGNALS:
    void progressed(int thousandths);
    void wasRead(const QString &path, const Pyvent::Inspector::LogResult &result);
    void wasWritten(const QString &path, const Pyvent::Inspector::LogResult &result);
    void canceled();

private:
    void run(const QString &path, bool isReading, const std::function<LogResult(const Progress &)> &work);
    void finish();

    QFutureWatcher<LogResult> m_watcher;
    QString m_path;
    bool m_isReading = false;
};

} // namespace Pyvent::Inspector

#endif
