// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_REPLAYS_H
#define PYVENT_NODE_REPLAYS_H

#include "delivery/replay.h"
#include "dispatch/receiver.h"
#include "wire/control.h"

#include <memory>
#include <mutex>
#include <vector>

namespace Pyvent::Internal {

// What a late joiner hears through its replay, so that it does not hear it from the bus as well. Thread-safe.
class ReplayedEvents
{
public:
    // The events of \a node up to \a sequence. Returns false where there is no room for one more node.
    bool add(const QUuid &node, quint64 sequence);
    bool contains(const QUuid &node, quint64 sequence) const;

private:
    mutable std::mutex m_mutex;
    QHash<QUuid, quint64> m_last;
};

// Stands in the table for a receiver that asked for the past.
class LateJoiner : public Receiver
{
public:
    explicit LateJoiner(std::shared_ptr<Receiver> receiver);

    // Who gets what the replay brings.
    const std::shared_ptr<Receiver> &receiver() const { return m_receiver; }
    const std::shared_ptr<ReplayedEvents> &replayed() const { return m_replayed; }

    bool isWanted() const override { return m_receiver->isWanted(); }
    void end() override { m_receiver->end(); }
    bool isHandlerOf(const QObject *context) const override { return m_receiver->isHandlerOf(context); }
    void deliver(const PyventEvent &event) override;

private:
    const std::shared_ptr<Receiver> m_receiver;
    const std::shared_ptr<ReplayedEvents> m_replayed = std::make_shared<ReplayedEvents>();
};

// A node's replays that have not caught up, and the messages by which they ask. Holds no receivers, because the last one to
// hold them runs code of the user's. Not thread-safe.
class Replays
{
public:
    using Clock = std::chrono::steady_clock;
    using Owner = std::shared_ptr<ReplayedEvents>; // of a late joiner

    // What the owner of a replay hears next; returns false if that has ended.
    using Deliver = std::function<bool(const Owner &owner, QByteArrayView frame)>;

    explicit Replays(const QUuid &nodeId)
        : m_nodeId(nodeId)
    {
    }

    // The largest event that this node takes, in bytes.
    void setMaximumFrameSize(qsizetype bytes) { m_maximumFrameSize = bytes; }

    void add(const LateJoiner &joiner, const PyventReplay &past);
    bool isEmpty() const { return m_active.empty(); }

    // An event of \a topic has arrived that is new to this node. Where there is no room for it now, it is heard later.
    void heard(QByteArrayView topic, const QUuid &node, quint64 sequence, QByteArrayView frame, bool hasRoom,
               Clock::time_point now, const Deliver &deliver);

    // A control message has come.
    void take(QByteArrayView frame, bool hasRoom, Clock::time_point now, const Deliver &deliver);

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
        std::unique_ptr<Replay> replay;
        bool hasEnded = false;

        void take(const std::function<ReceiveWindow::Verdict()> &arrive, QByteArrayView frame, const Deliver &deliver);
        void deliverReleased(const std::function<bool()> &hasRoom, const Deliver &deliver);
    };

    const QUuid m_nodeId;
    qsizetype m_maximumFrameSize = 0;
    quint64 m_questions = 0;
    std::vector<Active> m_active;
};

} // namespace Pyvent::Internal

#endif
