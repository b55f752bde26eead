// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "report.h"
#include "unixsignals.h"

#include <PyventNode>

#include <QtCore/qeventloop.h>
#include <QtCore/qloggingcategory.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> serveOptions()
{
    return {
        {u"keys"_s, u"Let nodes on other machines come in by the secure door, with this secret key as the server's."_s,
         u"FILE"_s},
        {u"allow"_s,
         u"Whom: the public keys in this file, in lines 'name = key' as .pub files have them. It is read again when it "
         "changes."_s,
         u"FILE"_s},
        {u"open-to-network"_s, u"Let anybody come in who reaches the address, without a key."_s},
        {u"rules"_s,
         u"Let users of this machine and keys send and hear only what this file says; 'pyvent help check-rules'. It is "
         "read again when it changes."_s,
         u"FILE"_s},
        {u"payloads"_s,
         u"What to do with events that Python's nodes should better not read, since their pickle makes them run "
         "something: refuse (the default), warn, or off."_s,
         u"WHAT"_s, u"refuse"_s},
        {u"python-name"_s,
         u"Let events make instances of this class of Python's, too, such as shop.Order. Repeatable."_s, u"NAME"_s},
    };
}

PyventPayloadPolicy::Kind payloadsOf(const QString &text)
{
    if (text == u"refuse")
        return PyventPayloadPolicy::Refuse;
    if (text == u"warn")
        return PyventPayloadPolicy::Warn;
    if (text == u"off")
        return PyventPayloadPolicy::Off;
    throw UsageError{u"--payloads takes refuse, warn or off, not '%1'"_s.arg(text)};
}

// What the server tells of who tried to come in: an administrator needs that. It comes from the server's thread.
void reportWarnings()
{
    static QtMessageHandler others = nullptr;
    QLoggingCategory::setFilterRules(u"pyvent.*.warning=false\npyvent.server.warning=true"_s);
    others = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &text) {
        if (qstrcmp(context.category, "pyvent.server") == 0)
            report(text);
        else
            others(type, context, text);
    });
}

int runServe(const CommandLine &line)
{
    line.expectWords(0);
    if (line.isSet(u"no-server"_s))
        throw UsageError{u"'serve' with --no-server has nothing to do"_s};
    if (line.isSet(u"keys"_s) && line.isSet(u"key"_s))
        throw UsageError{u"'serve' takes its secret key by --keys, and no other one by --key"_s};
    if (line.isSet(u"keys"_s) != line.isSet(u"allow"_s))
        throw UsageError{u"--keys and --allow go together: the server's own secret key, and who may come in"_s};
    PyventOptions nodeOptions = line.nodeOptions();
    if (line.isSet(u"keys"_s))
        nodeOptions.security.keyFile = line.value(u"keys"_s);
    nodeOptions.security.allowFile = line.value(u"allow"_s);
    nodeOptions.security.rulesFile = line.value(u"rules"_s);
    nodeOptions.security.payloads =
        PyventPayloadPolicy::withNames(line.values(u"python-name"_s), payloadsOf(line.value(u"payloads"_s)));
    if (line.isSet(u"open-to-network"_s))
        nodeOptions.security.openToNetwork = PyventOpenToNetwork::Yes;

    if (!line.isQuiet())
        reportWarnings();

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
        "that the machine is in reaches it, and nodes on other machines come in with keys: --keys and --allow, or\n"
        "--open-to-network for anybody. 'pyvent help keygen' shows how keys are made.\n"
        "\n"
        "Ends with 0 at a signal, with 1 if it cannot serve, as when another process serves already."_L1,
    .options = serveOptions,
    .run = runServe,
};

} // namespace Pyvent::Cli
