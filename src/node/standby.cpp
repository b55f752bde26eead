// SPDX-License-Identifier: MIT
#include "node/standby.h"

#include "node/link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// What the timer has, whatever the watches: their numbers begin with 1.
constexpr quint64 timerId = 0;

// How often a link is served before the others have their turn.
constexpr int servicesAtOnce = 16;

constexpr Standby::Clock::time_point never = Standby::Clock::time_point::max();

std::system_error systemError(const char *what)
{
    return std::system_error(errno, std::generic_category(), what);
}

bool isReadable(int fd)
{
    pollfd it{fd, POLLIN, 0};
    return ::poll(&it, 1, 0) > 0;
}

} // namespace

Standby &Standby::ofProcess()
{
    // Never deleted: static nodes may end after all other static objects.
    static std::atomic<Standby *> known = nullptr;
    Standby *mine = known.load();
    while (!mine || mine->m_process != ::getpid()) { // in a child, a thread that is missing there may have the mutex
        auto *const made = new Standby(::getpid());
        if (known.compare_exchange_strong(mine, made))
            return *made;
        delete made;
    }
    return *mine;
}

// Called with the lock of a group held, or not

std::shared_ptr<Standby::Watch> Standby::watch(const std::shared_ptr<Link> &link)
{
    const Lock lock(m_mutex);
    start(lock);
    const auto watch = std::make_shared<Watch>(this, link, link->pollSet()->fd(), ++m_ids);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = watch->m_id;
    if (::epoll_ctl(m_epoll, EPOLL_CTL_ADD, watch->m_fd, &event) != 0)
        throw systemError("Pyvent: a link cannot be watched");
    m_watches.push_back(watch);
    return watch;
}

void Standby::forget(const std::shared_ptr<Watch> &watch)
{
    const Lock lock(m_mutex);
    ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, watch->m_fd, nullptr);
    std::erase(m_watches, watch);
    if (m_watches.empty())
        setTimer(lock); // for the thread to end
}

void Standby::Watch::expect(Clock::time_point time)
{
    const auto value = time.time_since_epoch().count();
    if (m_expected.exchange(value) == value)
        return;
    // Either this sees that the thread has gone to rest, or the thread sees what is expected.
    if (const Mode mode = m_mode; mode != Mode::Resting && mode != Mode::Driving)
        return;
    const Lock lock(m_standby->m_mutex);
    m_standby->moveTimer(lock);
}

void Standby::Watch::callEnded()
{
    if (m_mode != Mode::Yielding)
        return;
    const Lock lock(m_standby->m_mutex);
    m_mode = Mode::Observing;
    m_lookAt = Clock::now() + grace;
    m_standby->setTimer(lock);
}

// The thread

void Standby::start(const Lock &)
{
    if (m_epoll < 0 && (m_epoll = ::epoll_create1(EPOLL_CLOEXEC)) < 0)
        throw systemError("Pyvent: out of file descriptors");
    if (m_timer < 0) {
        if ((m_timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) < 0)
            throw systemError("Pyvent: out of file descriptors");
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.u64 = timerId;
        if (::epoll_ctl(m_epoll, EPOLL_CTL_ADD, m_timer, &event) != 0)
            throw systemError("Pyvent: a timer cannot be watched");
    }
    if (m_isRunning)
        return;
    // Signals are for the program's own threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread([this] { run(); }).detach();
        m_isRunning = true;
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Standby::run()
{
    ::pthread_setname_np(::pthread_self(), "pyvent-standby");
    // Not those of the thread that made the first node: that one may run in real time, and alone on a processor.
    const sched_param priority{};
    ::pthread_setschedparam(::pthread_self(), SCHED_OTHER, &priority);
    cpu_set_t everywhere;
    std::memset(&everywhere, 0xff, sizeof everywhere);
    ::pthread_setaffinity_np(::pthread_self(), sizeof everywhere, &everywhere);
    for (;;) {
        std::array<epoll_event, 16> events;
        const int count = ::epoll_wait(m_epoll, events.data(), int(events.size()), -1);
        std::vector<std::shared_ptr<Watch>> due;
        {
            const Lock lock(m_mutex);
            if (m_watches.empty()) {
                m_isRunning = false;
                return;
            }
            const Clock::time_point now = Clock::now();
            for (const std::shared_ptr<Watch> &watch : m_watches) {
                const bool isReadable = std::any_of(events.begin(), events.begin() + std::max(count, 0),
                                                    [&](const epoll_event &e) { return e.data.u64 == watch->m_id; });
                if (isReadable || dueAt(*watch) <= now)
                    due.push_back(watch);
            }
        }
        for (const std::shared_ptr<Watch> &watch : due) {
            try {
                look(*watch);
            } catch (const std::exception &) { // no memory
                tryAgain(*watch, Clock::now() + grace);
            }
        }
        const Lock lock(m_mutex);
        setTimer(lock);
    }
}

void Standby::look(Watch &watch)
{
    const std::shared_ptr<Link> link = watch.m_link.lock();
    if (!link)
        return;
    const Clock::time_point now = Clock::now();
    const bool isOverdue = Clock::time_point(Clock::duration(watch.m_expected)) <= now - grace;
    const bool isAttended = link->attendedAt() > now - grace;
    switch (watch.m_mode) {
    case Mode::Driving:
        if (link->attendedAt() <= watch.m_drivingSince)
            return drive(watch, *link, now);
        return set(watch, Mode::Observing, now + grace);
    case Mode::Resting: // something has come, or has not been done in time
        if (isOverdue && !isAttended)
            return drive(watch, *link, now);
        return set(watch, Mode::Observing, now + grace);
    case Mode::Observing:
        if (isAttended)
            return set(watch, Mode::Observing, now + grace);
        if (isOverdue || link->isWanted() || isReadable(watch.m_fd))
            return drive(watch, *link, now);
        return set(watch, Mode::Resting, never);
    case Mode::Yielding:
        return;
    }
}

void Standby::drive(Watch &watch, Link &link, Clock::time_point now)
{
    Clock::time_point deadline = never;
    {
        // Whoever has it may take its time, and the other links are not to wait for that.
        const Link::Lock lock = link.group().tryLock();
        if (!lock)
            return tryAgain(watch, now + grace / 3);
        if (link.isDrivenByCall(lock))
            return set(watch, Mode::Yielding, never);
        if (watch.m_mode != Mode::Driving)
            watch.m_drivingSince = now;
        int services = 0;
        do {
            link.service(lock, Clock::now(), nullptr);
        } while (link.mayBeReadable() && ++services < servicesAtOnce);
        deadline = link.mayBeReadable() ? Clock::now() : link.deadline();
        watch.m_expected = deadline.time_since_epoch().count(); // of whoever comes next
    }
    set(watch, Mode::Driving, deadline);
}

// Not when it is readable, which it may be all the time.
void Standby::tryAgain(Watch &watch, Clock::time_point at)
{
    const Lock lock(m_mutex);
    if (watch.m_mode == Mode::Resting)
        watch.m_mode = Mode::Observing;
    watch.m_lookAt = at;
}

void Standby::set(Watch &watch, Mode mode, Clock::time_point lookAt)
{
    const Lock lock(m_mutex);
    watch.m_mode = mode;
    watch.m_lookAt = lookAt;
    if (mode == Mode::Resting || mode == Mode::Driving)
        awaitReadable(watch);
}

// Once: it would wake this thread again and again while the event loop has not come.
void Standby::awaitReadable(const Watch &watch)
{
    if (std::none_of(m_watches.begin(), m_watches.end(), [&](const auto &known) { return known.get() == &watch; }))
        return; // its descriptor may be another one's by now
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = watch.m_id;
    ::epoll_ctl(m_epoll, EPOLL_CTL_MOD, watch.m_fd, &event);
}

Standby::Clock::time_point Standby::dueAt(const Watch &watch) const
{
    const Clock::time_point expected(Clock::duration(watch.m_expected));
    const Clock::time_point overdue = expected < never - grace ? expected + grace : never;
    switch (watch.m_mode) {
    case Mode::Resting:
        return overdue;
    case Mode::Observing:
        return watch.m_lookAt;
    case Mode::Driving:
        return std::min(watch.m_lookAt, overdue);
    case Mode::Yielding:
        break;
    }
    return never;
}

// An event loop that turns fast moves on what is expected with each turn. Then it is enough to move the timer before it
// expires: it may expire in vain when the loop comes to rest.
void Standby::moveTimer(const Lock &lock)
{
    const Clock::time_point now = Clock::now();
    const bool isFast = now - std::exchange(m_movedAt, now) < grace / 8;
    if (!isFast || m_timerAt < now + grace / 3 || earliest(lock) < m_timerAt)
        setTimer(lock);
}

Standby::Clock::time_point Standby::earliest(const Lock &) const
{
    Clock::time_point at = m_watches.empty() ? Clock::time_point(1ns) : never; // at once, for the thread to end
    for (const std::shared_ptr<Watch> &watch : m_watches)
        at = std::min(at, std::max(dueAt(*watch), Clock::time_point(1ns))); // 0 would stop it
    return at;
}

void Standby::setTimer(const Lock &lock)
{
    const Clock::time_point at = earliest(lock);
    if (std::exchange(m_timerAt, at) == at && at > Clock::now())
        return;
    itimerspec spec{};
    if (at != never) {
        const auto since = at.time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
        spec.it_value.tv_sec = seconds.count();
        spec.it_value.tv_nsec = std::chrono::nanoseconds(since - seconds).count();
    }
    ::timerfd_settime(m_timer, TFD_TIMER_ABSTIME, &spec, nullptr);
}

} // namespace Pyvent::Internal
