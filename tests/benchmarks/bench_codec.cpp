// SPDX-License-Identifier: MIT
// What reading and writing an event's arguments costs beside making the same QVariantMap by hand, and beside CPython's
// pickle module, whose time stands in the column "CPython": compare it with the column "CPU".
#include "pickle/picklereader.h"
#include "pickle/picklescanner.h"
#include "pickle/picklewriter.h"

#include <QtCore/qprocess.h>

#include <benchmark/benchmark.h>

#include <map>
#include <string>

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

template <typename Make>
QVariantMap list(int count, Make make)
{
    QVariantList items;
    for (int i = 0; i < count; ++i)
        items.append(QVariant(make(i)));
    return {{u"items"_s, items}};
}

struct Sample
{
    const char *name;
    QVariantMap (*make)();
};

constexpr int many = 100'000;
constexpr qsizetype large = qsizetype(4) << 20; // bytes

const Sample samples[] = {
    {"event", [] { return sampleArguments(many); }},
    {"integers", [] { return list(many, [](int i) { return qlonglong(i) * 3; }); }},
    {"floats", [] { return list(many, [](int i) { return i * 0.25; }); }},
    {"texts", [] { return list(many, [](int i) { return u"text %1"_s.arg(i); }); }},
    {"records", [] { return list(many / 10, [](int i) { return sampleArguments(i); }); }},
    {"map",
     [] {
         QVariantMap map;
         for (int i = 0; i < many; ++i)
             map.insert(u"key %1"_s.arg(i), i);
         return map;
     }},
    {"ascii",
     [] {
         return QVariantMap{{u"text"_s, QString(large, u'a')}};
     }},
    {"umlauts",
     [] {
         return QVariantMap{{u"text"_s, u"Käse, Öl, Brötchen "_s.repeated(large / 20)}};
     }},
    {"kanji",
     [] {
         return QVariantMap{{u"text"_s, u"寿司酒"_s.repeated(large / 9)}};
     }},
    {"bytes",
     [] {
         return QVariantMap{{u"bytes"_s, QByteArray(large, '\x80')}};
     }},
};

// A sample as both sides write it.
struct Pickles
{
    QVariantMap arguments;
    QByteArray ours = {};
    QByteArray python = {};
    double dumps = 0; // seconds in CPython
    double loads = 0;
};

// In milliseconds. A busy machine leaves a program with a sanitizer little time.
constexpr int patience = 300'000;

void askCPython(Pickles *pickles)
{
    QProcess python;
    QStringList arguments{u"-B"_s, QString::fromLatin1(CPYTHON)};
    if (qEnvironmentVariableIsSet("PYVENT_BENCHMARKS_QUICK"))
        arguments.append(u"quick"_s);
    python.start(QString::fromLatin1(PYTHON), arguments);
    python.write(pickles->ours);
    python.closeWriteChannel();
    if (!python.waitForFinished(patience))
        return;
    const QByteArrayList seconds = python.readLine().trimmed().split(' ');
    pickles->python = python.readAll();
    pickles->dumps = seconds.value(0).toDouble();
    pickles->loads = seconds.value(1).toDouble();
}

// Made when first asked for: what other samples leave in the heap changes what memory costs in a run of only some.
const Pickles &picklesOf(const Sample &sample)
{
    static std::map<const Sample *, Pickles> made;
    const auto [it, isNew] = made.try_emplace(&sample);
    Pickles &pickles = it->second;
    if (isNew) {
        pickles.arguments = sample.make();
        PickleError error;
        if (!writeArguments(pickles.arguments, QString(), &pickles.ours, &error))
            qFatal("%s: %s", sample.name, qPrintable(error.text));
        askCPython(&pickles);
        if (pickles.dumps <= 0 || pickles.loads <= 0)
            qFatal("%s: no times came from " PYTHON " " CPYTHON, sample.name);
    }
    return pickles;
}

// Into a new byte array each time, as an event needs it: it is kept to be sent again.
void writeSample(benchmark::State &state, const Sample &sample)
{
    const Pickles &pickles = picklesOf(sample);
    PickleError error;
    for (auto _ : state) {
        QByteArray pickle;
        if (!writeArguments(pickles.arguments, QString(), &pickle, &error))
            return state.SkipWithError(qUtf8Printable(error.text));
        benchmark::DoNotOptimize(pickle.constData());
    }
    state.SetBytesProcessed(state.iterations() * pickles.ours.size());
    state.counters["CPython"] = pickles.dumps;
}

void readSample(benchmark::State &state, const Sample &sample, const QByteArray Pickles::*source)
{
    const Pickles &pickles = picklesOf(sample);
    const QByteArray &pickle = pickles.*source;
    PickleReader reader;
    QVariant sender;
    for (auto _ : state) {
        QVariantMap result;
        if (!reader.readArguments(pickle, &result, &sender))
            return state.SkipWithError(qUtf8Printable(reader.error().text));
        benchmark::DoNotOptimize(result);
    }
    state.SetBytesProcessed(state.iterations() * pickle.size());
    state.counters["CPython"] = pickles.loads;

    QVariantMap result;
    if (!reader.readArguments(pickle, &result, &sender) || result != pickles.arguments)
        state.SkipWithError("what was read is not what was written");
}

// What the payload policy costs a server, for an event that goes to Python nodes.
void scanSample(benchmark::State &state, const Sample &sample, const QByteArray Pickles::*source)
{
    const QByteArray &pickle = picklesOf(sample).*source;
    PickleScanner scanner;
    for (auto _ : state) {
        const PickleScanner::Verdict verdict = scanner.scan(pickle);
        if (!verdict.isHarmless())
            return state.SkipWithError(qUtf8Printable(verdict.text()));
        benchmark::DoNotOptimize(verdict.offset);
    }
    state.SetBytesProcessed(state.iterations() * pickle.size());
}

} // namespace

int main(int argc, char **argv)
{
    benchmark::Initialize(&argc, argv);
    for (const Sample &sample : samples) {
        const std::string name = sample.name;
        benchmark::RegisterBenchmark(("write/" + name).c_str(), writeSample, std::cref(sample));
        benchmark::RegisterBenchmark(("read/" + name).c_str(), readSample, std::cref(sample), &Pickles::ours);
        benchmark::RegisterBenchmark(("read/" + name + "/from CPython").c_str(), readSample, std::cref(sample),
                                     &Pickles::python);
        if (name != "event" && name != "records")
            continue;
        benchmark::RegisterBenchmark(("scan/" + name).c_str(), scanSample, std::cref(sample), &Pickles::ours);
        benchmark::RegisterBenchmark(("scan/" + name + "/from CPython").c_str(), scanSample, std::cref(sample),
                                     &Pickles::python);
    }
    benchmark::RunSpecifiedBenchmarks();
}
