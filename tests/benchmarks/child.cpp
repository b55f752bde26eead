// SPDX-License-Identifier: MIT
#include "child.h"

#include <QtCore/qcoreapplication.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

Child::Child(const QString &role, const RoleOptions &options, std::chrono::seconds timeout)
    : m_role(role)
{
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_process.start(QCoreApplication::applicationFilePath(),
                    {u"--role"_s, role, u"--port"_s, QString::number(options.port), u"--events"_s,
                     QString::number(options.events), u"--frame"_s, QString::fromLatin1(options.frame.toHex()),
                     u"--answer"_s, QString::fromLatin1(options.answer.toHex()), u"--timeout"_s,
                     QString::number(timeout.count())},
                    QIODevice::ReadOnly);
    if (!m_process.waitForStarted())
        throw Failure(u"%1 did not start: %2"_s.arg(role, m_process.errorString()));
}

Child::~Child()
{
    m_process.kill();
    m_process.waitForFinished();
}

void Child::checkFailure()
{
    m_process.waitForReadyRead(0);
    while (m_process.canReadLine())
        m_lines.append(m_process.readLine().trimmed());
    for (const QByteArray &line : std::as_const(m_lines)) {
        if (line.startsWith("failed "))
            throw Failure(u"%1: %2"_s.arg(m_role, QString::fromUtf8(line.sliced(7))));
    }
    if (m_process.state() == QProcess::NotRunning
        && (m_process.exitStatus() != QProcess::NormalExit || m_process.exitCode() != 0)) {
        throw Failure(u"%1 ended with %2 %3"_s.arg(
            m_role, m_process.exitStatus() == QProcess::CrashExit ? u"signal"_s : u"exit code"_s,
            QString::number(m_process.exitCode())));
    }
}

QList<qint64> Child::waitFor(const QByteArray &word, const QDeadlineTimer &deadline)
{
    for (;;) {
        checkFailure();
        for (qsizetype i = 0; i < m_lines.size(); ++i) {
            QByteArrayList words = m_lines[i].split(' ');
            if (words.takeFirst() != word)
                continue;
            m_lines.removeAt(i);
            QList<qint64> numbers;
            for (const QByteArray &number : std::as_const(words))
                numbers.append(number.toLongLong());
            return numbers;
        }
        if (m_process.state() == QProcess::NotRunning)
            throw Failure(u"%1 ended without saying '%2'"_s.arg(m_role, QString::fromLatin1(word)));
        if (deadline.hasExpired())
            throw Failure(u"%1 did not say '%2' in time"_s.arg(m_role, QString::fromLatin1(word)));
        m_process.waitForReadyRead(int(std::min<qint64>(deadline.remainingTime(), 100)));
    }
}

} // namespace Pyvent::Benchmarks
