// SPDX-License-Identifier: MIT
#ifndef PYVENT_FAULTS_FAULTCHILD_H
#define PYVENT_FAULTS_FAULTCHILD_H

#include <QtCore/qbytearraylist.h>
#include <QtCore/qprocess.h>

#include <functional>

namespace PyventFaults {

// A process of the harness. It ends with the driver, however that ends.
class FaultChild
{
public:
    using Listener = std::function<void(const QByteArrayList &words)>;

    // \a listener gets each line of its standard output.
    FaultChild(const QString &program, const QStringList &arguments, Listener listener);
    ~FaultChild();
    Q_DISABLE_COPY_MOVE(FaultChild)

    bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
    qint64 pid() const { return m_pid; }

    void tell(const QByteArray &command);
    void signal(int number);

    // Waits for the end, and has read everything that it has said. False: it was killed because it did not end.
    bool waitForEnd(int milliseconds);
    QString howItEnded() const;

private:
    void read();

    QProcess m_process;
    Listener m_listener;
    qint64 m_pid = 0;
};

} // namespace PyventFaults

#endif
