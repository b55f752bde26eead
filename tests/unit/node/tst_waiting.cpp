// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// waitFor(), next(), flush() and whenReady(), in the node's thread and in others.
class tst_Waiting : public QObject
{
    Q_OBJECT

private:
    PyventOptions options() const { return {.port = m_port}; }

    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    void waitsForTheAnswerToAQuestion()
    {
        PyventNode server(options());
        QThread thread;
        thread.start();
        auto *answerer = new PyventNode(options());
        answerer->moveToThread(&thread);
        connect(&thread, &QThread::finished, answerer, &QObject::deleteLater);
        answerer->on("question", {"n"}, answerer, [answerer](int n) { answerer->send("answer", {{u"n"_s, n + 1}}); });
        QVERIFY(answerer->waitForReady());

        PyventNode asker(options());
        const auto answer = asker.waitFor("answer", 20s, {.send = u"question"_s, .args = {{u"n"_s, 41}}});
        QVERIFY(answer);
        QCOMPARE(answer->args, QVariantMap({{u"n"_s, 42}}));
        thread.quit();
        QVERIFY(thread.wait());
    }

    void findsTheNodes()
    {
        PyventOptions served = options();
        served.nodeId = u"server"_s;
        PyventNode server(served);
        QVERIFY(server.startServer());
        PyventOptions client = options();
        client.server = false;
        PyventNode kitchen(client);
        kitchen.on("order-*", this, [] {});
        kitchen.on("food-ready", this, [] {});
        QVERIFY(kitchen.waitForReady());
        QVERIFY(server.waitForReady());

        // Asked again where a busy machine was too slow to answer in time.
        QList<PyventNodeInfo> nodes;
        for (int i = 0; i < 20 && nodes.size() < 2; ++i) {
            const QFuture<QList<PyventNodeInfo>> future = kitchen.findNodes(300ms);
            QTRY_VERIFY(future.isFinished());
            nodes = future.isCanceled() ? QList<PyventNodeInfo>() : future.result();
        }
        QCOMPARE(nodes.size(), 2);
        for (const PyventNodeInfo &node : std::as_const(nodes)) {
            const bool serves = node.uuid == server.uuid();
            QCOMPARE(node.uuid, serves ? server.uuid() : kitchen.uuid());
            QCOMPARE(node.serving, serves);
            QCOMPARE(node.nodeId, serves ? u"server"_s : QString());
            QCOMPARE(node.names, serves ? QStringList() : (QStringList{u"food-ready"_s, u"order-*"_s}));
            QCOMPARE(node.pid, QCoreApplication::applicationPid());
            QCOMPARE(node.program, u"tst_library"_s);
            QCOMPARE(node.host, QSysInfo::machineHostName());
        }
    }

    void aNodeSaysWhatItIs()
    {
        PyventOptions client = options();
        client.server = false;
        PyventNode kitchen(client);
        QVERIFY(kitchen.setAbout({{u"oven"_s, u"cold"_s}}));
        kitchen.announce(); // before there is anybody
        PyventNode guest(client);
        QList<PyventNodeInfo> described;
        connect(&guest, &PyventNode::nodeDescribed, this, [&](const PyventNodeInfo &node) { described.append(node); });
        QVERIFY(guest.tryStart());
        const auto server = std::make_unique<PyventNode>(options());
        QVERIFY(server->startServer());
        QVERIFY(guest.waitForReady() && kitchen.waitForReady());
        QTRY_VERIFY(!described.isEmpty() && described.last().about.value(u"oven"_s) == u"cold"_s);
        QVERIFY(kitchen.setAbout({{u"oven"_s, u"hot"_s}, {u"dishes"_s, QVariantList{1, u"two"_s}}}));
        kitchen.announce(QUuid::createUuid()); // nobody's
        kitchen.announce(guest.uuid());
        QTRY_VERIFY(described.last().about.value(u"oven"_s) == u"hot"_s);
        QCOMPARE(described.last().uuid, kitchen.uuid());
        QCOMPARE(described.last().about, kitchen.about());
        QVERIFY(guest.setAbout({{u"hungry"_s, true}}));
        guest.announce(); // of which it does not hear itself

        QList<PyventNodeInfo> nodes;
        const auto isFound = [&](const PyventNode &node) {
            return std::any_of(nodes.cbegin(), nodes.cend(), [&](const PyventNodeInfo &info) {
                return info.uuid == node.uuid() && info.about == node.about();
            });
        };
        for (int i = 0; i < 20 && !(isFound(kitchen) && isFound(guest)); ++i) {
            const auto future = guest.findNodes(300ms);
            QTRY_VERIFY(future.isFinished());
            nodes = future.isCanceled() ? QList<PyventNodeInfo>() : future.result();
        }
        QVERIFY(isFound(kitchen) && isFound(guest));
        QVERIFY(std::none_of(described.cbegin(), described.cend(),
                             [&](const PyventNodeInfo &node) { return node.uuid == guest.uuid(); }));

        QSignalSpy errors(&kitchen, &PyventNode::errorOccurred);
        const QVariantMap before = kitchen.about();
        QVERIFY(!kitchen.setAbout({{u"text"_s, QString(9000, u'x')}}));
        QCOMPARE(errors.size(), 1);
        QCOMPARE(kitchen.lastError().code, PyventError::InvalidArgument);
        QCOMPARE(kitchen.about(), before);

        // Who comes later is told again, and so is everybody after a take-over.
        described.clear();
        server->stop();
        PyventNode next(options());
        QVERIFY(next.startServer());
        QTRY_VERIFY(std::any_of(described.cbegin(), described.cend(), [&](const PyventNodeInfo &node) {
            return node.uuid == kitchen.uuid() && node.about == before;
        }));
    }

    void findsNobodyWithoutAServer()
    {
        PyventOptions client = options();
        client.server = false;
        PyventNode node(client);
        const auto future = node.findNodes(50ms);
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.isCanceled());

        const auto pending = node.findNodes(1h);
        node.stop();
        QVERIFY(pending.isCanceled() && pending.isFinished());
        PyventNode broken(PyventOptions{.port = -1});
        QVERIFY(broken.findNodes().isCanceled());
    }

    void timesOut()
    {
        PyventNode node(options());
        QElapsedTimer timer;
        timer.start();
        QVERIFY(!node.waitFor("nothing", 50ms));
        QVERIFY(timer.elapsed() >= 50);
        QVERIFY(!node.waitFor("nothing", 0ms));
        QVERIFY(!node.waitFor("nothing", -1s));
        QVERIFY(!node.waitFor("a b", 20s));
        QVERIFY(!node.waitFor("x", 20s, {.send = u"a b"_s}));
        QCOMPARE(node.lastError().code, PyventError::InvalidName);
    }

    void noHandlerRunsMeanwhileAndNothingIsMissed()
    {
        PyventNode node(options());
        QStringList heard;
        node.on("*", this, [&](const PyventEvent &event) { heard.append(event.name); });
        QVERIFY(node.waitForReady());
        node.send("first");
        const auto event = node.waitFor("second", 20s, {.send = u"second"_s});
        QVERIFY(event);
        QCOMPARE(heard, QStringList());
        node.send("third");
        QTRY_COMPARE(heard, QStringList({u"first"_s, u"second"_s, u"third"_s}));
    }

    // What fills it is handled afterwards, since the node's thread waits.
    void hearsItsEventWithAFullInbox()
    {
        constexpr int events = 70; // of 1 MiB: more than the inbox takes
        QThread thread;
        thread.start();
        PyventOptions large = options();
        large.sendQueueBytes = qsizetype(200) << 20;
        auto *sender = new PyventNode(large);
        sender->moveToThread(&thread);
        connect(&thread, &QThread::finished, sender, &QObject::deleteLater);
        QVERIFY(sender->startServer());
        sender->on("please", sender, [sender] { sender->send("wanted", {{u"n"_s, 7}}); });
        QVERIFY(sender->waitForReady());
        PyventNode node(options());
        QList<int> heard;
        node.on("x", {"n"}, this, [&](int n) { heard.append(n); });
        node.on("wanted", this, [&] { heard.append(-1); });
        QVERIFY(node.waitForReady());
        for (int n = 0; n < events; ++n)
            QVERIFY(sender->send("x", {{u"n"_s, n}, {u"data"_s, QByteArray(1 << 20, 'x')}}));
        // What has arrived before the call is not waited for, and is not forgotten because the inbox is full.
        const auto event = node.waitFor("wanted", 30s, {.send = u"please"_s});
        QVERIFY(event);
        QCOMPARE(event->args, QVariantMap({{u"n"_s, 7}}));
        QCOMPARE(heard, QList<int>());
        QTRY_COMPARE_WITH_TIMEOUT(heard.size(), events + 1, 60'000); // the handlers miss nothing
        QCOMPARE(heard.count(-1), 1);
        heard.removeAll(-1);
        QVERIFY(std::is_sorted(heard.cbegin(), heard.cend()));
        thread.quit();
        QVERIFY(thread.wait());
    }

    void manyThreadsWaitAtOnce()
    {
        PyventNode node(options());
        QVERIFY(node.waitForReady());
        std::vector<std::thread> threads;
        std::atomic<int> right = 0;
        std::atomic<int> ended = 0;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                const QString name = u"name-%1"_s.arg(i);
                for (int n = 0; n < 20; ++n) {
                    const auto event = node.waitFor(name, 20s, {.send = name, .args = {{u"n"_s, n}}});
                    right += event && event->args[u"n"_s] == n;
                }
                ++ended;
            });
        }
        QTRY_COMPARE_WITH_TIMEOUT(ended.load(), 8, 60'000); // the event loop runs beside them
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(right.load(), 160);
    }

    void aThreadWaitsWhileTheNodesThreadIsBusy()
    {
        PyventNode node(options());
        PyventNode other(options());
        std::atomic<bool> right = false;
        std::thread thread([&] {
            const auto event = node.waitFor("x", 20s, {.send = u"x"_s});
            right = event && node.flush(20s);
        });
        thread.join(); // so this thread runs no event loop
        QVERIFY(right);
    }

    void aNodeNeedsNoEventLoopToWait()
    {
        std::thread thread([&] {
            PyventNode node(options());
            QVERIFY(node.waitForReady(20s));
            QVERIFY(node.waitFor("x", 20s, {.send = u"x"_s}));
            QVERIFY(node.flush(20s));
        });
        thread.join();
    }

    void nextIsAFuture()
    {
        PyventNode node(options());
        const QFuture<PyventEvent> next = node.next("x");
        const QFuture<PyventEvent> filtered = node.next("x", {.sender = "manager"});
        QVERIFY(node.waitForReady());
        node.send("x", {{u"n"_s, 1}});
        node.send("x", {{u"n"_s, 2}});
        QTRY_VERIFY(next.isFinished());
        QCOMPARE(next.result().args, QVariantMap({{u"n"_s, 1}}));
        QVERIFY(!filtered.isFinished());
        node.send("x", {}, {.sender = u"manager.1"_s});
        QTRY_VERIFY(filtered.isFinished());
        QVERIFY(node.next("a b").isCanceled());
    }

    void whatCameBeforeIsNotNext()
    {
        PyventNode node(options());
        QVERIFY(node.waitFor("x", 20s, {.send = u"x"_s, .args = {{u"n"_s, 1}}})); // and waits to be delivered
        const QFuture<PyventEvent> next = node.next("x");
        QVERIFY(node.waitForReady());
        node.send("x", {{u"n"_s, 2}});
        QTRY_VERIFY(next.isFinished());
        QCOMPARE(next.result().args, QVariantMap({{u"n"_s, 2}}));
    }

    void aFutureEndsWithItsNode()
    {
        QFuture<PyventEvent> next;
        QFuture<void> ready;
        {
            PyventNode node(PyventOptions{.port = m_port, .server = false});
            next = node.next("x");
            ready = node.whenReady();
        }
        QVERIFY(next.isCanceled());
        QVERIFY(next.isFinished());
        QVERIFY(ready.isCanceled());
    }

    void aFutureMayContinue()
    {
        PyventNode node(options());
        QString heard;
        node.next("x").then(this, [&](const PyventEvent &event) { heard = event.name; });
        QVERIFY(node.waitForReady());
        node.send("x");
        QTRY_COMPARE(heard, u"x"_s);
    }

    void readyMeansThatTheNextEventIsHeard()
    {
        PyventNode server(options());
        QVERIFY(server.startServer());
        PyventNode sender(options());
        QVERIFY(sender.waitForReady());
        for (int round = 0; round < 50; ++round) {
            PyventNode receiver(options());
            int heard = 0;
            receiver.on("x", this, [&] { ++heard; });
            QVERIFY(receiver.waitForReady(20s));
            QVERIFY(sender.send("x"));
            QTRY_COMPARE_WITH_TIMEOUT(heard, 1, 20'000);
        }
    }

    void hugeTimeoutsAreNoOverflow()
    {
        PyventNode node(options());
        QVERIFY(node.waitForReady(std::chrono::milliseconds::max()));
        QVERIFY(node.flush(std::chrono::milliseconds::max()));
        QVERIFY(node.waitFor("x", std::chrono::milliseconds::max(), {.send = u"x"_s}));
    }
};

PYVENT_TEST(tst_Waiting)
#include "tst_waiting.moc"
