// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "commands.h"
#include "program.h"

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> helpOptions()
{
    return {};
}

int runHelp(const CommandLine &line)
{
    line.expectWords(1);
    return print(line.words().isEmpty() ? programHelp() : commandHelp(commandNamed(line.words().constFirst())));
}

} // namespace

const Command helpCommand = {
    .name = "help"_L1,
    .syntax = "[COMMAND]"_L1,
    .otherSyntax = ""_L1,
    .summary = "Show how a command is used."_L1,
    .description = "Shows how the command COMMAND is used, as 'pyvent COMMAND --help' does, or lists all commands."_L1,
    .options = helpOptions,
    .run = runHelp,
};

} // namespace Pyvent::Cli
