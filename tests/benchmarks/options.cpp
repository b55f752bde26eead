// SPDX-License-Identifier: MIT
#include "options.h"

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>

#include <cstdio>
#include <cstdlib>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

qint64 number(const QCommandLineParser &parser, const QString &option, qint64 least, qint64 most)
{
    bool isNumber;
    const qint64 value = parser.value(option).toLongLong(&isNumber);
    if (!isNumber || value < least || value > most) {
        std::fprintf(stderr, "bench_bus: --%s must be a number of %lld to %lld\n", qUtf8Printable(option),
                     static_cast<long long>(least), static_cast<long long>(most));
        std::exit(2);
    }
    return value;
}

QCommandLineOption hidden(const QString &name, const QString &defaultValue)
{
    QCommandLineOption option(name, {}, u"value"_s, defaultValue);
    option.setFlags(QCommandLineOption::HiddenFromHelp);
    return option;
}

} // namespace

Options Options::parse()
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Compares the bus, sender to server to receiver in three processes, with the same hops and bytes\n"
        "in bare ZeroMQ. Ends with 1 if an event was lost, doubled or out of order."_s);
    parser.addHelpOption();
    parser.addOptions({{u"events"_s, u"Events of each throughput measurement."_s, u"n"_s, u"200000"_s},
                       {u"pings"_s, u"Round trips of each latency measurement."_s, u"n"_s, u"5000"_s},
                       {u"repeat"_s, u"How often everything is measured, on both sides by turns."_s, u"n"_s, u"5"_s},
                       {u"json"_s, u"Where to write all figures, too."_s, u"file"_s}});
    for (const QString &name : {u"role"_s, u"frame"_s, u"answer"_s})
        parser.addOption(hidden(name, QString()));
    for (const QString &name : {u"port"_s, u"timeout"_s})
        parser.addOption(hidden(name, u"0"_s));
    parser.process(*QCoreApplication::instance());

    Options options;
    options.events = number(parser, u"events"_s, 1, 1'000'000'000);
    options.pings = number(parser, u"pings"_s, 1, 1'000'000'000);
    options.repeat = int(number(parser, u"repeat"_s, 1, 10'000));
    options.jsonFile = parser.value(u"json"_s);
    options.role = parser.value(u"role"_s);
    options.roleOptions = {.port = int(number(parser, u"port"_s, 0, 65534)),
                           .events = options.events,
                           .frame = QByteArray::fromHex(parser.value(u"frame"_s).toLatin1()),
                           .answer = QByteArray::fromHex(parser.value(u"answer"_s).toLatin1())};
    options.timeout = unsigned(number(parser, u"timeout"_s, 0, 1'000'000));
    return options;
}

} // namespace Pyvent::Benchmarks
