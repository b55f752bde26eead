// SPDX-License-Identifier: MIT
#include "node/link.h"

#include "transport/descriptors.h"
#include "wire/topic.h"

#include <algorithm>
#include <utility>

#include <unistd.h>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// While the event loop has come so lately, what is sent may wait for the next turn.
constexpr auto promptTurn = 20ms;

// How many messages are read before what they bring is delivered; and how many bytes, so that large events take the memory of
// those before them, instead of memory that the system has to give anew.
constexpr int readBatch = 64;
constexpr qsizetype readBatchBytes = qsizetype(1) << 20;

} // namespace

std::shared_ptr<NodeGroup> NodeGroup::ofThread()
{
    static thread_local bool hasEnded = false; // the main thread's, when the destructors of static objects are called
    struct Known
    {
        ~Known() { hasEnded = true; }

        pid_t process = 0;
        std::weak_ptr<NodeGroup> group;
    };
    static thread_local Known known;
    if (hasEnded)
        return std::make_shared<NodeGroup>();
    std::shared_ptr<NodeGroup> group = known.group.lock();
    if (!group || known.process != ::getpid()) {
        group = std::make_shared<NodeGroup>();
        known.process = ::getpid();
        known.group = group;
    }
    return group;
}

NodeGroup::Lock::~Lock()
{
    if (m_lock.owns_lock())
        unlock();
}

void NodeGroup::Lock::unlock()
{
    const auto log = std::exchange(m_group->m_log, {});
    m_lock.unlock();
    for (const auto &[category, text] : log)
        qCWarning(*category).noquote() << text;
}

void NodeGroup::log(const Lock &, const QLoggingCategory &category, const QString &text)
{
    m_log.emplace_back(&category, text);
}

std::shared_ptr<Link> NodeGroup::link(const Lock &, const Address &address, qsizetype maximumFrameSize)
{
    std::erase_if(m_links, [](const std::weak_ptr<Link> &link) { return link.expired(); });
    for (const std::weak_ptr<Link> &known : m_links) {
        const std::shared_ptr<Link> link = known.lock();
        if (link && link->isTo(address, maximumFrameSize))
            return link;
    }
    requireDescriptors(descriptorsOfLink);
    const auto link = std::make_shared<Link>(shared_from_this(), address, maximumFrameSize);
    link->standBy();
    m_links.push_back(link);
    return link;
}

Link::Link(std::shared_ptr<NodeGroup> group, const Address &address, qsizetype maximumFrameSize)
    : m_group(std::move(group))
    , m_address(address)
    , m_maximumFrameSize(maximumFrameSize)
    , m_client(address, QUuid::createUuid(), maximumFrameSize, *m_pollSet)
{
}

Link::~Link()
{
    if (m_watch)
        Standby::ofProcess().forget(m_watch);
}

void Link::standBy()
{
    m_watch = Standby::ofProcess().watch(shared_from_this());
}

bool Link::isTo(const Address &address, qsizetype maximumFrameSize) const
{
    return m_address.host == address.host && m_address.port == address.port && m_maximumFrameSize == maximumFrameSize;
}

Link::Seat *Link::join(Member *member)
{
    Seat *const seat = m_seats.emplace_back(std::make_unique<Seat>(member)).get();
    m_hadCompany = m_hadCompany || m_seats.size() > 1;
    touch(seat);
    return seat;
}

void Link::leave(Seat *seat)
{
    for (Subscriptions *subscriptions : {&m_topics, &m_globs, &m_control}) {
        QByteArrayList prefixes;
        for (const auto &[prefix, subscribers] : *subscriptions) {
            if (std::find(subscribers.seats.begin(), subscribers.seats.end(), seat) != subscribers.seats.end())
                prefixes.append(prefix);
        }
        for (const QByteArray &prefix : std::as_const(prefixes))
            unsubscribe(seat, prefix);
    }
    m_client.leave(&seat->share);
    const bool wasDriver = isDriver(seat);
    std::erase_if(m_seats, [seat](const std::unique_ptr<Seat> &known) { return known.get() == seat; });
    if (wasDriver && !m_seats.empty())
        m_seats.front()->member->scheduleTurn();
    wakeWaiting();
}

// Subscribing

Link::Subscriptions &Link::subscriptionsLike(const QByteArray &prefix)
{
    if (isControlTopic(prefix))
        return m_control;
    return prefix.endsWith(' ') ? m_topics : m_globs;
}

void Link::subscribe(Seat *seat, const QByteArray &prefix)
{
    Subscribers &subscribers = subscriptionsLike(prefix)[prefix];
    if (subscribers.seats.empty())
        subscribers.number = m_client.subscribe(prefix);
    subscribers.seats.push_back(seat);
    seat->subscriptions = std::max(seat->subscriptions, subscribers.number);
}

void Link::unsubscribe(Seat *seat, const QByteArray &prefix)
{
    Subscriptions &subscriptions = subscriptionsLike(prefix);
    const auto found = subscriptions.find(prefix);
    if (found == subscriptions.end())
        return;
    std::erase(found->second.seats, seat);
    if (!found->second.seats.empty())
        return;
    m_client.unsubscribe(prefix);
    subscriptions.erase(found);
}

// Of the whole topic. Those of a glob may be others.
const Link::Subscribers *Link::subscribersOfTopic(QByteArrayView frame) const
{
    const auto found = m_topics.find(frame.first(frame.indexOf(' ') + 1));
    return found == m_topics.end() ? nullptr : &found->second;
}

bool Link::isHeard(QByteArrayView frame, const Seat *except) const
{
    const auto isThere = [except](const Subscribers &subscribers) {
        return std::any_of(subscribers.seats.begin(), subscribers.seats.end(),
                           [except](const Seat *seat) { return seat != except; });
    };
    if (const Subscribers *subscribers = subscribersOfTopic(frame); subscribers && isThere(*subscribers))
        return true;
    return std::any_of(m_globs.begin(), m_globs.end(),
                       [&](const auto &glob) { return frame.startsWith(glob.first) && isThere(glob.second); });
}

BusClient::State Link::state(const Seat &seat) const
{
    if (m_client.state() == BusClient::State::Connecting)
        return BusClient::State::Connecting;
    return m_client.proven() >= seat.subscriptions ? BusClient::State::Ready : BusClient::State::Subscribing;
}

// Sending

void Link::send(Seat *seat, QByteArray &&frame, Clock::time_point now)
{
    m_client.send(std::move(frame), now < m_lastTurn + promptTurn, &seat->share);
    // Sending may have taken the news from the descriptor that something can be read. Asking the sockets would cost more than
    // sending did.
    touch(seat);
}

void Link::sendControl(QByteArray frame, bool inOrder)
{
    m_client.sendControl(std::move(frame), inOrder);
}

// Driving

void Link::touch(Seat *seat)
{
    seat->isTouched = true;
    wantService();
}

void Link::wantService()
{
    if (m_seats.empty() || m_isWanted.exchange(true))
        return;
    if (m_isDrivenByCall)
        m_pollSet->wake();
    m_seats.front()->member->scheduleTurn();
    if (m_watch)
        m_watch->expect(Clock::now());
}

void Link::driveAtOnce()
{
    m_watch->expect(Clock::now() - Standby::grace);
}

void Link::serviceByEventLoop(const Lock &lock, Clock::time_point now, const Member *self)
{
    attended(now);
    m_lastTurn = now;
    service(lock, now, self);
}

void Link::service(const Lock &lock, Clock::time_point now, const Member *self)
{
    m_isWanted = false;
    try {
        m_client.process(now);
        if (m_client.takeRefusal()) {
            for (const std::unique_ptr<Seat> &seat : m_seats) {
                if (seat->member->takeOver(lock))
                    break;
            }
        }
        zmq::message_t frame;
        qsizetype size = 0;
        for (int i = 0; i < readBatch && size < readBatchBytes && m_client.receive(&frame); ++i) {
            size += qsizetype(frame.size());
            handOut(lock, bytesOf(frame), now);
        }
    } catch (const std::exception &) { // no memory, or no descriptor: what was not acknowledged is sent again
        m_client.disconnect(now);
    }
    serviceMembers(lock, now, self);
    wakeWaiting();
}

void Link::serviceMembers(const Lock &lock, Clock::time_point now, const Member *self)
{
    // What has no deadline of a member's, such as the server's silence, is looked at as long as not all is well.
    const std::pair state(m_client.state(), m_client.proven());
    const bool concernsAll = std::exchange(m_lastState, state) != state || state.first != BusClient::State::Ready;
    for (const std::unique_ptr<Seat> &seat : m_seats) {
        const bool hasNews = std::exchange(seat->acknowledged, seat->share.acknowledged) != seat->share.acknowledged;
        if (!concernsAll && !hasNews && !seat->isTouched && seat->deadline > now)
            continue;
        seat->isTouched = false;
        seat->member->process(lock, now);
        seat->deadline = seat->member->deadline(lock);
        if (seat->member != self && seat->member->needsTurn(lock))
            seat->member->scheduleTurn();
    }
}

void Link::handOut(const Lock &lock, QByteArrayView frame, Clock::time_point now)
{
    ++m_frames;
    if (m_seats.size() == 1) {
        m_seats.front()->isTouched = true;
        m_seats.front()->member->take(lock, frame, now);
    } else if (isControlTopic(frame)) { // "all/…" or "node/{uuid}/…"
        for (qsizetype slash = frame.indexOf('/'); slash >= 0; slash = frame.indexOf('/', slash + 1)) {
            if (const auto found = m_control.find(frame.first(slash + 1)); found != m_control.end())
                return handOut(lock, found->second, frame, now);
            if (slash >= longestControlPrefix)
                return;
        }
    } else {
        if (const Subscribers *subscribers = subscribersOfTopic(frame))
            handOut(lock, *subscribers, frame, now);
        for (const auto &[prefix, subscribers] : m_globs) {
            if (frame.startsWith(prefix))
                handOut(lock, subscribers, frame, now);
        }
    }
}

void Link::handOut(const Lock &lock, const Subscribers &subscribers, QByteArrayView frame, Clock::time_point now)
{
    for (Seat *seat : subscribers.seats) {
        if (std::exchange(seat->lastFrame, m_frames) == m_frames) // by another prefix
            continue;
        seat->isTouched = true;
        seat->member->take(lock, frame, now);
    }
}

Link::Clock::time_point Link::deadline() const
{
    Clock::time_point earliest = m_client.deadline();
    for (const std::unique_ptr<Seat> &seat : m_seats)
        earliest = std::min(earliest, seat->isTouched ? Clock::time_point() : seat->deadline);
    return earliest;
}

bool Link::waitUntil(Lock &lock, Clock::time_point deadline, const std::function<bool()> &condition)
{
    const std::shared_ptr<Link> self = shared_from_this(); // all members may leave meanwhile
    bool isTrue = false;
    for (;;) {
        if (!m_isDrivenByCall)
            service(lock, Clock::now(), nullptr);
        isTrue = condition();
        const Clock::time_point now = Clock::now();
        if (isTrue || now >= deadline)
            break;
        if (m_isDrivenByCall) { // another one
            m_group->waitForChange(lock, deadline);
            continue;
        }
        attended(now);
        m_client.awaitAcknowledgements(true);
        if (m_client.mayBeReadable())
            continue;
        const Clock::time_point wakeAt = std::min(deadline, this->deadline());
        m_isDrivenByCall = true;
        m_pollSet->clearWake();
        lock.unlock();
        m_pollSet->wait(std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(wakeAt - now)));
        lock.lock();
        m_isDrivenByCall = false;
        m_client.awaitAcknowledgements(false);
        m_group->changed();
    }
    if (!m_isDrivenByCall)
        m_client.awaitAcknowledgements(false);
    // What this has seen of the sockets, the event loop does not see any more.
    wantService();
    m_watch->callEnded();
    return isTrue;
}

void Link::wakeWaiting()
{
    if (m_isDrivenByCall)
        m_pollSet->wake();
    m_group->changed();
}

} // namespace Pyvent::Internal
