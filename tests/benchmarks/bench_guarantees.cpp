// SPDX-License-Identifier: MIT
// What the guarantee of delivery adds to an event in this process: its trailer, its number and the copy that is kept to
// send it again, and the receiver's look at whether it is the next one. Beside them, the look-up of an event's handlers among
// many.
#include "delivery/receivewindow.h"
#include "delivery/transmitwindow.h"
#include "pickle/picklewriter.h"
#include "wire/frame.h"

#include <PyventNode>

#include <QtCore/qcoreapplication.h>

#include <benchmark/benchmark.h>

#include <memory>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

const QByteArray topic = "order-food";

QVariantMap sampleArguments()
{
    return {{u"food"_s, u"sushi"_s}, {u"drink"_s, u"sake"_s}, {u"count"_s, 100'000}};
}

QByteArray frameWithoutTrailer()
{
    QByteArray frame = topic + ' ';
    PickleError error;
    writeArguments(sampleArguments(), QString(), &frame, &error);
    return frame;
}

// Writing the event's trailer.
void addTrailer(benchmark::State &state)
{
    const QByteArray plain = frameWithoutTrailer();
    const QUuid node = QUuid::createUuid();
    qint64 time = 0;
    QByteArray frame = plain;
    frame.reserve(2 * plain.size());
    for (auto _ : state) {
        frame.resize(plain.size());
        ++time;
        appendTrailer({.nodeId = node, .sequence = quint64(time), .time = time, .previous = time - 1}, &frame);
        benchmark::DoNotOptimize(frame.constData());
    }
}
BENCHMARK(addTrailer)->Name("guarantee/trailer");

// Numbering the event, and keeping it for those who miss it.
void keep(benchmark::State &state)
{
    const QByteArray frame = frameWithoutTrailer();
    TransmitWindow<QByteArray> window;
    qint64 time = 0;
    for (auto _ : state) {
        const auto next = window.next(topic);
        window.add(topic, next.sequence, ++time, QByteArray(frame.constData(), frame.size()), frame.size(),
                   std::chrono::steady_clock::now());
    }
}
BENCHMARK(keep)->Name("guarantee/keep");

// Finding out whether what was heard is the next one.
void follow(benchmark::State &state)
{
    QByteArray frame = frameWithoutTrailer();
    const QUuid node = QUuid::createUuid();
    appendTrailer({.nodeId = node, .sequence = 1, .time = 1}, &frame);
    ReceiveWindow window;
    window.listen(topic + ' ');
    // A day ago: no more is believed to have been sent than can have been since then, and this takes them faster.
    window.ready(0, std::chrono::steady_clock::now() - std::chrono::hours(24));
    quint64 sequence = 0;
    for (auto _ : state) {
        const Frame parsed = parseFrame(frame);
        ++sequence;
        if (window.heard(parsed.trailer.nodeId, parsed.topic, sequence, qint64(sequence), frame,
                         std::chrono::steady_clock::now())
            != ReceiveWindow::Verdict::Deliver)
            return state.SkipWithError("an event that is the next one was not delivered");
    }
}
BENCHMARK(follow)->Name("guarantee/follow");

// A node with handlers for so many other names.
struct Crowd
{
    explicit Crowd(qint64 names)
        : others(names)
    {
        for (qint64 i = 0; i < others; ++i)
            node.on(u"other-%1"_s.arg(i), &node, [] {});
        node.on("order-food", &node, [this](const QVariantMap &) { ++heard; });
    }

    qint64 others;
    quint64 heard = 0;
    PyventNode node{PyventOptions{.port = 1, .server = false}}; // which nobody serves: all of this is local
};

// Made once for all runs of a number of names, as it takes much longer than they do.
std::unique_ptr<Crowd> crowd;

// Calling an event's handler where there are handlers for so many other names.
void dispatchAmong(benchmark::State &state)
{
    if (!crowd || crowd->others != state.range(0))
        crowd = std::make_unique<Crowd>(state.range(0));
    const QVariantMap arguments = sampleArguments();
    const quint64 before = crowd->heard;
    quint64 sent = 0;
    for (auto _ : state) {
        crowd->node.dispatch("order-food", arguments);
        ++sent;
    }
    if (crowd->heard - before != sent)
        state.SkipWithError("not every event was heard");
}
BENCHMARK(dispatchAmong)->Name("dispatch/handlers")->Arg(1)->Arg(1'000)->Arg(100'000);

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
    crowd.reset(); // while there is an application
    return 0;
}
