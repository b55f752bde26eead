// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "eventfile.h"
#include "eventsender.h"
#include "keyvalue.h"
#include "report.h"

#include <PyventNode>

#include <memory>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds defaultTimeout = 2s;

QList<QCommandLineOption> sendOptions()
{
    return {
        senderOption(
            u"Send as S. Default: 'pyvent', or 'pyvent.ID' with --id; with --from-json the sender of each line."_s),
        {u"count"_s, u"Send it N times. Default: once."_s, u"N"_s},
        {u"interval"_s, u"With --count or --from-json: send an event every SEC seconds. Default: without a pause."_s,
         u"SEC"_s},
        {u"from-json"_s,
         u"Send the events of FILE, or of standard input if FILE is '-': lines as 'pyvent listen --json' prints them."_s,
         u"FILE"_s},
        {u"wait-for-receivers"_s,
         u"Send only as fast as the slowest receiver takes the events, so that none is dropped for it."_s},
        timeoutOption(u"Try for SEC seconds to reach the server. Default: 2."_s),
    };
}

// One event, as often as is wanted.
struct Event
{
    QString name;
    QVariantMap arguments;
    QString sender;
    qint64 count;
};

ExitCode sendEvent(EventSender *sender, const Event &event)
{
    EventSender::Result result = EventSender::Done;
    for (qint64 i = 0; i < event.count && result == EventSender::Done; ++i)
        result = sender->send(event.name, event.arguments, event.sender);
    return exitCodeOf(result == EventSender::Done ? sender->finish() : result);
}

Event eventOf(const CommandLine &line)
{
    return {
        .name = line.eventName(),
        .arguments = toArguments(line.words().sliced(1)),
        .sender = line.sender().value_or(QString()),
        .count = line.count().value_or(1),
    };
}

void expectNoEvent(const CommandLine &line)
{
    if (!line.words().isEmpty())
        throw UsageError{
            u"--from-json takes names and arguments from FILE, and '%1' is one"_s.arg(line.words().constFirst())};
    if (line.isSet(u"count"_s))
        throw UsageError{u"--count and --from-json exclude each other"_s};
}

int runSend(const CommandLine &line)
{
    const bool isFromJson = line.isSet(u"from-json"_s);
    if (isFromJson)
        expectNoEvent(line);
    else if (line.isSet(u"interval"_s) && !line.isSet(u"count"_s))
        throw UsageError{u"--interval needs --count or --from-json"_s};
    const std::optional<Event> event = isFromJson ? std::nullopt : std::optional(eventOf(line));
    const auto file = isFromJson ? std::make_unique<EventFile>(line.value(u"from-json"_s)) : nullptr;
    const EventSender::Options options{
        .interval = line.seconds(u"interval"_s).value_or(0ms),
        .timeout = line.timeout().value_or(defaultTimeout),
        .total = event ? std::optional(event->count) : std::nullopt,
        .isQuiet = line.isQuiet(),
        .waitsForReceivers = line.isSet(u"wait-for-receivers"_s),
    };
    PyventOptions nodeOptions = line.nodeOptions();
    nodeOptions.server = false; // one that lives as long as one event would be heard by nobody
    if (options.waitsForReceivers)
        nodeOptions.whenReceiversLag = PyventReceiversLag::Wait;
    nodeOptions.linger = 0ms; // flush() has waited already

    PyventNode node;
    reportProblems(&node);
    if (!node.configure(nodeOptions))
        return UsageMistake;
    EventSender sender(&node, options);
    return event ? sendEvent(&sender, *event) : file->sendTo(&sender, line.sender().value_or(QString()));
}

} // namespace

const Command sendCommand = {
    .name = "send"_L1,
    .syntax = "NAME [KEY=TEXT | KEY:=JSON]..."_L1,
    .otherSyntax = "--from-json FILE"_L1,
    .summary = "Send an event."_L1,
    .description =
        "Sends the event NAME with the given keyword arguments, and waits until the server has taken it.\n"
        "  KEY=TEXT   a string:        food=sushi  note='two words'\n"
        "  KEY:=JSON  any other value: pieces:=8  fresh:=true  sauces:='[\"soy\", null]'\n"
        "Integers are exact, whatever their size. For bytes and other types that JSON has no notation for, write\n"
        "{\"$type\":\"bytes\",\"value\":\"aGk=\"}, as 'pyvent listen --json' prints them.\n"
        "\n"
        "With --from-json it sends the lines that 'pyvent listen --json' has printed, each with its name, sender\n"
        "and arguments. For Python, the arguments are equal, whatever their types. Send only lines from a source\n"
        "that you trust: a Python process that receives an object calls whatever makes it.\n"
        "\n"
        "It never becomes the server itself, because nobody would hear a server that lives for one event. Start\n"
        "one with 'pyvent serve', or with another process of Qt or Python.\n"
        "\n"
        "On a terminal, --count and --from-json show their progress.\n"
        "\n"
        "Ends with 0 if the server took all events; with 1 if an event was refused (its name, a value, its size,\n"
        "or by the server's rules), a line is not an event, or a signal came before the last event; with 3 if no\n"
        "server was reached within --timeout."_L1,
    .options = sendOptions,
    .run = runSend,
};

} // namespace Pyvent::Cli
