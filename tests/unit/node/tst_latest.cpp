// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QtTest>

#include <array>
#include <atomic>
#include <mutex>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Handlers that hear only the newest of what waits for them.
class tst_Latest : public QObject
{
    Q_OBJECT

public:
    Q_INVOKABLE void slot(int n) { m_slotHeard.append(n); }

private:
    // What a handler heard: the numbers, and how many it skipped in all.
    struct Heard
    {
        QList<int> numbers;
        quint64 skipped = 0;

        quint64 count() const { return quint64(numbers.size()) + skipped; }
        int last() const { return numbers.value(numbers.size() - 1); }
    };
    static auto into(Heard *heard)
    {
        return [heard](const PyventEvent &event) {
            heard->numbers.append(event.args[u"n"_s].toInt());
            heard->skipped += event.skipped;
        };
    }
    static void send(PyventNode &node, int first, int last, QAnyStringView name = "x")
    {
        for (int n = first; n <= last; ++n) {
            while (!node.send(name, {{u"n"_s, n}})) // the queue is full
                QVERIFY(node.flush(60s));
        }
        QVERIFY(node.flush(60s));
    }

    PyventOptions options() const { return {.port = m_port}; }

    int m_port = 0;
    QList<int> m_slotHeard;

private Q_SLOTS:
    // The last event comes first, once, and the newest of those that follow, whichever way they are paced.
    void hearsTheLastEventFirst()
    {
        PyventNode sender(PyventOptions{.port = m_port});
        QVERIFY(sender.startServer());
        send(sender, 1, 3);
        PyventNode node(PyventOptions{.port = m_port, .server = false});
        Heard latest;
        Heard paced;
        QList<bool> replayed;
        node.on("x", {.latest = true, .last = true}, this, [&](const PyventEvent &event) {
            into (&latest)(event);
            replayed.append(event.replayed);
        });
        node.on("x", {.atMostEvery = 1h, .last = true}, this, into(&paced));
        PyventSubscription *const subscription = node.event("x", {.latest = true, .last = true});
        QSignalSpy spy(subscription, &PyventSubscription::received);
        QTRY_COMPARE(latest.numbers, QList<int>{3});
        QTRY_COMPARE(paced.numbers, QList<int>{3});
        QTRY_COMPARE(spy.size(), 1);
        QVERIFY(replayed.first());
        send(sender, 4, 1000); // while this thread hears nothing
        QTRY_COMPARE(latest.last(), 1000);
        QTRY_COMPARE(spy.last().at(0).toMap().value(u"n"_s).toInt(), 1000);
        QVERIFY2(latest.numbers.size() < 500, qPrintable(QString::number(latest.numbers.size())));
        QCOMPARE(latest.count(), quint64(998)); // the last one, and those that follow
        QCOMPARE(paced.numbers.size(), 2);
        QVERIFY(!replayed.last());
    }

    void init()
    {
        m_port = PyventTests::freePort();
        m_slotHeard.clear();
    }

    void onlyTheNewestOfWhatWaits()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        Heard heard, all;
        receiver.on("x", {.latest = true}, this, into(&heard));
        receiver.on("x", this, into(&all));
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 1000); // the event loop does not run
        QTRY_COMPARE(heard.last(), 1000);
        QTRY_COMPARE(all.count(), 1000);
        QCOMPARE(heard.count(), 1000);
        QVERIFY(heard.numbers.size() < 1000);
        QCOMPARE(all.skipped, 0);
        QVERIFY(std::is_sorted(heard.numbers.begin(), heard.numbers.end()));
    }

    void atMostEvery()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        Heard once, often, all;
        receiver.on("x", {.atMostEvery = 1h}, this, into(&once));
        receiver.on("x", {.latest = true, .atMostEvery = 20ms}, this, into(&often));
        receiver.on("x", this, into(&all));
        QVERIFY(receiver.waitForReady());
        QElapsedTimer timer;
        timer.start();
        for (int n = 1; n <= 200; ++n) {
            send(sender, n, n);
            QTest::qWait(1);
        }
        QTRY_COMPARE(often.last(), 200); // after the last period
        QTRY_COMPARE(all.last(), 200);
        QCOMPARE(often.count(), 200);
        QVERIFY2(often.numbers.size() <= timer.elapsed() / 20 + 1, qPrintable(QString::number(often.numbers.size())));
        QCOMPARE(once.numbers, QList<int>{1}); // the first one comes at once
    }

    void eachNameAndNodeByItself()
    {
        PyventNode one(options()), other(options());
        PyventNode receiver(options());
        QStringList heard;
        int all = 0;
        receiver.on("gauge-*", {.atMostEvery = 1h}, this,
                    [&](const PyventEvent &event) { heard.append(event.name + event.args[u"n"_s].toString()); });
        receiver.on("gauge-*", this, [&] { ++all; });
        QVERIFY(receiver.waitForReady());
        send(one, 1, 1, "gauge-a");
        send(one, 2, 2, "gauge-b");
        send(other, 3, 3, "gauge-a");
        QTRY_COMPARE(heard.size(), 3);
        send(one, 4, 4, "gauge-a");
        QTRY_COMPARE(all, 4);
        heard.sort();
        QCOMPARE(heard, QStringList({u"gauge-a1"_s, u"gauge-a3"_s, u"gauge-b2"_s}));
    }

    // A handler that stands still makes nobody wait, and nothing is lost for its sake.
    void aSlowHandlerElsewhere()
    {
        PyventNode receiver(options());
        PyventOptions waits = options();
        waits.whenReceiversLag = PyventReceiversLag::Wait;
        PyventNode sender(waits);
        QThread thread;
        auto context = std::make_unique<QObject>();
        context->moveToThread(&thread);
        thread.start();
        std::mutex mutex;
        Heard heard;
        QSemaphore entered, mayGo;
        receiver.on("x", {.latest = true}, context.get(), [&](const PyventEvent &event) {
            {
                const std::lock_guard lock(mutex);
                into (&heard)(event);
            }
            entered.release();
            mayGo.acquire();
        });
        QSignalSpy lost(&receiver, &PyventNode::eventsLost);
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 1);
        QTRY_VERIFY_WITH_TIMEOUT(entered.available() == 1, 60'000);
        constexpr int last = 250'000; // more than may wait for a handler that hears all
        send(sender, 2, last);
        QTRY_VERIFY_WITH_TIMEOUT(receiver.acknowledged() == receiver.accepted(), 60'000);
        mayGo.release(10);
        const auto hasLast = [&] {
            mayGo.release(1);
            const std::lock_guard lock(mutex);
            return heard.last() == last;
        };
        QTRY_VERIFY_WITH_TIMEOUT(hasLast(), 60'000);
        const std::lock_guard lock(mutex);
        QCOMPARE(heard.count(), quint64(last));
        QVERIFY(heard.numbers.size() < 1000);
        QCOMPARE(lost.size(), 0);
        mayGo.release(1000);
        thread.quit();
        thread.wait();
    }

    // The same where it stands in the node's thread, whose event loop does not come.
    void aSlowHandlerHere()
    {
        PyventOptions waits = options();
        waits.whenReceiversLag = PyventReceiversLag::Wait;
        QSemaphore mayEnd;
        Heard heard;
        std::atomic<int> last = 0;
        std::atomic<quint64> count = 0;
        std::atomic<bool> lost = false;
        std::atomic<bool> isReady = false;
        QThread *thread = QThread::create([&] {
            PyventNode receiver(options());
            QObject context;
            receiver.on("x", {.latest = true}, &context, [&](const PyventEvent &event) {
                into (&heard)(event);
                last = heard.last();
                count = heard.count();
                QThread::msleep(100);
            });
            connect(&receiver, &PyventNode::eventsLost, &context, [&] { lost = true; });
            isReady = receiver.waitForReady();
            QEventLoop loop;
            connect(QThread::currentThread(), &QThread::finished, &loop, &QEventLoop::quit);
            while (!mayEnd.tryAcquire())
                loop.processEvents(QEventLoop::WaitForMoreEvents);
        });
        thread->start();
        QTRY_VERIFY_WITH_TIMEOUT(isReady.load(), 60'000);
        PyventNode sender(waits);
        send(sender, 1, 250'000);
        QTRY_VERIFY_WITH_TIMEOUT(last == 250'000, 60'000);
        QCOMPARE(count.load(), quint64(250'000));
        QVERIFY(!lost);
        mayEnd.release();
        send(sender, 250'001, 250'001);
        QVERIFY(thread->wait(60'000));
        delete thread;
    }

    // The end of the period comes, whatever the node's thread does.
    void aPeriodWhileTheNodesThreadIsBlocked()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        QThread thread;
        auto context = std::make_unique<QObject>();
        context->moveToThread(&thread);
        thread.start();
        std::atomic<int> last = 0;
        std::atomic<int> calls = 0;
        receiver.on("x", {.atMostEvery = 300ms}, context.get(), [&](const PyventEvent &event) {
            last = event.args[u"n"_s].toInt();
            ++calls;
        });
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 1);
        send(sender, 2, 50);
        QElapsedTimer timer;
        timer.start();
        while (last != 50 && timer.elapsed() < 60'000)
            QThread::msleep(1);
        QCOMPARE(last.load(), 50);
        QVERIFY(calls < 50);
        thread.quit();
        thread.wait();
    }

    // A node whose link another one of its thread drives.
    void severalNodesOfAThread()
    {
        PyventNode sender(options());
        std::vector<std::unique_ptr<PyventNode>> nodes;
        std::array<Heard, 5> heard;
        for (Heard &of : heard) {
            nodes.push_back(std::make_unique<PyventNode>(options()));
            nodes.back()->on("x", {.latest = true, .atMostEvery = 30ms}, this, into(&of));
            QVERIFY(nodes.back()->waitForReady());
        }
        send(sender, 1, 1000);
        for (const Heard &of : heard) {
            QTRY_COMPARE(of.last(), 1000);
            QCOMPARE(of.count(), 1000);
        }
    }

    void allKindsOfHandlers()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        const PyventFilter filter{.latest = true};
        QList<int> keywords;
        Heard subscribed, anySender;
        int frames = 0;
        quint64 frame = 0;
        receiver.on("x", {"n"}, filter, this, [&](int n) { keywords.append(n); });
        receiver.on("x", filter, this, "slot");
        receiver.onFrame("x", {.sender = PyventSender::Any, .latest = true}, this, [&](const PyventFrame &heard) {
            ++frames;
            frame = heard.sequence;
        });
        PyventSubscription *subscription = receiver.event("x", filter);
        QCOMPARE(receiver.event("x", filter), subscription);
        QVERIFY(receiver.event("x") != subscription);
        QVERIFY(receiver.event("x", {.atMostEvery = 1s}) != subscription);
        connect(subscription, &PyventSubscription::received, this,
                [&](const QVariantMap &, const PyventEvent &event) { into (&subscribed)(event); });
        receiver.on("*", {.sender = PyventSender::Any, .latest = true}, this, into(&anySender));
        receiver.on("x", {.sender = "someone-else", .latest = true}, this, [] { QFAIL("it is of another sender"); });
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 1000);
        QTRY_COMPARE(keywords.value(keywords.size() - 1), 1000);
        QTRY_COMPARE(m_slotHeard.value(m_slotHeard.size() - 1), 1000);
        QTRY_COMPARE(frame, 1000);
        QTRY_COMPARE(subscribed.last(), 1000);
        QTRY_COMPARE(anySender.last(), 1000);
        QVERIFY(frames < 1000);
        QCOMPARE(subscribed.count(), 1000);
        QCOMPARE(subscription->skipped(), subscribed.skipped);
        QVERIFY(subscription->age() >= 0ms);
    }

    void theNewestOfThePast()
    {
        PyventNode sender(options());
        send(sender, 1, 20);
        PyventNode receiver(options());
        Heard heard;
        bool wasReplayed = false;
        receiver.on("x", {.replay = {.last = 10}, .latest = true}, this, [&](const PyventEvent &event) {
            into (&heard)(event);
            wasReplayed = event.replayed;
        });
        QTRY_COMPARE(heard.last(), 20);
        QVERIFY(wasReplayed);
        QCOMPARE(heard.count(), 10);
        send(sender, 21, 40);
        QTRY_COMPARE(heard.last(), 40);
        QVERIFY(!wasReplayed);
        QCOMPARE(heard.count(), 30);
        QVERIFY(std::is_sorted(heard.numbers.begin(), heard.numbers.end()));
    }

    void dispatchSkipsNothing()
    {
        PyventNode node(options());
        Heard heard;
        node.on("x", {.atMostEvery = 1h}, this, into(&heard));
        for (int n = 1; n <= 3; ++n)
            QVERIFY(node.dispatch("x", {{u"n"_s, n}}));
        QCOMPARE(heard.numbers, QList<int>({1, 2, 3}));
    }

    void ends()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        Heard ended, off, gone, within, stays;
        auto context = std::make_unique<QObject>();
        const PyventFilter filter{.latest = true};
        const auto connection = receiver.on("x", filter, this, into(&ended));
        receiver.on("x", filter, context.get(), into(&gone));
        QObject offContext;
        receiver.on("x", filter, &offContext, into(&off));
        QMetaObject::Connection self;
        self = receiver.on("x", filter, this, [&](const PyventEvent &event) {
            into (&within)(event);
            disconnect(self);
        });
        receiver.on("x", this, into(&stays));
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 10); // waits, while the event loop does not run
        disconnect(connection);
        context.reset();
        QCOMPARE(receiver.off(&offContext), 1);
        QTRY_COMPARE(stays.last(), 10);
        QTRY_COMPARE(within.numbers.size(), 1);
        send(sender, 11, 20);
        QTRY_COMPARE(stays.last(), 20);
        QCOMPARE(within.numbers.size(), 1);
        QCOMPARE(ended.count() + gone.count() + off.count(), 0);
    }

    void theNodeEndsWhileSomethingWaits()
    {
        PyventNode sender(options());
        QThread thread;
        auto context = std::make_unique<QObject>();
        context->moveToThread(&thread);
        Heard here, there;
        const auto held = std::make_shared<int>(1);
        {
            PyventNode receiver(options());
            receiver.on("x", {.latest = true}, this, [&, held](const PyventEvent &event) { into (&here)(event); });
            receiver.on("x", {.latest = true}, context.get(),
                        [&, held](const PyventEvent &event) { into (&there)(event); });
            QVERIFY(receiver.waitForReady());
            send(sender, 1, 100);
        }
        thread.start();
        QMetaObject::invokeMethod(
            context.get(), [] {}, Qt::BlockingQueuedConnection);
        QCOMPARE(here.count() + there.count(), 0);
        QTRY_COMPARE(held.use_count(), 1);
        thread.quit();
        thread.wait();
    }

    void aContextThatMoves()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        QThread thread;
        auto context = std::make_unique<QObject>();
        std::atomic<int> last = 0;
        std::atomic<bool> isThere = false;
        receiver.on("x", {.latest = true}, context.get(), [&](const PyventEvent &event) {
            last = event.args[u"n"_s].toInt();
            isThere = QThread::currentThread() == &thread;
        });
        context->moveToThread(&thread);
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 1000);
        QCoreApplication::processEvents();
        thread.start();
        QTRY_COMPARE(last.load(), 1000);
        QVERIFY(isThere);
        send(sender, 1001, 1002);
        QTRY_COMPARE(last.load(), 1002);
        thread.quit();
        thread.wait();
    }

    void aHandlerWithAnEventLoop()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        Heard heard;
        int depth = 0;
        receiver.on("x", {.latest = true}, this, [&](const PyventEvent &event) {
            into (&heard)(event);
            ++depth;
            if (heard.last() < 5) {
                QVERIFY(sender.send("x", {{u"n"_s, heard.last() + 1}}));
                QTRY_COMPARE(heard.last(), 5);
            }
            --depth;
        });
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 1);
        QTRY_COMPARE(heard.last(), 5);
        QTRY_COMPARE(depth, 0);
        QCOMPARE(heard.numbers, QList<int>({1, 2, 3, 4, 5}));
    }

    void afterAStop()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        Heard heard;
        receiver.on("x", {.latest = true, .atMostEvery = 1h}, this, into(&heard));
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 5);
        QTRY_VERIFY(heard.last() > 0);
        receiver.stop();
        const quint64 before = heard.count();
        QVERIFY(receiver.tryStart());
        QVERIFY(receiver.waitForReady());
        send(sender, 6, 6);
        QTRY_COMPARE(heard.last(), 6); // it has forgotten what was before
        QCOMPARE(heard.count(), before + 1);
    }

    void whatIsRefused()
    {
        PyventNode node(options());
        QSignalSpy errors(&node, &PyventNode::errorOccurred);
        QVERIFY(!node.on("x", {.atMostEvery = -1ms}, this, [] {}));
        QCOMPARE(node.lastError().code, PyventError::InvalidHandler);
        QCOMPARE(node.lastError().text,
                 u"'x' cannot be heard at most every -1 ms: the least time between two events is 0 or more"_s);
        QCOMPARE(node.event("x", {.atMostEvery = -1ms}), nullptr);
        QCOMPARE(errors.size(), 2);
    }

    void aSubscriptionGrowsStale()
    {
        PyventNode sender(options());
        PyventNode receiver(options());
        PyventSubscription *subscription = receiver.event("x");
        QSignalSpy changes(subscription, &PyventSubscription::staleChanged);
        QCOMPARE(subscription->age(), -1ms);
        QVERIFY(!subscription->isStale());
        subscription->setStaleAfter(200ms);
        QVERIFY(subscription->isStale());
        QVERIFY(receiver.waitForReady());
        send(sender, 1, 1);
        QTRY_COMPARE(changes.size(), 2);
        QTRY_VERIFY(subscription->isStale());
        QCOMPARE(changes.size(), 3);
        QVERIFY(subscription->age() >= 200ms);
        QVERIFY(subscription->lastHeard() <= QDateTime::currentDateTimeUtc());
        QVERIFY(!subscription->property("stale").isNull());
    }
};

PYVENT_TEST(tst_Latest)
#include "tst_latest.moc"
