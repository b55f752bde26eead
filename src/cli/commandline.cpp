// SPDX-License-Identifier: MIT
#include "commandline.h"

#include <PyventPattern>

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

} // namespace

QList<QCommandLineOption> commonOptions()
{
    return {
        {u"port"_s,
         u"The port that events are sent to, 1 to 65534; they are heard from the next one. Default: 52002."_s,
         u"PORT"_s},
        {u"address"_s, u"Where the server is, an IP address or a host's name. Default: 127.0.0.1."_s, u"ADDRESS"_s},
        {u"id"_s, u"Names this node: its events' sender becomes 'pyvent.ID'."_s, u"ID"_s},
        {u"no-server"_s, u"Never become the server, also where there is none."_s},
        {QStringList{u"q"_s, u"quiet"_s}, u"Say nothing on stderr but errors."_s},
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

CommandLine::CommandLine(const Command &command, const QStringList &arguments)
    : m_command(command)
    , m_parser()
{
    m_parser.setApplicationDescription(command.description);
    m_parser.addOptions(command.options());
    m_parser.addOptions(commonOptions());
    if (!m_parser.parse(QStringList(u"pyvent"_s) + arguments)) {
        QString mistake = m_parser.errorText();
        if (mistake.endsWith(u'.'))
            mistake.chop(1);
        if (!mistake.isEmpty())
            mistake[0] = mistake[0].toLower();
        throw UsageError{mistake};
    }
}

QString CommandLine::helpText() const
{
    // QCommandLineParser knows no commands, so its first line is replaced.
    const QString text = m_parser.helpText();
    return u"Usage: pyvent "_s + m_command.name + u' ' + m_command.syntax
        + (m_command.syntax.isEmpty() ? ""_L1 : " "_L1) + u"[options]\n"_s + text.sliced(text.indexOf(u'\n') + 1);
}

QString CommandLine::eventName() const
{
    if (words().isEmpty())
        throw UsageError{u"NAME is missing: which event?"_s};
    const QString name = words().constFirst();
    if (PyventPattern(name).isGlob()) {
        throw UsageError{u"'%1' is a glob, and '%2' takes one event's name; 'listen' takes globs"_s.arg(
            name, QString(m_command.name))};
    }
    return name;
}

void CommandLine::expectWords(qsizetype count) const
{
    if (words().size() > count)
        throw UsageError{u"'%1' is one word too many"_s.arg(words().at(count))};
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
