// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_CHILD_H
#define PYVENT_BENCHMARKS_CHILD_H

#include "role.h"
#include "support/childprocess.h"

#include <QtCore/qdeadlinetimer.h>

#include <optional>
#include <stdexcept>

namespace Pyvent::Benchmarks {

// Why a measurement came to nothing.
class Failure : public std::runtime_error
{
public:
    explicit Failure(const QString &why)
        : std::runtime_error(why.toStdString())
    {
    }
};

// One role, SIDE-PART, as a process that ends with this object.
class Child
{
public:
    Child(const QString &role, const RoleOptions &options);

    // The numbers of the line that begins with \a word. Throws Failure if the child says that it failed, ends
    // without the line, or does not say it in time.
    QList<qint64> waitFor(const QByteArray &word);

    // Throws Failure if the child said so, or has ended.
    void checkFailure();

    // Ends it as kill -9 does.
    void kill() { m_process.kill(); }

    // The processor's time that it has used so far, in nanoseconds.
    double cpuTime() const;

    // How often its threads have waited, which is how often they were woken.
    qint64 wakeUps() const;

    // A line of /proc/PID/smaps_rollup, in bytes: "Rss", "Pss".
    double memory(const QByteArray &what) const;

private:
    static QString program(const QString &role, QStringList *arguments);

    QString m_role;
    QDeadlineTimer m_deadline;
    PyventTests::ChildProcess m_process;
    QByteArrayList m_lines; // read and not asked for
};

} // namespace Pyvent::Benchmarks

#endif
