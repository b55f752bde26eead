// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_LINK_H
#define PYVENT_NODE_LINK_H

#include "dispatch/topichash.h"
#include "node/standby.h"
#include "transport/busclient.h"

#include <QtCore/qloggingcategory.h>
#include <QtCore/qstring.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace Pyvent::Internal {

class Link;

// What the nodes made in one thread share: a mutex, which guards all of them and their links.
class NodeGroup : public std::enable_shared_from_this<NodeGroup>
{
public:
    using Clock = std::chrono::steady_clock;

    // Holds the group's mutex. What was to be logged meanwhile is logged when it is released, because the program may have
    // installed a message handler that uses a node, or one that blocks.
    class Lock
    {
    public:
        explicit Lock(NodeGroup &group)
            : m_group(&group)
            , m_lock(group.m_mutex)
        {
        }
        Lock(NodeGroup &group, std::try_to_lock_t tryToLock)
            : m_group(&group)
            , m_lock(group.m_mutex, tryToLock)
        {
        }
        Lock(Lock &&) noexcept = default;
        Lock &operator=(Lock &&) = delete;
        ~Lock();

        explicit operator bool() const { return m_lock.owns_lock(); }
        void lock() { m_lock.lock(); }
        void unlock();

    private:
        friend class NodeGroup;
        NodeGroup *m_group;
        std::unique_lock<std::mutex> m_lock;
    };

    // The group of the calling thread. A child of fork() gets another one than its parent's.
    static std::shared_ptr<NodeGroup> ofThread();

    Lock lock() { return Lock(*this); }
    Lock tryLock() { return Lock(*this, std::try_to_lock); }

    // Has \a text logged, as a warning of \a category.
    void log(const Lock &, const QLoggingCategory &category, const QString &text);

    // In a child of fork(): a thread that is missing here may have the mutex.
    void forgetLock() { std::construct_at(&m_mutex); }

    // The group's link to the bus at \a address, for events of up to \a maximumFrameSize bytes. Throws
    // std::system_error or zmq::error_t where the system does not give what it takes.
    std::shared_ptr<Link> link(const Lock &, const Address &address, qsizetype maximumFrameSize);

    // Waits until something has happened to one of the links, or \a deadline. For calls that wait while another one drives.
    void waitForChange(Lock &lock, Clock::time_point deadline) { m_changed.wait_until(lock.m_lock, deadline); }
    void changed() { m_changed.notify_all(); }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<std::weak_ptr<Link>> m_links;
    std::vector<std::pair<const QLoggingCategory *, QString>> m_log;
};

// The connections of a thread's nodes to one bus, and who drives them: the event loop of the node that has joined first, a
// call that waits, or, where neither comes, the process's Standby. All functions need the group's lock held, unless it says
// otherwise.
class Link : public std::enable_shared_from_this<Link>
{
public:
    using Lock = NodeGroup::Lock;
    using Clock = std::chrono::steady_clock;

    // A node, as its link sees it. All of it is called under the lock.
    class Member
    {
    public:
        virtual ~Member() = default;

        // A message of a topic that the member has subscribed to.
        virtual void take(const Lock &, QByteArrayView frame, Clock::time_point now) = 0;

        // Messages may have been taken, the state may have changed, or the deadline has come.
        virtual void process(const Lock &, Clock::time_point now) = 0;

        // When process() is to be called at the latest.
        virtual Clock::time_point deadline(const Lock &) const = 0;

        // Nobody serves the bus. Returns whether this node has tried to.
        virtual bool takeOver(const Lock &) = 0;

        // Whether something waits for the member's thread.
        virtual bool needsTurn(const Lock &) const = 0;
        virtual void scheduleTurn() = 0;
    };

    // A member's place.
    struct Seat
    {
        explicit Seat(Member *of)
            : member(of)
        {
        }

        Member *const member;
        SendQueue::Share share;
        quint64 subscriptions = 0; // the number of the newest one
        bool isTouched = true;     // process() is due, whatever the deadline
        Clock::time_point deadline;
        quint64 lastFrame = 0;
        quint64 acknowledged = 0; // of its events, when the member was told last
    };

    Link(std::shared_ptr<NodeGroup> group, const Address &address, qsizetype maximumFrameSize);
    ~Link();
    Q_DISABLE_COPY_MOVE(Link)

    bool isTo(const Address &address, qsizetype maximumFrameSize) const;

    Seat *join(Member *member);
    void leave(Seat *seat);

    // Whether there was ever more than one member at a time.
    bool hadCompany() const { return m_hadCompany; }

    // The member whose event loop drives this link.
    bool isDriver(const Seat *seat) const { return !m_seats.empty() && m_seats.front().get() == seat; }

    void subscribe(Seat *seat, const QByteArray &prefix);
    void unsubscribe(Seat *seat, const QByteArray &prefix);

    void send(Seat *seat, QByteArray &&frame, Clock::time_point now);
    void sendControl(QByteArray frame, bool inOrder = false);

    // Whether a member, but for \a except, has subscribed to the topic of \a frame.
    bool isHeard(QByteArrayView frame, const Seat *except) const;

    BusClient::State state(const Seat &seat) const;
    BusClient::Silence silence(Clock::time_point now) const { return m_client.silence(now); }
    qsizetype unsentEvents(const Seat &seat) const { return m_client.unsentEvents(seat.share); }

    // Has Standby look after this link, from now on.
    void standBy();

    // Has process() called for the member although nothing has come, and the driver's thread take a turn.
    void touch(Seat *seat);
    void wantService();

    // There is no event loop that could come, as far as can be seen.
    void driveAtOnce();

    // Reads, hands out, and sends what is due. Has the threads of all members but \a self take a turn where something waits
    // for them.
    void service(const Lock &, Clock::time_point now, const Member *self);

    // A turn of the driver's event loop: service(), and it is known that the loop turns.
    void serviceByEventLoop(const Lock &lock, Clock::time_point now, const Member *self);

    // Drives until \a condition holds, \a deadline at most; returns whether it does.
    bool waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition);

    // Has the calls that wait look at their conditions.
    void wakeWaiting();

    // What makes service() due: the poll set is readable, this is true, or the deadline has come.
    bool mayBeReadable() const { return m_client.mayBeReadable(); }
    Clock::time_point deadline() const;
    const std::shared_ptr<PollSet> &pollSet() const { return m_pollSet; }

    // The event loop will turn at \a deadline, if nothing comes before.
    void armed(Clock::time_point deadline) { m_watch->expect(deadline); }

    // For Standby, without the lock unless one is given.
    NodeGroup &group() const { return *m_group; }
    Clock::time_point attendedAt() const { return Clock::time_point(Clock::duration(m_attendedAt.load())); }
    bool isWanted() const { return m_isWanted; }
    bool isDrivenByCall(const Lock &) const { return m_isDrivenByCall; }

private:
    // Who has subscribed to a prefix.
    struct Subscribers
    {
        quint64 number = 0;
        std::vector<Seat *> seats;
    };
    using Subscriptions = TopicMap<Subscribers>;

    static constexpr qsizetype longestControlPrefix = 64; // for what is no topic of ours

    Subscriptions &subscriptionsLike(const QByteArray &prefix);
    const Subscribers *subscribersOfTopic(QByteArrayView frame) const;
    void serviceMembers(const Lock &, Clock::time_point now, const Member *self);
    void handOut(const Lock &, QByteArrayView frame, Clock::time_point now);
    void handOut(const Lock &, const Subscribers &subscribers, QByteArrayView frame, Clock::time_point now);
    void attended(Clock::time_point now) { m_attendedAt = now.time_since_epoch().count(); }

    const std::shared_ptr<NodeGroup> m_group;
    const Address m_address;
    const qsizetype m_maximumFrameSize;
    const std::shared_ptr<PollSet> m_pollSet = std::make_shared<PollSet>();
    BusClient m_client;
    std::vector<std::unique_ptr<Seat>> m_seats;
    bool m_hadCompany = false;
    Subscriptions m_topics; // prefixes that end with a space: whole topics
    Subscriptions m_globs;  // all other prefixes of events
    Subscriptions m_control;
    quint64 m_frames = 0;
    std::pair<BusClient::State, quint64> m_lastState{BusClient::State::Connecting, 0};

    Clock::time_point m_lastTurn; // of the event loop
    bool m_isDrivenByCall = false;
    std::atomic<Clock::rep> m_attendedAt = 0;
    std::atomic<bool> m_isWanted = false; // a service() has been asked for
    std::shared_ptr<Standby::Watch> m_watch;
};

} // namespace Pyvent::Internal

#endif
