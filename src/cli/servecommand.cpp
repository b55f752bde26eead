// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "report.h"
#include "unixsignals.h"

#include <PyventNode>

#include <QtCore/qeventloop.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> serveOptions()
{
    return {};
}

int runServe(const CommandLine &line)
{
    line.expectWords(0);
    if (line.isSet(u"no-server"_s))
        throw UsageError{u"'serve' with --no-server has nothing to do"_s};
    const PyventOptions nodeOptions = line.nodeOptions();

    UnixSignals signals;
    PyventNode node;
    reportProblems(&node);
    if (!node.configure(nodeOptions))
        return UsageMistake;
    if (!node.startServer())
        return Failed;
    if (!line.isQuiet())
        report(u"serving at %1"_s.arg(whereaboutsOf(node)));

    QEventLoop loop;
    QObject::connect(&signals, &UnixSignals::received, &loop, &QEventLoop::quit);
    loop.exec();
    return Success;
}

} // namespace

const Command serveCommand = {
    .name = "serve"_L1,
    .syntax = ""_L1,
    .otherSyntax = ""_L1,
    .summary = "Serve the bus until SIGINT or SIGTERM."_L1,
    .description =
        "Serves the bus, for nodes of Qt and of Python, until SIGINT or SIGTERM. The line 'pyvent: serving at ...'\n"
        "on standard error tells that it serves.\n"
        "\n"
        "With the default address, only this machine reaches the server. With --address 0.0.0.0, every network\n"
        "that the machine is in reaches it.\n"
        "\n"
        "Ends with 0 at a signal, with 1 if it cannot serve, as when another process serves already."_L1,
    .options = serveOptions,
    .run = runServe,
};

} // namespace Pyvent::Cli
