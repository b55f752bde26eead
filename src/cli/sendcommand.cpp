// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "keyvalue.h"
#include "report.h"

#include <PyventNode>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds defaultTimeout = 2s;

QList<QCommandLineOption> options()
{
    return {
        senderOption(u"Send it as S. Default: 'pyvent', or 'pyvent.ID' with --id."_s),
        timeoutOption(u"How long to try to reach the server, in seconds, which may have a fraction. Default: 2."_s),
    };
}

int run(const CommandLine &line)
{
    const QString name = line.eventName();
    const QVariantMap arguments = toArguments(line.words().sliced(1));
    const auto timeout = line.timeout().value_or(defaultTimeout);
    const PyventSendOptions sendOptions{.sender = line.sender().value_or(QString())};
    PyventOptions nodeOptions = line.nodeOptions();
    nodeOptions.server = false; // one that lives as long as one event would be heard by nobody
    nodeOptions.linger = 0ms;   // flush() has waited already

    PyventNode node;
    reportProblems(&node);
    if (!node.configure(nodeOptions))
        return UsageMistake;
    if (!node.send(name, arguments, sendOptions))
        return Failed;
    if (!node.flush(timeout)) {
        const PyventError error = node.lastError(); // of which flush() has told nobody yet
        node.disconnect();
        if (error)
            report(error.text);
        report(u"no server at %1 took '%2' within %3 s"_s.arg(whereaboutsOf(node), name,
                                                              QString::number(double(timeout.count()) / 1000)));
        return NoServer;
    }
    return Success;
}

} // namespace

const Command sendCommand = {
    .name = "send"_L1,
    .syntax = "NAME [KEY=TEXT | KEY:=JSON]..."_L1,
    .summary = "Send one event."_L1,
    .description = "Sends the event NAME with the given keyword arguments, and waits until the server has taken it.\n"
                   "  KEY=TEXT   a string:        food=sushi  note='two words'\n"
                   "  KEY:=JSON  any other value: pieces:=8  fresh:=true  sauces:='[\"soy\", null]'\n"
                   "Integers are exact, whatever their size. {\"$type\":\"bytes\",\"value\":\"aGk=\"} is what JSON has "
                   "no word\n"
                   "for, as 'pyvent listen --json' prints it.\n"
                   "\n"
                   "It never becomes the server itself, because a server that lives for one event is heard by nobody: "
                   "there\n"
                   "must be one, of Qt or Python. 'pyvent serve' starts one.\n"
                   "\n"
                   "Ends with 0 if the server took the event, with 1 if the event was refused (its name, a value or "
                   "its\n"
                   "size), with 3 if no server was reached within --timeout."_L1,
    .options = options,
    .run = run,
};

} // namespace Pyvent::Cli
