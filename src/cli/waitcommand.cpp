// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "eventline.h"
#include "listener.h"
#include "report.h"

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> waitOptions()
{
    return {
        senderOption(u"Wait for an event whose sender is S or begins with 'S.'. Default: any sender."_s),
        timeoutOption(u"Give up after SEC seconds. Default: never."_s),
        jsonOption(),
    };
}

int runWait(const CommandLine &line)
{
    ListenerOptions options{
        .patterns = {line.eventName()},
        .count = 1,
        .timeout = line.timeout(),
        .toLine = line.isSet(u"json"_s) ? eventAsJson : argumentsAsText,
        .isQuiet = line.isQuiet(),
    };
    line.expectWords(1);
    if (const auto sender = line.sender())
        options.sender = *sender;

    switch (listen(line, options)) {
    case Listener::Counted:
        return Success;
    case Listener::Refused:
        return UsageMistake;
    case Listener::TimedOut:
        if (!line.isQuiet())
            report(u"'%1' did not come in time"_s.arg(options.patterns.constFirst().text()));
        break;
    case Listener::Signalled:
    case Listener::Closed:
    case Listener::Broken:
    case Listener::NotShared:
        break;
    }
    return Failed;
}

} // namespace

const Command waitCommand = {
    .name = "wait"_L1,
    .syntax = "NAME"_L1,
    .otherSyntax = ""_L1,
    .summary = "Wait for one event and print its arguments."_L1,
    .description =
        "Waits for the next event NAME and prints its arguments on one line, as Python writes them. With --json\n"
        "it prints the event as 'pyvent listen --json' does.\n"
        "\n"
        "The line 'pyvent: listening to ...' on standard error tells that an event sent from then on is heard.\n"
        "\n"
        "Ends with 0 if the event came, with 1 if --timeout or a signal came first."_L1,
    .options = waitOptions,
    .run = runWait,
};

} // namespace Pyvent::Cli
