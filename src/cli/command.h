// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_COMMAND_H
#define PYVENT_CLI_COMMAND_H

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qstring.h>

namespace Pyvent::Cli {

class CommandLine;

// What the program ends with. The meaning of Failed is the command's: refused, timed out, port taken.
enum ExitCode { Success = 0, Failed = 1, UsageMistake = 2, NoServer = 3 };

// Thrown where the command line cannot be understood.
struct UsageError
{
    QString text;         // what is wrong; empty if that has been reported
    QString command = {}; // whose help says how it is right; empty: the program's
};

// One word after "pyvent". A command is one file that defines one of these, and a line in commands.cpp.
struct Command
{
    QLatin1StringView name;
    QLatin1StringView syntax;      // what follows the name, for the line "Usage:"
    QLatin1StringView otherSyntax; // the same for a second way to use it; empty if there is none
    QLatin1StringView summary;     // one line, for the list of commands
    QLatin1StringView description; // for the command's own help
    QList<QCommandLineOption> (*options)();
    int (*run)(const CommandLine &line);
};

extern const Command sendCommand;
extern const Command listenCommand;
extern const Command waitCommand;
extern const Command askCommand;
extern const Command answerCommand;
extern const Command serveCommand;
extern const Command nodesCommand;
extern const Command valueCommand;
extern const Command benchCommand;
extern const Command bridgeCommand;
extern const Command checkRulesCommand;
extern const Command keygenCommand;
extern const Command helpCommand;

} // namespace Pyvent::Cli

#endif
