// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_RECEPTION_H
#define PYVENT_SESSION_RECEPTION_H

#include "dispatch/receivertable.h"
#include "session/catchups.h"
#include "session/eventdecoder.h"
#include "session/inbox.h"
#include "session/news.h"
#include "session/pacer.h"
#include "session/waiter.h"

#include <vector>

namespace Pyvent::Internal {

// Where events arrive: each is decoded once, when its turn has come, and put before all who hear it. Those in the node's thread
// take it out of the inbox, those in others have it in their event queues at once, and who waits for it has it. Not thread-safe.
class Reception
{
public:
    using Clock = std::chrono::steady_clock;
    using Way = EventDecoder::Way;

    // Lets through what \a window does. What cannot be read or is lost is said in \a news.
    Reception(const QUuid &nodeId, ReceiveWindow &window, CatchUps &catchUps, News &news)
        : m_window(window)
        , m_catchUps(catchUps)
        , m_news(news)
        , m_decoder(nodeId, &window, &m_inbox.spare())
    {
    }

    EventDecoder &decoder() { return m_decoder; }
    const EventDecoder &decoder() const { return m_decoder; }
    ReceiverTable &table() { return m_table; }
    const ReceiverTable &table() const { return m_table; }
    Inbox &inbox() { return m_inbox; }
    const Inbox &inbox() const { return m_inbox; }
    Pacer &pacer() { return m_pacer; }
    const Pacer &pacer() const { return m_pacer; }

    // What \a receiver, which hears only the newest events, hears next; null if it is not its turn, or that cannot be read.
    std::shared_ptr<const PyventEvent> takeNewest(const std::shared_ptr<Receiver> &receiver, Clock::time_point now);

    void addWaiter(Waiter *waiter) { m_waiters.push_back(waiter); }
    void removeWaiter(Waiter *waiter) { std::erase(m_waiters, waiter); }

    // An event has come from the bus.
    void heard(QByteArrayView frame, Clock::time_point now);

    // An event has come once more, for those who miss it.
    void heardRepair(QByteArrayView frame, Clock::time_point now);

    // An event of the past has come, for a late joiner.
    void heardReplay(QByteArrayView frame, Clock::time_point now);

    // The last event of a name has come, as the server has it, for those who asked for it: LastJoiner.
    void heardLast(QByteArrayView frame, Clock::time_point now);

    // An event was given to \a receiver alone, of those that share it. Returns false where it does not hear it.
    bool heardShare(const std::shared_ptr<Receiver> &receiver, QByteArrayView frame, bool isRedelivered);

    // Whether more has come than is kept up with, from when half of what may wait does until it is a quarter.
    bool isLagging();

    // Whether that is to be asked again before long: nothing tells when a handler elsewhere has caught up.
    bool hasLateOnesElsewhere() const { return !m_lateElsewhere.empty(); }

    // Reads some of the frames that the inbox has kept, since its events are delivered; no more than takes about a millisecond, but one.
    void readKept();

    // Whether there was no room even to keep an event, until there is room for all again. Nothing is asked for meanwhile.
    bool turnsAway();

    // What the receive window has released comes before anything that is read after it. Where it is much, it is kept as frames.
    void deliverReleased(Clock::time_point now);

private:
    EventDecoder::Result decode(QByteArrayView frame, Way way, Clock::time_point now);
    EventDecoder::Result decodeFor(const Receiver &receiver, QByteArrayView frame);
    void arrive(QByteArrayView frame, Way way, Clock::time_point now);
    void look(QByteArrayView frame, Clock::time_point now);
    bool isToWait(QByteArrayView frame);
    void deliverWills(Clock::time_point now);
    bool hasRoomToTake(QByteArrayView frame) const;
    bool hasRoomFor(QByteArrayView frame) const;
    void offerToWaiters(const PyventEvent &event);
    void isLate(const std::shared_ptr<Receiver> &receiver);
    void deliverNewest(QByteArrayView frame, const EventDecoder::Newest &newest, Clock::time_point now);
    void putNewest(const std::shared_ptr<Receiver> &receiver, const QUuid &node, QByteArrayView frame,
                   Clock::time_point now);
    void tellProblem(const EventDecoder::Result &result);
    void noMemoryFor(QByteArrayView frame, bool isLost);
    void deliverElsewhere(const EventDecoder::Result &result);
    void deliverElsewhere(const std::shared_ptr<const PyventEvent> &event, const ReceiverTable::Match &match);
    void deliverHere(EventDecoder::Result &&result, QByteArrayView frame);
    void keep(EventDecoder::Result &&result, QByteArrayView frame);
    bool mayKeepUnread() const;
    void keepUnread(QByteArrayView frame);
    CatchUps::Deliver deliverPast(Clock::time_point now);
    std::shared_ptr<Receiver> lateJoiner(const CatchUps::Owner &owner, QByteArrayView topic) const;

    ReceiveWindow &m_window;
    CatchUps &m_catchUps;
    News &m_news;
    ReceiverTable m_table;
    Inbox m_inbox;
    Pacer m_pacer;
    QByteArray m_newestFrame; // memory for what is read next
    EventDecoder m_decoder;
    std::vector<Waiter *> m_waiters;
    std::vector<std::weak_ptr<Receiver>>
        m_lateElsewhere;             // handlers of which much was put into their thread's event queue
    std::vector<QByteArray> m_wills; // of lost nodes, of which earlier events are missing
    bool m_isLagging = false;
    bool m_turnsAway = false;
};

} // namespace Pyvent::Internal

#endif
