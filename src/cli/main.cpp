// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "output.h"
#include "report.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <langinfo.h>
#include <strings.h>
#include <unistd.h>

using namespace Pyvent::Cli;
using namespace Qt::StringLiterals;

namespace {

const Command *const commands[] = {&sendCommand,  &listenCommand, &waitCommand,
                                   &serveCommand, &nodesCommand,  &benchCommand};

QString programHelp()
{
    QCommandLineParser parser;
    parser.addOptions(commonOptions());
    const QString options = parser.helpText();

    QString text = u"Usage: pyvent COMMAND [options]\n"
                   "Sends and hears the events of Pyvent's bus, on which Qt's and Python's processes are.\n"
                   "\n"
                   "Commands:\n"_s;
    for (const Command *command : commands)
        text += u"  %1 %2\n"_s.arg(command->name, -8).arg(command->summary);
    text += u'\n' + options.sliced(options.indexOf("Options:"_L1));
    return text
        + u"\n"
          "'pyvent COMMAND --help' says more. A mistake in the command line ends it with 2.\n"_s;
}

int print(const QString &text)
{
    return Output().write(text.toUtf8()) == Output::Result::Failed ? Failed : Success;
}

const Command &commandNamed(const QString &name)
{
    const auto found = std::find_if(std::begin(commands), std::end(commands),
                                    [&](const Command *command) { return command->name == name; });
    if (found != std::end(commands))
        return **found;
    QStringList names;
    for (const Command *command : commands)
        names += command->name;
    throw UsageError{u"there is no command '%1'; there are %2"_s.arg(name, names.join(u", "_s))};
}

// "pyvent" itself as a command, for what stands before the command's name.
const Command programCommand = {
    .name = ""_L1,
    .syntax = ""_L1,
    .summary = ""_L1,
    .description = ""_L1,
    .options = [] { return QList<QCommandLineOption>(); },
    .run = [](const CommandLine &) -> int { throw UsageError{u"a command is missing"_s}; },
};

// Where in \a arguments the command's name is: the first word that is neither an option nor an option's
// value.
qsizetype positionOfCommand(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setOptionsAfterPositionalArgumentsMode(QCommandLineParser::ParseAsPositionalArguments);
    parser.addOptions(commonOptions());
    if (!parser.parse(QStringList(u"pyvent"_s) + arguments) && !parser.unknownOptionNames().isEmpty()) {
        throw UsageError{u"unknown option '%1'; a command's own options come after its name"_s.arg(
            parser.unknownOptionNames().constFirst())};
    }
    return arguments.size() - parser.positionalArguments().size();
}

int run(QStringList arguments)
{
    QString commandName;
    if (const qsizetype position = positionOfCommand(arguments); position < arguments.size())
        commandName = arguments.takeAt(position);
    const Command &command = commandName.isNull() ? programCommand : commandNamed(commandName);

    const CommandLine line(command, arguments);
    if (line.wantsHelp())
        return print(&command == &programCommand ? programHelp() : line.helpText());
    if (line.wantsVersion())
        return print(u"pyvent " PYVENT_VERSION "\n"_s);
    return command.run(line);
}

// What a command-line program must see to before anything else.
void prepareProcess()
{
    // A descriptor that was closed would become one of ZeroMQ's, and events would be printed into that.
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) < 0)
            ::open("/dev/null", descriptor == STDIN_FILENO ? O_RDONLY : O_WRONLY);
    }
    std::signal(SIGPIPE, SIG_IGN); // write() says so, too

    // Qt takes everything for UTF-8, and warns on stderr if the locale, often "C" in a container, says
    // otherwise.
    std::setlocale(LC_ALL, "");
    if (::strcasecmp(::nl_langinfo(CODESET), "UTF-8") != 0)
        ::setenv("LC_ALL", "C.UTF-8", 1);
}

} // namespace

int main(int argc, char **argv)
{
    prepareProcess();
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(u"pyvent"_s);
    // What the library logs is reported by the commands. QT_LOGGING_RULES brings it back.
    QLoggingCategory::setFilterRules(u"pyvent.*.warning=false"_s);
    try {
        return run(QCoreApplication::arguments().sliced(1));
    } catch (const UsageError &mistake) {
        report(mistake.text);
        report(u"'pyvent --help' tells how it is used"_s);
        return UsageMistake;
    }
}
