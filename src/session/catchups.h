// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_CATCHUPS_H
#define PYVENT_SESSION_CATCHUPS_H

#include "delivery/catchup.h"
#include "session/latejoiner.h"
#include "session/wallclock.h"
#include "wire/control.h"

#include <functional>
#include <memory>
#include <vector>

namespace Pyvent::Internal {

// A session's late joiners that have not caught up, and the messages by which they ask. Holds no receivers, because the last one
// to hold them runs code of the user's. Not thread-safe.
class CatchUps
{
public:
    using Clock = std::chrono::steady_clock;
    using Owner = std::shared_ptr<CatchUpProgress>; // of a late joiner

    // What the owner hears next; returns false if that has ended.
    using Deliver = std::function<bool(const Owner &owner, QByteArrayView frame)>;

    // \a wallClock says since when a joiner listens; \a seed is of the times for which questions are put off.
    CatchUps(const QUuid &nodeId, const WallClock &wallClock, quint32 seed)
        : m_nodeId(nodeId)
        , m_wallClock(wallClock)
        , m_seed(seed)
    {
    }

    // The largest event that this node takes, in bytes.
    void setMaximumFrameSize(qsizetype bytes) { m_maximumFrameSize = bytes; }

    // \a joiner asks for its past: the \a last events, not older than \a age; 0: any number, any age.
    void add(const LateJoiner &joiner, qsizetype last, std::chrono::milliseconds age);
    bool isEmpty() const { return m_active.empty(); }

    // An event of \a topic has arrived that is new to this node. Where there is no room for it now, it is heard later.
    void heard(QByteArrayView topic, const QUuid &node, quint64 sequence, QByteArrayView frame, bool hasRoom,
               Clock::time_point now, const Deliver &deliver);

    // Senders' answers have come: what one keeps, what is gone, what is not sent, and one of the events.
    void heard(const Control::Kept &kept, Clock::time_point now);
    void heard(const Control::Answer &answer, Clock::time_point now);
    void heard(const Control::Withheld &withheld, Clock::time_point now);
    void heardReplay(QByteArrayView frame, Clock::time_point now, const Deliver &deliver);

    // Delivers what has its turn, while \a hasRoom says so.
    void deliver(const std::function<bool()> &hasRoom, const Deliver &deliver);

    // Forgets who has caught up, and returns the messages that ask for what is missing, with their topics.
    QByteArrayList process(Clock::time_point now, bool isReady);

    // A server has proven itself after one was lost.
    void reconnected(Clock::time_point now);

    // When process() has something next; max() if nothing is to come.
    Clock::time_point deadline() const;

    // The node leaves the bus. Who has not asked yet, does when it is back.
    void leave();

private:
    struct Active
    {
        Owner owner;
        Control::Past question;
        std::unique_ptr<CatchUp> catchUp;
        bool hasEnded = false;

        void hear(const std::function<ReceiveWindow::Verdict()> &arrive, QByteArrayView frame, const Deliver &deliver);
        void deliverReleased(const std::function<bool()> &hasRoom, const Deliver &deliver);
    };

    std::unique_ptr<CatchUp> begin(const QByteArray &topic) { return std::make_unique<CatchUp>(topic, m_seed++); }

    const QUuid m_nodeId;
    const WallClock m_wallClock;
    quint32 m_seed;
    qsizetype m_maximumFrameSize = 0;
    quint64 m_questions = 0;
    std::vector<Active> m_active;
};

} // namespace Pyvent::Internal

#endif
