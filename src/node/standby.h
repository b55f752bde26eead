// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_STANDBY_H
#define PYVENT_NODE_STANDBY_H

#include "node/guarded.h"
#include "transport/threadload.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

struct epoll_event;

namespace Pyvent::Internal {

class LinkDriver;

// A thread of the library's, one a process, that drives links whose event loops do not come: a thread without an event loop,
// one that is blocked, one that has ended. Where the event loop turns it sleeps, and is woken by nothing that the loop attends
// to:
//
// - what has a time is expected by the loop's own timer, and here some milliseconds later; the loop moves both on.
// - what arrives wakes this thread once. It then looks every few milliseconds, for as long as the loop turns, whether it still
//   does, and goes back to sleep when the link has come to rest.
//
// So a link that nobody attends to waits for less than 50 ms. Where the loop's thread does nothing else, and only waits for a processor
// among many, it has some milliseconds more: what this thread would take from it would cost more there than it saves. Any thread may call this, with the lock of a group held or not:
// nothing is locked under its mutex.
class Standby
{
public:
    using Clock = std::chrono::steady_clock;

    // How long the event loop may take before this thread does its work, and how often it is looked at while it turns.
    static constexpr std::chrono::milliseconds grace{15};

    // One link, as this thread sees it.
    class Watch
    {
    public:
        Watch(Standby *standby, std::weak_ptr<LinkDriver> driver, int fd, quint64 id)
            : m_standby(standby)
            , m_driver(std::move(driver))
            , m_fd(fd)
            , m_id(id)
        {
        }

        // The event loop is to come at \a time; after that plus some milliseconds this thread does.
        void expect(Clock::time_point time);

        // A call that drove the link has ended.
        void callEnded();

    private:
        friend class Standby;
        enum class Mode : quint8 {
            Resting,   // wakes this thread when the link is readable, or overdue
            Observing, // the event loop turns; looked at from time to time
            Yielding,  // a call drives the link
            Driving    // this thread does
        };

        Standby *const m_standby;
        const std::weak_ptr<LinkDriver> m_driver;
        const int m_fd;
        const quint64 m_id;
        std::atomic<Mode> m_mode = Mode::Resting; // changed under the mutex
        std::atomic<Clock::rep> m_expected = Clock::time_point::max().time_since_epoch().count();
        Guarded<Clock::time_point> m_lookAt{Clock::time_point::max()};

        // The thread's own:
        Clock::time_point m_drivingSince;
        struct Starved
        {
            Clock::time_point since;
            std::chrono::nanoseconds processorTime;
        };
        std::optional<Starved> m_starved; // the loop's thread, it seems
    };

    // The process's. A child of fork() has its own.
    static Standby &ofProcess();

    // Throws std::system_error where the system gives no descriptor or thread.
    std::shared_ptr<Watch> watch(const std::shared_ptr<LinkDriver> &driver);
    void forget(const std::shared_ptr<Watch> &watch);

private:
    using Lock = std::unique_lock<std::mutex>;
    using Mode = Watch::Mode;

    struct State
    {
        int epoll = -1;
        int timer = -1;
        Clock::time_point timerAt = Clock::time_point::max();
        Clock::time_point movedAt;
        bool isRunning = false;
        quint64 ids = 0;
        std::vector<std::shared_ptr<Watch>> watches;
    };

    void start(const Lock &lock);
    void run(int epoll);
    std::vector<std::shared_ptr<Watch>> findDue(const Lock &lock, std::span<const epoll_event> events);
    void look(Watch &watch);
    void drive(Watch &watch, LinkDriver &driver, Clock::time_point now);
    void tryAgain(Watch &watch, Clock::time_point at);
    static bool isStarved(Watch &watch, const ThreadLoad &thread, Clock::time_point now);
    void set(Watch &watch, Mode mode, Clock::time_point lookAt);
    void moveTimer(const Lock &lock);
    void setTimer(const Lock &lock);
    Clock::time_point earliest(const Lock &lock) const;
    static Clock::time_point dueAt(const Lock &lock, const Watch &watch);
    void awaitReadable(const Lock &lock, const Watch &watch);

    const pid_t m_process;
    std::mutex m_mutex;
    Guarded<State> m_state;

    explicit Standby(pid_t process)
        : m_process(process)
    {
    }
};

} // namespace Pyvent::Internal

#endif
