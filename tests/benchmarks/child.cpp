// SPDX-License-Identifier: MIT
#include "child.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qdir.h>

#include <ctime>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr int longestPause = 100; // milliseconds: whoever measures keeps out of the way of what is measured

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// The number behind \a label in a file of /proc; 0 if it is not there.
qint64 numberBehind(const QByteArray &label, const QByteArray &text)
{
    const qsizetype at = text.indexOf(label + ':');
    if (at < 0)
        return 0;
    return text.sliced(at + label.size() + 1).trimmed().split('\n').first().split(' ').first().toLongLong();
}

} // namespace

Child::Child(const QString &role, const RoleOptions &options)
    : m_role(role)
    , m_deadline(options.timeout)
{
    QStringList arguments;
    const QString program = Child::program(role, &arguments);
    arguments << u"--role"_s << role << QString::fromUtf8(options.toJson());
    m_process.start(program, arguments);
}

// Each side that needs more than the others is a program of its own, so that nobody carries what others are linked with.
QString Child::program(const QString &role, QStringList *arguments)
{
    const QString side = role.section(u'-', 0, 0);
    const QDir programs(QCoreApplication::applicationDirPath());
    if (side == "python"_L1) {
        *arguments << QStringLiteral(PYVENT_BENCHMARKS_ROLES_PY);
        return QStringLiteral(PYVENT_BENCHMARKS_PYTHON);
    }
    if (side == "bare"_L1 || side == "unix"_L1 || side == "bus"_L1)
        return QCoreApplication::applicationFilePath();
    if (side == "application"_L1 || side == "window"_L1)
        return programs.filePath(u"bench_"_s + side);
    return programs.filePath(u"bench_peers"_s);
}

void Child::checkFailure()
{
    QCoreApplication::processEvents();
    m_lines += m_process.takeLines();
    for (const QByteArray &line : std::as_const(m_lines)) {
        if (line.startsWith("failed "))
            throw Failure(u"%1: %2"_s.arg(m_role, QString::fromUtf8(line.sliced(7))));
    }
    if (!m_process.isRunning())
        throw Failure(u"%1 ended %2"_s.arg(m_role, m_process.howItEnded()));
}

QList<qint64> Child::waitFor(const QByteArray &word)
{
    QByteArrayList words;
    const auto isSaid = [&] {
        checkFailure();
        for (qsizetype i = 0; i < m_lines.size(); ++i) {
            words = m_lines[i].split(' ');
            if (words.takeFirst() == word) {
                m_lines.removeAt(i);
                return true;
            }
        }
        return false;
    };
    if (!PyventTests::waitUntil(isSaid, int(m_deadline.remainingTime()), longestPause))
        throw Failure(u"%1 did not say '%2' in time"_s.arg(m_role, QString::fromLatin1(word)));
    QList<qint64> numbers;
    for (const QByteArray &number : std::as_const(words))
        numbers.append(number.toLongLong());
    return numbers;
}

double Child::cpuTime() const
{
    clockid_t clock;
    timespec time{};
    if (::clock_getcpuclockid(pid_t(m_process.pid()), &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        throw Failure(u"the processor's time of %1 cannot be had"_s.arg(m_role));
    return double(time.tv_sec) * 1e9 + double(time.tv_nsec);
}

qint64 Child::wakeUps() const
{
    qint64 sum = 0;
    const QDir threads(u"/proc/%1/task"_s.arg(m_process.pid()));
    for (const QString &thread : threads.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
        sum += numberBehind("voluntary_ctxt_switches", contents(threads.filePath(thread + "/status"_L1)));
    return sum;
}

double Child::memory(const QByteArray &what) const
{
    return 1024 * double(numberBehind(what, contents(u"/proc/%1/smaps_rollup"_s.arg(m_process.pid()))));
}

} // namespace Pyvent::Benchmarks
