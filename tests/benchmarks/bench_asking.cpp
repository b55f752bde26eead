// SPDX-License-Identifier: MIT
// What a question and its answer cost, beside two events that go there and back: one at a time, by turns; and how many are answered in
// a second with 256 under way. Three processes: the server, who answers, and who asks. "bench_asking --questions N" says of how many.
#include "support/freeport.h"

#include <Pyvent>

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qelapsedtimer.h>
#include <QtCore/qprocess.h>
#include <QtCore/qtimer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int underWay = 256;
constexpr int atATime = 200; // round trips of one kind

int play(const QString &role, int port)
{
    PyventNode node(PyventOptions{.port = port, .server = role == u"server"_s});
    node.answer("double", {"n"}, &node, [](int n) { return 2 * n; });
    node.on("ping", {"n"}, &node, [&node](int n) { node.send("pong", {{u"n"_s, 2 * n}}); });
    if (role == u"server"_s) {
        node.off(&node);
        node.startServer();
    }
    node.whenReady().then(&node, [] {
        std::puts("ready");
        std::fflush(stdout);
    });
    return QCoreApplication::exec();
}

class Bench : public QObject
{
public:
    Bench(int port, int questions)
        : m_questions(questions)
        , m_node(PyventOptions{.port = port, .server = false})
    {
        m_node.on("pong", {"n"}, this, [this](int n) { heard(n, &m_events); });
        m_node.whenReady().then(this, [this] { next(); });
    }

private:
    // One round trip after the other, some of one kind and then some of the other.
    void next()
    {
        const int trip = int(m_events.size() + m_answers.size());
        if (trip >= m_questions)
            return ask();
        m_timer.start();
        if (trip / atATime % 2 == 0)
            m_node.send("ping", {{u"n"_s, trip}});
        else
            m_node.ask("double", {{u"n"_s, trip}}).then(this, [this](const PyventAnswer &answer) {
                heard(answer.value().toInt(), &m_answers);
            });
    }

    void heard(int, std::vector<qint64> *times)
    {
        times->push_back(m_timer.nsecsElapsed());
        next();
    }

    void ask()
    {
        m_timer.start();
        for (int i = 0; i < underWay; ++i)
            askOneMore();
    }

    void askOneMore()
    {
        if (m_asked >= m_questions * 20)
            return;
        m_node.ask("double", {{u"n"_s, m_asked++}}).then([this](const PyventAnswer &answer) {
            m_failed += !answer;
            if (++m_ended == m_questions * 20)
                return tell();
            askOneMore();
        });
    }

    void tell()
    {
        const double seconds = double(m_timer.nsecsElapsed()) / 1e9;
        const auto median = [](std::vector<qint64> times) {
            std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
            return double(times[times.size() / 2]) / 1000;
        };
        const double events = median(m_events);
        const double answers = median(m_answers);
        std::printf("round trip of two events, median     %8.1f µs\n"
                    "question and answer, median          %8.1f µs, %.2f times that\n"
                    "questions a second, %d under way    %8.0f, %d failed\n",
                    events, answers, answers / events, underWay, m_questions * 20 / seconds, m_failed);
        qApp->exit(m_failed > 0);
    }

    const int m_questions;
    PyventNode m_node;
    QElapsedTimer m_timer;
    std::vector<qint64> m_events;
    std::vector<qint64> m_answers;
    int m_asked = 0;
    int m_ended = 0;
    int m_failed = 0;
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
    parser.addOptions(
        {{u"role"_s, u"server or answerer"_s, u"role"_s},
         {u"port"_s, u"The bus. Default: a free one."_s, u"port"_s},
         {u"questions"_s, u"How many round trips; 20 times as many with many under way."_s, u"n"_s, u"10000"_s}});
    parser.process(app);
    const int port = parser.isSet(u"port"_s) ? parser.value(u"port"_s).toInt() : PyventTests::freePort();
    if (parser.isSet(u"role"_s))
        return play(parser.value(u"role"_s), port);
    const auto server = start(u"server"_s, port);
    const auto answerer = start(u"answerer"_s, port);
    auto bench = std::make_unique<Bench>(port, parser.value(u"questions"_s).toInt());
    const int result = app.exec();
    bench.reset();
    for (const auto *process : {&answerer, &server}) {
        (*process)->kill();
        (*process)->waitForFinished();
    }
    return result;
}
