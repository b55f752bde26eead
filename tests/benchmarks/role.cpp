// SPDX-License-Identifier: MIT
#include "role.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

QVariantMap sampleArguments(qint64 count)
{
    return {{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}, {u"count"_s, count}};
}

qint64 nanoseconds()
{
    using namespace std::chrono;
    return duration_cast<std::chrono::nanoseconds>(steady_clock::now().time_since_epoch()).count();
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

int sayFailed(const QString &why)
{
    std::printf("failed %s\n", qUtf8Printable(why));
    std::fflush(stdout);
    return 1;
}

void RoundTrips::sayResult()
{
    const auto first = m_times.begin() + warmUpPings;
    std::sort(first, m_times.end());
    const auto count = m_times.end() - first;
    say("roundtrip", first[count / 2], first[count * 99 / 100]);
}

} // namespace Pyvent::Benchmarks
