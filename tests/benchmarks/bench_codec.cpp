// SPDX-License-Identifier: MIT
// What reading and writing an event's arguments costs beside making the same QVariantMap by hand, and beside CPython's
// pickle module, whose time stands in the column "CPython": compare it with the column "CPU".
#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"

#include <QtCore/qprocess.h>

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

// The same where the texts come as bytes, as they do from a network.
void makeByHandFromUtf8(benchmark::State &state)
{
    const QByteArray bytes[] = {"food", "sushi", "drink", "sake", "count"};
    qint64 count = 0;
    for (auto _ : state) {
        QVariantMap arguments;
        arguments.insert(QString::fromUtf8(bytes[0]), QString::fromUtf8(bytes[1]));
        arguments.insert(QString::fromUtf8(bytes[2]), QString::fromUtf8(bytes[3]));
        arguments.insert(QString::fromUtf8(bytes[4]), ++count);
        benchmark::DoNotOptimize(arguments);
    }
}
BENCHMARK(makeByHandFromUtf8);

struct Sample
{
    const char *name;
    QVariantMap arguments;
    QByteArray pickle = {};
    QByteArray pythonPickle = {};
    double dumps = 0; // seconds in CPython
    double loads = 0;
};

template <typename Make>
QVariantMap list(int count, Make make)
{
    QVariantList items;
    for (int i = 0; i < count; ++i)
        items.append(QVariant(make(i)));
    return {{u"items"_s, items}};
}

QList<Sample> makeSamples()
{
    constexpr int many = 100'000;
    // Small enough that no text is 32 MiB in UTF-16: glibc gives such memory back to the system when it is freed, and to
    // get it again takes far longer than to decode.
    constexpr qsizetype large = qsizetype(4) << 20;
    QVariantMap map;
    for (int i = 0; i < many; ++i)
        map.insert(u"key %1"_s.arg(i), i);
    return {
        {"event", sampleArguments(many)},
        {"integers", list(many, [](int i) { return qlonglong(i) * 3; })},
        {"floats", list(many, [](int i) { return i * 0.25; })},
        {"texts", list(many, [](int i) { return u"text %1"_s.arg(i); })},
        {"records", list(many / 10, [](int i) { return sampleArguments(i); })},
        {"map", map},
        {"ascii", {{u"text"_s, QString(large, u'a')}}},
        {"umlauts", {{u"text"_s, u"Käse, Öl, Brötchen "_s.repeated(large / 20)}}},
        {"kanji", {{u"text"_s, u"寿司酒"_s.repeated(large / 9)}}},
        {"bytes", {{u"bytes"_s, QByteArray(large, '\x80')}}},
    };
}

bool askCPython(Sample *sample)
{
    QProcess python;
    python.start(QString::fromLatin1(PYTHON), {u"-B"_s, QString::fromLatin1(CPYTHON)});
    python.write(sample->pickle);
    python.closeWriteChannel();
    if (!python.waitForFinished())
        return false;
    const QByteArrayList seconds = python.readLine().trimmed().split(' ');
    sample->pythonPickle = python.readAll();
    sample->dumps = seconds.value(0).toDouble();
    sample->loads = seconds.value(1).toDouble();
    return sample->dumps > 0 && sample->loads > 0;
}

void writeSample(benchmark::State &state, const Sample &sample)
{
    QByteArray pickle;
    PickleError error;
    for (auto _ : state) {
        pickle.resize(0);
        if (!writeArguments(sample.arguments, QString(), &pickle, &error))
            return state.SkipWithError(qUtf8Printable(error.text));
        benchmark::DoNotOptimize(pickle.constData());
    }
    state.SetBytesProcessed(state.iterations() * pickle.size());
    state.counters["CPython"] = sample.dumps;
}

void readSample(benchmark::State &state, const Sample &sample, const QByteArray &pickle)
{
    PickleReader reader;
    QVariant sender;
    for (auto _ : state) {
        QVariantMap result;
        if (!reader.readArguments(pickle, &result, &sender))
            return state.SkipWithError(qUtf8Printable(reader.error().text));
        benchmark::DoNotOptimize(result);
    }
    state.SetBytesProcessed(state.iterations() * pickle.size());
    state.counters["CPython"] = sample.loads;

    QVariantMap result;
    if (!reader.readArguments(pickle, &result, &sender) || result != sample.arguments)
        state.SkipWithError("what was read is not what was written");
}

} // namespace

int main(int argc, char **argv)
{
    benchmark::Initialize(&argc, argv);
    QList<Sample> samples = makeSamples();
    for (Sample &sample : samples) {
        PickleError error;
        if (!writeArguments(sample.arguments, QString(), &sample.pickle, &error) || !askCPython(&sample))
            qFatal("%s: %s", sample.name,
                   error.isError() ? qPrintable(error.text) : "no times came from " PYTHON " " CPYTHON);
        const std::string name = sample.name;
        benchmark::RegisterBenchmark(("write/" + name).c_str(), writeSample, std::cref(sample));
        benchmark::RegisterBenchmark(("read/" + name).c_str(), readSample, std::cref(sample), std::cref(sample.pickle));
        benchmark::RegisterBenchmark(("read/" + name + "/from CPython").c_str(), readSample, std::cref(sample),
                                     std::cref(sample.pythonPickle));
    }
    benchmark::RunSpecifiedBenchmarks();
}
