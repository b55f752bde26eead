// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "commands.h"
#include "keyvalue.h"
#include "nearestword.h"
#include "require.h"

#include <PyventPattern>

#include <QtCore/qcoreapplication.h>

#include <ctime>
#include <limits>

using namespace Pyvent::Cli;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Of the processor's time: many times what the slowest command line takes; a sanitizer takes its part of it.
constexpr std::clock_t patience = 5 * CLOCKS_PER_SEC;

// Calls \a function, which may say that the user has made a mistake.
template <typename Function>
void tryPart(Function &&function)
{
    try {
        function();
    } catch (const UsageError &mistake) {
        require(!mistake.text.isEmpty(), "a command line is wrong, and nobody says why");
    }
}

// What commands ask of their command lines before they do anything, of the options that they have.
void tryLine(const Command &command, const CommandLine &line)
{
    QStringList options;
    for (const QCommandLineOption &option : command.options())
        options += option.names();
    tryPart([&] {
        const int port = line.nodeOptions().port;
        require(port > 0 && port < 65535, "a port is none");
    });
    if (options.contains(u"sender"_s)) {
        tryPart([&] {
            if (const auto sender = line.sender())
                require(!sender->isEmpty(), "a sender has no name");
        });
    }
    if (options.contains(u"count"_s)) {
        tryPart([&] { require(line.count().value_or(1) >= 1, "a count is too small"); });
        tryPart([&] { require(line.number(u"count"_s, -3, 7).value_or(0) <= 7, "a number is too large"); });
    }
    for (const QString &option : {u"timeout"_s, u"interval"_s}) {
        if (!options.contains(option))
            continue;
        tryPart([&] {
            if (const auto time = line.seconds(option))
                require(*time >= 0ms && *time <= 2'000'000s, "a time is none");
        });
    }
    tryPart([&] { require(!PyventPattern(line.eventName()).isGlob(), "a glob is an event's name"); });
    tryPart([&] { line.expectWords(1); });
    tryPart([&] {
        const QVariantMap arguments = toArguments(line.words().sliced(std::min(line.words().size(), qsizetype(1))));
        require(arguments.size() <= line.words().size(), "there are more arguments than words");
        for (const QString &key : arguments.keys())
            require(!key.isEmpty(), "an argument has no key");
    });
}

// As main() does, but that nothing runs.
void tryArguments(QStringList arguments)
{
    const qsizetype position = positionOfCommand(arguments);
    require(position >= 0 && position <= arguments.size(), "a command is nowhere");
    if (position == arguments.size())
        return;
    const QString name = arguments.takeAt(position);
    const Command &command = commandNamed(name);
    require(command.name == name, "a command is another one");
    const CommandLine line(command, arguments);
    require(line.words().size() <= arguments.size(), "there are more words than were written");
    if (line.wantsHelp())
        require(commandHelp(command).contains(name), "a command's help is another one's");
    tryLine(command, line);
}

} // namespace

// Arguments with a NUL or a line's end between them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int count = 1;
    static char program[] = "pyvent";
    static char *programs[] = {program, nullptr};
    static const QCoreApplication application(count, programs);

    QByteArray bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    bytes.replace('\n', '\0');
    QStringList arguments;
    for (const QByteArray &argument : bytes.split('\0'))
        arguments.append(QString::fromLocal8Bit(argument)); // as Qt reads the command line
    const std::clock_t start = std::clock();
    tryPart([&] { tryArguments(arguments); });
    for (const QString &argument : std::as_const(arguments)) {
        const QString nearest = nearestWord(argument, arguments);
        require(nearest.isEmpty() || arguments.contains(nearest), "the nearest word is none of those");
    }
    tryPart([&] { (void)toArguments(arguments); });
    require(std::clock() - start < patience, "a command line takes too long");
    return 0;
}
