// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// What handlers may do to the node, to themselves, and to the event loop.
class tst_Reentrancy : public QObject
{
    Q_OBJECT

private:
    PyventOptions options() const { return {.port = m_port}; }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    void aHandlerSends()
    {
        PyventNode node(options());
        QStringList heard;
        node.on("ping", this, [&] {
            heard.append(u"ping"_s);
            QVERIFY(node.send("pong"));
        });
        node.on("pong", this, [&] { heard.append(u"pong"_s); });
        QVERIFY(node.waitForReady());
        node.send("ping");
        QTRY_COMPARE(heard, QStringList({u"ping"_s, u"pong"_s}));
    }

    void aHandlerStopsTheNode()
    {
        PyventNode node(options());
        int heard = 0;
        node.on("x", this, [&] {
            ++heard;
            node.stop();
        });
        node.on("x", this, [&] { heard += 100; });
        QVERIFY(node.waitForReady());
        node.send("x");
        node.send("x");
        QTRY_VERIFY(heard > 0);
        QTest::qWait(0);
        QCOMPARE(node.state(), PyventNode::Stopped);
        QCOMPARE(heard % 100, 1); // the second event came after the stop
        QVERIFY(node.waitForReady());
        node.send("x");
        QTRY_COMPARE(heard % 100, 2);
    }

    void aHandlerDeletesTheNode_data()
    {
        QTest::addColumn<bool>("others");
        QTest::newRow("alone") << false;
        QTest::newRow("with handlers after it") << true;
    }
    void aHandlerDeletesTheNode()
    {
        QFETCH(bool, others);
        auto *node = new PyventNode(options());
        const QPointer<PyventNode> alive(node);
        int after = 0;
        node->on("x", this, [node] { delete node; });
        if (others) {
            node->on("x", this, [&] { ++after; });
            connect(node, &PyventNode::eventReceived, this, [&] { ++after; });
            node->on("y", this, [&] { ++after; });
        }
        QVERIFY(node->waitForReady());
        node->send("x");
        node->send("y");
        QTRY_VERIFY(!alive);
        QCOMPARE(after, 0);
    }

    void aSlotOfEachSignalDeletesTheNode_data()
    {
        QTest::addColumn<QByteArray>("signal");
        for (const char *signal : {"eventReceived", "received", "stateChanged", "handlerFailed", "errorOccurred"})
            QTest::newRow(signal) << QByteArray(signal);
    }
    void aSlotOfEachSignalDeletesTheNode()
    {
        QFETCH(QByteArray, signal);
        auto *node = new PyventNode(options());
        const QPointer<PyventNode> alive(node);
        node->on("x", {"missing"}, this, [](int) {});
        QVERIFY(node->waitForReady());
        QCoreApplication::processEvents();
        const auto end = [node] { delete node; };
        if (signal == "eventReceived")
            connect(node, &PyventNode::eventReceived, this, end);
        else if (signal == "received")
            connect(node, &PyventNode::received, this, end);
        else if (signal == "stateChanged")
            connect(node, &PyventNode::stateChanged, this, end);
        else if (signal == "handlerFailed")
            connect(node, &PyventNode::handlerFailed, this, end);
        else
            connect(node, &PyventNode::errorOccurred, this, end);
        // Each of these may be the last thing that the node does.
        if (alive && signal == "errorOccurred")
            alive->send("a b");
        if (alive && signal == "stateChanged")
            alive->on("y", this, [] {});
        if (alive && signal != "errorOccurred" && signal != "stateChanged") {
            QVERIFY(alive->waitForReady());
            alive->send("x");
        }
        QTRY_VERIFY(!alive);
    }

    void aHandlerDeletesItsContext()
    {
        PyventNode node(options());
        auto *context = new QObject;
        int heard = 0;
        int others = 0;
        node.on("x", context, [&, context] {
            ++heard;
            delete context;
        });
        node.on("x", this, [&] { ++others; });
        QVERIFY(node.waitForReady());
        node.send("x");
        node.send("x");
        QTRY_COMPARE(others, 2);
        QCOMPARE(heard, 1);
    }

    void aHandlerRemovesItselfAndOthers()
    {
        PyventNode node(options());
        int first = 0;
        int second = 0;
        int last = 0;
        QObject context;
        node.on("x", this, [&] {
            ++first;
            node.off("x", &context);
            node.off("x", this);
        });
        node.on("x", &context, [&] { ++second; });
        node.on("last", &context, [&] { ++last; });
        QVERIFY(node.waitForReady());
        node.send("x");
        node.send("x");
        node.send("last");
        QTRY_COMPARE(last, 1);
        QCOMPARE(first, 1);
        QCOMPARE(second, 0);
    }

    void aHandlerAddsHandlers()
    {
        PyventNode node(options());
        int heard = 0;
        int made = 0;
        node.on("x", this, [&] {
            ++made;
            node.on("x", this, [&] { ++heard; });
        });
        QVERIFY(node.waitForReady());
        for (int round = 1; round <= 3; ++round) {
            node.send("x"); // heard by those that the rounds before made
            QTRY_COMPARE(made, round);
        }
        QTRY_COMPARE(heard, 3);
    }

    void aHandlersCaptureMayEndTheNode()
    {
        // the destructor of what a lambda captured is user code, too
        struct Ender
        {
            PyventNode *node;
            ~Ender()
            {
                node->off("y");
                node->send("ended");
            }
        };
        PyventNode node(options());
        bool ended = false;
        node.on("ended", this, [&] { ended = true; });
        auto ender = std::make_shared<Ender>(Ender{&node});
        node.on("x", this, [ender] { Q_UNUSED(ender) });
        ender.reset();
        QVERIFY(node.waitForReady());
        QCOMPARE(node.off("x"), 1);
        QTRY_VERIFY(ended);
    }

    void aHandlerOpensANestedEventLoop()
    {
        PyventNode node(options());
        QList<int> first;
        QList<int> second;
        QEventLoop loop;
        node.on("x", {"n"}, this, [&](int n) {
            first.append(n);
            if (n == 0)
                loop.exec();
            else if (n == 9)
                loop.quit();
        });
        node.on("x", {"n"}, this, [&](int n) { second.append(n); });
        QVERIFY(node.waitForReady());
        QList<int> expected;
        for (int n = 0; n < 10; ++n) {
            node.send("x", {{u"n"_s, n}});
            expected.append(n);
        }
        QTRY_COMPARE(second.size(), 10);
        QCOMPARE(first, expected);
        QCOMPARE(second, expected); // no event overtook the first one at the second handler
    }

    // What a handler sends takes no turn of its own, as long as nothing of it waits.
    void aHandlerSendsAndOpensANestedEventLoop_data()
    {
        QTest::addColumn<int>("events");
        QTest::newRow("one, which goes at once") << 1;
        QTest::newRow("many, of which the last wait for a turn") << 1000;
    }
    void aHandlerSendsAndOpensANestedEventLoop()
    {
        QFETCH(const int, events);
        PyventNode other(options());
        PyventNode node(options());
        int heard = 0;
        QEventLoop nested;
        other.on("y", this, [&] {
            if (++heard == events)
                nested.quit();
        });
        int heardWithin = 0;
        node.on("x", this, [&] {
            for (int i = 0; i < events; ++i)
                QVERIFY(node.send("y"));
            nested.exec();
            heardWithin = heard;
        });
        QVERIFY(other.waitForReady());
        QVERIFY(node.waitForReady());
        QVERIFY(other.send("x"));
        QTRY_COMPARE(heardWithin, events);
        QTRY_COMPARE(node.unacknowledged(), 0);
    }

    void aNestedEventLoopOutlivesTheNode()
    {
        auto node = std::make_unique<PyventNode>(options());
        bool ended = false;
        node->on("x", this, [&] {
            QEventLoop loop;
            QTimer::singleShot(0, this, [&] {
                node.reset();
                loop.quit();
            });
            loop.exec();
            ended = true;
        });
        QVERIFY(node->waitForReady());
        node->send("x");
        QTRY_VERIFY(ended);
    }

    void aHandlerWaits()
    {
        PyventNode node(options());
        bool answered = false;
        QStringList order;
        node.on("x", this, [&] {
            answered = node.waitFor("y", 20s, {.send = u"y"_s}).has_value();
            order.append(u"x"_s);
        });
        node.on("y", this, [&] { order.append(u"y"_s); });
        QVERIFY(node.waitForReady());
        node.send("x");
        QTRY_COMPARE(order, QStringList({u"x"_s, u"y"_s}));
        QVERIFY(answered);
    }

    void aFloodDoesNotFreezeTheEventLoop()
    {
        PyventNode node(options());
        PyventNode flooder(options());
        int heard = 0;
        int ticks = 0;
        QTimer timer;
        connect(&timer, &QTimer::timeout, this, [&] { ++ticks; });
        node.on("x", this, [&] {
            ++heard;
            QElapsedTimer busy;
            busy.start();
            while (busy.nsecsElapsed() < 20'000) { }
        });
        QVERIFY(node.waitForReady());
        for (int n = 0; n < 20'000; ++n)
            QVERIFY(flooder.send("x"));
        timer.start(0);
        QTRY_VERIFY(heard > 0);
        int heardAtFirstTick = -1;
        connect(&timer, &QTimer::timeout, this, [&] {
            if (heardAtFirstTick < 0)
                heardAtFirstTick = heard;
        });
        QTRY_COMPARE_WITH_TIMEOUT(heard, 20'000, 60'000);
        QVERIFY2(heardAtFirstTick < 20'000, "the timer waited for the whole flood");
        QVERIFY(ticks > 10);
    }

    // What the handler has captured ends with the node, and uses it once more.
    void aDestructorUsesTheNodeThatEnds()
    {
        struct Bye
        {
            ~Bye() { wasSent = node->send("bye"); }
            PyventNode *node;
            bool &wasSent;
        };
        PyventNode other(options());
        auto node = std::make_unique<PyventNode>(options());
        int heard = 0;
        bool wasSent = true;
        other.on("x", this, [&] { ++heard; });
        node->on("x", this, [bye = std::make_shared<Bye>(node.get(), wasSent)] {});
        QVERIFY(other.waitForReady() && node->waitForReady());
        node.reset();
        QVERIFY(!wasSent);
        QVERIFY(other.send("x")); // whose connections it shared
        QTRY_COMPARE(heard, 1);
    }

    // The program logs over the bus.
    void aMessageHandlerSends()
    {
        static PyventNode *logNode = nullptr;
        static bool isLogging = false;
        PyventNode node(options());
        PyventNode log(options());
        QStringList heard;
        log.on("log", {"text"}, this, [&](const QString &text) { heard.append(text); });
        QVERIFY(node.waitForReady() && log.waitForReady());
        logNode = &log;
        const QtMessageHandler before =
            qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &text) {
                if (!std::exchange(isLogging, true)) {
                    logNode->send("log", {{u"text"_s, text}});
                    isLogging = false;
                }
            });
        const bool sent = node.send("a bad name");
        qInstallMessageHandler(before);
        QVERIFY(!sent);
        QTRY_COMPARE(heard.size(), 1);
        QVERIFY(heard[0].contains(u"a bad name"_s));
    }

    // A handler whose context lives in the thread that dispatches has run when that returns.
    void dispatchesInAnotherThread()
    {
        PyventNode node(options());
        bool hasRun = false;
        std::thread([&] {
            QObject context;
            node.on("x", &context, [&] { hasRun = true; });
            node.dispatch("x");
        }).join();
        QVERIFY(hasRun);
    }

    void movesToAnotherThread()
    {
        auto *node = new PyventNode(options());
        QVERIFY(node->waitForReady());
        QThread thread;
        thread.start();
        connect(&thread, &QThread::finished, node, &QObject::deleteLater);
        std::atomic<bool> isRight = false;
        connect(
            node, &PyventNode::eventReceived, node, [&] { isRight = QThread::currentThread() == &thread; },
            Qt::DirectConnection);
        node->moveToThread(&thread);
        QVERIFY(node->waitForReady());
        QVERIFY(node->send("x"));
        QTRY_VERIFY(isRight);
        thread.quit();
        QVERIFY(thread.wait());
    }
};

PYVENT_TEST(tst_Reentrancy)
#include "tst_reentrancy.moc"
