// SPDX-License-Identifier: MIT
// What the bus costs beside bare ZeroMQ: see --help. The machine's speed is no result, only the ratio of
// paired runs is.
#include "bareroles.h"
#include "busroles.h"
#include "child.h"
#include "comparison.h"
#include "options.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qhash.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qsavefile.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/prctl.h>
#include <unistd.h>

using namespace Pyvent::Benchmarks;
using namespace Qt::StringLiterals;

namespace {

int playRole(const Options &options)
{
    static const QHash<QString, Role> roles = {{u"bare-broker"_s, bareBroker},     {u"bare-sender"_s, bareSender},
                                               {u"bare-receiver"_s, bareReceiver}, {u"bare-pinger"_s, barePinger},
                                               {u"bare-echo"_s, bareEcho},         {u"bus-server"_s, busServer},
                                               {u"bus-sender"_s, busSender},       {u"bus-receiver"_s, busReceiver},
                                               {u"bus-pinger"_s, busPinger},       {u"bus-echo"_s, busEcho}};
    const Role role = roles.value(options.role);
    if (!role)
        return sayFailed(u"there is no role '%1'"_s.arg(options.role));
    ::prctl(PR_SET_NAME, options.role.toLatin1().constData()); // what a profiler shows
    // Whatever happens to the process that measures, nothing of it stays.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(options.timeout);
    return role(options.roleOptions);
}

bool writeJson(const Options &options, const Comparison &comparison)
{
    QJsonObject json{{u"events"_s, options.events},
                     {u"pings"_s, options.pings},
                     {u"repeat"_s, options.repeat},
                     {u"frameBytes"_s, comparison.frameSize()}};
    const QList<Figure> figures = comparison.figures();
    for (const Figure &figure : figures)
        json.insert(figure.key, figure.toJson());
    QSaveFile file(options.jsonFile);
    if (file.open(QIODevice::WriteOnly) && file.write(QJsonDocument(json).toJson()) >= 0 && file.commit())
        return true;
    std::fprintf(stderr, "bench_bus: %s: %s\n", qUtf8Printable(options.jsonFile), qUtf8Printable(file.errorString()));
    return false;
}

int measure(const Options &options)
{
    Comparison comparison(options);
    std::printf("%lld events of %lld bytes, %lld pings, %d times by turns\n", static_cast<long long>(options.events),
                static_cast<long long>(comparison.frameSize()), static_cast<long long>(options.pings), options.repeat);
    for (int i = 0; i < options.repeat; ++i)
        comparison.runPair(i % 2 == 0);
    std::printf("%s\n", qUtf8Printable(tableHead()));
    const QList<Figure> figures = comparison.figures();
    for (const Figure &figure : figures)
        std::printf("%s\n", qUtf8Printable(figure.tableRow()));
    return options.jsonFile.isEmpty() || writeJson(options, comparison) ? 0 : 1;
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    const Options options = Options::parse();
    try {
        return options.role.isEmpty() ? measure(options) : playRole(options);
    } catch (const std::exception &error) {
        if (!options.role.isEmpty())
            return sayFailed(QString::fromLocal8Bit(error.what()));
        std::fflush(stdout);
        std::fprintf(stderr, "bench_bus: %s\n", error.what());
        return 1;
    }
}
