// SPDX-License-Identifier: MIT
#include "support/childprocess.h"
#include "support/freeport.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtCore/qrandom.h>
#include <QtTest>

#include <algorithm>
#include <csignal>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

PyventAnswer resultOf(QFuture<PyventAnswer> future)
{
    if (!waitUntil([&] { return future.isFinished(); }))
        return PyventAskError{PyventAskError::NoError, u"it did not end"_s};
    return future.resultCount() > 0 ? future.resultAt(0) : PyventAskError{PyventAskError::NoError, u"canceled"_s};
}

// Why no Python node can be started, for people.
QString whyNoPython()
{
    ChildProcess python(QStringLiteral(ASKING_PYTHON), {u"-c"_s, u"import zmq, pydispatch"_s},
                        ChildProcess::Errors::Kept);
    return python.exitCode() == 0 ? QString()
                                  : u"Python's zmq or pydispatch is missing (Debian: python3-zmq python3-pydispatch)"_s;
}

QRandomGenerator seeded()
{
    const quint32 seed = qEnvironmentVariableIsSet("PYVENT_SEED") ? qEnvironmentVariable("PYVENT_SEED").toUInt()
                                                                  : QRandomGenerator::global()->generate();
    qInfo("seed %u", seed);
    return QRandomGenerator(seed);
}

// Stops it as SIGSTOP does, which takes a moment.
bool stop(ChildProcess *process)
{
    process->sendSignal(SIGSTOP);
    return waitUntil([&] {
        QFile state(u"/proc/%1/stat"_s.arg(process->pid()));
        return state.open(QIODevice::ReadOnly) && state.readAll().contains(") T ");
    });
}

// The number behind \a word in a line of the questioner's.
int numberIn(const QString &line, const QString &word)
{
    const QStringList words = line.split(u' ');
    return words.value(words.indexOf(word) + 1).toInt() * (words.contains(word) ? 1 : 0);
}

} // namespace

// Questions whose asker, answerer or server is killed at each step, and Python in each role.
class tst_QuestionsUnderFire : public QObject
{
    Q_OBJECT

private:
    using Process = std::unique_ptr<ChildProcess>;

    Process start(const QStringList &arguments, bool waits = true) const
    {
        QStringList words = arguments;
        words.insert(1, QString::number(m_port));
        auto process = std::make_unique<ChildProcess>(QStringLiteral(PYVENT_QUESTIONER), words);
        if (waits && !process->printsLine("ready"))
            return nullptr;
        return process;
    }
    Process startPython(const QString &role) const
    {
        qputenv("PYTHONPATH", ASKING_PYTHON_PATH);
        auto process = std::make_unique<ChildProcess>(
            QStringLiteral(ASKING_PYTHON),
            QStringList{QStringLiteral(PYTHON_QUESTIONER), role, QString::number(m_port)});
        return role == u"ask"_s || process->printsLine("ready") ? std::move(process) : nullptr;
    }
    Process serve() const { return start({u"serve"_s}); }
    Process answer(int delay, bool mayServe = false) const
    {
        return start({u"answer"_s, QString::number(delay), mayServe ? u"server"_s : u"client"_s});
    }
    PyventOptions options(bool server = false) const { return {.port = m_port, .server = server}; }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = freePort(); }

    // It works when it is killed; it has not read the question; and another one has it, too.
    void theAnswererIsKilled_data()
    {
        QTest::addColumn<QString>("step");
        for (const auto *step : {"before it reads", "while it works", "while another one works"})
            QTest::newRow(step) << QString::fromLatin1(step);
    }
    void theAnswererIsKilled()
    {
        QFETCH(const QString, step);
        const Process server = serve();
        const Process answerer = answer(3'600'000);
        QVERIFY(server && answerer);
        PyventNode asker(options());
        if (step == u"before it reads"_s)
            QVERIFY(stop(answerer.get()));
        Process other = step == u"while another one works"_s ? answer(1500) : nullptr;
        const auto future = asker.ask("double", {{u"n"_s, 21}}, {.timeout = 1h});
        if (step == u"before it reads"_s)
            QVERIFY(asker.waitForReady(20s) && asker.flush(20s));
        else
            QVERIFY(answerer->printsLine("asked 21") && (!other || other->printsLine("asked 21")));
        QVERIFY(!future.isFinished());
        QElapsedTimer timer;
        timer.start();
        answerer->kill();
        const PyventAnswer result = resultOf(future);
        if (other) {
            QCOMPARE(result.value(), QVariant(42));
        } else {
            QCOMPARE(result.error().kind, PyventAskError::AnswererLost);
            QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
        }
    }

    // The answerer takes over and answers; or it dies with the server, and that is known as soon as there is another one.
    void theServerIsKilled_data()
    {
        QTest::addColumn<bool>("withAnswerer");
        QTest::newRow("alone") << false;
        QTest::newRow("with the answerer") << true;
    }
    void theServerIsKilled()
    {
        QFETCH(const bool, withAnswerer);
        const Process server = withAnswerer ? answer(3'600'000, true) : serve();
        const Process answerer = withAnswerer ? nullptr : answer(2000, true);
        QVERIFY(server && (answerer || withAnswerer));
        PyventNode asker(options(withAnswerer));
        const auto future = asker.ask("double", {{u"n"_s, 21}}, {.timeout = 1h});
        QVERIFY((answerer ? answerer : server)->printsLine("asked 21"));
        QVERIFY(asker.flush(20s)); // else it asks the next server
        server->kill();
        const PyventAnswer result = resultOf(future);
        if (withAnswerer)
            QCOMPARE(result.error().kind, PyventAskError::AnswererLost);
        else
            QCOMPARE(result.value(), QVariant(42));
    }

    // The server that was asked has nothing passed on yet.
    void theServerIsKilledBeforeItPassesOn()
    {
        const Process server = serve();
        const Process answerer = answer(0, true);
        QVERIFY(server && answerer);
        PyventNode asker(options());
        QCOMPARE(resultOf(asker.ask("double", {{u"n"_s, 1}})).value(), QVariant(2));
        QVERIFY(stop(server.get()));
        const auto future = asker.ask("double", {{u"n"_s, 21}}, {.timeout = 1h});
        QTest::qWait(50);
        QVERIFY(!future.isFinished());
        server->kill();
        QCOMPARE(resultOf(future).value(), QVariant(42));
    }

    void theAskerIsKilled()
    {
        const Process server = serve();
        const Process answerer = answer(200);
        QVERIFY(server && answerer);
        const Process killed = start({u"ask"_s, u"1000"_s, u"100"_s, u"60000"_s}, false);
        QVERIFY(answerer->printsLine("asked"));
        killed->kill();
        PyventNode asker(options());
        QCOMPARE(resultOf(asker.ask("double", {{u"n"_s, 21}}, {.timeout = 1h})).value(), QVariant(42));
    }

    // What works for it sees that, whoever serves, and whenever the asker goes.
    void workForWhoIsKilledIsCanceled_data()
    {
        QTest::addColumn<QString>("step");
        for (const auto *step :
             {"while it works", "by TCP", "before it is read", "with the server", "of a Python server", "it leaves"})
            QTest::newRow(step) << QString::fromLatin1(step);
    }
    void workForWhoIsKilledIsCanceled()
    {
        QFETCH(const QString, step);
        const bool isPythons = step == u"of a Python server"_s;
        if (const QString why = isPythons ? whyNoPython() : QString(); !why.isEmpty())
            QSKIP(qPrintable(why));
        const Process server = isPythons ? startPython(u"serve"_s) : serve();
        const Process answerer = answer(3'600'000, true);
        QVERIFY(server && answerer);
        PyventNode other(options());
        QStringList vanished;
        connect(&other, &PyventNode::nodeVanished, this,
                [&](const PyventNodeInfo &node) { vanished += QString::number(node.pid); });
        const auto kept = other.ask("double", {{u"n"_s, 21}}, {.timeout = 1h});
        QVERIFY(answerer->printsLine("asked 21"));
        if (step == u"it leaves"_s) {
            PyventNode leaver(options());
            leaver.ask("double", {{u"n"_s, 0}}, {.timeout = 1h});
            QVERIFY(answerer->printsLine("asked 0"));
        } else {
            if (step == u"before it is read"_s)
                QVERIFY(stop(answerer.get()));
            const Process killed =
                start({u"ask"_s, u"1"_s, u"1"_s, u"3600000"_s, step == u"by TCP"_s ? u"tcp"_s : QString()}, false);
            if (step == u"before it is read"_s)
                QVERIFY(killed->printsLine("sent"));
            else
                QVERIFY(answerer->printsLine("asked 0"));
            if (step == u"with the server"_s)
                server->kill();
            killed->kill();
            if (step == u"before it is read"_s) {
                QVERIFY(waitUntil([&] { return vanished.contains(QString::number(killed->pid())); }));
                answerer->sendSignal(SIGCONT);
            }
        }
        QVERIFY(answerer->printsLine("canceled 0"));
        QVERIFY(!answerer->hasLine("canceled 21")); // whose asker is there
        QVERIFY(!kept.isFinished());
    }

    // A stop is no kill: it answers with its last breath.
    void theAnswererEnds()
    {
        const Process server = serve();
        const Process answerer = answer(3'600'000);
        QVERIFY(server && answerer);
        PyventNode asker(options());
        const auto future = asker.ask("double", {{u"n"_s, 21}}, {.timeout = 1h});
        QVERIFY(answerer->printsLine("asked 21"));
        answerer->sendSignal(SIGTERM);
        QCOMPARE(resultOf(future).error().kind, PyventAskError::AnswererLost);
    }

    // Each question ends once, with the right value or an error, whoever is killed while it is under way.
    void allEndOnce_data()
    {
        QTest::addColumn<bool>("killsAnswerers");
        QTest::addColumn<bool>("killsServers");
        QTest::newRow("nobody is killed") << false << false;
        QTest::newRow("answerers are killed") << true << false;
        QTest::newRow("servers are killed") << false << true;
        QTest::newRow("both are killed") << true << true;
    }
    void allEndOnce()
    {
        QFETCH(const bool, killsAnswerers);
        QFETCH(const bool, killsServers);
        QRandomGenerator random = seeded();
        const int count = 1500;
        std::vector<Process> answerers;
        Process server = serve();
        QVERIFY(server);
        for (int i = 0; i < 2; ++i) {
            answerers.push_back(answer(int(random.bounded(5, 20))));
            QVERIFY(answerers.back());
        }
        const Process asker = start({u"ask"_s, QString::number(count), u"16"_s, u"20000"_s}, false);
        QVERIFY(asker->printsLine("sent")); // who comes when a server begins may find nobody there yet
        for (int kills = 0; kills < 12 && !asker->hasLine("end "); ++kills) {
            QTest::qWait(int(random.bounded(100)));
            if (killsServers && (!killsAnswerers || random.bounded(2))) {
                server->kill();
                server = serve();
                QVERIFY(server);
            } else if (killsAnswerers) {
                Process &victim = answerers[random.bounded(2u)];
                victim->kill();
                victim = answer(int(random.bounded(5, 20)));
                QVERIFY(victim);
            }
        }
        QVERIFY(asker->printsLine("end "));
        const QString line = QString::fromUtf8(asker->lines().constLast());
        QCOMPARE(numberIn(line, u"wrong"_s), 0);
        QCOMPARE(numberIn(line, u"twice"_s), 0);
        const int values = numberIn(line, u"value"_s);
        const int lost = numberIn(line, u"AnswererLost"_s) + numberIn(line, u"NobodyAnswers"_s);
        QVERIFY2(values > 0 && values + lost == count, qPrintable(line)); // nothing times out
        if (!killsAnswerers)
            QVERIFY2(values == count, qPrintable(line));
        qInfo("%s", qPrintable(line));
    }

    // Before the server has its questions, before the answerer has them, while he works: all work for it is canceled, also where the
    // server is killed with it.
    void theAskerIsKilledAtAnyStep()
    {
        QRandomGenerator random = seeded();
        Process server = serve();
        const Process answerer = answer(3'600'000, true);
        QVERIFY(server && answerer);
        const auto count = [&](const QByteArray &begin) {
            const QByteArrayList lines = answerer->lines();
            return std::count_if(lines.begin(), lines.end(),
                                 [&](const QByteArray &line) { return line.startsWith(begin); });
        };
        for (int round = 0; round < 12; ++round) {
            const Process asker =
                start({u"ask"_s, u"1000"_s, QString::number(1 + random.bounded(16)), u"3600000"_s}, false);
            if (random.bounded(2))
                QVERIFY(waitUntil([&] { return count("asked") > count("canceled"); }));
            else
                QTest::qWait(int(random.bounded(250)));
            const bool killsServer = random.bounded(4) == 0;
            if (killsServer && random.bounded(2))
                server->kill();
            asker->kill();
            if (killsServer)
                server->kill();
            if (killsServer && random.bounded(2))
                server = serve();
        }
        PyventNode last(options());
        const auto kept = last.ask("double", {{u"n"_s, 1'000'000}}, {.timeout = 1h});
        QVERIFY(answerer->printsLine("asked 1000000"));
        QVERIFY(waitUntil([&] { return count("canceled") == count("asked") - 1; }));
        QVERIFY(!answerer->hasLine("canceled 1000000"));
        QVERIFY(!kept.isFinished());
        qInfo("%d questions", int(count("asked")));
    }

    // One question at a time, and whoever it is that is killed, and when: it ends with its value, or with the error that it is.
    void anyoneIsKilledAtAnyStep()
    {
        QRandomGenerator random = seeded();
        Process server = serve();
        Process answerer = answer(0, true);
        QVERIFY(server && answerer);
        PyventNode asker(options());
        QVERIFY(asker.waitForReady(20s));
        for (int round = 0; round < 10; ++round) {
            const int delay = random.bounded(2) ? 0 : int(random.bounded(1, 60));
            answerer = nullptr;
            answerer = answer(delay, true);
            QVERIFY(answerer);
            std::vector<QFuture<PyventAnswer>> futures;
            const bool killsServer = random.bounded(2);
            const int killedAt = int(random.bounded(20));
            for (int n = 0; n < 20; ++n) {
                futures.push_back(asker.ask("double", {{u"n"_s, n}}, {.timeout = 1h}));
                if (n != killedAt)
                    continue;
                const QDeadlineTimer until(std::chrono::microseconds(random.bounded(80'000)));
                while (!until.hasExpired())
                    QCoreApplication::processEvents();
                (killsServer ? server : answerer)->kill();
            }
            for (std::size_t n = 0; n < futures.size(); ++n) {
                const PyventAnswer result = resultOf(futures[n]);
                const auto kind = result.error().kind;
                if (result)
                    QCOMPARE(result.value(), QVariant(2 * int(n)));
                else
                    QVERIFY2(!killsServer
                                 && (kind == PyventAskError::AnswererLost || kind == PyventAskError::NobodyAnswers),
                             qPrintable(result.error().text));
                QCOMPARE(futures[n].resultCount(), 1);
            }
            if (killsServer)
                server = serve();
            QVERIFY(server);
        }
    }

    void pythonAnswers()
    {
        if (const QString why = whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        PyventNode asker(options(true));
        QVERIFY(asker.startServer());
        const Process python = startPython(u"answer"_s);
        QVERIFY(python);
        const PyventAnswer answer = resultOf(asker.ask("double", {{u"n"_s, 21}}));
        QCOMPARE(answer.value(), QVariant(42));
        QVERIFY(answer.nodeId().isNull());
        QCOMPARE(resultOf(asker.ask("double", {{u"n"_s, -1}})).error(),
                 (PyventAskError{PyventAskError::Refused, u"it is negative"_s}));
        QCOMPARE(resultOf(asker.ask("nothing")).error().kind, PyventAskError::NobodyAnswers);
        // It is gone, and with it whoever could have answered.
        const auto future = asker.ask("double", {{u"n"_s, 0}}, {.timeout = 1h});
        QVERIFY(asker.flush(20s));
        python->kill();
        QCOMPARE(resultOf(future).error().kind, PyventAskError::AnswererLost);
    }

    // By either way, as do nodes that listen to all for any other reason.
    void lookersOnDoNotAnswer_data()
    {
        QTest::addColumn<QString>("way");
        QTest::newRow("lane") << QString();
        QTest::newRow("TCP") << u"--no-lane"_s;
    }

    void lookersOnDoNotAnswer()
    {
        QFETCH(QString, way);
        PyventNode asker(options(true));
        QVERIFY(asker.startServer());
        PyventNode listener(options());
        listener.on("*", {.sender = PyventSender::Any}, this, [](const PyventEvent &) {});
        QStringList arguments{u"listen"_s, u"*"_s, u"--no-server"_s, u"--port"_s, QString::number(m_port)};
        if (!way.isEmpty())
            arguments += way;
        Program looker(arguments);
        QVERIFY2(waitUntil([&] { return asker.send("tick"), looker.output().contains("tick"_L1); }, patience, 100),
                 qPrintable(looker.errors()));
        for (int i = 0; i < 20; ++i)
            QCOMPARE(resultOf(asker.ask("double", {{u"n"_s, 1}}, {.timeout = 1h})).error().kind,
                     PyventAskError::NobodyAnswers);
        PyventNode distant([&] {
            PyventOptions byTcp = options();
            byTcp.lane = false;
            return byTcp;
        }());
        QCOMPARE(resultOf(distant.ask("double", {{u"n"_s, 1}}, {.timeout = 1h})).error().kind,
                 PyventAskError::NobodyAnswers);
        if (const QString why = whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));

        // A Python node gets all that begins as its names do, and hears its names only.
        const Process python = startPython(u"answer"_s);
        QVERIFY(python);
        QCOMPARE(resultOf(asker.ask("double-or-nothing", {{u"n"_s, 1}}, {.timeout = 1h})).error().kind,
                 PyventAskError::NobodyAnswers);
        QCOMPARE(resultOf(asker.ask("double", {{u"n"_s, 1}}, {.timeout = 1min})).value(), QVariant(2));
    }

    void pythonAsks()
    {
        if (const QString why = whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        PyventNode answerer(options(true));
        answerer.answer("double", {"n"}, this,
                        [](int n) { return n < 0 ? PyventAnswer(PyventRefusal("no")) : PyventAnswer(2 * n); });
        QVERIFY(answerer.waitForReady(20s));
        const Process python = startPython(u"ask"_s);
        QVERIFY(python->waitForEnd());
        QCOMPARE(python->lines(), (QByteArrayList{"{'value': 42}", "{'error': 'no'}"}));
    }

    // It passes questions and answers on, and knows nothing of who answers.
    void pythonServes()
    {
        if (const QString why = whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
        const Process python = startPython(u"serve"_s);
        QVERIFY(python);
        const Process answerer = answer(0);
        const Process slow = answer(300);
        QVERIFY(answerer && slow);
        PyventNode asker(options());
        QCOMPARE(resultOf(asker.ask("double", {{u"n"_s, 21}}, {.timeout = 1min})).value(), QVariant(42));
        auto all = asker.askAll("double", {{u"n"_s, 21}}, {.timeout = 3s});
        QVERIFY(waitUntil([&] { return all.isFinished(); }));
        QCOMPARE(all.resultCount(), 2);
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(resultOf(asker.ask("nobody", {}, {.timeout = 500ms})).error().kind, PyventAskError::TimedOut);
        QVERIFY(timer.elapsed() >= 499);
        // To cancel works, too, although it is not known whose work it is.
        const Process slowest = answer(1000);
        QVERIFY(slowest);
        answerer->kill();
        slow->kill();
        auto canceled = asker.ask("double", {{u"n"_s, 5}}, {.timeout = 1h});
        QVERIFY(slowest->printsLine("asked 5"));
        canceled.cancel();
        QVERIFY(slowest->printsLine("canceled 5"));
    }
};

PYVENT_TEST(tst_QuestionsUnderFire)
#include "tst_asking.moc"
