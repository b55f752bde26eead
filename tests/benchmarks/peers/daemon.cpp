// SPDX-License-Identifier: MIT
#include "daemon.h"

#include "role.h"

#include <QtCore/qprocess.h>
#include <QtCore/qstandardpaths.h>

#include <csignal>
#include <sys/prctl.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

int runDaemon(const QString &program, const QStringList &arguments, int port, const std::function<bool()> &answers)
{
    // Debian has servers in a folder that only root's path has.
    QString path = QStandardPaths::findExecutable(program);
    if (path.isEmpty())
        path = QStandardPaths::findExecutable(program, {u"/usr/sbin"_s, u"/usr/local/sbin"_s});
    if (path.isEmpty())
        return sayFailed(u"there is no program %1 in the path"_s.arg(program));
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
    process.start(path, arguments);
    while (!answers()) {
        if (process.waitForFinished(5))
            return sayFailed(u"%1 ended with exit code %2"_s.arg(program).arg(process.exitCode()));
    }
    say("ready", port);
    process.waitForFinished(-1);
    return sayFailed(u"%1 ended"_s.arg(program));
}

} // namespace Pyvent::Benchmarks
