// SPDX-License-Identifier: MIT
#include "abouttext.h"
#include "commandline.h"
#include "jsonwriter.h"
#include "nodewatcher.h"
#include "output.h"
#include "pythontext.h"
#include "report.h"

#include <PyventNode>
#include <PyventNodeInfo>

#include <QtCore/qeventloop.h>
#include <QtCore/qfuturewatcher.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds timeForAnswers = 500ms;
constexpr auto serverPatience = 2s; // for the server

QList<QCommandLineOption> nodesOptions()
{
    return {
        timeoutOption(u"Wait for answers for SEC seconds. Default: 0.5."_s),
        {u"json"_s, u"Print each node as one JSON object on one line."_s},
        {u"watch"_s,
         u"Go on, and print a line each time that a node comes or goes; with --timeout, for SEC seconds."_s},
    };
}

QVariantMap toMap(const PyventNodeInfo &node)
{
    return {
        {u"node"_s, node.uuid.toString(QUuid::WithoutBraces)},
        {u"id"_s, node.nodeId},
        {u"program"_s, node.program},
        {u"host"_s, node.host},
        {u"pid"_s, node.pid},
        {u"serving"_s, node.serving},
        {u"names"_s, node.names},
        {u"way"_s, node.way},
        {u"key"_s, node.key},
        {u"about"_s, node.about},
    };
}

QByteArray asJson(const QVariantMap &node)
{
    QByteArray line;
    JsonWriter(&line).writeObject(node);
    return line;
}

QByteArray asJson(const QList<PyventNodeInfo> &nodes)
{
    QByteArray lines;
    for (const PyventNodeInfo &node : nodes)
        lines += asJson(toMap(node)) + '\n';
    return lines;
}

// A line each time that a node comes or goes.
QByteArray changeAsJson(const PyventNodeInfo &node, const QString &change)
{
    QVariantMap map = toMap(node);
    map.insert(u"change"_s, change);
    return asJson(map);
}

QByteArray changeAsText(const PyventNodeInfo &node, const QString &change)
{
    QStringList parts{
        u"%1 (%2)"_s.arg(node.program.isEmpty() ? u"-"_s : printable(node.program), QString::number(node.pid))};
    if (!node.nodeId.isEmpty())
        parts += u"id "_s + printable(node.nodeId);
    if (!node.host.isEmpty())
        parts += u"on "_s + printable(node.host);
    if (node.serving)
        parts += u"serves"_s;
    const bool isHere = change == "here"_L1;
    parts += change == "left"_L1 ? u"has left"_s : u"is "_s + change;
    return ((isHere ? u"+ "_s : u"- "_s) + parts.join(u", "_s)).toUtf8();
}

using Row = std::array<QString, 7>;

Row toRow(const PyventNodeInfo &node)
{
    const auto text = [](const QString &value) { return value.isEmpty() ? u"-"_s : printable(value); };
    const QString names = node.names.contains(u"*"_s) ? u"everything"_s : node.names.join(u", "_s);
    return {text(node.program),
            text(node.nodeId),
            QString::number(node.pid),
            text(node.host),
            node.serving ? u"yes"_s : u"-"_s,
            node.key.isEmpty() ? text(node.way) : u"key "_s + printable(node.key),
            text(names)};
}

QByteArray asTable(const QList<PyventNodeInfo> &nodes)
{
    QList<Row> rows{{u"PROGRAM"_s, u"ID"_s, u"PID"_s, u"HOST"_s, u"SERVES"_s, u"BY"_s, u"LISTENS TO"_s}};
    std::transform(nodes.cbegin(), nodes.cend(), std::back_inserter(rows), toRow);
    std::array<qsizetype, std::tuple_size_v<Row>> widths{};
    for (const Row &row : rows)
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());

    QString table;
    for (const Row &row : rows) {
        for (size_t i = 0; i + 1 < row.size(); ++i)
            table += row[i].leftJustified(widths[i] + 2);
        table += row.back() + u'\n'; // without spaces behind it
    }
    for (const PyventNodeInfo &node : nodes) {
        if (const QString about = aboutText(node); !about.isEmpty())
            table += u"%1 (%2): %3\n"_s.arg(printable(node.program), QString::number(node.pid), about);
    }
    return table.toUtf8();
}

// The answers, once they are gathered; nothing where no server was reached.
std::optional<QList<PyventNodeInfo>> askFor(PyventNode *node, std::chrono::milliseconds within)
{
    if (!node->tryStart() || !node->waitForReady(serverPatience))
        return std::nullopt;
    QFutureWatcher<QList<PyventNodeInfo>> watcher;
    QEventLoop loop;
    QObject::connect(&watcher, &QFutureWatcherBase::finished, &loop, &QEventLoop::quit);
    watcher.setFuture(node->findNodes(within));
    loop.exec();
    if (watcher.isCanceled())
        return std::nullopt;
    QList<PyventNodeInfo> nodes = watcher.result();
    nodes.removeIf([&](const PyventNodeInfo &info) { return info.uuid == node->uuid(); });
    std::sort(nodes.begin(), nodes.end(), [](const PyventNodeInfo &left, const PyventNodeInfo &right) {
        return std::tie(right.serving, left.program, left.host, left.pid, left.uuid)
            < std::tie(left.serving, right.program, right.host, right.pid, right.uuid);
    });
    return nodes;
}

int runNodes(const CommandLine &line)
{
    line.expectWords(0);
    const auto timeout = line.timeout().value_or(timeForAnswers);
    PyventOptions nodeOptions = line.nodeOptions();
    nodeOptions.server = false; // alone on a bus of its own it would find nobody

    PyventNode node;
    reportProblems(&node);
    if (!node.configure(nodeOptions))
        return UsageMistake;
    if (line.isSet(u"watch"_s)) {
        const bool isJson = line.isSet(u"json"_s);
        switch (NodeWatcher(&node, isJson ? changeAsJson : changeAsText, line.isQuiet()).run(line.timeout())) {
        case NodeWatcher::Ended:
            return Success;
        case NodeWatcher::NoServer:
            reportNoServer(&node, u"answered"_s);
            return NoServer;
        case NodeWatcher::Broken:
            break;
        }
        return Failed;
    }
    const std::optional<QList<PyventNodeInfo>> nodes = askFor(&node, timeout);
    if (!nodes) {
        reportNoServer(&node, u"answered"_s);
        return NoServer;
    }
    const bool isJson = line.isSet(u"json"_s);
    if (Output().write(isJson ? asJson(*nodes) : asTable(*nodes)) == Output::Result::Failed)
        return Failed;
    const bool isServed = std::any_of(nodes->cbegin(), nodes->cend(), [](const auto &info) { return info.serving; });
    if (!isServed && !line.isQuiet()) {
        report(
            timeout == 0ms
                ? u"there was no time to ask who serves the bus: give --timeout more than 0"_s
                : u"none of these nodes serves the bus: a Python process does, or a node that did not answer in time"_s);
    }
    return Success;
}

} // namespace

const Command nodesCommand = {
    .name = "nodes"_L1,
    .syntax = ""_L1,
    .otherSyntax = ""_L1,
    .summary = "Tell who is on the bus."_L1,
    .description =
        "Asks which nodes are on the bus, and prints those that answer, the server first: program, id, process,\n"
        "machine, whether it reaches the server by the lane, a Unix socket, by TCP, or by the key of that name, and\n"
        "the names that it listens to. Behind them, a line for each that says more: a bridge tells what it joins the\n"
        "bus to, and what waits. Python processes do not answer.\n"
        "With --json a line is\n"
        "  "
        "{\"about\":{...},\"host\":...,\"id\":...,\"key\":...,\"names\":[...],\"node\":...,\"pid\":...,"
        "\"program\":...,\n"
        "   \"serving\":...,\"way\":...}\n"
        "and node is the UUID that the node's events have, too.\n"
        "\n"
        "With --watch it goes on: '+' for each node that is there or comes, '-' for one that goes, which has left, or\n"
        "was lost since its process was killed or its machine cannot be reached. With --json, such a line has the\n"
        "same keys and \"change\": \"here\", \"left\" or \"lost\".\n"
        "\n"
        "It never becomes the server itself. Ends with 0 if a server was reached, with 3 if none was.\n"
        "With --watch it waits for one, and ends at SIGINT or SIGTERM, when the reader of its output ends, and\n"
        "after --timeout."_L1,
    .options = nodesOptions,
    .run = runNodes,
};

} // namespace Pyvent::Cli
