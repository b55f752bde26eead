// SPDX-License-Identifier: MIT
// What the bus costs beside bare ZeroMQ: see --help. The machine's speed is no result, only the ratio of
// paired runs is.
#include "bareroles.h"
#include "busroles.h"
#include "child.h"
#include "measurement.h"
#include "options.h"
#include "unixroles.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qsavefile.h>

#include <cstdio>
#include <exception>

using namespace Pyvent::Benchmarks;
using namespace Qt::StringLiterals;

namespace {

bool writeJson(const Options &options, const QList<Measurement> &measurements)
{
    QJsonObject figures;
    for (const Measurement &measurement : measurements) {
        for (const Figure &figure : measurement.figures)
            figures.insert(figure.key, figure.toJson());
    }
    const QJsonObject json{{u"events"_s, options.events},
                           {u"pings"_s, options.pings},
                           {u"repeat"_s, options.repeat},
                           {u"figures"_s, figures}};
    QSaveFile file(options.jsonFile);
    if (file.open(QIODevice::WriteOnly) && file.write(QJsonDocument(json).toJson()) >= 0 && file.commit())
        return true;
    std::fprintf(stderr, "bench_bus: %s: %s\n", qUtf8Printable(options.jsonFile), qUtf8Printable(file.errorString()));
    return false;
}

int measure(const Options &options)
{
    QList<Measurement> measurements =
        throughputs(options) + roundTrips(options) + costsOfAProcess(options) + windows(options);
    if (!options.only.isEmpty())
        measurements.removeIf([&](const Measurement &one) { return !options.only.contains(one.section); });
    std::printf("%lld events, %lld pings, %d times by turns; median (minimum to maximum)\n",
                static_cast<long long>(options.events), static_cast<long long>(options.pings), options.repeat);
    for (Measurement &measurement : measurements) {
        if (!options.sides.isEmpty())
            measurement.sides.removeIf([&](const QString &side) { return !options.sides.contains(side); });
        for (int i = 0; i < options.repeat; ++i)
            measurement.runAll(i % 2 != 0);
        for (const Figure &figure : std::as_const(measurement.figures))
            std::printf("%s\n", qUtf8Printable(figure.text(measurement.sides)));
        std::fflush(stdout);
    }
    return options.jsonFile.isEmpty() || writeJson(options, measurements) ? 0 : 1;
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    const Options options = Options::parse();
    if (!options.role.isEmpty()) {
        return play({{u"bare-server"_s, bareServer},
                     {u"bare-sender"_s, bareSender},
                     {u"bare-receiver"_s, bareReceiver},
                     {u"bare-pinger"_s, barePinger},
                     {u"bare-echo"_s, bareEcho},
                     {u"bare-listener"_s, bareListener},
                     {u"bare-idler"_s, bareIdler},
                     {u"unix-server"_s, unixServer},
                     {u"unix-pinger"_s, unixPinger},
                     {u"unix-echo"_s, unixEcho},
                     {u"bus-server"_s, busServer},
                     {u"bus-sender"_s, busSender},
                     {u"bus-receiver"_s, busReceiver},
                     {u"bus-pinger"_s, busPinger},
                     {u"bus-echo"_s, busEcho},
                     {u"bus-listener"_s, busListener},
                     {u"bus-idler"_s, busIdler},
                     {u"bus-heir"_s, busHeir}},
                    options.role, options.roleOptions);
    }
    try {
        return measure(options);
    } catch (const std::exception &error) {
        std::fflush(stdout);
        std::fprintf(stderr, "bench_bus: %s\n", error.what());
        return 1;
    }
}
