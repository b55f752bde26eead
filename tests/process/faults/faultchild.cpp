// SPDX-License-Identifier: MIT
#include "faultchild.h"

#include "support/waituntil.h"

#include <csignal>
#include <utility>

#include <sys/prctl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace PyventFaults {

FaultChild::FaultChild(const QString &program, const QStringList &arguments, Listener listener)
    : m_listener(std::move(listener))
{
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process.setChildProcessModifier([driver = ::getpid()] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != driver)
            ::_exit(1); // the driver was quicker
    });
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process, [this] { read(); });
    m_process.start(program, arguments);
    m_process.waitForStarted();
    m_pid = m_process.processId();
}

FaultChild::~FaultChild()
{
    m_process.disconnect();
    if (isRunning()) {
        m_process.kill();
        m_process.waitForFinished();
    }
}

void FaultChild::read()
{
    while (m_process.canReadLine())
        m_listener(m_process.readLine().trimmed().split(' '));
}

void FaultChild::tell(const QByteArray &command)
{
    if (isRunning())
        m_process.write(command + '\n');
}

void FaultChild::signal(int number)
{
    if (isRunning() && m_pid > 0)
        ::kill(pid_t(m_pid), number);
}

bool FaultChild::waitForEnd(int milliseconds)
{
    const bool ended = PyventTests::waitUntil([this] { return !isRunning(); }, milliseconds);
    if (!ended) {
        m_process.kill();
        m_process.waitForFinished();
    }
    read();
    return ended;
}

QString FaultChild::howItEnded() const
{
    return (m_process.exitStatus() == QProcess::CrashExit ? u"by signal %1"_s : u"with exit code %1"_s)
        .arg(m_process.exitCode());
}

} // namespace PyventFaults
