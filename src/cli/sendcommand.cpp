// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "keyvalue.h"
#include "progress.h"
#include "report.h"
#include "unixsignals.h"

#include <PyventNode>

#include <QtCore/qdeadlinetimer.h>

#include <algorithm>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds defaultTimeout = 2s;

constexpr qint64 eventsAtOnce = 500; // as many may be under way between two looks at what the server has taken
constexpr auto slice = 50ms;         // how long a signal may go unnoticed

QList<QCommandLineOption> options()
{
    return {
        senderOption(u"Send it as S. Default: 'pyvent', or 'pyvent.ID' with --id."_s),
        {u"count"_s, u"Send it N times. Default: once."_s, u"N"_s},
        {u"interval"_s, u"With --count: send it each SEC seconds, which may have a fraction. Default: at once."_s,
         u"SEC"_s},
        timeoutOption(u"How long to try to reach the server, in seconds, which may have a fraction. Default: 2."_s),
    };
}

// What is sent, and how often.
struct Repetition
{
    QString name;
    QVariantMap arguments;
    PyventSendOptions options;
    qint64 count = 1;
    std::chrono::milliseconds interval = 0ms;
    std::chrono::milliseconds timeout = defaultTimeout;
};

ExitCode reportNoServer(PyventNode *node, const Repetition &what)
{
    const PyventError error = node->lastError(); // of which flush() has told nobody yet
    node->disconnect();
    if (error)
        report(error.text);
    report(u"no server at %1 took '%2' within %3 s"_s.arg(whereaboutsOf(*node), what.name,
                                                          QString::number(double(what.timeout.count()) / 1000)));
    return NoServer;
}

ExitCode sendOnce(PyventNode *node, const Repetition &what)
{
    if (!node->send(what.name, what.arguments, what.options))
        return Failed;
    return node->flush(what.timeout) ? Success : reportNoServer(node, what);
}

// Waits until the server has taken everything, and returns whether it has; a signal ends it early, too.
bool flush(PyventNode *node, const UnixSignals &signals, std::chrono::milliseconds timeout)
{
    QDeadlineTimer deadline(timeout);
    while (
        !node->flush(std::min<std::chrono::milliseconds>(slice, std::chrono::milliseconds(deadline.remainingTime()))))
        if (deadline.hasExpired() || signals.comesWithin(0ms))
            return false;
    return true;
}

ExitCode sendRepeatedly(PyventNode *node, const Repetition &what, bool isQuiet)
{
    const UnixSignals signals;
    Progress progress(!isQuiet);
    const qint64 atOnce = what.interval > 0ms ? 1 : eventsAtOnce;
    const auto start = std::chrono::steady_clock::now();
    for (qint64 taken = 0; taken < what.count;) {
        // Counted from the start, so that the sending itself does not stretch the interval.
        const auto pause = start + what.interval * taken - std::chrono::steady_clock::now();
        bool isStopped = signals.comesWithin(
            std::max<std::chrono::milliseconds>(0ms, std::chrono::ceil<std::chrono::milliseconds>(pause)));
        const qint64 until = std::min(taken + atOnce, what.count);
        for (qint64 i = taken; i < until && !isStopped; ++i)
            if (!node->send(what.name, what.arguments, what.options))
                return Failed;
        if (!isStopped && !flush(node, signals, what.timeout)) {
            isStopped = signals.comesWithin(0ms);
            if (!isStopped)
                return reportNoServer(node, what);
        }
        if (isStopped) {
            if (!isQuiet)
                report(u"stopped by a signal; the server took %1 of %2 events"_s.arg(taken).arg(what.count));
            return Failed;
        }
        taken = until;
        if (progress.isDue())
            progress.show(u"sent %1 of %2 (%3 %)"_s.arg(taken).arg(what.count).arg(taken * 100 / what.count));
    }
    return Success;
}

int run(const CommandLine &line)
{
    const Repetition what{
        .name = line.eventName(),
        .arguments = toArguments(line.words().sliced(1)),
        .options = {.sender = line.sender().value_or(QString())},
        .count = line.count().value_or(1),
        .interval = line.seconds(u"interval"_s).value_or(0ms),
        .timeout = line.timeout().value_or(defaultTimeout),
    };
    if (line.isSet(u"interval"_s) && !line.isSet(u"count"_s))
        throw UsageError{u"--interval needs --count: how often?"_s};
    PyventOptions nodeOptions = line.nodeOptions();
    nodeOptions.server = false; // one that lives as long as one event would be heard by nobody
    nodeOptions.linger = 0ms;   // flush() has waited already

    PyventNode node;
    reportProblems(&node);
    if (!node.configure(nodeOptions))
        return UsageMistake;
    return what.count == 1 ? sendOnce(&node, what) : sendRepeatedly(&node, what, line.isQuiet());
}

} // namespace

const Command sendCommand = {
    .name = "send"_L1,
    .syntax = "NAME [KEY=TEXT | KEY:=JSON]..."_L1,
    .summary = "Send an event."_L1,
    .description =
        "Sends the event NAME with the given keyword arguments, and waits until the server has taken it.\n"
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
        "With --count the event is sent several times, and standard error shows how far it is, on a terminal.\n"
        "\n"
        "Ends with 0 if the server took the event each time, with 1 if it was refused (its name, a value or "
        "its\n"
        "size) or a signal came before the last one, with 3 if no server was reached within --timeout."_L1,
    .options = options,
    .run = run,
};

} // namespace Pyvent::Cli
