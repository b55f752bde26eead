// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_LASTJOINER_H
#define PYVENT_SESSION_LASTJOINER_H

#include "dispatch/receiver.h"

#include <QtCore/quuid.h>

#include <atomic>
#include <memory>
#include <utility>

namespace Pyvent::Internal {

// Stands in the table for a receiver that asked for the last event: it hears that first, as the server has it, unless a newer one has come
// before the server's answer. Both come here in the order in which they have arrived.
class LastJoiner : public Receiver
{
public:
    explicit LastJoiner(std::shared_ptr<Receiver> receiver)
        : Receiver(receiver->pattern(), receiver->sender(), receiver->hears())
        , m_receiver(std::move(receiver))
    {
    }

    bool isWanted() const override { return m_receiver->isWanted(); }
    void end() override { m_receiver->end(); }
    bool isHandlerOf(const QObject *context) const override { return m_receiver->isHandlerOf(context); }

    // For one that hears only the newest events: it was told to be called for one, or the server has answered, and nothing was before that. Its
    // session's alone, which guards it.
    void hasNewest() { m_hasNewest = true; }
    bool isAnswered(const QUuid &node, quint64 sequence)
    {
        if (std::exchange(m_hasNewest, true))
            return false;
        m_answer = {node, sequence};
        return true;
    }
    bool isToHear(const QUuid &node, quint64 sequence) const override
    {
        return !newest() || sequence == 0 || m_answer.first != node || sequence > m_answer.second;
    }

    bool isElsewhere() const override { return newest() && m_receiver->isElsewhere(); }
    NewestEvents *newest() const override { return m_receiver->newest(); }
    void call() override
    {
        m_isCalled = true;
        m_receiver->call();
    }

    // The server's answer is marked as replayed.
    void deliver(const PyventEvent &event) override
    {
        if (newest()) {
            if (!m_isCalled) // for a newer one
                m_receiver->deliver(event);
            return;
        }
        if (event.replayed) {
            if (m_hasHeard)
                return;
            m_node = event.nodeId;
            m_sequence = event.sequence;
        } else if (m_sequence > 0 && event.nodeId == m_node && event.sequence > 0 && event.sequence <= m_sequence) {
            return; // it was sent again for others
        }
        m_hasHeard = true;
        m_receiver->deliver(event);
    }

private:
    const std::shared_ptr<Receiver> m_receiver;
    bool m_hasHeard = false;
    QUuid m_node; // of the answer
    quint64 m_sequence = 0;
    bool m_hasNewest = false;
    std::pair<QUuid, quint64> m_answer;
    std::atomic<bool> m_isCalled = false;
};

} // namespace Pyvent::Internal

#endif
