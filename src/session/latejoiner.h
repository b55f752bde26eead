// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_LATEJOINER_H
#define PYVENT_SESSION_LATEJOINER_H

#include "dispatch/receiver.h"

#include <QtCore/qhash.h>

#include <memory>
#include <mutex>

namespace Pyvent::Internal {

// Up to where a late joiner hears each sender by catching up, so that it does not hear the same from the bus as well. Any thread
// may call it: the joiner's thread asks what its node's session has added.
class CatchUpProgress
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

    // Who gets what catching up brings.
    const std::shared_ptr<Receiver> &receiver() const { return m_receiver; }
    const std::shared_ptr<CatchUpProgress> &progress() const { return m_progress; }

    bool isWanted() const override { return m_receiver->isWanted(); }
    void end() override { m_receiver->end(); }
    bool isElsewhere() const override { return newest() && m_receiver->isElsewhere(); }
    bool isHandlerOf(const QObject *context) const override { return m_receiver->isHandlerOf(context); }
    void deliver(const PyventEvent &event) override;
    NewestEvents *newest() const override { return m_receiver->newest(); }
    void call() override { m_receiver->call(); }
    bool isToHear(const QUuid &node, quint64 sequence) const override;

private:
    const std::shared_ptr<Receiver> m_receiver;
    const std::shared_ptr<CatchUpProgress> m_progress = std::make_shared<CatchUpProgress>();
};

} // namespace Pyvent::Internal

#endif
