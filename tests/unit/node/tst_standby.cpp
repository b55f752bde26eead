// SPDX-License-Identifier: MIT
#include "node/standby.h"

#include "support/freeport.h"
#include "support/lateness.h"
#include "support/testprogram.h"

#include <PyventNode>

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qdir.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qsemaphore.h>
#include <QtCore/qthread.h>

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <thread>

using namespace Pyvent::Internal;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// "Within 50 ms" is a promise. What comes on top is not the bus's: a busy machine lets each thread on the way wait.
constexpr qint64 promised = 50;
constexpr int wakeUps = 8;

// A node in a thread that does what a row says, from begin() to end().
class Stuck
{
public:
    Stuck(const QByteArray &how, const PyventOptions &options)
    {
        m_thread.reset(QThread::create([this, how, options] {
            m_node = std::make_unique<PyventNode>(options);
            m_node->waitForReady(20s);
            m_begun.release();
            if (how == "no event loop") {
                m_end.acquire();
            } else if (how == "blocked") {
                QEventLoop loop;
                QMetaObject::invokeMethod(
                    &loop,
                    [&] {
                        m_end.acquire();
                        loop.quit();
                    },
                    Qt::QueuedConnection);
                loop.exec();
            } else if (how == "nested loop") {
                QEventLoop outer;
                QMetaObject::invokeMethod(
                    &outer,
                    [&] {
                        QEventLoop nested;
                        while (!m_end.tryAcquire())
                            nested.processEvents(QEventLoop::WaitForMoreEvents);
                        outer.quit();
                    },
                    Qt::QueuedConnection);
                outer.exec();
            }
            if (how != "ended")
                m_node.reset();
        }));
        m_thread->start();
        m_begun.acquire();
        if (how == "ended")
            m_thread->wait();
    }
    ~Stuck()
    {
        m_end.release();
        if (QAbstractEventDispatcher *dispatcher = QAbstractEventDispatcher::instance(m_thread.get()))
            dispatcher->wakeUp();
        m_thread->wait();
    }
    Q_DISABLE_COPY_MOVE(Stuck)

    PyventNode &node() { return *m_node; }

private:
    QSemaphore m_begun;
    QSemaphore m_end;
    std::unique_ptr<QThread> m_thread;
    std::unique_ptr<PyventNode> m_node;
};

// How often the thread of the library's has been woken so far; none if there is none.
std::optional<qint64> wakeUpsOfStandby()
{
    const QStringList tasks = QDir(u"/proc/self/task"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &task : tasks) {
        QFile status(u"/proc/self/task/%1/status"_s.arg(task));
        if (!status.open(QIODevice::ReadOnly))
            continue;
        const QByteArray text = status.readAll();
        if (!text.startsWith("Name:\tpyvent-standby\n"))
            continue;
        const qsizetype at = text.indexOf("\nvoluntary_ctxt_switches:");
        return text.sliced(at).split('\t')[1].split('\n')[0].toLongLong();
    }
    return {};
}

} // namespace

class tst_Standby : public QObject
{
    Q_OBJECT

private:
    static void addWays()
    {
        QTest::addColumn<QByteArray>("how");
        for (const char *how : {"no event loop", "blocked", "nested loop", "ended"})
            QTest::newRow(how) << QByteArray(how);
    }

    PyventOptions options() const { return {.port = m_port, .nodeId = {}}; }
    int m_port = 0;

private Q_SLOTS:
    void init() { m_port = freePort(); }

    void sendsAndIsAcknowledged_data() { addWays(); }
    void sendsAndIsAcknowledged()
    {
        QFETCH(const QByteArray, how);

        PyventNode other(options());
        QVERIFY(other.startServer());
        qint64 heard = 0;
        other.on("sample", this, [&] { ++heard; });
        QVERIFY(other.waitForReady());
        Stuck stuck(how, options());
        for (int i = 0; i < 1000; ++i)
            QVERIFY(stuck.node().send("sample", {{u"i"_s, i}}));
        QTRY_COMPARE_WITH_TIMEOUT(heard, 1000, 20'000);
        QTRY_COMPARE_WITH_TIMEOUT(stuck.node().unacknowledged(), 0, 20'000);
        QCOMPARE(stuck.node().sendQueue(), 0);
    }

    void saysThatItIsThere_data() { addWays(); }
    void saysThatItIsThere()
    {
        QFETCH(const QByteArray, how);

        PyventNode other(options());
        QVERIFY(other.startServer());
        QVERIFY(other.waitForReady());
        Stuck stuck(how, options());
        Lateness lateness;
        qint64 slowest = 0;
        for (int i = 0; i < 10; ++i) {
            QTest::qWait(3 * int(Standby::grace.count())); // so that it is at rest, and has to be woken
            // A search takes its whole time, so the shortest that finds the node is looked for.
            bool isFound = false;
            auto within = std::chrono::milliseconds(promised);
            for (; !isFound && within < 20s; within *= 2) {
                const auto search = other.findNodes(within);
                QTRY_VERIFY_WITH_TIMEOUT(search.isFinished(), 30'000);
                const auto found = search.result();
                isFound = std::any_of(found.cbegin(), found.cend(),
                                      [&](const PyventNodeInfo &info) { return info.uuid == stuck.node().uuid(); });
            }
            QVERIFY(isFound);
            slowest = std::max<qint64>(slowest, within.count() / 2);
        }
        const qint64 late = lateness.take().count() / 1000;
        qInfo("Found within %lld ms, where threads wake up to %lld ms late", slowest, late);
        QVERIFY(slowest <= promised + 2 * wakeUps * late);
    }

    void connectsAnewAndTakesOver_data() { addWays(); }
    void connectsAnewAndTakesOver()
    {
        QFETCH(const QByteArray, how);

        auto server = std::make_unique<PyventNode>(options());
        QVERIFY(server->startServer());
        PyventNode other(PyventOptions{.port = m_port, .nodeId = {}, .server = false});
        qint64 heard = 0;
        other.on("sample", this, [&] { ++heard; });
        QVERIFY(other.waitForReady());
        Stuck stuck(how, options());
        QVERIFY(stuck.node().send("sample"));
        QTRY_COMPARE_WITH_TIMEOUT(heard, 1, 20'000);
        server->stop();
        QTRY_VERIFY_WITH_TIMEOUT(stuck.node().isServer(), 20'000);
        QTRY_COMPARE_WITH_TIMEOUT(stuck.node().state(), PyventNode::Ready, 20'000);
        QVERIFY(stuck.node().send("sample"));
        QTRY_COMPARE_WITH_TIMEOUT(heard, 2, 20'000);
    }

    // Its thread's handlers hear what came meanwhile when the event loop goes on, in order.
    void handlersRunInTheirThread()
    {
        PyventNode other(options());
        QVERIFY(other.startServer());
        QThread thread;
        thread.start();
        QObject context;
        context.moveToThread(&thread);
        auto node = std::make_unique<PyventNode>(options());
        QList<int> heard;
        QThread *where = nullptr;
        node->on("sample", {"i"}, &context, [&](int i) {
            heard.append(i);
            where = QThread::currentThread();
        });
        QVERIFY(node->waitForReady());
        node->moveToThread(&thread);
        QSemaphore end;
        QMetaObject::invokeMethod(
            &context, [&] { end.acquire(); }, Qt::QueuedConnection);
        for (int i = 0; i < 500; ++i)
            QVERIFY(other.send("sample", {{u"i"_s, i}}));
        QVERIFY(other.flush(20s));
        QTest::qWait(200); // for nothing to happen
        QVERIFY(heard.isEmpty());
        end.release();
        QSemaphore done;
        const auto count = [&] {
            qsizetype size = 0;
            QMetaObject::invokeMethod(
                &context, [&] { size = heard.size(); }, Qt::BlockingQueuedConnection);
            return size;
        };
        QTRY_COMPARE_WITH_TIMEOUT(count(), 500, 20'000);
        QCOMPARE(where, &thread);
        for (int i = 0; i < 500; ++i)
            QCOMPARE(heard[i], i);
        QMetaObject::invokeMethod(
            &context, [&] { node.reset(); }, Qt::BlockingQueuedConnection);
        QMetaObject::invokeMethod(
            &context, [&] { context.moveToThread(nullptr); }, Qt::BlockingQueuedConnection);
        thread.quit();
        thread.wait();
    }

    // It drives all nodes that share its connections.
    void aCallThatWaitsAttendsToOthers()
    {
        PyventNode node(options());
        PyventNode other(options());
        QVERIFY(node.startServer());
        QVERIFY(node.waitForReady());
        QVERIFY(other.waitForReady());
        std::atomic<bool> isWaiting = true;
        std::atomic<bool> wasReady = false;
        std::thread thread([&] {
            QThread::msleep(200); // for the call to sleep
            other.on("new", &other, [] {});
            wasReady = other.waitForReady(20s) && isWaiting;
            node.send("end");
        });
        QVERIFY(node.waitFor("end", 60s));
        isWaiting = false;
        thread.join();
        QVERIFY(wasReady);
    }

    // The node's thread, which is this one, runs no event loop; that of the handler does.
    void handlersInOtherThreadsDoNotWait()
    {
        PyventNode node(options());
        QVERIFY(node.startServer());
        QThread thread;
        thread.start();
        auto context = std::make_unique<QObject>();
        context->moveToThread(&thread);
        QSemaphore heard;
        QList<int> numbers;
        int everywhere = 0;
        node.on("sample", {"i"}, context.get(), [&](int i) {
            numbers.append(i);
            heard.release();
        });
        node.on("sam*", this, [&] { ++everywhere; });
        QVERIFY(node.waitForReady());
        std::thread([this] {
            PyventNode other(options());
            for (int i = 0; i < 500; ++i)
                other.send("sample", {{u"i"_s, i}});
            other.flush(20s);
        }).join();
        QVERIFY(heard.tryAcquire(500, 20'000));
        QCOMPARE(everywhere, 0);
        QTRY_COMPARE_WITH_TIMEOUT(everywhere, 500, 20'000);
        thread.quit();
        thread.wait();
        for (int i = 0; i < 500; ++i)
            QCOMPARE(numbers[i], i);
    }

    void sleepsWhereTheEventLoopTurns()
    {
        PyventNode node(options());
        int heard = 0;
        node.on("ping", this, [&] { ++heard; });
        QVERIFY(node.waitForReady());
        QTRY_VERIFY(wakeUpsOfStandby());

        // A round trip after the other: it looks whether the loop turns, as often as its patience says, whatever the traffic. Where threads
        // wait for the processor it looks twice as often, and takes over and steps back in between: the best of some times counts.
        Lateness lateness;
        qint64 before = 0;
        bool isSeldom = false;
        for (int attempt = 0; attempt < 5 && !isSeldom; ++attempt) {
            before = *wakeUpsOfStandby();
            QElapsedTimer elapsed;
            elapsed.start();
            constexpr int roundTrips = 2000;
            for (const int last = heard + roundTrips; heard < last;) {
                const int next = heard + 1;
                QVERIFY(node.send("ping"));
                while (heard < next)
                    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
            }
            const qint64 busy = *wakeUpsOfStandby() - before;
            qInfo("%lld wake-ups in %d round trips and %lld ms", busy, roundTrips, elapsed.elapsed());
            isSeldom = busy <= 5 + 2 * elapsed.elapsed() / Standby::grace.count();
        }
        QVERIFY(isSeldom);

        // Idle
        QTest::qWait(10'000); // until the newest event has been announced for the last time
        // Where threads wait for the processor, it takes over from a loop that comes too late: the best of some times counts.
        qint64 idle = std::numeric_limits<qint64>::max();
        for (int i = 0; i < 10 && idle > 3; ++i) {
            before = *wakeUpsOfStandby();
            QTest::qWait(3000);
            idle = *wakeUpsOfStandby() - before;
            qInfo("%lld wake-ups in 3 idle seconds", idle);
        }
        QVERIFY(idle <= 3);
    }
};

PYVENT_TEST(tst_Standby)

#include "tst_standby.moc"
