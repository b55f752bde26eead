// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "jsonwriter.h"
#include "keyvalue.h"
#include "output.h"
#include "pythontext.h"
#include "report.h"
#include "unixsignals.h"

#include <PyventNode>

#include <QtCore/qeventloop.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qmetaobject.h>

#include <algorithm>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> askOptions()
{
    return {
        {u"all"_s, u"Print the answers of all who answer, one a line. Default: the first answer."_s},
        senderOption(u"Ask as S. Default: 'pyvent', or 'pyvent.ID' with --id."_s),
        timeoutOption(u"Give up after SEC seconds. Default: 5."_s),
        {u"json"_s, u"Print each answer as one JSON object."_s},
    };
}

QByteArray asJson(const PyventAnswer &answer)
{
    QByteArray line;
    JsonWriter writer(&line);
    if (answer) {
        line += "{\"value\":";
        writer.write(answer.value());
    } else {
        line += "{\"error\":";
        writer.writeString(answer.error().text);
        line += ",\"kind\":";
        writer.writeString(
            QString::fromLatin1(QMetaEnum::fromType<PyventAskError::Kind>().valueToKey(answer.error().kind)));
    }
    line += ",\"sender\":";
    writer.write(answer.sender().isEmpty() ? QVariant() : answer.sender());
    line += ",\"node\":";
    writer.write(answer.nodeId().isNull() ? QVariant() : answer.nodeId().toString(QUuid::WithoutBraces));
    return line + '}';
}

// A text as it is, where it is one line; everything else as Python writes it.
QByteArray asText(const QVariant &value)
{
    if (value.metaType() == QMetaType::fromType<QString>()) {
        const QString text = value.toString();
        if (std::none_of(text.begin(), text.end(), [](QChar c) { return c.category() == QChar::Other_Control; })
            && text.isValidUtf16())
            return text.toUtf8();
    }
    return pythonText(value).toUtf8();
}

// Prints answers as they come, and knows how it ends.
class Asking
{
public:
    Asking(PyventNode *node, bool isJson, bool isQuiet)
        : m_node(node)
        , m_output(m_signals.descriptor())
        , m_isJson(isJson)
        , m_isQuiet(isQuiet)
    {
    }

    ExitCode run(const QFuture<PyventAnswer> &future)
    {
        QFutureWatcher<PyventAnswer> watcher;
        QObject::connect(&watcher, &QFutureWatcherBase::resultReadyAt, &m_loop,
                         [&](int index) { print(watcher.resultAt(index)); });
        QObject::connect(&watcher, &QFutureWatcherBase::finished, &m_loop, [&] { m_loop.quit(); });
        QObject::connect(&m_signals, &UnixSignals::received, &m_loop, [&] { m_loop.quit(); });
        QObject::connect(&m_output, &Output::closed, &m_loop, [&] { m_loop.quit(); });
        watcher.setFuture(future);
        m_loop.exec();
        return m_end;
    }

    bool hasPrinted() const { return m_hasPrinted; }

private:
    void print(const PyventAnswer &answer)
    {
        if (answer.error().kind == PyventAskError::TimedOut && m_node->state() == PyventNode::Connecting) {
            reportNoServer(m_node, u"answered"_s);
            m_end = NoServer;
            return;
        }
        m_hasPrinted = true;
        if (answer)
            m_end = Success;
        else if (!m_isJson && (!m_isQuiet || answer.error().kind == PyventAskError::Refused))
            report(answer.error().text);
        if ((answer || m_isJson)
            && m_output.write((m_isJson ? asJson(answer) : asText(answer.value())) + '\n') != Output::Result::Written)
            m_loop.quit();
    }

    PyventNode *const m_node;
    UnixSignals m_signals;
    Output m_output;
    QEventLoop m_loop;
    const bool m_isJson;
    const bool m_isQuiet;
    bool m_hasPrinted = false;
    ExitCode m_end = Failed;
};

int runAsk(const CommandLine &line)
{
    const QString name = line.eventName();
    const QVariantMap args = toArguments(line.words().sliced(1));
    PyventAskOptions options{.sender = line.sender().value_or(QString())};
    if (const auto timeout = line.timeout())
        options.timeout = *timeout;
    if (args.contains(u"reply_to"_s))
        throw UsageError{u"the argument 'reply_to' says where the answer goes, and 'pyvent ask' gives it"_s};
    PyventOptions nodeOptions = line.nodeOptions();
    nodeOptions.server = false; // nobody would be there to answer
    nodeOptions.linger = std::chrono::milliseconds(0);

    PyventNode node;
    if (!node.configure(nodeOptions)) {
        report(node.lastError().text);
        return UsageMistake;
    }
    Asking asking(&node, line.isSet(u"json"_s), line.isQuiet());
    const bool asksAll = line.isSet(u"all"_s);
    const ExitCode end = asking.run(asksAll ? node.askAll(name, args, options) : node.ask(name, args, options));
    if (asksAll && !asking.hasPrinted() && end != NoServer && !line.isQuiet())
        report(u"nobody has answered '%1'"_s.arg(name));
    return end;
}

} // namespace

const Command askCommand = {
    .name = "ask"_L1,
    .syntax = "NAME [KEY=TEXT | KEY:=JSON]..."_L1,
    .otherSyntax = ""_L1,
    .summary = "Ask a question and print the answer."_L1,
    .description =
        "Asks whoever answers questions of the name NAME, in C++, QML, Python, or by 'pyvent answer', with the given\n"
        "keyword arguments, which are as 'pyvent send' takes them, and prints the first answer on one line: a text as "
        "it\n"
        "is, and other values as Python writes them. With --json it prints\n"
        "  {\"value\":...,\"sender\":...,\"node\":...}\n"
        "or, where there is no value,\n"
        "  {\"error\":\"no such dish\",\"kind\":\"Refused\",\"sender\":...,\"node\":...}\n"
        "The kinds are Refused, NobodyAnswers, TimedOut, AnswererLost and NotSent. node is null for an answer of a\n"
        "Python process.\n"
        "\n"
        "A server of Qt's knows who answers. So it is said at once that nobody does, or that whoever was to answer\n"
        "has ended.\n"
        "\n"
        "Ends with 0 if there was a value, with 1 if an error was answered, nobody answers, or no answer came within\n"
        "--timeout, with 3 if no server was reached."_L1,
    .options = askOptions,
    .run = runAsk,
};

} // namespace Pyvent::Cli
