// SPDX-License-Identifier: MIT
// The program pyvent-bridge: what "pyvent bridge" starts.
#include "bridgecommand.h"
#include "commandline.h"
#include "commands.h"
#include "enginethread.h"
#include "metricsserver.h"
#include "program.h"
#include "pyventbridge.h"
#include "report.h"
#include "servicemanager.h"
#include "unixsignals.h"

#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>

#include <cstdlib>

using namespace Pyvent;
using namespace Pyvent::Cli;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 bytesInMiB = 1 << 20;
constexpr qint64 mostMiB = qint64(1) << 30;
constexpr qint64 longestKeep = qint64(10) * 365 * 24 * 3600;

PyventBridgeOptions bridgeOptionsOf(const CommandLine &line)
{
    if (line.words().isEmpty())
        throw UsageError{u"the URL of the engine is missing, such as nats://localhost or mqtt://localhost"_s};
    // As in a script whose variable is not set.
    if (line.isSet(u"bus"_s) && line.value(u"bus"_s).isEmpty())
        throw UsageError{u"--bus needs a name; without --bus, it is made from the machine and the port"_s};
    PyventBridgeOptions options{.engine = line.words().constFirst(),
                                .prefix = line.value(u"prefix"_s),
                                .names = line.values(u"names"_s) + line.words().sliced(1),
                                .namesIn = line.values(u"in"_s),
                                .namesOut = line.values(u"out"_s),
                                .bus = line.value(u"bus"_s),
                                .json = line.isSet(u"json"_s),
                                .values = line.isSet(u"values"_s),
                                .user = line.value(u"user"_s),
                                .passwordFile = line.value(u"password-file"_s),
                                .credentialsFile = line.value(u"credentials"_s),
                                .nkeyFile = line.value(u"nkey"_s),
                                .caFile = line.value(u"ca"_s),
                                .certificateFile = line.value(u"client-cert"_s),
                                .keyFile = line.value(u"client-key"_s),
                                .spoolFolder = line.value(u"spool"_s)};
    if (const auto size = line.number(u"spool-size"_s, 1, mostMiB))
        options.spoolBytes = qsizetype(*size * bytesInMiB);
    if (const auto seconds = line.number(u"keep"_s, 1, longestKeep))
        options.keep = std::chrono::seconds(*seconds);
    if (const auto size = line.number(u"keep-size"_s, 1, mostMiB))
        options.keepBytes = *size * bytesInMiB;
    return options;
}

int run(const CommandLine &line)
{
    if (line.wantsHelp())
        return print(commandHelp(bridgeCommand));
    if (line.wantsVersion())
        return print(u"pyvent-bridge " PYVENT_VERSION "\n"_s);
    const auto metricsPort = line.number(u"metrics"_s, 0, 65535);

    UnixSignals signals;
    Bridge::ServiceManager manager;
    PyventOptions bus = line.nodeOptions();
    if (const auto age = line.seconds(u"replay-age"_s))
        bus.replayAge = *age;
    PyventBridge bridge(bridgeOptionsOf(line), bus);
    QObject::connect(&bridge, &PyventBridge::problem, &bridge, [](const QString &text) { report(text); });
    if (!line.isQuiet())
        QObject::connect(&bridge, &PyventBridge::notice, &bridge, [](const QString &text) { report(text); });
    if (!bridge.start()) {
        if (bridge.hasWrongOptions())
            throw UsageError{bridge.whyNot(), bridgeCommand.name};
        report(bridge.whyNot());
        return Failed;
    }
    Bridge::MetricsServer metrics([&bridge] { return bridge.metrics(); });
    if (metricsPort) {
        if (const QString why = metrics.listen(int(*metricsPort)); !why.isEmpty()) {
            report(why);
            return Failed;
        }
        if (!line.isQuiet())
            report(u"metrics at http://127.0.0.1:%1/metrics"_s.arg(metrics.port()));
    }
    QObject::connect(&bridge, &PyventBridge::statusChanged, &bridge, [&] { manager.setStatus(bridge.statusText()); });
    manager.setStatus(bridge.statusText());
    manager.ready();
    manager.startWatchdog();

    QObject::connect(&signals, &UnixSignals::received, &bridge, [&] {
        manager.stopping();
        bridge.stop();
    });
    QObject::connect(&bridge, &PyventBridge::finished, qApp, &QCoreApplication::quit);
    return QCoreApplication::exec();
}

int runOrExplain(const QStringList &arguments)
{
    try {
        return run(CommandLine(bridgeCommand, arguments));
    } catch (UsageError &mistake) {
        mistake.command = bridgeCommand.name;
        return report(mistake);
    }
}

} // namespace

int main(int argc, char **argv)
{
    prepareProcess();
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(u"pyvent-bridge"_s);
    // What the library logs is reported here. QT_LOGGING_RULES brings it back.
    QLoggingCategory::setFilterRules(u"pyvent.*.warning=false"_s);
    const int code = runOrExplain(QCoreApplication::arguments().sliced(1));
    // A library that waits for a host that does not answer cannot be asked to end.
    if (Bridge::EngineThread::hasLeftSome())
        std::_Exit(code);
    return code;
}
