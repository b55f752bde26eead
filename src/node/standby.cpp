// SPDX-License-Identifier: MIT
#include "node/standby.h"

#include "node/linkdriver.h"
#include "transport/backgroundthread.h"
#include "transport/descriptors.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

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

// How long a loop's thread may wait for a processor, and how soon it is looked at again.
constexpr std::chrono::milliseconds patience = Standby::grace;
constexpr std::chrono::milliseconds soon = Standby::grace / 2;

constexpr Standby::Clock::time_point never = Standby::Clock::time_point::max();

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

std::shared_ptr<Standby::Watch> Standby::watch(const std::shared_ptr<LinkDriver> &driver)
{
    const Lock lock(m_mutex);
    start(lock);
    State &state = m_state(lock);
    const auto watch = std::make_shared<Watch>(this, driver, driver->pollSet()->fd(), ++state.ids);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = watch->m_id;
    if (::epoll_ctl(state.epoll, EPOLL_CTL_ADD, watch->m_fd, &event) != 0)
        throw systemError(errno, "Pyvent: a link cannot be watched");
    state.watches.push_back(watch);
    return watch;
}

void Standby::forget(const std::shared_ptr<Watch> &watch)
{
    const Lock lock(m_mutex);
    State &state = m_state(lock);
    ::epoll_ctl(state.epoll, EPOLL_CTL_DEL, watch->m_fd, nullptr);
    std::erase(state.watches, watch);
    if (state.watches.empty())
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
    m_lookAt(lock) = Clock::now() + grace;
    m_standby->setTimer(lock);
}

// The thread

void Standby::start(const Lock &lock)
{
    State &state = m_state(lock);
    if (state.epoll < 0 && (state.epoll = ::epoll_create1(EPOLL_CLOEXEC)) < 0)
        throw systemError(errno, "Pyvent: out of file descriptors");
    if (state.timer < 0) {
        if ((state.timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) < 0)
            throw systemError(errno, "Pyvent: out of file descriptors");
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.u64 = timerId;
        if (::epoll_ctl(state.epoll, EPOLL_CTL_ADD, state.timer, &event) != 0)
            throw systemError(errno, "Pyvent: a timer cannot be watched");
    }
    if (state.isRunning)
        return;
    startBackgroundThread("pyvent-standby", [this, epoll = state.epoll] { run(epoll); }).detach();
    state.isRunning = true;
}

void Standby::run(int epoll)
{
    // Not those of the thread that made the first node: that one may run in real time, and alone on a processor.
    const sched_param priority{};
    ::pthread_setschedparam(::pthread_self(), SCHED_OTHER, &priority);
    cpu_set_t everywhere;
    std::memset(&everywhere, 0xff, sizeof everywhere);
    ::pthread_setaffinity_np(::pthread_self(), sizeof everywhere, &everywhere);
    for (;;) {
        std::array<epoll_event, 16> events;
        const int count = ::epoll_wait(epoll, events.data(), int(events.size()), -1);
        std::vector<std::shared_ptr<Watch>> due;
        {
            const Lock lock(m_mutex);
            if (m_state(lock).watches.empty()) {
                m_state(lock).isRunning = false;
                return;
            }
            due = findDue(lock, std::span(events).first(std::size_t(std::max(count, 0))));
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

std::vector<std::shared_ptr<Standby::Watch>> Standby::findDue(const Lock &lock, std::span<const epoll_event> events)
{
    const Clock::time_point now = Clock::now();
    std::vector<std::shared_ptr<Watch>> due;
    for (const std::shared_ptr<Watch> &watch : m_state(lock).watches) {
        const bool isReadable =
            std::any_of(events.begin(), events.end(), [&](const epoll_event &e) { return e.data.u64 == watch->m_id; });
        if (isReadable || dueAt(lock, *watch) <= now)
            due.push_back(watch);
    }
    return due;
}

void Standby::look(Watch &watch)
{
    const std::shared_ptr<LinkDriver> driver = watch.m_driver.lock();
    if (!driver)
        return;
    const Clock::time_point now = Clock::now();
    const bool isOverdue = Clock::time_point(Clock::duration(watch.m_expected)) <= now - grace;
    const bool isAttended = driver->attendedAt() > now - grace;
    switch (watch.m_mode) {
    case Mode::Driving:
        if (driver->attendedAt() <= watch.m_drivingSince)
            return drive(watch, *driver, now);
        return set(watch, Mode::Observing, now + grace);
    case Mode::Resting: // something has come, or has not been done in time
        if (isOverdue && !isAttended)
            return drive(watch, *driver, now);
        return set(watch, Mode::Observing, now + grace);
    case Mode::Observing:
        if (isAttended)
            return set(watch, Mode::Observing, now + grace);
        if (isOverdue || driver->isWanted() || isReadable(watch.m_fd))
            return drive(watch, *driver, now);
        return set(watch, Mode::Resting, never);
    case Mode::Yielding:
        return;
    }
}

void Standby::drive(Watch &watch, LinkDriver &driver, Clock::time_point now)
{
    Clock::time_point deadline = never;
    {
        // Whoever has it may take its time, and the other links are not to wait for that.
        const LinkDriver::Lock lock = driver.group().tryLock();
        if (!lock)
            return tryAgain(watch, now + grace / 3);
        if (driver.isDrivenByCall(lock))
            return set(watch, Mode::Yielding, never);
        if (watch.m_mode != Mode::Driving) {
            if (isStarved(watch, driver.attendant(lock), now))
                return tryAgain(watch, now + soon);
            watch.m_drivingSince = now;
        }
        const Link &link = driver.link(lock);
        int services = 0;
        do {
            driver.service(lock, Clock::now(), nullptr);
        } while (link.mayBeReadable() && ++services < servicesAtOnce);
        deadline = link.mayBeReadable() ? Clock::now() : link.deadline();
        watch.m_expected = deadline.time_since_epoch().count(); // of whoever comes next
    }
    set(watch, Mode::Driving, deadline);
}

// Whether \a thread would come if it got a processor. One that computes something gets one.
bool Standby::isStarved(Watch &watch, const ThreadLoad &thread, Clock::time_point now)
{
    const auto processorTime = thread.processorTime();
    if (!processorTime || !thread.isRunnable())
        return false;
    if (!watch.m_starved)
        watch.m_starved = {now, *processorTime};
    const auto since = now - watch.m_starved->since;
    return since < patience && *processorTime - watch.m_starved->processorTime <= since / 2;
}

// Not when it is readable, which it may be all the time.
void Standby::tryAgain(Watch &watch, Clock::time_point at)
{
    const Lock lock(m_mutex);
    if (watch.m_mode == Mode::Resting)
        watch.m_mode = Mode::Observing;
    watch.m_lookAt(lock) = at;
}

void Standby::set(Watch &watch, Mode mode, Clock::time_point lookAt)
{
    watch.m_starved.reset();
    const Lock lock(m_mutex);
    watch.m_mode = mode;
    watch.m_lookAt(lock) = lookAt;
    if (mode == Mode::Resting || mode == Mode::Driving)
        awaitReadable(lock, watch);
}

// Once: it would wake this thread again and again while the event loop has not come.
void Standby::awaitReadable(const Lock &lock, const Watch &watch)
{
    const auto &watches = m_state(lock).watches;
    if (std::none_of(watches.begin(), watches.end(), [&](const auto &known) { return known.get() == &watch; }))
        return; // its descriptor may be another one's by now
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = watch.m_id;
    ::epoll_ctl(m_state(lock).epoll, EPOLL_CTL_MOD, watch.m_fd, &event);
}

Standby::Clock::time_point Standby::dueAt(const Lock &lock, const Watch &watch)
{
    const Clock::time_point expected(Clock::duration(watch.m_expected));
    const Clock::time_point overdue = expected < never - grace ? expected + grace : never;
    switch (watch.m_mode) {
    case Mode::Resting:
        return overdue;
    case Mode::Observing:
        return watch.m_lookAt(lock);
    case Mode::Driving:
        return std::min(watch.m_lookAt(lock), overdue);
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
    const bool isFast = now - std::exchange(m_state(lock).movedAt, now) < grace / 8;
    const Clock::time_point timerAt = m_state(lock).timerAt;
    if (!isFast || timerAt < now + grace / 3 || earliest(lock) < timerAt)
        setTimer(lock);
}

Standby::Clock::time_point Standby::earliest(const Lock &lock) const
{
    const auto &watches = m_state(lock).watches;
    Clock::time_point at = watches.empty() ? Clock::time_point(1ns) : never; // at once, for the thread to end
    for (const std::shared_ptr<Watch> &watch : watches)
        at = std::min(at, std::max(dueAt(lock, *watch), Clock::time_point(1ns))); // 0 would stop it
    return at;
}

void Standby::setTimer(const Lock &lock)
{
    const Clock::time_point at = earliest(lock);
    if (std::exchange(m_state(lock).timerAt, at) == at && at > Clock::now())
        return;
    itimerspec spec{};
    if (at != never) {
        const auto since = at.time_since_epoch();
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
        spec.it_value.tv_sec = seconds.count();
        spec.it_value.tv_nsec = std::chrono::nanoseconds(since - seconds).count();
    }
    ::timerfd_settime(m_state(lock).timer, TFD_TIMER_ABSTIME, &spec, nullptr);
}

} // namespace Pyvent::Internal
