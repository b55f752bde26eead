// SPDX-License-Identifier: MIT
#include "support/childprocess.h"

#include <algorithm>
#include <csignal>

#include <sys/prctl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

constexpr int longestPause = 100; // milliseconds between two looks, for a process that says nothing

} // namespace

ChildProcess::ChildProcess(Errors errors)
{
    if (errors == Errors::Forwarded)
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process.setChildProcessModifier([test = ::getpid()] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != test)
            ::_exit(1); // the test has ended before
    });
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &ChildProcess::read);
    connect(&m_process, &QProcess::readyReadStandardError, this, &ChildProcess::read);
    connect(&m_process, &QProcess::finished, this, [this] {
        read();
        Q_EMIT ended();
    });
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            Q_EMIT ended();
    });
}

ChildProcess::ChildProcess(const QString &program, const QStringList &arguments, Errors errors)
    : ChildProcess(errors)
{
    start(program, arguments);
}

ChildProcess::~ChildProcess()
{
    m_process.disconnect(this);
    kill();
}

void ChildProcess::start(const QString &program, const QStringList &arguments)
{
    m_process.start(program, arguments);
    m_pid = m_process.processId();
}

void ChildProcess::write(const QByteArray &text)
{
    if (isRunning())
        m_process.write(text);
}

void ChildProcess::sendSignal(int number)
{
    if (isRunning() && m_pid > 0)
        ::kill(pid_t(m_pid), number);
}

void ChildProcess::kill()
{
    if (!isRunning())
        return;
    m_process.kill();
    m_process.waitForFinished(patience);
}

QByteArrayList ChildProcess::lines() const
{
    QByteArrayList lines = m_output.split('\n');
    lines.removeLast(); // which has no end yet
    return lines;
}

QByteArrayList ChildProcess::takeLines()
{
    QByteArrayList lines = m_output.split('\n');
    m_output = lines.takeLast();
    return lines;
}

bool ChildProcess::hasLine(const QByteArray &begin) const
{
    const QByteArrayList all = lines();
    return std::any_of(all.cbegin(), all.cend(), [&](const QByteArray &line) { return line.startsWith(begin); });
}

bool ChildProcess::prints(const QString &text)
{
    return waitFor([&] { return output().contains(text); });
}

bool ChildProcess::complains(const QString &text)
{
    return waitFor([&] { return errors().contains(text); });
}

bool ChildProcess::printsLine(const QByteArray &begin)
{
    return waitFor([&] { return hasLine(begin); });
}

bool ChildProcess::waitForEnd(int timeout)
{
    const bool ends = waitFor([this] { return !isRunning(); }, timeout);
    if (!ends)
        kill();
    return ends;
}

int ChildProcess::exitCode()
{
    waitForEnd();
    if (m_process.error() == QProcess::FailedToStart)
        return 127;
    return m_process.exitStatus() == QProcess::CrashExit ? -m_process.exitCode() : m_process.exitCode();
}

QString ChildProcess::howItEnded() const
{
    if (m_process.error() == QProcess::FailedToStart)
        return u"before it started: "_s + m_process.errorString();
    return (m_process.exitStatus() == QProcess::CrashExit ? u"by signal %1"_s : u"with exit code %1"_s)
        .arg(m_process.exitCode());
}

bool ChildProcess::waitFor(const std::function<bool()> &condition, int timeout)
{
    return waitUntil([&] { return condition() || !isRunning(); }, timeout, longestPause) && condition();
}

void ChildProcess::read()
{
    if (const QByteArray output = m_process.readAllStandardOutput(); !output.isEmpty()) {
        m_output += output;
        Q_EMIT outputChanged();
    }
    if (const QByteArray errors = m_process.readAllStandardError(); !errors.isEmpty()) {
        m_errors += errors;
        Q_EMIT errorsChanged();
    }
}

} // namespace PyventTests
