// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_LINK_H
#define PYVENT_SESSION_LINK_H

#include "dispatch/topichash.h"
#include "session/serverwatch.h"
#include "session/turnbudget.h"
#include "transport/connection.h"

#include <functional>
#include <memory>
#include <vector>

namespace Pyvent::Internal {

class Session;

// A connection that several sessions share: what they send goes into one queue, and what comes in is handed out to those that have
// subscribed to it. Plain logic, without sockets and clock. Not thread-safe.
class Link
{
public:
    using Clock = std::chrono::steady_clock;

    // A session's place.
    struct Seat
    {
        explicit Seat(Session *of)
            : session(of)
        {
        }

        Session *const session;
        SendQueue::Share share;
        quint64 subscriptions = 0; // the number of the newest one
        bool isTouched = true;     // it is to process, whatever the deadline
        Clock::time_point deadline;
        quint64 lastFrame = 0;
        quint64 acknowledged = 0; // of its events, when it processed last
        bool isLagging = false;   // likewise
    };

    // \a connect makes the connection, which sends what the queue has, and may throw.
    explicit Link(const std::function<std::unique_ptr<Connection>(SendQueue &)> &connect)
        : m_connection(connect(m_queue))
    {
    }
    Q_DISABLE_COPY_MOVE(Link)

    Seat *join(Session *session);
    void leave(Seat *seat);

    // Whether there was ever more than one session at a time.
    bool hadCompany() const { return m_hadCompany; }

    // \a prefix is a topic and a space, or what topics begin with.
    void subscribe(Seat *seat, const QByteArray &prefix);
    void unsubscribe(Seat *seat, const QByteArray &prefix);

    // The same for \a topic, of a control message, with its space; nobody has to know when that is active.
    void subscribeToControl(Seat *seat, const QByteArray &topic);

    // Whether \a node is a session of this link's.
    bool hasNode(const QUuid &node) const;

    // Until \a time, what is sent may wait for the next receive().
    void mayGatherUntil(Clock::time_point time) { m_mayGatherUntil = time; }

    void send(Seat *seat, QByteArray &&frame, Clock::time_point now);
    void sendControl(QByteArray frame, bool inOrder = false);
    SendQueue::ControlRoom controlRoom() const { return m_queue.controlRoom(); }

    // Whether a session, but for \a except, has subscribed to the topic of \a frame.
    bool isHeard(QByteArrayView frame, const Seat *except) const;

    Connection::State state(const Seat &seat) const;
    Connection::Way way() const { return m_connection->way(); }
    bool provesSenders() const { return m_connection->provesSenders(); }
    bool tellsWhoIsLost() const { return m_connection->tellsWhoIsLost(); }
    QString keyName() const { return m_connection->keyName(); }
    Connection::Silence silence(Clock::time_point now) const { return m_connection->silence(now); }
    qsizetype unsentEvents(const Seat &seat) const
    {
        return m_connection->isSending() ? seat.share.unsentEvents() : seat.share.events;
    }

    // Whether nobody serves the bus, as an attempt to connect since the last call has found out.
    bool takeRefusal() { return m_connection->takeRefusal(); }

    // Whether acknowledgements wake whoever drives this.
    void awaitAcknowledgements(bool await)
    {
        m_awaitsAcknowledgements = await;
        m_connection->awaitAcknowledgements(await);
    }

    // Has the server acknowledge at once what it has taken.
    void hurryAcknowledgements()
    {
        m_connection->awaitAcknowledgements(true);
        if (!m_awaitsAcknowledgements)
            m_connection->awaitAcknowledgements(false);
    }

    // Sees to the connection, and hands out what has come, not more at once than is to be delivered before the next, and only until
    // \a budget is spent.
    void receive(Clock::time_point now, TurnBudget *budget);
    void receive(Clock::time_point now)
    {
        TurnBudget budget;
        receive(now, &budget);
    }

    // Has the session process what has come for it, and what is due. Returns false if there was nothing.
    bool process(Seat &seat, Clock::time_point now);

    // What makes receive() and process() due: the connection is readable, this is true, or the deadline has come.
    bool mayBeReadable() const { return m_connection->mayBeReadable(); }
    Clock::time_point deadline() const;

private:
    // Who has subscribed to a prefix.
    struct Subscribers
    {
        quint64 number = 0;
        std::vector<Seat *> seats;
    };
    using Subscriptions = TopicMap<Subscribers>;

    static constexpr qsizetype longestControlPrefix = 64; // for what is no topic of ours
    static constexpr qsizetype longestControlTopic = 4096;

    std::pair<Subscriptions *, QByteArray> placeOf(const QByteArray &prefix);
    quint64 addSubscriber(Seat *seat, const QByteArray &prefix);
    const Subscribers *subscribersOfTopic(QByteArrayView frame) const;
    void setLagging(Seat *seat, bool lags);
    void watchServer(Clock::time_point now);
    void handOut(QByteArrayView frame, Clock::time_point now);
    void handOut(const Subscribers &subscribers, QByteArrayView frame, Clock::time_point now);
    void handOutControl(QByteArrayView frame, Clock::time_point now);
    void handOut(Seat *seat, QByteArrayView frame, Clock::time_point now);

    SendQueue m_queue;
    const std::unique_ptr<Connection> m_connection;
    ServerWatch m_watch;
    std::vector<std::unique_ptr<Seat>> m_seats;
    bool m_hadCompany = false;
    Subscriptions m_topics;  // whole topics, without the space
    Subscriptions m_globs;   // what topics begin with
    Subscriptions m_control; // what topics begin with, up to a slash; or whole topics, with the space
    quint64 m_frames = 0;
    qint64 m_decoded = 0; // by all sessions
    struct Known          // of the connection, that concerns all
    {
        Connection::State state = Connection::State::Connecting;
        quint64 proven = 0;
        bool tellsWhoIsLost = false;

        friend bool operator==(const Known &, const Known &) = default;
    };
    Known m_known;
    qsizetype m_lagging = 0; // seats
    bool m_awaitsAcknowledgements = false;
    bool m_concernsAll = true; // what receive() has seen
    Clock::time_point m_mayGatherUntil;
};

} // namespace Pyvent::Internal

#endif
