// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_LINKDRIVER_H
#define PYVENT_NODE_LINKDRIVER_H

#include "node/nodegroup.h"
#include "node/standby.h"
#include "session/session.h"
#include "transport/threadload.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace Pyvent::Internal {

// A link of a thread's nodes, and who drives it: the event loop of the node that has joined first, a call that waits, or, where
// neither comes, the process's Standby.
class LinkDriver : public std::enable_shared_from_this<LinkDriver>
{
public:
    using Lock = NodeGroup::Lock;
    using Clock = std::chrono::steady_clock;

    // A node, as its driver sees it.
    class Member
    {
    public:
        virtual ~Member() = default;

        // Its session has processed something.
        virtual void processed(const Lock &, Clock::time_point now) = 0;

        // Nobody serves the bus. Returns whether this node has tried to.
        virtual bool tryToServe(const Lock &) = 0;

        // Whether something waits for the member's thread.
        virtual bool needsTurn(const Lock &) const = 0;
        virtual void scheduleTurn() = 0;

        // Whether its event loop is the calling thread's.
        virtual bool isHere() const = 0;
    };

    LinkDriver(std::shared_ptr<NodeGroup> group, const Endpoint &endpoint, qsizetype maximumFrameSize);
    ~LinkDriver();
    Q_DISABLE_COPY_MOVE(LinkDriver)

    bool isTo(const Endpoint &endpoint, qsizetype maximumFrameSize) const
    {
        return m_endpoint == endpoint && m_maximumFrameSize == maximumFrameSize;
    }

    void join(const Lock &lock, Member *member, Session &session, Clock::time_point now);
    Session::Left leave(const Lock &lock, Member *member, Session &session, Clock::time_point now);

    const Link &link(const Lock &lock) const { return m_link(lock); }

    // Whether it is this member's event loop that drives the link.
    bool isDriver(const Lock &lock, const Member *member) const
    {
        return !m_places(lock).empty() && m_places(lock).front().member == member;
    }

    // Whether the link has one member only.
    bool isAlone(const Lock &lock) const { return m_places(lock).size() == 1; }

    // Has Standby look after this link, from now on.
    void standBy();

    // A session is to process something although nothing has come: has the driver's thread take a turn.
    void wantService(const Lock &lock);

    // An event of \a session's was sent within a turn of its node's: the same, unless nothing is left to do, or nothing before what is
    // armed already.
    void sentInTurn(const Lock &lock, Session &session);

    // The same of a session that may have something to do earlier than was known.
    void mayBeDueEarlier(const Lock &lock, Session &session) { sentInTurn(lock, session); }

    // There is no event loop that could come, as far as can be seen.
    void driveAtOnce();

    // Reads, hands out, and sends what is due. Has the threads of all members but \a self take a turn where something waits
    // for them.
    void service(const Lock &lock, Clock::time_point now, const Member *self);
    void service(const Lock &lock, Clock::time_point now, const Member *self, TurnBudget *budget);

    // service() until nothing is left to read, for a thread that was busy, and asks how things are.
    void catchUp(const Lock &lock);

    // A turn of the driver's event loop, whose \a budget this spends of: service(), and it is known that the loop turns.
    void serviceByEventLoop(const Lock &lock, Clock::time_point now, const Member *self, TurnBudget *budget);

    // Whether this is within that.
    bool isServicedByEventLoop(const Lock &lock) const { return m_isServicedByEventLoop(lock); }

    // A turn of another member's event loop. Where that is the driver's, too, its turn will come.
    void loopTurns(const Lock &lock, Clock::time_point now);

    // Drives until \a condition holds, \a deadline at most; returns whether it does. The lock is held when \a condition is called.
    bool waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition);

    // Has the calls that wait look at their conditions.
    void wakeWaiting(const Lock &lock);

    // What makes service() due, beside the link's deadline.
    const std::shared_ptr<PollSet> &pollSet() const { return m_pollSet; }

    // The event loop will turn at \a deadline, if nothing comes before.
    void armed(const Lock &lock, Clock::time_point deadline);

    // For Standby.
    NodeGroup &group() const { return *m_group; }
    Clock::time_point attendedAt() const { return Clock::time_point(Clock::duration(m_attendedAt.load())); }
    const ThreadLoad &attendant(const Lock &lock) const { return m_attendant(lock); }
    bool isWanted() const { return m_isWanted; }
    bool isDrivenByCall(const Lock &lock) const { return m_isDrivenByCall(lock); }

private:
    struct Place
    {
        Member *member;
        Link::Seat *seat;
    };

    void findServer(const Lock &lock);
    void attended(const Lock &lock, Clock::time_point now);

    const std::shared_ptr<NodeGroup> m_group;
    const Endpoint m_endpoint;
    const qsizetype m_maximumFrameSize;
    const std::shared_ptr<PollSet> m_pollSet = std::make_shared<PollSet>();
    NodeGroup::Guarded<Link> m_link;
    NodeGroup::Guarded<std::vector<Place>> m_places; // in the order of joining
    NodeGroup::Guarded<bool> m_isDrivenByCall{false};
    NodeGroup::Guarded<bool> m_isServicedByEventLoop{false};
    NodeGroup::Guarded<Clock::time_point> m_armedFor{Clock::time_point::max()};
    std::atomic<Clock::rep> m_attendedAt = 0;
    NodeGroup::Guarded<ThreadLoad> m_attendant; // the thread that did
    std::atomic<bool> m_isWanted = false;       // a service() has been asked for
    std::shared_ptr<Standby::Watch> m_watch;
};

} // namespace Pyvent::Internal

#endif
