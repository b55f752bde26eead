// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_RECOVERY_H
#define PYVENT_SESSION_RECOVERY_H

#include "delivery/askers.h"
#include "delivery/ratelimit.h"
#include "delivery/receivewindow.h"
#include "delivery/transmitwindow.h"
#include "session/forwards.h"
#include "session/wallclock.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <span>

namespace Pyvent::Internal {

// The message that asks for what a window misses, and what a message says in the window's terms.
Control::Ask askFor(const ReceiveWindow::Request &request, const QUuid &asker, qsizetype limit);
std::vector<ReceiveWindow::Range> rangesOf(const Control::Withheld &withheld);

// A node's part in recovery, both halves, and the messages by which they find those of other nodes: what to send is in
// takeOutgoing() after each call. Plain logic, without sockets. Not thread-safe.
class Recovery
{
public:
    using Clock = std::chrono::steady_clock;

    struct Outgoing
    {
        QByteArray frame;
        bool isInOrder; // behind what was sent before, rather than before it
    };

    // \a wallClock says what time it is for announcements; \a seed is of the time for which questions are put off.
    Recovery(const QUuid &nodeId, const WallClock &wallClock, quint32 seed);

    TransmitWindow<QByteArray> &sent() { return m_sent; }
    ReceiveWindow &received() { return m_received; }

    // All subscriptions are active, at \a time in µs since 1970.
    void ready(qint64 time, Clock::time_point now);

    // A server has proven itself after one was lost, and with it what was on its way.
    void reconnected(Clock::time_point now);

    void setHearOwnEvents(bool hear) { m_hearOwnEvents = hear; }

    // What this node has forwarded of others, for whom it answers as well.
    void setForwards(Forwards *forwards) { m_forwards = forwards; }

    // The largest event that this node takes, in bytes.
    void setMaximumFrameSize(qsizetype bytes) { m_maximumFrameSize = bytes; }

    // Another node's questions have come: for all heads or some, for events of \a node (\a mark: as repairs, or as replays for a late
    // joiner), and for what this node keeps of a topic. They are only read as far as answers are allowed: who gets none asks
    // again.
    void askedForHeads(QByteArrayView payload, Clock::time_point now);
    void askedForEvents(const QUuid &node, QByteArrayView payload, Trailer::Flag mark, Clock::time_point now);
    void askedForPast(QByteArrayView payload, Clock::time_point now);

    // A sender's answers have come. \a isWanted says of what topics events are.
    void heard(const Control::Heads &heads, const std::function<bool(QByteArrayView topic)> &isWanted,
               Clock::time_point now);
    void heard(const Control::Answer &answer, Clock::time_point now);
    void heard(const Control::Withheld &withheld, Clock::time_point now);

    // Asks and announces what is due.
    void process(Clock::time_point now);

    // When process() has something next; max() if nothing is to come.
    Clock::time_point deadline() const;

    std::vector<Outgoing> takeOutgoing() { return std::exchange(m_outgoing, {}); }

private:
    using Window = TransmitWindow<QByteArray>;
    using Head = Window::Head;

    // What somebody has asked for: a stream, where it is kept, and under which key. It is this node's, or one that it stands in for.
    struct Source
    {
        Window &window;
        QByteArray key;
        QUuid node;
        bool isOwn;
    };

    bool mayAnswer(QByteArrayView question, Clock::time_point now);
    void answer(const Control::Announce &question, Clock::time_point now);
    void answer(const Source &source, const Control::Ask &ask, Trailer::Flag mark, Clock::time_point now);
    void answerWhereItBegins(const Source &source, const Control::Ask &ask, Clock::time_point now);
    void answer(const Control::Past &past, Clock::time_point now);
    void announceAll(Clock::time_point now);
    void tellHeads(const QUuid &node, std::span<const Head> heads, const std::optional<QUuid> &asker,
                   Clock::time_point now);
    void tellForwardedHeads(std::span<const Head> heads, const std::optional<QUuid> &asker, Clock::time_point now);
    Control::Heads takeHeads(const QUuid &node, std::span<const Head> *heads) const;
    Control::Answer answerOf(const Source &source, const Control::Ask &ask) const;
    bool mayRepairForAll(const std::pair<QByteArray, quint64> &event, Clock::time_point now);
    void sendAgain(const Source &source, const Control::Ask &ask, quint64 sequence, QByteArrayView event,
                   Trailer::Flag mark, bool forAll, Clock::time_point now);

    const QUuid m_nodeId;
    const WallClock m_wallClock;
    bool m_hearOwnEvents = true;
    qsizetype m_maximumFrameSize = 0;
    Window m_sent;
    Forwards *m_forwards = nullptr;
    ReceiveWindow m_received;
    std::vector<Outgoing> m_outgoing;
    QHash<std::pair<QByteArray, quint64>, Clock::time_point> m_repairedForAll; // lately
    Askers m_askers;
    RateLimit m_answers;
    Clock::time_point m_announcedAt; // because it was asked for
};

} // namespace Pyvent::Internal

#endif
