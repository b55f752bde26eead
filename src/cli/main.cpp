// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "commands.h"
#include "program.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qloggingcategory.h>

using namespace Pyvent::Cli;
using namespace Qt::StringLiterals;

namespace {

// "pyvent" itself as a command, for what stands before the command's name.
const Command programCommand = {
    .name = ""_L1,
    .syntax = ""_L1,
    .otherSyntax = ""_L1,
    .summary = ""_L1,
    .description = ""_L1,
    .options = [] { return QList<QCommandLineOption>(); },
    .run = [](const CommandLine &) -> int { throw UsageError{u"a command is missing"_s}; },
};

int runCommand(const Command &command, const QStringList &arguments)
{
    const CommandLine line(command, arguments);
    if (line.wantsHelp())
        return print(&command == &programCommand ? programHelp() : commandHelp(command));
    if (line.wantsVersion())
        return print(u"pyvent " PYVENT_VERSION "\n"_s);
    return command.run(line);
}

int run(QStringList arguments)
{
    const qsizetype position = positionOfCommand(arguments);
    if (position == arguments.size())
        return runCommand(programCommand, arguments);
    const Command &command = commandNamed(arguments.takeAt(position));
    try {
        const int code = runCommand(command, arguments);
        if (code == UsageMistake)
            throw UsageError{};
        return code;
    } catch (UsageError &mistake) {
        if (&command != &helpCommand) // whose own help is the program's
            mistake.command = command.name;
        throw;
    }
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
        return report(mistake);
    }
}
