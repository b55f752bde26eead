// SPDX-License-Identifier: MIT
// Faults on purpose: runs a campaign and says whether an event was lost, doubled or out of order.
// It exits with 0 if none was, 1 if one was or the run did not end as it should, 2 for a usage error.
#include "report.h"

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qfile.h>
#include <QtCore/qtextstream.h>

#include <optional>

using namespace PyventFaults;
using namespace Qt::StringLiterals;

namespace {

[[noreturn]] void usageError(const QString &text)
{
    QTextStream(stderr) << "faults: " << text << Qt::endl;
    ::exit(2);
}

int number(const QCommandLineParser &parser, const QString &option, int least)
{
    bool ok = false;
    const int value = parser.value(option).toInt(&ok);
    if (!ok || value < least)
        usageError(u"--%1 takes a number of %2 or more, not '%3'"_s.arg(option).arg(least).arg(parser.value(option)));
    return value;
}

Way readWay(const QString &name)
{
    if (name == "lane"_L1)
        return Way::Lane;
    if (name == "tcp"_L1)
        return Way::Tcp;
    if (name != "mixed"_L1)
        usageError(u"--way takes lane, tcp or mixed, not '%1'"_s.arg(name));
    return Way::Mixed;
}

CampaignOptions readOptions(const QCommandLineParser &parser)
{
    CampaignOptions options;
    options.way = readWay(parser.value(u"way"_s));
    options.seed = quint32(number(parser, u"seed"_s, 0));
    options.rounds = number(parser, u"rounds"_s, 0);
    options.senders = number(parser, u"senders"_s, 2);
    options.receivers = number(parser, u"receivers"_s, 2);
    options.names = number(parser, u"names"_s, 1);
    options.rate = number(parser, u"rate"_s, 1);
    options.settle = number(parser, u"settle"_s, 1);
    options.keepGoing = parser.isSet(u"keep-going"_s);
    options.pythonFirst = parser.isSet(u"python"_s);
    if (options.pythonFirst && options.way == Way::Lane)
        usageError(u"a Python server has no lane: --python takes --way tcp or --way mixed"_s);
    options.kinds = parser.value(u"kinds"_s).split(u',', Qt::SkipEmptyParts);
    for (const QString &kind : std::as_const(options.kinds)) {
        if (!Campaign::kinds().contains(kind))
            usageError(u"there is no fault '%1'; there are %2"_s.arg(kind, Campaign::kinds().join(u", "_s)));
    }
    if (options.kinds.isEmpty())
        usageError(u"--kinds names no fault"_s);
    const QStringList hold = parser.value(u"hold"_s).split(u',');
    options.shortestHold = hold.value(0).toInt();
    options.longestHold = hold.value(1).toInt();
    if (options.shortestHold < 1 || options.longestHold < options.shortestHold || options.longestHold > 30'000)
        usageError(u"--hold takes two numbers of milliseconds, such as 300,3000, up to 30000"_s);
    return options;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Nodes in processes of their own under load, and faults. Exits with 0 if every event was heard once, in order."_s);
    parser.addHelpOption();
    parser.addOptions(
        {{u"way"_s,
          u"How the nodes reach the server: all by the lane, all by TCP, or some by the one and some by the other: "
          "lane, tcp or mixed (default: lane). The environment's PYVENT_LANE does not count."_s,
          u"way"_s, u"lane"_s},
         {u"seed"_s, u"Decides the faults (default: 1)."_s, u"number"_s, u"1"_s},
         {u"rounds"_s, u"How many faults (default: 10)."_s, u"count"_s, u"10"_s},
         {u"kinds"_s, u"Which faults, of: %1 (default: all)."_s.arg(Campaign::kinds().join(u',')), u"list"_s,
          Campaign::kinds().join(u',')},
         {u"senders"_s, u"How many processes send (default: 2)."_s, u"count"_s, u"2"_s},
         {u"receivers"_s, u"How many processes hear (default: 3)."_s, u"count"_s, u"3"_s},
         {u"names"_s, u"How many names (default: 3)."_s, u"count"_s, u"3"_s},
         {u"rate"_s, u"Events a second, all senders together (default: 1000)."_s, u"count"_s, u"1000"_s},
         {u"hold"_s, u"How long faults last, least and most (default: 300,3000)."_s, u"ms,ms"_s, u"300,3000"_s},
         {u"settle"_s, u"How long receivers may take to catch up (default: 30)."_s, u"seconds"_s, u"30"_s},
         {u"python"_s, u"A Python peer is the first server; not with --way lane."_s},
         {u"keep-going"_s, u"Go on after a fault that the bus did not get over."_s},
         {u"json"_s, u"Write the result to this file, too."_s, u"file"_s}});
    parser.process(app);
    const CampaignOptions options = readOptions(parser);
    qunsetenv("PYVENT_LANE"); // the nodes inherit it

    CampaignResult result;
    {
        Campaign campaign(options);
        result = campaign.run();
    }
    QTextStream(stdout) << reportText(options, result) << Qt::flush;
    if (const QString path = parser.value(u"json"_s); !path.isEmpty()) {
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(reportJson(options, result)) < 0)
            usageError(u"cannot write '%1': %2"_s.arg(path, file.errorString()));
    }
    // Nothing heard is no proof of anything.
    return result.verdict.isFlawless() && result.troubles.isEmpty() && result.verdict.all.heard > 0 ? 0 : 1;
}
