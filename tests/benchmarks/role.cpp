// SPDX-License-Identifier: MIT
#include "role.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/prctl.h>
#include <unistd.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

QByteArray RoleOptions::toJson() const
{
    const QJsonObject json{{u"port"_s, port},
                           {u"directory"_s, directory},
                           {u"events"_s, events},
                           {u"payload"_s, payload},
                           {u"nodes"_s, nodes},
                           {u"handlers"_s, handlers},
                           {u"acknowledged"_s, acknowledged},
                           {u"lane"_s, lane},
                           {u"rate"_s, rate},
                           {u"frame"_s, QString::fromLatin1(frame.toHex())},
                           {u"answer"_s, QString::fromLatin1(answer.toHex())},
                           {u"timeout"_s, qint64(timeout.count())}};
    return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

RoleOptions RoleOptions::fromJson(const QByteArray &json)
{
    const QJsonObject object = QJsonDocument::fromJson(json).object();
    return {.port = object[u"port"].toInt(),
            .directory = object[u"directory"].toString(),
            .events = object[u"events"].toInteger(),
            .payload = object[u"payload"].toInteger(),
            .nodes = object[u"nodes"].toInt(),
            .handlers = object[u"handlers"].toInt(),
            .acknowledged = object[u"acknowledged"].toBool(),
            .lane = object[u"lane"].toBool(),
            .rate = object[u"rate"].toInteger(),
            .frame = QByteArray::fromHex(object[u"frame"].toString().toLatin1()),
            .answer = QByteArray::fromHex(object[u"answer"].toString().toLatin1()),
            .timeout = std::chrono::seconds(object[u"timeout"].toInteger())};
}

int playFromCommandLine(const QHash<QString, Role> &roles)
{
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() == 4 && arguments[1] == "--role"_L1)
        return play(roles, arguments[2], RoleOptions::fromJson(arguments[3].toUtf8()));
    std::fprintf(stderr, "%s: bench_bus starts this program\n", qUtf8Printable(arguments.value(0)));
    return 2;
}

int play(const QHash<QString, Role> &roles, const QString &role, const RoleOptions &options)
{
    const Role function = roles.value(role);
    if (!function)
        return sayFailed(u"there is no role '%1'"_s.arg(role));
    ::prctl(PR_SET_NAME, role.toLatin1().constData()); // what a profiler shows
    // Whatever happens to the process that measures, nothing of it stays.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(unsigned(options.timeout.count()));
    try {
        return function(options);
    } catch (const std::exception &error) {
        return sayFailed(QString::fromLocal8Bit(error.what()));
    }
}

qint64 maximumLead(const RoleOptions &options)
{
    constexpr qint64 events = 20'000;
    constexpr qint64 bytes = 32 * 1024 * 1024;
    return options.payload == 0 ? events : std::clamp<qint64>(bytes / options.payload, 4, events);
}

qint64 progressStep(const RoleOptions &options)
{
    return maximumLead(options) / 4;
}

QString otherName(int i)
{
    return u"other-"_s + QString::number(i);
}

QVariantMap sampleArguments(qint64 count, const QByteArray &payload)
{
    QVariantMap arguments{{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}, {u"count"_s, count}};
    if (!payload.isEmpty())
        arguments.insert(u"payload"_s, payload);
    return arguments;
}

qint64 countOf(const QVariantMap &arguments, qint64 payload)
{
    const bool isWhole = payload == 0
        ? arguments.size() == 3
        : arguments.size() == 4 && arguments.value(u"payload"_s).toByteArray().size() == payload;
    return isWhole ? arguments.value(u"count"_s, -1).toLongLong() : -1;
}

qint64 nanoseconds()
{
    using namespace std::chrono;
    return duration_cast<std::chrono::nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

qint64 due(const RoleOptions &options, qint64 startedAt)
{
    if (options.rate == 0)
        return options.events;
    const double seconds = double(nanoseconds() - startedAt) / 1e9;
    return std::min(options.events, qint64(double(options.rate) * seconds));
}

void say(const char *word)
{
    std::printf("%s\n", word);
    std::fflush(stdout);
}

void say(const char *word, qint64 number)
{
    std::printf("%s %lld\n", word, static_cast<long long>(number));
    std::fflush(stdout);
}

void say(const char *word, qint64 number, qint64 second)
{
    std::printf("%s %lld %lld\n", word, static_cast<long long>(number), static_cast<long long>(second));
    std::fflush(stdout);
}

void say(const char *word, std::vector<qint64> &&values)
{
    if (values.empty())
        return (void)sayFailed(u"there is nothing to tell of '%1'"_s.arg(QLatin1StringView(word)));
    std::sort(values.begin(), values.end());
    say(word, values[values.size() / 2], values[values.size() * 99 / 100]);
}

int sayFailed(const QString &why)
{
    std::printf("failed %s\n", qUtf8Printable(why));
    std::fflush(stdout);
    return 1;
}

int rest()
{
    for (;;)
        ::pause();
}

void RoundTrips::sayResult()
{
    say("roundtrip", std::vector<qint64>(m_times.begin() + warmUpPings, m_times.end()));
}

} // namespace Pyvent::Benchmarks
