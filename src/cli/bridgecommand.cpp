// SPDX-License-Identifier: MIT
#include "bridgecommand.h"

#include "commandline.h"
#include "report.h"

#include <QtCore/qcoreapplication.h>

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <vector>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> bridgeOptions()
{
    return {
        {u"prefix"_s, u"Begin all subjects or topics with P, the same for all buses that are to be one."_s, u"P"_s},
        {u"names"_s, u"Let only events of this name or glob cross. Repeatable. Default: all."_s, u"GLOB"_s},
        {u"in"_s, u"Let events of this name or glob come in to this bus. Repeatable."_s, u"GLOB"_s},
        {u"out"_s, u"Let events of this name or glob go out of it. Repeatable."_s, u"GLOB"_s},
        {u"bus"_s,
         u"This bus's name at the engine, the same for all of its bridges. Default: made from the machine and the "
         "port."_s,
         u"NAME"_s},
        {u"json"_s, u"Send events as JSON, which any program of NATS or MQTT reads."_s},
        {u"values"_s,
         u"NATS: keep shared values and the last event of each name in the engine, for all buses that do so, and for "
         "when the bus is started again."_s},
        {u"user"_s, u"Log in with this name."_s, u"NAME"_s},
        {u"password-file"_s, u"The password is in FILE."_s, u"FILE"_s},
        {u"credentials"_s, u"NATS: log in with these credentials, as nsc makes them."_s, u"FILE"_s},
        {u"nkey"_s, u"NATS: log in with the nkey whose seed is in FILE."_s, u"FILE"_s},
        {u"ca"_s, u"Trust the authorities in FILE, PEM. Default: the system's."_s, u"FILE"_s},
        {u"client-cert"_s, u"Show this certificate, PEM."_s, u"FILE"_s},
        {u"client-key"_s, u"Its secret key, PEM."_s, u"FILE"_s},
        {u"spool"_s, u"Let events wait for the engine in the folder DIR, so that they outlive the program."_s,
         u"DIR"_s},
        {u"spool-size"_s, u"Let so many MiB wait. Default: 64, or 1024 with --spool."_s, u"MIB"_s},
        {u"keep"_s, u"Have the engine keep events for SEC seconds for a bus that is away. Default: 86400, a day."_s,
         u"SEC"_s},
        {u"keep-size"_s, u"Have it keep so many MiB at most. Default: 1024."_s, u"MIB"_s},
        {u"replay-age"_s, u"Keep events of other buses for SEC seconds for late joiners on this one. Default: 60."_s,
         u"SEC"_s},
        {u"metrics"_s,
         u"Tell Prometheus how it is, at http://127.0.0.1:PORT/metrics; 0 takes any free port, and says which."_s,
         u"PORT"_s},
    };
}

QByteArray besideThisProgram()
{
    return (QCoreApplication::applicationDirPath() + u'/' + QLatin1StringView(bridgeProgram)).toLocal8Bit();
}

// Becomes the program that does it, with the same arguments.
int runBridge(const CommandLine &)
{
    QStringList arguments = QCoreApplication::arguments();
    arguments.removeAt(1 + positionOfCommand(arguments.sliced(1)));
    QList<QByteArray> texts;
    for (const QString &argument : std::as_const(arguments))
        texts += argument.toLocal8Bit();
    texts.first() = bridgeProgram;
    std::vector<char *> pointers;
    for (QByteArray &text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    ::execv(besideThisProgram().constData(), pointers.data());
    ::execvp(bridgeProgram, pointers.data());
    report(errno == ENOENT
               ? u"the program %1 is not installed, which joins buses through NATS and MQTT; it is built where "
                 "libnats or libmosquitto is there"_s.arg(QLatin1StringView(bridgeProgram))
               : u"the program %1 cannot be started: %2"_s.arg(QLatin1StringView(bridgeProgram),
                                                               QString::fromLocal8Bit(std::strerror(errno))));
    return Failed;
}

} // namespace

const Command bridgeCommand = {
    .name = "bridge"_L1,
    .syntax = "URL[,URL]... --prefix P [GLOB]..."_L1,
    .otherSyntax = ""_L1,
    .summary = "Join the bus to others, through NATS or MQTT."_L1,
    .description =
        "Joins the bus to a cluster of NATS servers with JetStream, or to an MQTT 5 broker, and so to all buses that\n"
        "are joined to it with the same prefix: each event is heard on each bus, once and in order. URL is\n"
        "nats://HOST[:PORT], tls://... for NATS with TLS, mqtt://... or mqtts://...\n"
        "\n"
        "Events wait while the engine is away, in memory or in --spool DIR. Several bridges of one bus agree on who\n"
        "works, and take over. 'pyvent nodes' shows them. Events of Python's nodes cross, too. A server with rules\n"
        "has to give the bridge the right to speak for others: 'pyvent help check-rules'.\n"
        "\n"
        "It runs until SIGINT or SIGTERM, and lets the engine take what waits then, for a second at most. Ends with 0\n"
        "at a signal, with 1 if it cannot start. It tells systemd of itself (Type=notify, WatchdogSec=)."_L1,
    .options = bridgeOptions,
    .run = runBridge,
};

} // namespace Pyvent::Cli
