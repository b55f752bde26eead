// SPDX-License-Identifier: MIT
#include "commandline.h"

#include "nearestword.h"

#include <PyventPattern>

#include <algorithm>
#include <cmath>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

constexpr int highestPort = 65534; // events are heard from the port after it

// As far as a QTimer reaches, rounded down.
constexpr int longestTimeout = 2'000'000;

int toPort(const QString &text)
{
    bool isNumber = false;
    const qlonglong port = text.toLongLong(&isNumber);
    if (!isNumber)
        throw UsageError{u"--port takes a number from 1 to %1, not '%2'"_s.arg(highestPort).arg(text)};
    if (port < 1 || port > highestPort)
        throw UsageError{u"--port takes a number from 1 to %1, and %2 is outside of that"_s.arg(highestPort).arg(text)};
    return int(port);
}

PyventLocalAccess toAccess(const QString &text)
{
    if (text == "own"_L1)
        return {};
    if (text == "everyone"_L1)
        return PyventLocalAccess::everyone();
    if (text.startsWith("group:"_L1))
        return PyventLocalAccess::group(text.sliced(6));
    const QStringList names = text.split(u',', Qt::SkipEmptyParts);
    if (names.isEmpty())
        throw UsageError{u"--local-access takes own, everyone, group:NAME or users' names"_s};
    return PyventLocalAccess::users(names);
}

} // namespace

QList<QCommandLineOption> commonOptions()
{
    return {
        {u"port"_s, u"Send events to PORT, 1 to 65534, and hear them from the next one. Default: 52002."_s, u"PORT"_s},
        {u"address"_s, u"The IP address or the name of the server's host. Default: 127.0.0.1."_s, u"ADDRESS"_s},
        {u"id"_s, u"Name this node: the sender of its events becomes 'pyvent.ID'."_s, u"ID"_s},
        {u"no-server"_s, u"Never become the server, even if there is none."_s},
        {u"local-access"_s,
         u"Which users of this machine may be at the other end: own, everyone, group:NAME, or users' names with commas "
         "between them. Default: own."_s,
         u"WHO"_s},
        {u"no-lane"_s, u"Use TCP on this machine, too, instead of a Unix socket."_s},
        {u"key"_s, u"Join a server on another machine with this secret key, which 'pyvent keygen' has made."_s,
         u"FILE"_s},
        {u"server-key"_s, u"Join only the server whose public key is this one, or is in this .pub file."_s, u"KEY"_s},
        {QStringList{u"q"_s, u"quiet"_s}, u"Print only errors on standard error."_s},
        {QStringList{u"h"_s, u"help"_s}, u"Print this help."_s},
        {QStringList{u"v"_s, u"version"_s}, u"Print the version."_s},
    };
}

QCommandLineOption senderOption(const QString &description)
{
    return {u"sender"_s, description, u"S"_s};
}

QCommandLineOption timeoutOption(const QString &description)
{
    return {u"timeout"_s, description, u"SEC"_s};
}

QCommandLineOption jsonOption()
{
    return {u"json"_s, u"Print each event as one JSON object on one line."_s};
}

QString unknownOptionText(const QCommandLineParser &parser, const QStringList &arguments,
                          const QList<QCommandLineOption> &known)
{
    QString name = parser.unknownOptionNames().constFirst();
    QString written = (name.size() == 1 ? u"-"_s : u"--"_s) + name;
    if (name.size() == 1) {
        // The parser reads "-json" as four options, and the user means one.
        const auto isMeant = [&](const QString &word) {
            return word.startsWith(u'-') && !word.startsWith("--"_L1) && word.sliced(1).contains(name);
        };
        if (const auto word = std::find_if(arguments.begin(), arguments.end(), isMeant); word != arguments.end()) {
            written = word->section(u'=', 0, 0);
            name = written.sliced(1);
        }
    }
    QStringList names;
    for (const QCommandLineOption &option : known)
        names += option.names();
    names.removeIf([](const QString &each) { return each.size() == 1; });
    const QString nearest = nearestWord(name, names);
    const QString text = u"unknown option '%1'"_s.arg(written);
    if (name[0].isDigit() || name[0] == u'.') // a number, as in 'pyvent value NAME -5'
        return text + u"; an argument that begins with '-' stands behind '--'"_s;
    return nearest.isEmpty() ? text : text + u"; did you mean '--%1'?"_s.arg(nearest);
}

qsizetype positionOfCommand(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setOptionsAfterPositionalArgumentsMode(QCommandLineParser::ParseAsPositionalArguments);
    parser.addOptions(commonOptions());
    if (!parser.parse(QStringList(u"pyvent"_s) + arguments) && !parser.unknownOptionNames().isEmpty()) {
        throw UsageError{u"%1; a command's own options come after its name"_s.arg(
            unknownOptionText(parser, arguments, commonOptions()))};
    }
    return arguments.size() - parser.positionalArguments().size();
}

CommandLine::CommandLine(const Command &command, const QStringList &arguments)
    : m_command(command)
    , m_parser()
{
    const QList<QCommandLineOption> options = command.options() + commonOptions();
    m_parser.addOptions(options);
    if (m_parser.parse(QStringList(u"pyvent"_s) + arguments))
        return;
    if (!m_parser.unknownOptionNames().isEmpty())
        throw UsageError{unknownOptionText(m_parser, arguments, options)};
    QString mistake = m_parser.errorText();
    if (mistake.endsWith(u'.'))
        mistake.chop(1);
    if (!mistake.isEmpty())
        mistake[0] = mistake[0].toLower();
    throw UsageError{mistake};
}

QString CommandLine::eventName() const
{
    if (words().isEmpty())
        throw UsageError{u"the event's NAME is missing"_s};
    const QString name = words().constFirst();
    if (PyventPattern(name).isGlob()) {
        throw UsageError{u"'%1' is a glob, and '%2' takes the name of one event; 'listen' takes globs"_s.arg(
            name, QString(m_command.name))};
    }
    return name;
}

void CommandLine::expectWords(qsizetype count) const
{
    if (words().size() > count)
        throw UsageError{u"unexpected argument '%1'"_s.arg(words().at(count))};
}

PyventOptions CommandLine::nodeOptions() const
{
    PyventOptions options;
    if (m_parser.isSet(u"port"_s))
        options.port = toPort(m_parser.value(u"port"_s));
    if (m_parser.isSet(u"address"_s))
        options.address = m_parser.value(u"address"_s);
    options.nodeId = m_parser.value(u"id"_s);
    options.server = !m_parser.isSet(u"no-server"_s);
    if (m_parser.isSet(u"local-access"_s))
        options.localAccess = toAccess(m_parser.value(u"local-access"_s));
    options.lane = !m_parser.isSet(u"no-lane"_s);
    options.security.keyFile = m_parser.value(u"key"_s);
    options.security.serverKey = m_parser.value(u"server-key"_s);
    return options;
}

std::optional<QString> CommandLine::sender() const
{
    if (!m_parser.isSet(u"sender"_s))
        return std::nullopt;
    const QString sender = m_parser.value(u"sender"_s);
    if (sender.isEmpty())
        throw UsageError{u"--sender cannot be empty"_s};
    return sender;
}

std::optional<qint64> CommandLine::count() const
{
    if (!m_parser.isSet(u"count"_s))
        return std::nullopt;
    bool isNumber = false;
    const qint64 count = m_parser.value(u"count"_s).toLongLong(&isNumber);
    if (!isNumber || count < 1)
        throw UsageError{u"--count takes a whole number from 1 on, not '%1'"_s.arg(m_parser.value(u"count"_s))};
    return count;
}

std::optional<qint64> CommandLine::number(const QString &option, qint64 least, qint64 most) const
{
    if (!m_parser.isSet(option))
        return std::nullopt;
    bool isNumber = false;
    const qint64 number = m_parser.value(option).toLongLong(&isNumber);
    if (!isNumber || number < least || number > most) {
        throw UsageError{u"--%1 takes a whole number from %2 to %3, not '%4'"_s.arg(
            option, QString::number(least), QString::number(most), m_parser.value(option))};
    }
    return number;
}

std::optional<std::chrono::milliseconds> CommandLine::seconds(const QString &option) const
{
    if (!m_parser.isSet(option))
        return std::nullopt;
    bool isNumber = false;
    const double seconds = m_parser.value(option).toDouble(&isNumber);
    if (!isNumber || !(seconds >= 0 && seconds <= longestTimeout)) {
        throw UsageError{u"--%1 takes seconds from 0 to %2, not '%3'"_s.arg(option, QString::number(longestTimeout),
                                                                            m_parser.value(option))};
    }
    return std::chrono::milliseconds(std::llround(std::ceil(seconds * 1000)));
}

} // namespace Pyvent::Cli
