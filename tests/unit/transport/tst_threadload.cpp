// SPDX-License-Identifier: MIT
#include "transport/threadload.h"

#include "support/testprogram.h"

#include <QtCore/qsemaphore.h>
#include <QtTest/qtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

// A thread that does what it is told, on the processor with the number \a processor where one is given.
class Thread
{
public:
    explicit Thread(int processor = -1)
    {
        m_thread = std::thread([this, processor] {
            if (processor >= 0) {
                cpu_set_t one;
                CPU_ZERO(&one);
                CPU_SET(processor, &one);
                ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
            }
            m_load = ThreadLoad::ofThisThread();
            m_begun.release();
            m_begin.acquire();
            while (!m_ends) { }
        });
        m_begun.acquire();
    }
    ~Thread() { end(); }
    Q_DISABLE_COPY_MOVE(Thread)

    void compute() { m_begin.release(); }
    void end()
    {
        m_ends = true;
        m_begin.release();
        if (m_thread.joinable())
            m_thread.join();
    }
    const ThreadLoad &load() const { return m_load; }

private:
    QSemaphore m_begun;
    QSemaphore m_begin;
    std::atomic<bool> m_ends = false;
    ThreadLoad m_load;
    std::thread m_thread;
};

} // namespace

class tst_ThreadLoad : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void knowsItsOwnThread()
    {
        const Thread other;
        QVERIFY(ThreadLoad::ofThisThread().isOfThisThread());
        QVERIFY(!other.load().isOfThisThread());
        QVERIFY(!ThreadLoad().isOfThisThread());
    }

    void aThreadThatWaits()
    {
        const Thread thread;
        QTRY_VERIFY(!thread.load().isRunnable());
        QVERIFY(thread.load().processorTime());
        const auto before = *thread.load().processorTime();
        QTest::qWait(20);
        QCOMPARE(*thread.load().processorTime() - before, 0ns);
    }

    void aThreadThatComputes()
    {
        Thread thread;
        thread.compute();
        QTRY_VERIFY(thread.load().isRunnable());
        const auto before = *thread.load().processorTime();
        QTRY_VERIFY(*thread.load().processorTime() - before > 20ms);
        QVERIFY(thread.load().isRunnable());
    }

    // Nine on one processor: each has a ninth of it, and wants all.
    void aThreadThatStarves()
    {
        cpu_set_t allowed;
        QCOMPARE(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
        int processor = 0;
        while (!CPU_ISSET(processor, &allowed))
            ++processor;
        std::vector<std::unique_ptr<Thread>> threads;
        for (int i = 0; i < 9; ++i)
            threads.push_back(std::make_unique<Thread>(processor));
        for (const auto &thread : threads)
            thread->compute();
        const ThreadLoad &load = threads.front()->load();
        QTRY_VERIFY(load.isRunnable());
        const auto since = std::chrono::steady_clock::now();
        const auto before = *load.processorTime();
        QTRY_VERIFY(*load.processorTime() - before > 20ms);
        QVERIFY(*load.processorTime() - before < (std::chrono::steady_clock::now() - since) / 2);
        QVERIFY(load.isRunnable());
    }

    void aThreadThatHasEnded()
    {
        Thread thread;
        thread.end();
        QVERIFY(!thread.load().isRunnable());
        QVERIFY(!thread.load().processorTime());
        QVERIFY(!ThreadLoad().isRunnable());
        QVERIFY(!ThreadLoad().processorTime());
    }
};

PYVENT_TEST(tst_ThreadLoad)

#include "tst_threadload.moc"
