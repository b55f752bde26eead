// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "transport/pollset.h"

#include <QtCore/qelapsedtimer.h>
#include <QtTest/qtest.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

namespace {

// Long enough never to be reached, and short enough for a test that fails.
constexpr auto longTime = 60s;

// A descriptor that is readable while it is raised.
class Flag
{
public:
    Flag()
        : m_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    {
    }
    ~Flag() { ::close(m_fd); }
    Q_DISABLE_COPY_MOVE(Flag)

    int fd() const { return m_fd; }
    void raise() { ::eventfd_write(m_fd, 1); }
    void lower()
    {
        eventfd_t value;
        ::eventfd_read(m_fd, &value);
    }

private:
    int m_fd;
};

std::chrono::milliseconds elapsed(const QElapsedTimer &timer)
{
    return std::chrono::milliseconds(timer.elapsed());
}

bool isReadable(const PollSet &set)
{
    pollfd fd{set.fd(), POLLIN, 0};
    return ::poll(&fd, 1, 0) == 1;
}

} // namespace

class TestPollSet : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isReadableWhileAnyIs();
    void looksAtAll();
    void waitEndsWhenOneIsReadable();
    void waitEndsAtItsTimeout();
    void removing();
    void aDescriptorThatIsNone();
    void theSameDescriptorTwice();
    void wakeDoesNotReachTheEventLoop();
    void wakeBeforeWait();
    void wakeEndsTheWaitOfAllThreads();
    void addedWhileAnotherThreadWaits();
    void manyThreads();
};

void TestPollSet::isReadableWhileAnyIs()
{
    PollSet set;
    Flag a;
    Flag b;
    set.add(a.fd());
    set.add(b.fd());
    QVERIFY(!isReadable(set));
    a.raise();
    QVERIFY(isReadable(set));
    QVERIFY(isReadable(set)); // not only once
    b.raise();
    a.lower();
    QVERIFY(isReadable(set));
    b.lower();
    QVERIFY(!isReadable(set));
}

void TestPollSet::looksAtAll()
{
    PollSet set;
    std::array<Flag, 40> flags;
    std::array<bool, 40> isReady{};
    for (std::size_t i = 0; i < flags.size(); ++i)
        set.add(flags[i].fd(), &isReady[i]);
    Flag unnamed;
    set.add(unnamed.fd());
    set.look();
    QCOMPARE(std::count(isReady.begin(), isReady.end(), true), 0);
    flags[7].raise();
    flags[11].raise();
    unnamed.raise();
    set.look();
    QVERIFY(isReady[7] && isReady[11]);
    QCOMPARE(std::count(isReady.begin(), isReady.end(), true), 2);
    for (Flag &flag : flags)
        flag.raise();
    for (int i = 0; i < 10; ++i) // more than have a place in one look
        set.look();
    QCOMPARE(std::count(isReady.begin(), isReady.end(), true), 40);
}

void TestPollSet::waitEndsWhenOneIsReadable()
{
    PollSet set;
    Flag flag;
    set.add(flag.fd());
    flag.raise();
    QElapsedTimer timer;
    timer.start();
    set.wait(longTime);
    QVERIFY(elapsed(timer) < longTime);
    flag.lower();

    std::thread raiser([&flag] { flag.raise(); });
    set.wait(longTime);
    raiser.join();
    QVERIFY(elapsed(timer) < longTime);
}

void TestPollSet::waitEndsAtItsTimeout()
{
    PollSet set;
    QElapsedTimer timer;
    timer.start();
    set.wait(0ms);
    set.wait(20ms);
    QVERIFY(elapsed(timer) >= 19ms);
    QVERIFY(elapsed(timer) < longTime);

    // As long as can be: it must end by wake(), not before.
    std::atomic<bool> woken = false;
    std::thread waker([&] {
        woken = true;
        set.wake();
    });
    set.wait(std::chrono::milliseconds::max());
    QVERIFY(woken);
    waker.join();
}

void TestPollSet::removing()
{
    PollSet set;
    Flag a;
    Flag b;
    set.add(a.fd());
    set.add(b.fd());
    a.raise();
    set.remove(a.fd());
    QVERIFY(!isReadable(set));
    b.raise();
    QVERIFY(isReadable(set));
    set.add(a.fd());
    b.lower();
    QVERIFY(isReadable(set));
    set.remove(a.fd());
    set.remove(a.fd()); // of what is not there, nothing happens
    QVERIFY(!isReadable(set));
}

void TestPollSet::aDescriptorThatIsNone()
{
    PollSet set;
    QVERIFY_THROWS_EXCEPTION(std::system_error, set.add(-1));
    set.remove(-1);
    QVERIFY(!isReadable(set));
}

void TestPollSet::theSameDescriptorTwice()
{
    PollSet set;
    Flag flag;
    set.add(flag.fd());
    QVERIFY_THROWS_EXCEPTION(std::system_error, set.add(flag.fd()));
    flag.raise();
    QVERIFY(isReadable(set));
    set.remove(flag.fd());
    QVERIFY(!isReadable(set));
}

void TestPollSet::wakeDoesNotReachTheEventLoop()
{
    PollSet set;
    set.wake();
    QVERIFY(!isReadable(set));
}

void TestPollSet::wakeBeforeWait()
{
    PollSet set;
    QElapsedTimer timer;
    timer.start();
    set.wake();
    set.wake();
    set.wait(longTime);
    QVERIFY(elapsed(timer) < longTime);
    set.clearWake();
    timer.start();
    set.wait(20ms);
    QVERIFY(elapsed(timer) >= 19ms);
    set.clearWake(); // of nothing
    set.wake();
    set.wait(longTime);
    QVERIFY(elapsed(timer) < longTime);
}

void TestPollSet::wakeEndsTheWaitOfAllThreads()
{
    PollSet set;
    QElapsedTimer timer;
    timer.start();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&set] { set.wait(longTime); });
    set.wake();
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY(elapsed(timer) < longTime);
}

void TestPollSet::addedWhileAnotherThreadWaits()
{
    PollSet set;
    QElapsedTimer timer;
    timer.start();
    std::atomic<bool> begun = false;
    std::thread waiter([&] {
        begun = true;
        set.wait(longTime);
    });
    QTRY_VERIFY(begun);
    Flag flag;
    flag.raise();
    set.add(flag.fd());
    waiter.join();
    QVERIFY(elapsed(timer) < longTime);
}

void TestPollSet::manyThreads()
{
    PollSet set;
    std::atomic<int> running = 4;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 1000; ++round) {
                Flag flag;
                set.add(flag.fd());
                flag.raise();
                set.wait(longTime);
                set.remove(flag.fd());
            }
            --running;
            set.wake();
        });
    }
    QElapsedTimer timer;
    timer.start();
    while (running > 0 && elapsed(timer) < longTime) {
        set.wait(longTime);
        set.clearWake();
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(running, 0);
    QVERIFY(!isReadable(set));
}

PYVENT_TEST(TestPollSet)
#include "tst_pollset.moc"
