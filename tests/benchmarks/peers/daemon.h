// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_DAEMON_H
#define PYVENT_BENCHMARKS_DAEMON_H

#include <QtCore/qstringlist.h>

#include <functional>

namespace Pyvent::Benchmarks {

// Runs a server that is no program of ours until this process is killed, and says "ready \a port" as soon as
// \a answers. Returns only if it fails, with the exit code.
int runDaemon(const QString &program, const QStringList &arguments, int port, const std::function<bool()> &answers);

} // namespace Pyvent::Benchmarks

#endif
