// SPDX-License-Identifier: MIT
#include "options.h"

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>

#include <cstdio>
#include <cstdlib>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

[[noreturn]] void refuse(const QString &why)
{
    std::fprintf(stderr, "bench_bus: %s\n", qUtf8Printable(why));
    std::exit(2);
}

qint64 number(const QCommandLineParser &parser, const QString &option, qint64 most)
{
    bool isNumber;
    const qint64 value = parser.value(option).toLongLong(&isNumber);
    if (!isNumber || value < 1 || value > most)
        refuse(u"--%1 must be a number of 1 to %2"_s.arg(option).arg(most));
    return value;
}

QStringList list(const QCommandLineParser &parser, const QString &option, const QStringList &known)
{
    const QStringList words = parser.value(option).split(u',', Qt::SkipEmptyParts);
    for (const QString &word : words) {
        if (!known.contains(word))
            refuse(u"--%1 takes %2, and not '%3'"_s.arg(option, known.join(u", "), word));
    }
    return words;
}

} // namespace

Options Options::parse()
{
    const QStringList sections{u"throughput"_s, u"roundtrip"_s, u"payloads"_s, u"fanout"_s,
                               u"handlers"_s,   u"unwanted"_s,  u"python"_s,   u"start"_s,
                               u"takeover"_s,   u"idle"_s,      u"relay"_s,    u"window"_s};
    const QStringList peers{u"dbus"_s, u"remoteobjects"_s, u"mosquitto"_s, u"python"_s};
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Compares the bus, sender to server to receiver in processes of their own, with the same hops and bytes\n"
        "in bare ZeroMQ, and with its peers. Ends with 1 if an event was lost, doubled or out of order."_s);
    parser.addHelpOption();
    parser.addOptions(
        {{u"events"_s, u"Events of each throughput measurement."_s, u"n"_s, u"200000"_s},
         {u"pings"_s, u"Round trips of each latency measurement."_s, u"n"_s, u"5000"_s},
         {u"repeat"_s, u"How often everything is measured, on all sides by turns."_s, u"n"_s, u"5"_s},
         {u"watch"_s, u"Seconds that an idle node, or a window, is looked at."_s, u"s"_s, u"10"_s},
         {u"only"_s, u"What is measured: %1."_s.arg(sections.join(u", ")), u"list"_s},
         {u"peers"_s, u"Who else is measured: %1."_s.arg(peers.join(u", ")), u"list"_s},
         {u"sides"_s, u"Which of the sides of a measurement are measured, by name; else all."_s, u"list"_s},
         {u"json"_s, u"Where to write all figures, too."_s, u"file"_s}});
    QCommandLineOption role(u"role"_s, {}, u"side-part"_s);
    role.setFlags(QCommandLineOption::HiddenFromHelp);
    parser.addOption(role);
    parser.process(*QCoreApplication::instance());

    Options options;
    options.role = parser.value(role);
    if (!options.role.isEmpty()) {
        options.roleOptions = RoleOptions::fromJson(parser.positionalArguments().value(0).toUtf8());
        return options;
    }
    options.events = number(parser, u"events"_s, 1'000'000'000);
    options.pings = number(parser, u"pings"_s, 1'000'000'000);
    options.repeat = int(number(parser, u"repeat"_s, 10'000));
    options.watch = std::chrono::seconds(number(parser, u"watch"_s, 3600));
    options.only = list(parser, u"only"_s, sections);
    options.peers = list(parser, u"peers"_s, peers);
    options.sides = parser.value(u"sides"_s).split(u',', Qt::SkipEmptyParts);
    options.jsonFile = parser.value(u"json"_s);
    return options;
}

} // namespace Pyvent::Benchmarks
