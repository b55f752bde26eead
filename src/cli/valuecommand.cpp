// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "eventline.h"
#include "jsonreader.h"
#include "jsonwriter.h"
#include "output.h"
#include "pythontext.h"
#include "report.h"
#include "unixsignals.h"

#include <PyventValue>

#include <QtCore/qeventloop.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qtimer.h>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Value = PyventValue<QVariant>;

// How long a server is waited for, and how long who has the value.
constexpr auto serverPatience = 2s;
constexpr auto valuePatience = 1s;

QList<QCommandLineOption> valueOptions()
{
    return {
        {u"expect"_s, u"Write only if the value is OLD, and nobody else has written meanwhile."_s, u"OLD"_s},
        {u"watch"_s, u"Print the value, and then each write."_s},
        {u"count"_s, u"With --watch: end after N lines."_s, u"N"_s},
        timeoutOption(
            u"End after SEC seconds. Default: 1 second for a value that nobody tells, and none with --watch."_s),
        jsonOption(),
    };
}

// As JSON has it, if it is that; else the text itself.
QVariant valueOf(const QString &word)
{
    const JsonReader::Result result = JsonReader::read(word);
    return result.isValid() ? result.value : QVariant(word);
}

QByteArray lineOf(const Value &value, bool isJson, bool isWatched)
{
    if (!isJson)
        return pythonText(value.written()).toUtf8() + '\n';
    if (!isWatched)
        return JsonWriter::toJson(value.written()) + '\n';
    PyventEvent event;
    event.name = value.name();
    event.sender = value.sender();
    event.args.insert(u"value"_s, value.written());
    event.nodeId = value.origin();
    event.time = value.time();
    return eventAsJson(event) + '\n';
}

// Runs the event loop until the value is known, and returns whether it is.
bool waitForValue(const Value &value, std::chrono::milliseconds patience)
{
    QEventLoop loop;
    QTimer::singleShot(patience, &loop, &QEventLoop::quit);
    QObject::connect(&value, &PyventValueBase::changed, &loop, &QEventLoop::quit);
    if (!value.isKnown())
        loop.exec();
    return value.isKnown();
}

int tellUnknown(const CommandLine &line, const Value &value)
{
    if (!line.isQuiet())
        report(u"nobody has told the value '%1'"_s.arg(value.name()));
    return Failed;
}

int set(const CommandLine &line, Value &value, const QVariant &to, std::chrono::milliseconds patience)
{
    if (!line.isSet(u"expect"_s)) {
        if (!value.setValue(to))
            return UsageMistake; // reported
        return value.node()->flush(std::max<std::chrono::milliseconds>(patience, serverPatience)) ? Success : Failed;
    }
    const QVariant expected = valueOf(line.value(u"expect"_s));
    if (!waitForValue(value, patience))
        return tellUnknown(line, value);
    const auto tellAnother = [&] {
        if (!line.isQuiet())
            report(u"'%1' is not %2, but %3"_s.arg(value.name(), pythonText(expected), pythonText(value.written())));
        return Failed;
    };
    if (JsonWriter::toJson(value.written()) != JsonWriter::toJson(expected)) // to QVariant, "180" is 180
        return tellAnother();
    QFutureWatcher<bool> watcher;
    QEventLoop loop;
    QObject::connect(&watcher, &QFutureWatcherBase::finished, &loop, &QEventLoop::quit);
    watcher.setFuture(value.compareAndSet(value.value(), to, std::max<std::chrono::milliseconds>(patience, 5s)));
    if (!watcher.isFinished())
        loop.exec();
    if (watcher.isCanceled()) // reported
        return Failed;
    return watcher.result() ? Success : tellAnother();
}

int watch(const CommandLine &line, const Value &value)
{
    UnixSignals signals;
    Output output(signals.descriptor());
    QEventLoop loop;
    int result = Success;
    qint64 printed = 0;
    const auto print = [&] {
        if (output.write(lineOf(value, line.isSet(u"json"_s), true)) != Output::Result::Written)
            result = Failed;
        if (result == Failed || ++printed == line.count())
            loop.quit();
    };
    QObject::connect(&signals, &UnixSignals::received, &loop, &QEventLoop::quit);
    QObject::connect(&output, &Output::closed, &loop, &QEventLoop::quit);
    QObject::connect(&value, &PyventValueBase::changed, &loop, print);
    if (const auto timeout = line.timeout())
        QTimer::singleShot(*timeout, &loop, [&] {
            result = line.count() ? Failed : Success;
            loop.quit();
        });
    if (value.isKnown())
        print();
    if (result == Success && printed != line.count())
        loop.exec();
    return result;
}

int runValue(const CommandLine &line)
{
    const QString name = line.eventName();
    line.expectWords(2);
    const bool isSet = line.words().size() > 1;
    const bool isWatched = line.isSet(u"watch"_s);
    if (isSet && isWatched)
        throw UsageError{u"--watch goes with no value to write"_s};
    if (!isSet && line.isSet(u"expect"_s))
        throw UsageError{u"--expect needs a value to write"_s};
    if (!isWatched && line.count())
        throw UsageError{u"--count goes with --watch"_s};
    const auto patience = line.timeout().value_or(valuePatience);
    PyventOptions nodeOptions = line.nodeOptions();
    nodeOptions.server = false; // alone on a bus of its own it would find nobody

    PyventNode node;
    reportProblems(&node);
    if (!node.configure(nodeOptions))
        return UsageMistake;
    Value value(&node, name);
    if (!node.waitForReady(serverPatience)) {
        reportNoServer(&node, u"has the value"_s);
        return NoServer;
    }
    if (isSet)
        return set(line, value, valueOf(line.words().at(1)), patience);
    if (isWatched)
        return watch(line, value);
    if (!waitForValue(value, patience))
        return tellUnknown(line, value);
    return Output().write(lineOf(value, line.isSet(u"json"_s), false)) == Output::Result::Written ? Success : Failed;
}

} // namespace

const Command valueCommand = {
    .name = "value"_L1,
    .syntax = "NAME"_L1,
    .otherSyntax = "NAME VALUE"_L1,
    .summary = "Print, write or watch a value that programs share."_L1,
    .description =
        "Prints the shared value NAME (PyventValue), as Python writes it, or with --json as JSON. With a VALUE, it\n"
        "writes that: as JSON if it is some, 180, true, [1,2], \"180\", and else as the text itself. Each write is an\n"
        "event NAME with the argument 'value'. The last write holds, everywhere the same one.\n"
        "\n"
        "With --watch it prints the value and then each write, one a line; with --json as 'pyvent listen --json'\n"
        "prints events. With --expect OLD it writes only if the value is OLD, and nobody else has written meanwhile;\n"
        "the server decides that, which has to be one of this module.\n"
        "\n"
        "It never becomes the server itself. Ends with 0 if it is done; with 1 if nobody knows the value, if it is "
        "not\n"
        "OLD, or if --timeout comes before --count lines; with 3 if no server was reached."_L1,
    .options = valueOptions,
    .run = runValue,
};

} // namespace Pyvent::Cli
