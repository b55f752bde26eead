// SPDX-License-Identifier: MIT
// How many events a second a group shares, beside how many one that hears them all is sent: by turns, in one run. Processes: the server, four
// members, and the sender, who hears that events are done. "bench_sharing --events N" says of how many.
#include "support/freeport.h"

#include <Pyvent>

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qelapsedtimer.h>
#include <QtCore/qprocess.h>
#include <QtCore/qtimer.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int members = 4;
constexpr int rounds = 5;
constexpr int perReport = 100; // events that a member has done before it says so

int play(const QString &role, int port)
{
    PyventNode node(PyventOptions{.port = port, .server = role == u"server"_s});
    if (role == u"server"_s)
        node.startServer();
    int done = 0;
    QTimer idle; // it is done, and this is less than is said at once
    idle.setSingleShot(true);
    const auto tell = [&] { node.send("done", {{u"count"_s, std::exchange(done, 0)}}); };
    QObject::connect(&idle, &QTimer::timeout, &node, tell);
    const auto count = [&] {
        if (++done == perReport)
            tell();
        if (!idle.isActive())
            idle.start(2);
    };
    if (role == u"member"_s)
        node.on("shared", {.share = u"workers"_s}, &node, count);
    if (role == u"all"_s)
        node.on("heard", &node, count);
    node.whenReady().then(&node, [] {
        std::puts("ready");
        std::fflush(stdout);
    });
    return QCoreApplication::exec();
}

class Bench : public QObject
{
public:
    Bench(int port, int events)
        : m_events(events)
        , m_node(PyventOptions{.port = port,
                               .server = false,
                               .sendQueueEvents = 2 * events,
                               .whenReceiversLag = PyventReceiversLag::Wait})
    {
        m_node.on("done", {"count"}, this, [this](int count) { done(count); });
        m_node.whenReady().then(this, [this] { next(); });
    }

private:
    void next()
    {
        if (m_round == 2 * rounds)
            return tell();
        m_done = 0;
        m_timer.start();
        const QLatin1StringView name(m_round % 2 == 0 ? "heard" : "shared");
        for (int i = 0; i < m_events; ++i)
            m_failed += !m_node.send(name, {{u"n"_s, i}});
    }

    void done(int count)
    {
        if (m_done >= m_events)
            return;
        m_done += count;
        if (m_done < m_events)
            return;
        m_rates[m_round++ % 2].push_back(m_events / (double(m_timer.nsecsElapsed()) / 1e9));
        next();
    }

    void tell()
    {
        for (auto &rates : m_rates)
            std::sort(rates.begin(), rates.end());
        const double heard = m_rates[0][rounds / 2];
        const double shared = m_rates[1][rounds / 2];
        std::printf("events a second, to one that hears all   %8.0f\n"
                    "events a second, shared by %d            %8.0f, %.2f of that; %d failed\n",
                    heard, members, shared, shared / heard, m_failed);
        qApp->exit(m_failed > 0);
    }

    const int m_events;
    PyventNode m_node;
    QElapsedTimer m_timer;
    int m_round = 0;
    int m_done = 0;
    int m_failed = 0;
    std::vector<double> m_rates[2];
};

std::unique_ptr<QProcess> start(const QString &role, int port)
{
    auto process = std::make_unique<QProcess>();
    process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process->start(QCoreApplication::applicationFilePath(), {u"--role"_s, role, u"--port"_s, QString::number(port)});
    while (!process->canReadLine() && process->waitForReadyRead(30'000)) { }
    return process;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addOptions({{u"role"_s, u"server, member or all"_s, u"role"_s},
                       {u"port"_s, u"The bus. Default: a free one."_s, u"port"_s},
                       {u"events"_s, u"How many, in each round."_s, u"n"_s, u"100000"_s}});
    parser.process(app);
    const int port = parser.isSet(u"port"_s) ? parser.value(u"port"_s).toInt() : PyventTests::freePort();
    if (parser.isSet(u"role"_s))
        return play(parser.value(u"role"_s), port);
    std::vector<std::unique_ptr<QProcess>> processes;
    processes.push_back(start(u"server"_s, port));
    processes.push_back(start(u"all"_s, port));
    for (int i = 0; i < members; ++i)
        processes.push_back(start(u"member"_s, port));
    auto bench = std::make_unique<Bench>(port, parser.value(u"events"_s).toInt());
    const int result = app.exec();
    bench.reset();
    for (const auto &process : processes) {
        process->kill();
        process->waitForFinished();
    }
    return result;
}
