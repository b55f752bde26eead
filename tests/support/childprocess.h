// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_CHILDPROCESS_H
#define PYVENT_TESTS_CHILDPROCESS_H

#include "support/waituntil.h"

#include <QtCore/qbytearraylist.h>
#include <QtCore/qprocess.h>

namespace PyventTests {

// A process that a test starts, talks to, listens to and ends. The kernel kills it if the test's process ends first, and
// this object kills it at the latest.
class ChildProcess : public QObject
{
    Q_OBJECT

public:
    // What becomes of its standard error: it goes where the test's own goes, or errors() has it.
    enum class Errors { Forwarded, Kept };

    explicit ChildProcess(Errors errors = Errors::Forwarded);
    // Starts it.
    ChildProcess(const QString &program, const QStringList &arguments, Errors errors = Errors::Forwarded);
    ~ChildProcess() override;

    // Does not wait. What starts no program ends at once, with the exit code 127, as in a shell.
    void start(const QString &program, const QStringList &arguments);

    bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
    qint64 pid() const { return m_pid; }

    // Its standard input.
    void write(const QByteArray &text);
    void writeLine(const QByteArray &line) { write(line + '\n'); }
    void closeInput() { m_process.closeWriteChannel(); }

    void sendSignal(int number);

    // Ends it at once, as a crash would, and waits until it is gone.
    void kill();

    // What it has said so far and takeLines() has not taken.
    QString output() const { return QString::fromUtf8(m_output); }
    QString errors() const { return QString::fromUtf8(m_errors); }
    // The whole lines of its output.
    QByteArrayList lines() const;
    QByteArrayList takeLines();
    bool hasLine(const QByteArray &begin) const; // that begins so

    // Waits until its output or its errors have \a text, or a line begins as it should; false if it ends without, or if that
    // takes too long.
    bool prints(const QString &text);
    bool complains(const QString &text);
    bool printsLine(const QByteArray &begin);

    // Waits until it ends, with all that it has said read; false if it had to be killed, because that took too long.
    bool waitForEnd(int timeout = patience);

    // Waits likewise, and returns the exit code, or minus the number of the signal that ended it.
    int exitCode();

    // For messages: "with exit code 0".
    QString howItEnded() const;

Q_SIGNALS:
    void outputChanged();
    void errorsChanged();
    void ended();

private:
    bool waitFor(const std::function<bool()> &condition, int timeout = patience);
    void read();

    QProcess m_process;
    qint64 m_pid = 0;
    QByteArray m_output;
    QByteArray m_errors;
};

} // namespace PyventTests

#endif
