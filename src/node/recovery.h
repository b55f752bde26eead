// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_RECOVERY_H
#define PYVENT_NODE_RECOVERY_H

#include "delivery/askers.h"
#include "delivery/ratelimit.h"
#include "delivery/receivewindow.h"
#include "delivery/replaywindow.h"
#include "wire/control.h"
#include "wire/frame.h"

#include <span>

namespace Pyvent::Internal {

// The message that asks for what a window misses, and what a message says in the window's terms.
Control::Ask askFor(const ReceiveWindow::Request &request, const QUuid &asker, qsizetype limit);
std::vector<ReceiveWindow::Range> rangesOf(const Control::Withheld &withheld);

// A node's part in recovery, both halves, and the messages by which they find those of other nodes: what to send is in
// takeOutgoing() after each call. Without sockets, and the time of day is all it looks at. Not thread-safe.
class Recovery
{
public:
    using Clock = std::chrono::steady_clock;

    struct Outgoing
    {
        QByteArray frame;
        bool isInOrder; // behind what was sent before, rather than before it
    };

    explicit Recovery(const QUuid &nodeId);

    ReplayWindow<QByteArray> &sent() { return m_sent; }
    ReceiveWindow &received() { return m_received; }

    // All subscriptions are active, at \a time in µs since 1970.
    void ready(qint64 time, Clock::time_point now);

    // A server has proven itself after one was lost, and with it what was on its way.
    void reconnected(Clock::time_point now);

    void setHearOwnEvents(bool hear) { m_hearOwnEvents = hear; }

    // The largest event that this node takes, in bytes.
    void setMaximumFrameSize(qsizetype bytes) { m_maximumFrameSize = bytes; }

    // A control message has come. Returns the frame of the event in it, if it is one; \a isWanted says of what topics
    // events are.
    QByteArrayView take(QByteArrayView frame, const std::function<bool(QByteArrayView topic)> &isWanted,
                        Clock::time_point now);

    // Asks and announces what is due.
    void process(Clock::time_point now);

    // When process() has something next; max() if nothing is to come.
    Clock::time_point deadline() const;

    std::vector<Outgoing> takeOutgoing() { return std::exchange(m_outgoing, {}); }

private:
    void answer(const Control::Message &question, Clock::time_point now);
    void answer(const Control::Announce &question, Clock::time_point now);
    void answer(const Control::Ask &ask, Trailer::Flag mark, Clock::time_point now);
    void answer(const Control::Past &past, Clock::time_point now);
    Control::Heads headsOf(std::span<const ReplayWindow<QByteArray>::Head> heads) const;
    bool mayRepairForAll(const std::pair<QByteArray, quint64> &event, Clock::time_point now);
    void sendAgain(const Control::Ask &ask, quint64 sequence, QByteArrayView event, Trailer::Flag mark, bool forAll,
                   Clock::time_point now);

    const QUuid m_nodeId;
    bool m_hearOwnEvents = true;
    qsizetype m_maximumFrameSize = 0;
    ReplayWindow<QByteArray> m_sent;
    ReceiveWindow m_received;
    std::vector<Outgoing> m_outgoing;
    QHash<std::pair<QByteArray, quint64>, Clock::time_point> m_repairedForAll; // lately
    Askers m_askers;
    RateLimit m_answers;
    Clock::time_point m_announcedAt; // because it was asked for
};

} // namespace Pyvent::Internal

#endif
