// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_LASTJOINER_H
#define PYVENT_SESSION_LASTJOINER_H

#include "dispatch/receiver.h"

#include <QtCore/quuid.h>

#include <memory>

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

    // The server's answer is marked as replayed.
    void deliver(const PyventEvent &event) override
    {
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
};

} // namespace Pyvent::Internal

#endif
