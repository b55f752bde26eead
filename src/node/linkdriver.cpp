// SPDX-License-Identifier: MIT
#include "node/linkdriver.h"

#include <algorithm>
#include <new>
#include <utility>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// While the event loop has come so lately, what is sent may wait for the next turn.
constexpr auto promptTurn = 20ms;

} // namespace

LinkDriver::LinkDriver(std::shared_ptr<NodeGroup> group, const Endpoint &endpoint, qsizetype maximumFrameSize)
    : m_group(std::move(group))
    , m_endpoint(endpoint)
    , m_maximumFrameSize(maximumFrameSize)
    , m_link([&](SendQueue &queue) {
        return Connection::to(endpoint, maximumFrameSize, queue, *m_pollSet, m_group->secret().bytes());
    })
{
}

LinkDriver::~LinkDriver()
{
    if (m_watch)
        Standby::ofProcess().forget(m_watch);
}

void LinkDriver::standBy()
{
    m_watch = Standby::ofProcess().watch(shared_from_this());
}

void LinkDriver::join(const Lock &lock, Member *member, Session &session, Clock::time_point now)
{
    session.join(&m_link(lock), now);
    m_places(lock).push_back({member, session.seat()});
    wantService(lock);
}

Session::Left LinkDriver::leave(const Lock &lock, Member *member, Session &session, Clock::time_point now)
{
    std::vector<Place> &places = m_places(lock);
    const bool wasDriver = isDriver(lock, member);
    std::erase_if(places, [member](const Place &place) { return place.member == member; });
    Session::Left left = session.leave(now);
    if (wasDriver && !places.empty())
        places.front().member->scheduleTurn();
    wakeWaiting(lock);
    return left;
}

void LinkDriver::wantService(const Lock &lock)
{
    if (m_places(lock).empty() || m_isWanted.exchange(true))
        return;
    if (m_isDrivenByCall(lock))
        m_pollSet->wake();
    m_places(lock).front().member->scheduleTurn();
    if (m_watch)
        m_watch->expect(Clock::now());
}

void LinkDriver::sentInTurn(const Lock &lock, Session &session)
{
    if (session.seat()->isTouched || session.seat()->deadline < m_armedFor(lock))
        wantService(lock);
}

void LinkDriver::armed(const Lock &lock, Clock::time_point deadline)
{
    m_armedFor(lock) = deadline;
    if (!m_isWanted)
        m_watch->expect(deadline);
}

void LinkDriver::driveAtOnce()
{
    m_watch->expect(Clock::now() - Standby::grace);
}

void LinkDriver::attended(const Lock &lock, Clock::time_point now)
{
    m_attendedAt = now.time_since_epoch().count();
    if (!m_attendant(lock).isOfThisThread())
        m_attendant(lock) = ThreadLoad::ofThisThread();
}

void LinkDriver::loopTurns(const Lock &lock, Clock::time_point now)
{
    if (!m_places(lock).empty() && m_places(lock).front().member->isHere())
        attended(lock, now);
}

void LinkDriver::serviceByEventLoop(const Lock &lock, Clock::time_point now, const Member *self, TurnBudget *budget)
{
    attended(lock, now);
    m_link(lock).mayGatherUntil(now + promptTurn);
    m_isServicedByEventLoop(lock) = true;
    service(lock, now, self, budget);
    m_isServicedByEventLoop(lock) = false;
}

// Nobody serves: the first member that may tries to.
void LinkDriver::findServer(const Lock &lock)
{
    try {
        for (const Place &place : m_places(lock)) {
            if (place.member->tryToServe(lock))
                return;
        }
    } catch (const std::bad_alloc &) { // the next refusal has it tried again
    }
}

void LinkDriver::service(const Lock &lock, Clock::time_point now, const Member *self)
{
    TurnBudget budget(now, &Clock::now);
    service(lock, now, self, &budget);
}

void LinkDriver::service(const Lock &lock, Clock::time_point now, const Member *self, TurnBudget *budget)
{
    m_isWanted = false;
    Link &link = m_link(lock);
    link.receive(now, budget);
    const std::vector<Place> &places = m_places(lock);
    if (link.takeRefusal())
        findServer(lock);
    for (const Place &place : places) {
        if (!link.process(*place.seat, now))
            continue;
        place.member->processed(lock, now);
        if (place.member != self && place.member->needsTurn(lock))
            place.member->scheduleTurn();
    }
    wakeWaiting(lock);
}

// What a server has said last is read before it is known that it has ended: so once more than there is something.
void LinkDriver::catchUp(const Lock &lock)
{
    constexpr int most = 16;
    int services = 0;
    do {
        service(lock, Clock::now(), nullptr);
    } while (m_link(lock).mayBeReadable() && ++services < most);
    service(lock, Clock::now(), nullptr);
}

bool LinkDriver::waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition)
{
    const std::shared_ptr<LinkDriver> self = shared_from_this(); // all members may leave meanwhile
    bool isTrue = false;
    if (!m_isDrivenByCall(lock))
        catchUp(lock);
    const auto lookAgain = [&] {
        if (!m_isDrivenByCall(lock))
            service(lock, Clock::now(), nullptr);
    };
    for (;; lookAgain()) {
        isTrue = condition();
        const Clock::time_point now = Clock::now();
        if (isTrue || now >= deadline)
            break;
        if (m_isDrivenByCall(lock)) { // another one
            m_group->waitForChange(lock, deadline);
            continue;
        }
        attended(lock, now);
        m_link(lock).awaitAcknowledgements(true);
        if (m_link(lock).mayBeReadable())
            continue;
        const Clock::time_point wakeAt = std::min(deadline, m_link(lock).deadline());
        m_isDrivenByCall(lock) = true;
        m_pollSet->clearWake();
        lock.unlock();
        m_pollSet->wait(std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(wakeAt - now)));
        lock.lock();
        m_isDrivenByCall(lock) = false;
        m_link(lock).awaitAcknowledgements(false);
        m_group->changed();
    }
    if (!m_isDrivenByCall(lock))
        m_link(lock).awaitAcknowledgements(false);
    // What this has seen of the sockets, the event loop does not see any more.
    wantService(lock);
    m_watch->callEnded();
    return isTrue;
}

void LinkDriver::wakeWaiting(const Lock &lock)
{
    if (m_isDrivenByCall(lock))
        m_pollSet->wake();
    m_group->changed();
}

} // namespace Pyvent::Internal
