// SPDX-License-Identifier: MIT
// A view of Qt Quick with a gauge that is fed by another process, faster than anybody can look: how often it renders, what it
// skips, and what memory that takes. bench_view --help lists the options.
#include "role.h"

#include <PyventNode>
#include <PyventTestBus>

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qfile.h>
#include <QtCore/qtimer.h>
#include <QtGui/qguiapplication.h>
#include <QtQml/qqmlengine.h>
#include <QtQuick/qquickitem.h>
#include <QtQuick/qquickview.h>

#include <algorithm>
#include <cstdio>

using namespace Pyvent::Benchmarks;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString gaugeName = u"oven.temperature"_s;

// A gauge that turns with each value, and a bar that turns always, so that each frame has something to paint.
constexpr char view[] = R"(
import QtQuick
import Pyvent

Item {
    id: root
    width: 400
    height: 300
    required property int port
    required property bool latest
    property int count: -1
    property real delivered: 0
    property alias skipped: oven.skipped
    property alias stale: oven.stale
    Pyvent {
        port: root.port
        server: false
        PyventSubscription {
            id: oven
            name: "oven.temperature"
            latest: root.latest
            staleAfter: 1000
            onReceived: args => { root.count = args.count; ++root.delivered }
        }
    }
    Rectangle {
        anchors.centerIn: parent
        width: 200
        height: 20
        color: "orange"
        opacity: oven.stale ? 0.3 : 1
        rotation: root.count % 360
    }
    Text { text: root.count }
    Rectangle {
        width: 40
        height: 10
        y: 250
        color: "teal"
        NumberAnimation on x { from: 0; to: 360; duration: 1000; loops: Animation.Infinite }
    }
}
)";

qint64 residentKiB()
{
    QFile status(u"/proc/self/status"_s);
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : status.readAll().split('\n')) {
        if (line.startsWith("VmRSS:"))
            return line.mid(6).trimmed().split(' ').first().toLongLong();
    }
    return 0;
}

// The other process: sends at the rate, for so long, and then an event to tell how many.
int feed(int port, qint64 rate, int seconds)
{
    PyventNode node(PyventOptions{.port = port, .server = false});
    if (!node.waitForReady(20s))
        return 1;
    RoleOptions options;
    options.rate = rate;
    const qint64 begin = nanoseconds();
    const qint64 end = begin + qint64(seconds) * 1'000'000'000;
    qint64 sent = 0;
    for (qint64 now = begin; now < end; now = nanoseconds()) {
        const qint64 due = rate * (now - begin) / 1'000'000'000;
        for (int i = 0; i < 1000 && sent < due; ++i) {
            if (!node.send(gaugeName, {{u"count"_s, sent}, {u"value"_s, double(sent) / 10}}))
                break;
            ++sent;
        }
        node.flush(1ms);
    }
    node.send(gaugeName, {{u"count"_s, sent++}, {u"value"_s, 0.0}});
    node.flush(20s);
    node.send("fed", {{u"events"_s, sent}});
    return node.flush(20s) ? 0 : 1;
}

int look(const QCommandLineParser &parser, bool isLatest)
{
    PyventTestBus bus;
    if (!bus.isValid()) {
        std::fprintf(stderr, "there is no bus: %s\n", qPrintable(bus.errorText()));
        return 1;
    }
    QQuickView window;
    window.engine()->addImportPath(QStringLiteral(PYVENT_QML_IMPORTS));
    window.setInitialProperties({{u"port"_s, bus.port()}, {u"latest"_s, isLatest}});
    QQmlComponent component(window.engine());
    component.setData(view, QUrl(u"view.qml"_s));
    QObject *const root = component.createWithInitialProperties({{u"port"_s, bus.port()}, {u"latest"_s, isLatest}});
    auto *const item = qobject_cast<QQuickItem *>(root);
    if (!item) {
        std::fprintf(stderr, "%s\n", qPrintable(component.errorString()));
        return 1;
    }
    window.setContent({}, &component, item);
    std::vector<qint64> frames;
    QObject::connect(
        &window, &QQuickWindow::frameSwapped, &window, [&] { frames.push_back(nanoseconds()); },
        Qt::DirectConnection); // of the thread that renders, which is this one with the software renderer
    window.show();
    if (!bus.waitForListener(gaugeName, 60s)) {
        std::fprintf(stderr, "%s\n", qPrintable(bus.errorText()));
        return 1;
    }
    QObject::disconnect(bus.node(), nullptr, &bus, nullptr); // which would keep every event
    QProcess feeder;
    feeder.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    const int seconds = parser.value(u"seconds"_s).toInt();
    PyventNode ear(bus.options());
    std::optional<qint64> sent;
    ear.on("fed", &ear, [&](const QVariantMap &args) { sent = args[u"events"_s].toLongLong(); });
    ear.waitForReady(20s);
    feeder.start(QCoreApplication::applicationFilePath(),
                 {u"--feed"_s, QString::number(bus.port()), u"--rate"_s, parser.value(u"rate"_s), u"--seconds"_s,
                  QString::number(seconds)});
    if (!bus.waitUntil([&] { return root->property("count").toInt() >= 0; }, 60s)) {
        std::fprintf(stderr, "nothing was heard\n");
        return 1;
    }
    frames.clear();
    const qint64 begin = nanoseconds();
    const qint64 memory = residentKiB();
    qint64 mostMemory = memory;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &look, [&] { mostMemory = std::max(mostMemory, residentKiB()); });
    look.start(50ms);
    const bool isFed = bus.waitUntil([&] { return sent && root->property("count").toLongLong() == *sent - 1; },
                                     std::chrono::seconds(seconds) + 120s);
    const double took = double(nanoseconds() - begin) / 1e9;
    feeder.waitForFinished();
    const std::vector<qint64> drawn = frames;
    std::vector<qint64> gaps;
    for (std::size_t i = 1; i < drawn.size(); ++i)
        gaps.push_back(drawn[i] - drawn[i - 1]);
    std::sort(gaps.begin(), gaps.end());
    const auto delivered = root->property("delivered").toDouble();
    const auto skipped = root->property("skipped").toDouble();
    std::printf(
        "%s: %lld events/s sent, %.0f frames/s, %.0f events/s delivered, gap of frames %.1f ms (99%%: %.1f ms), "
        "memory %lld KiB, at most %lld KiB more\n",
        isLatest ? "latest" : "all", static_cast<long long>(double(sent.value_or(0)) / took),
        double(drawn.size()) / took, delivered / took, gaps.empty() ? 0.0 : double(gaps[gaps.size() / 2]) / 1e6,
        gaps.empty() ? 0.0 : double(gaps[gaps.size() * 99 / 100]) / 1e6, static_cast<long long>(memory),
        static_cast<long long>(mostMemory - memory));
    std::fflush(stdout);
    if (!isFed || qint64(delivered + skipped) != sent.value_or(-1)) {
        std::fprintf(stderr, "%.0f events were delivered and %.0f skipped, of %lld; the last one shown is %lld\n",
                     delivered, skipped, static_cast<long long>(sent.value_or(-1)),
                     root->property("count").toLongLong());
        return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char *argv[])
{
    qputenv("QT_QUICK_BACKEND", "software");
    const QGuiApplication application(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOptions({{u"rate"_s, u"Events a second."_s, u"n"_s, u"200000"_s},
                       {u"seconds"_s, u"For how long they are sent."_s, u"n"_s, u"10"_s},
                       {u"all"_s, u"Deliver all of them, and not only the latest."_s},
                       {u"feed"_s, u"Be the process that sends."_s, u"port"_s}});
    parser.process(application);
    if (parser.isSet(u"feed"_s))
        return feed(parser.value(u"feed"_s).toInt(), parser.value(u"rate"_s).toLongLong(),
                    parser.value(u"seconds"_s).toInt());
    return look(parser, !parser.isSet(u"all"_s));
}
