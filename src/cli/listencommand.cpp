// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "eventline.h"
#include "listener.h"
#include "terminal.h"

#include <algorithm>

#include <unistd.h>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> listenOptions()
{
    return {
        senderOption(
            u"Print only events whose sender is S or begins with 'S.'. Default: any sender; with --share, 'pyvent'."_s),
        {u"at-most-every"_s,
         u"Print an event of each name and sending process once in SEC seconds at most: the newest."_s, u"SEC"_s},
        {u"count"_s, u"End after N events."_s, u"N"_s},
        timeoutOption(u"End after SEC seconds."_s),
        {u"last"_s, u"Print the newest event of each NAME first that the server still has."_s},
        {u"share"_s, u"Share the events with all others of the GROUP: each event is printed by one of them."_s,
         u"GROUP"_s},
        jsonOption(),
        {u"color"_s,
         u"Print in colours: auto (on a terminal, unless NO_COLOR is set or TERM is 'dumb'), always or never. Default: auto."_s,
         u"WHEN"_s, u"auto"_s},
    };
}

bool wantsColour(const QString &when)
{
    if (when == "always"_L1)
        return true;
    if (when == "never"_L1)
        return false;
    if (when != "auto"_L1)
        throw UsageError{u"--color takes auto, always or never, not '%1'"_s.arg(when)};
    return qEnvironmentVariableIsEmpty("NO_COLOR") && isCapableTerminal(STDOUT_FILENO);
}

QList<PyventPattern> patternsOf(const CommandLine &line)
{
    QStringList words = line.words();
    words.removeDuplicates();
    if (words.isEmpty())
        words.append(u"*"_s);
    return {words.cbegin(), words.cend()};
}

QString groupOf(const CommandLine &line)
{
    const QString group = line.value(u"share"_s);
    if (group.isEmpty())
        throw UsageError{u"--share needs the name of a group"_s};
    for (const QString &other : {u"last"_s, u"at-most-every"_s}) {
        if (line.isSet(other))
            throw UsageError{
                u"--share and --%1 exclude each other, because each of the group takes all that it is given, "
                "and nothing else"_s.arg(other)};
    }
    return group;
}

int runListen(const CommandLine &line)
{
    const bool isColoured = wantsColour(line.value(u"color"_s));
    ListenerOptions options{
        .patterns = patternsOf(line),
        .atMostEvery = line.seconds(u"at-most-every"_s).value_or(std::chrono::milliseconds(0)),
        .count = line.count(),
        .timeout = line.timeout(),
        .toLine = line.isSet(u"json"_s) ? eventAsJson
            : isColoured                ? eventAsColouredText
                                        : eventAsText,
        .isQuiet = line.isQuiet(),
    };
    if (const auto sender = line.sender())
        options.sender = *sender;
    options.hearsLast = line.isSet(u"last"_s);
    if (options.hearsLast
        && std::all_of(options.patterns.cbegin(), options.patterns.cend(),
                       [](const PyventPattern &pattern) { return pattern.isGlob(); }))
        throw UsageError{u"--last needs a NAME, because a glob has no last event"_s};
    if (line.isSet(u"share"_s)) {
        options.share = groupOf(line);
        if (!line.sender())
            options.sender = PyventSender(); // as in on(): only those with the same one share
    }

    switch (listen(line, options)) {
    case Listener::Refused:
        return UsageMistake;
    case Listener::TimedOut:
        return options.count ? Failed : Success;
    case Listener::Broken:
    case Listener::NotShared:
        return Failed;
    case Listener::Counted:
    case Listener::Signalled:
    case Listener::Closed:
        break;
    }
    return Success;
}

} // namespace

const Command listenCommand = {
    .name = "listen"_L1,
    .syntax = "[NAME|GLOB]..."_L1,
    .otherSyntax = ""_L1,
    .summary = "Print the events that are sent, one a line."_L1,
    .description =
        "Prints the events of the given names as they are heard, one a line; without a name, all events.\n"
        "A name may be a glob: '*' stands for any number of characters, '?' for one. Quote it, so that the shell\n"
        "leaves it alone.\n"
        "\n"
        "A line has the time, the name, the sender, and the arguments as Python writes them. The time is the\n"
        "sender's; for an event of a Python process, it is the time of arrival. With --json a line is\n"
        "  {\"name\":...,\"sender\":...,\"args\":{...},\"node\":...,\"seq\":...,\"time\":...}\n"
        "and node, seq and time are null for an event of a Python process. Integers are exact, whatever their\n"
        "size. A type that JSON has no notation for is named: {\"$type\":\"bytes\",\"value\":\"aGk=\"}.\n"
        "\n"
        "With --last, the newest event of each NAME comes first that the server still has, also one of a Python\n"
        "process, and of a sender that has ended. A server of Python's keeps none.\n"
        "\n"
        "With --share, all who listen to the same NAME, or GLOB, and --sender with the same GROUP share the events:\n"
        "each is printed by one of them, whoever has been free for longest. An event is finished when its line is\n"
        "written. One whose listener ended before comes to another, with (redelivered) before its arguments, or\n"
        "\"redelivered\":true. A server of Python's cannot share.\n"
        "\n"
        "The line 'pyvent: listening to ...' on standard error tells that every event sent from then on is\n"
        "printed.\n"
        "\n"
        "Ends with 0 after --count events, at SIGINT or SIGTERM, when the reader of its output ends, and, without\n"
        "--count, after --timeout; with 1 if --timeout comes before --count events, or if the server cannot share."_L1,
    .options = listenOptions,
    .run = runListen,
};

} // namespace Pyvent::Cli
