// SPDX-License-Identifier: MIT
#include "commands.h"

#include "commandline.h"
#include "nearestword.h"

#include <algorithm>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

const Command *const allCommands[] = {&sendCommand,   &listenCommand,     &waitCommand,  &askCommand,    &answerCommand,
                                      &serveCommand,  &nodesCommand,      &valueCommand, &bridgeCommand, &benchCommand,
                                      &keygenCommand, &checkRulesCommand, &helpCommand};

// QCommandLineParser's help for these options; empty if there are none.
QString optionsHelp(const QList<QCommandLineOption> &options)
{
    QCommandLineParser parser;
    parser.addOptions(options);
    const QString text = parser.helpText();
    const qsizetype start = text.indexOf("Options:"_L1);
    return start < 0 ? QString() : u'\n' + text.sliced(start);
}

} // namespace

const Command &commandNamed(const QString &name)
{
    const auto found = std::find_if(std::begin(allCommands), std::end(allCommands),
                                    [&](const Command *command) { return command->name == name; });
    if (found != std::end(allCommands))
        return **found;
    QStringList names;
    for (const Command *command : allCommands)
        names += command->name;
    if (const QString nearest = nearestWord(name, names); !nearest.isEmpty())
        throw UsageError{u"unknown command '%1'; did you mean '%2'?"_s.arg(name, nearest)};
    throw UsageError{u"unknown command '%1'; the commands are %2"_s.arg(name, names.join(u", "_s))};
}

QString programHelp()
{
    QString text = u"Usage: pyvent COMMAND [options]\n"
                   "Sends and hears the events of Pyvent's bus, which connects processes of Qt and of Python.\n"
                   "\n"
                   "Commands:\n"_s;
    for (const Command *command : allCommands)
        text += u"  %1 %2\n"_s.arg(command->name, -11).arg(command->summary);
    return text + optionsHelp(commonOptions())
        + u"\n"
          "These options go with every command. 'pyvent help COMMAND' shows a command's own options.\n"
          "SEC is a number of seconds, which may have a fraction. A mistake in the command line ends the program with 2.\n"_s;
}

QString commandHelp(const Command &command)
{
    const auto usage = [&](QLatin1StringView start, QLatin1StringView syntax) -> QString {
        return start + " pyvent "_L1 + command.name + (syntax.isEmpty() ? ""_L1 : " "_L1) + syntax + " [options]\n"_L1;
    };
    const QString other = command.otherSyntax.isEmpty() ? QString() : usage("      "_L1, command.otherSyntax);
    return usage("Usage:"_L1, command.syntax) + other + command.description + u'\n' + optionsHelp(command.options())
        + u"\n"
          "'pyvent help' shows the options that go with every command.\n"_s;
}

} // namespace Pyvent::Cli
