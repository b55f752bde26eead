// SPDX-License-Identifier: MIT
// What reading and writing an event's arguments costs beside making the same QVariantMap by hand.
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"

#include <benchmark/benchmark.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

QVariantMap sampleArguments(qint64 count)
{
    return {{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}, {u"count"_s, count}};
}

// What a caller that sends or hears such an event has to do anyway.
void makeByHand(benchmark::State &state)
{
    qint64 count = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(sampleArguments(++count));
}
BENCHMARK(makeByHand);

void write(benchmark::State &state)
{
    const QVariantMap arguments = sampleArguments(100'000);
    QByteArray pickle;
    PickleError error;
    for (auto _ : state) {
        pickle.resize(0);
        if (!writeArguments(arguments, QString(), &pickle, &error))
            return state.SkipWithError(qUtf8Printable(error.text));
        benchmark::DoNotOptimize(pickle.constData());
    }
    state.SetBytesProcessed(state.iterations() * pickle.size());
}
BENCHMARK(write);

void read(benchmark::State &state)
{
    const QVariantMap arguments = sampleArguments(100'000);
    QByteArray pickle;
    PickleError error;
    if (!writeArguments(arguments, QString(), &pickle, &error))
        return state.SkipWithError(qUtf8Printable(error.text));
    PickleReader reader;
    for (auto _ : state) {
        QVariantMap result;
        QVariant sender;
        if (!reader.read(pickle) || !reader.toArguments(&result, &sender))
            return state.SkipWithError(qUtf8Printable(reader.error().text));
        benchmark::DoNotOptimize(result);
    }
    state.SetBytesProcessed(state.iterations() * pickle.size());

    QVariantMap result;
    QVariant sender;
    if (!reader.read(pickle) || !reader.toArguments(&result, &sender) || result != arguments)
        state.SkipWithError("what was read is not what was written");
}
BENCHMARK(read);

} // namespace

BENCHMARK_MAIN();
