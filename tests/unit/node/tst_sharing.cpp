// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

#include <map>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class Worker : public QObject
{
    Q_OBJECT

public:
    QList<QPromise<void> *> begun;

public Q_SLOTS:
    QFuture<void> work(int number)
    {
        numbers.append(number);
        begun.append(new QPromise<void>);
        begun.last()->start();
        return begun.last()->future();
    }

public:
    ~Worker() override { qDeleteAll(begun); }
    QList<int> numbers;
};

// Handlers that share events, of nodes of this process and through a server of this module.
class tst_Sharing : public QObject
{
    Q_OBJECT

private:
    PyventOptions options(bool server = true) const { return {.port = m_port, .server = server}; }
    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = PyventTests::freePort(); }

    // Each event goes to one member, all of them to some, and who has a group of its own, or none, hears all.
    void eachEventGoesToOneOfTheGroup()
    {
        constexpr int count = 300;
        PyventNode sender(options());
        QVERIFY(sender.waitForReady());
        std::vector<std::unique_ptr<PyventNode>> nodes;
        std::map<int, QList<int>> heard;
        QList<int> audited;
        QList<int> all;
        for (int i = 0; i < 3; ++i) {
            nodes.push_back(std::make_unique<PyventNode>(options(false)));
            nodes.back()->on("job", {"number"}, {.share = u"workers"_s}, this,
                             [&heard, i](int number) { heard[i].append(number); });
        }
        PyventNode auditor(options(false));
        auditor.on("job", {"number"}, {.share = u"audit"_s}, this, [&](int number) { audited.append(number); });
        auditor.on("job", {"number"}, this, [&](int number) { all.append(number); });
        QVERIFY(auditor.waitForReady());
        for (const auto &node : nodes)
            QVERIFY(node->waitForReady());
        QList<int> expected;
        for (int i = 0; i < count; ++i) {
            QVERIFY(sender.send("job", {{u"number"_s, i}}));
            expected.append(i);
        }
        QTRY_COMPARE_WITH_TIMEOUT(audited.size() + all.size(), 2 * count, 30'000);
        QCOMPARE(audited, expected);
        QCOMPARE(all, expected);
        const auto together = [&] {
            QList<int> numbers;
            for (const auto &[node, some] : heard)
                numbers += some;
            std::sort(numbers.begin(), numbers.end());
            return numbers;
        };
        QTRY_COMPARE_WITH_TIMEOUT(together(), expected, 30'000);
        for (int i = 0; i < 3; ++i)
            QVERIFY2(heard[i].size() > count / 10, qPrintable(u"%1 had %2"_s.arg(i).arg(heard[i].size())));
    }

    // Whoever is at work gets nothing more; so the one that is free does all.
    void whoIsFreeGetsIt()
    {
        PyventNode node(options());
        Worker slow;
        int quick = 0;
        node.on("job", {.share = u"workers"_s}, &slow, "work");
        QVERIFY(node.waitForReady());
        node.send("job", {{u"number"_s, 1}});
        QTRY_COMPARE(slow.numbers, QList<int>{1});
        node.on("job", {.share = u"workers"_s}, this, [&] { ++quick; });
        QVERIFY(node.waitForReady());
        for (int i = 2; i <= 20; ++i)
            node.send("job", {{u"number"_s, i}});
        QTRY_COMPARE(quick, 19);
        QCOMPARE(slow.numbers, QList<int>{1});
        slow.begun.first()->finish();
        for (int i = 0; i < 10; ++i)
            node.send("job", {{u"number"_s, 100 + i}});
        QTRY_VERIFY(slow.numbers.size() == 2);
        QTRY_COMPARE(quick, 28);
    }

    // What a handler has of a member that is gone before it has finished comes to another one, and says so.
    void goesToAnotherWhereAMemberIsGone_data()
    {
        QTest::addColumn<bool>("stops");
        QTest::newRow("its node stops") << true;
        QTest::newRow("its handler is taken away before it has begun") << false;
    }
    void goesToAnotherWhereAMemberIsGone()
    {
        QFETCH(const bool, stops);
        PyventNode sender(options());
        QVERIFY(sender.waitForReady());
        auto first = std::make_unique<PyventNode>(options(false));
        auto busy = std::make_unique<QObject>();
        QThread thread;
        QSemaphore mayGoOn;
        busy->moveToThread(&thread);
        thread.start();
        QAtomicInt begun = 0;
        std::thread blocker;
        const QPointer<QObject> context = busy.get();
        first->on("job", {.share = u"workers"_s}, busy.get(), [&] { ++begun; });
        QVERIFY(first->waitForReady());
        if (!stops)
            QMetaObject::invokeMethod(
                busy.get(), [&] { mayGoOn.acquire(); }, Qt::QueuedConnection);
        else
            first->on("hold", busy.get(), [&] { mayGoOn.acquire(); });
        if (stops) {
            QVERIFY(first->waitForReady());
            sender.send("hold");
        }
        sender.send("job", {{u"number"_s, 7}});
        QVERIFY(sender.flush());
        QList<PyventEvent> events;
        PyventNode second(options(false));
        second.on("job", {.share = u"workers"_s}, this, [&](const PyventEvent &event) { events.append(event); });
        QVERIFY(second.waitForReady());
        QCOMPARE(events.size(), 0);
        if (stops)
            first->stop();
        else
            first->off(busy.get());
        QTRY_COMPARE(events.size(), 1);
        QVERIFY(events.first().redelivered);
        QCOMPARE(events.first().args.value(u"number"_s), QVariant(7));
        QCOMPARE(events.first().nodeId, sender.uuid());
        mayGoOn.release(10);
        thread.quit();
        thread.wait();
        QCOMPARE(begun.loadRelaxed(), 0);
    }

    // Work that lasts longer than its handler.
    void aFutureIsFinishedWhenItEnds()
    {
        PyventNode node(options());
        QPromise<int> promise;
        promise.start();
        QList<int> numbers;
        node.on("job", {"number"}, {.share = u"workers"_s}, this, [&](int number) {
            numbers.append(number);
            return number == 1 ? promise.future() : QtFuture::makeReadyFuture(1);
        });
        QVERIFY(node.waitForReady());
        for (int i = 1; i <= 3; ++i)
            node.send("job", {{u"number"_s, i}});
        QTRY_COMPARE(numbers.size(), 1);
        QTest::qWait(50);
        QCOMPARE(numbers, QList<int>{1});
        promise.addResult(1);
        promise.finish();
        QTRY_COMPARE(numbers, (QList<int>{1, 2, 3}));
    }

    // The other forms, a glob, a sender, a subscription, and a handler that throws.
    void allFormsShare()
    {
        PyventNode node(options());
        int throwing = 0;
        int frames = 0;
        int wrongSender = 0;
        QStringList names;
        node.on("throw", {.share = u"workers"_s}, this, [&] {
            ++throwing;
            throw std::runtime_error("no");
        });
        node.onFrame("frame", {.share = u"workers"_s}, this, [&](const PyventFrame &) { ++frames; });
        node.on("any-*", {.share = u"workers"_s}, this, [&](const PyventEvent &event) { names.append(event.name); });
        node.on("of", {.sender = u"boss"_s, .share = u"workers"_s}, this, [&] { ++wrongSender; });
        PyventSubscription *const subscription = node.event("subscribed", {.share = u"workers"_s});
        QSignalSpy spy(subscription, &PyventSubscription::received);
        QSignalSpy failed(&node, &PyventNode::handlerFailed);
        QVERIFY(node.waitForReady());
        for (int i = 0; i < 3; ++i) {
            node.send("throw");
            node.send("frame");
            node.send(u"any-%1"_s.arg(i));
            node.send("of");
            node.send("of", {}, {.sender = u"boss.1"_s});
            node.send("subscribed", {{u"x"_s, i}});
        }
        QTRY_COMPARE(throwing, 3);
        QTRY_COMPARE(frames, 3);
        QTRY_COMPARE(wrongSender, 3);
        QTRY_COMPARE(names, (QStringList{u"any-0"_s, u"any-1"_s, u"any-2"_s}));
        QTRY_COMPARE(spy.size(), 3);
        QTRY_COMPARE(failed.size(), 3);
    }

    void refusesWhatCannotBeShared_data()
    {
        QTest::addColumn<PyventFilter>("filter");
        QTest::addColumn<QString>("says");
        QTest::newRow("replay") << PyventFilter{.replay = {.last = 1}, .share = u"w"_s} << u"a replay"_s;
        QTest::newRow("last") << PyventFilter{.last = true, .share = u"w"_s} << u"the last event"_s;
        QTest::newRow("latest") << PyventFilter{.latest = true, .share = u"w"_s} << u"latest"_s;
        QTest::newRow("paced") << PyventFilter{.atMostEvery = 1ms, .share = u"w"_s} << u"in a time"_s;
        QTest::newRow("too long") << PyventFilter{.share = QString(256, u'x')} << u"255 bytes"_s;
        QTest::newRow("control character") << PyventFilter{.share = u"a\nb"_s} << u"control"_s;
    }
    void refusesWhatCannotBeShared()
    {
        QFETCH(const PyventFilter, filter);
        QFETCH(const QString, says);
        PyventNode node(options());
        QVERIFY(!node.on("job", filter, this, [] {}));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QVERIFY2(node.lastError().text.contains(says), qPrintable(node.lastError().text));
        QVERIFY(!node.event("job", filter));
        QVERIFY(node.next("job", filter).isCanceled());
    }

    void answersAreNotShared()
    {
        PyventNode node(options());
        QVERIFY(!node.answer("job", {.share = u"w"_s}, this, [] { return 1; }));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QVERIFY(node.next("job", {.share = u"w"_s}).isCanceled());
    }

    // A handler that ends itself has finished first.
    void aHandlerMayEndItself()
    {
        PyventNode node(options());
        int calls = 0;
        QMetaObject::Connection connection;
        connection = node.on("job", {.share = u"workers"_s}, this, [&] {
            ++calls;
            QObject::disconnect(connection);
        });
        QVERIFY(node.waitForReady());
        node.send("job");
        node.send("job");
        QTRY_COMPARE(calls, 1);
        QList<PyventEvent> events;
        node.on("job", {.share = u"workers"_s}, this, [&](const PyventEvent &event) { events.append(event); });
        QTRY_COMPARE(events.size(), 1);
        QTest::qWait(700); // as long as a server waits for a member's last word
        QCOMPARE(events.size(), 1);
        QCOMPARE(calls, 1);
    }

    // Events wait for members of a group that has none for some time.
    void waitForAMember()
    {
        PyventNode sender(options());
        QVERIFY(sender.waitForReady());
        {
            PyventNode first(options(false));
            first.on("job", {.share = u"workers"_s}, this, [] {});
            QVERIFY(first.waitForReady());
        }
        for (int i = 0; i < 10; ++i)
            sender.send("job", {{u"number"_s, i}});
        QVERIFY(sender.flush());
        PyventNode second(options(false));
        QList<int> numbers;
        second.on("job", {"number"}, {.share = u"workers"_s}, this, [&](int number) { numbers.append(number); });
        QTRY_COMPARE(numbers.size(), 10);
        QVERIFY(std::is_sorted(numbers.cbegin(), numbers.cend()));
    }

    // A server ends in the middle: what was not finished comes to its end at the next one, once.
    void goesOnAtTheNextServer()
    {
        constexpr int count = 200;
        auto server = std::make_unique<PyventNode>(options());
        QVERIFY(server->waitForReady());
        PyventNode sender(options());
        std::map<int, int> done;
        std::vector<std::unique_ptr<PyventNode>> workers;
        for (int i = 0; i < 3; ++i) {
            workers.push_back(std::make_unique<PyventNode>(options()));
            workers.back()->on("job", {"number"}, {.share = u"workers"_s}, this, [&](int number) {
                ++done[number];
                QPromise<void> promise;
                promise.start();
                const QFuture<void> future = promise.future();
                QTimer::singleShot(
                    5ms, this, [shared = std::make_shared<QPromise<void>>(std::move(promise))] { shared->finish(); });
                return future;
            });
            QVERIFY(workers.back()->waitForReady());
        }
        QVERIFY(sender.waitForReady());
        for (int i = 0; i < count; ++i)
            QVERIFY(sender.send("job", {{u"number"_s, i}}));
        QTRY_VERIFY(done.size() > 20);
        server.reset();
        QTRY_COMPARE_WITH_TIMEOUT(int(done.size()), count, 30'000);
        for (const auto &[number, times] : done)
            QVERIFY2(times == 1, qPrintable(u"%1 was done %2 times"_s.arg(number).arg(times)));
    }
};

PYVENT_TEST(tst_Sharing)

#include "tst_sharing.moc"
