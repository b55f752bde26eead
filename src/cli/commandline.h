// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_COMMANDLINE_H
#define PYVENT_CLI_COMMANDLINE_H

#include "command.h"

#include <PyventOptions>

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qstringlist.h>

#include <chrono>
#include <optional>

namespace Pyvent::Cli {

// The options that every command has.
QList<QCommandLineOption> commonOptions();

// The options that several commands have.
QCommandLineOption senderOption(const QString &description);
QCommandLineOption timeoutOption(const QString &description);
QCommandLineOption jsonOption();

// "unknown option '--colour'; did you mean '--color'?", for the first one of \a arguments that \a parser does not know.
QString unknownOptionText(const QCommandLineParser &parser, const QStringList &arguments,
                          const QList<QCommandLineOption> &known);

// Where in \a arguments the command's name is: the first word that is neither an option nor an option's value. Throws a
// UsageError where an option is unknown.
qsizetype positionOfCommand(const QStringList &arguments);

// What follows a command's name, taken apart. Whatever cannot be understood is thrown as a UsageError.
class CommandLine
{
public:
    CommandLine(const Command &command, const QStringList &arguments);

    bool wantsHelp() const { return m_parser.isSet(QStringLiteral("help")); }
    bool wantsVersion() const { return m_parser.isSet(QStringLiteral("version")); }
    bool isQuiet() const { return m_parser.isSet(QStringLiteral("quiet")); }
    bool isSet(const QString &option) const { return m_parser.isSet(option); }
    QString value(const QString &option) const { return m_parser.value(option); }
    QStringList values(const QString &option) const { return m_parser.values(option); }

    // What is not an option.
    QStringList words() const { return m_parser.positionalArguments(); }

    // The first word, for commands that need exactly one event's name there. A glob is refused: it is no
    // name.
    QString eventName() const;

    // Refuses words from the number \a count on.
    void expectWords(qsizetype count) const;

    PyventOptions nodeOptions() const;
    std::optional<QString> sender() const;
    std::optional<qint64> count() const;
    std::optional<std::chrono::milliseconds> timeout() const { return seconds(QStringLiteral("timeout")); }

    // The value of \a option, a whole number from \a least to \a most.
    std::optional<qint64> number(const QString &option, qint64 least, qint64 most) const;

    // The value of \a option, in seconds.
    std::optional<std::chrono::milliseconds> seconds(const QString &option) const;

private:
    const Command &m_command;
    QCommandLineParser m_parser;
};

} // namespace Pyvent::Cli

#endif
