// SPDX-License-Identifier: MIT
#include "program.h"

#include "support/waituntil.h"

#include <csignal>

using namespace Qt::StringLiterals;

namespace {

using PyventTests::patience;

} // namespace

Program::Program(const QStringList &arguments)
    : Program(QStringLiteral(PYVENT_PROGRAM), arguments)
{
}

Program::Program(const QString &program, const QStringList &arguments)
    : m_process()
    , m_output()
    , m_errors()
{
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process,
                     [this] { m_output += m_process.readAllStandardOutput(); });
    QObject::connect(&m_process, &QProcess::readyReadStandardError, &m_process,
                     [this] { m_errors += m_process.readAllStandardError(); });
    m_process.start(program, arguments);
}

Program::~Program()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished(patience);
}

bool Program::waitUntil(const std::function<bool()> &condition)
{
    return PyventTests::waitUntil([&] { return condition() || m_process.state() == QProcess::NotRunning; })
        && condition();
}

bool Program::prints(const QString &text)
{
    return waitUntil([&] { return output().contains(text); });
}

bool Program::complains(const QString &text)
{
    return waitUntil([&] { return errors().contains(text); });
}

int Program::exitCode()
{
    if (!waitUntil([this] { return m_process.state() == QProcess::NotRunning; }))
        return -1;
    return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -2;
}

void Program::sendSignal(int signal)
{
    ::kill(pid_t(m_process.processId()), signal);
}

void Program::write(const QByteArray &text)
{
    m_process.write(text);
}
