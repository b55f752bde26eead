// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_NODEGROUP_H
#define PYVENT_NODE_NODEGROUP_H

#include "node/guarded.h"
#include "security/nodesecret.h"
#include "transport/endpoint.h"

#include <QtCore/qloggingcategory.h>
#include <QtCore/qrandom.h>
#include <QtCore/qstring.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <vector>

namespace Pyvent::Internal {

class LinkDriver;

// What the nodes made in one thread share: a mutex, which guards all of them and their links.
class NodeGroup : public std::enable_shared_from_this<NodeGroup>
{
public:
    using Clock = std::chrono::steady_clock;

    // Holds the group's mutex. What was to be logged meanwhile is logged when it is released, because the program may have
    // installed a message handler that uses a node, or one that blocks.
    class Lock
    {
    public:
        explicit Lock(NodeGroup &group)
            : m_group(&group)
            , m_lock(group.m_mutex)
        {
        }
        Lock(NodeGroup &group, std::try_to_lock_t tryToLock)
            : m_group(&group)
            , m_lock(group.m_mutex, tryToLock)
        {
        }
        Lock(Lock &&) noexcept = default;
        Lock &operator=(Lock &&) = delete;
        ~Lock();

        explicit operator bool() const { return m_lock.owns_lock(); }
        void lock() { m_lock.lock(); }
        void unlock();

    private:
        friend class NodeGroup;
        NodeGroup *m_group;
        std::unique_lock<std::mutex> m_lock;
    };

    // What the group's lock guards.
    template <typename Value>
    using Guarded = Internal::Guarded<Value, Lock>;

    // The group of the calling thread. A child of fork() gets another one than its parent's.
    static std::shared_ptr<NodeGroup> ofThread();

    // The UUID of one more node, and what proves that they are this group's.
    QUuid newNode() { return m_secret.node(m_newest++); }
    const NodeSecret &secret() const { return m_secret; }

    Lock lock() { return Lock(*this); }
    Lock tryLock() { return Lock(*this, std::try_to_lock); }

    // Has \a text logged, as a warning of \a category.
    void log(const Lock &lock, const QLoggingCategory &category, const QString &text);

    // In a child of fork(): a thread that is missing here may have the mutex.
    void forgetLock() { std::construct_at(&m_mutex); }

    // What drives the group's link to the bus at \a endpoint, for events of up to \a maximumFrameSize bytes. Throws
    // std::system_error or zmq::error_t where the system does not give what a link takes.
    std::shared_ptr<LinkDriver> driver(const Lock &lock, const Endpoint &endpoint, qsizetype maximumFrameSize);

    // Waits until something has happened to one of the links, or \a deadline. For calls that wait while another one drives.
    void waitForChange(Lock &lock, Clock::time_point deadline) { m_changed.wait_until(lock.m_lock, deadline); }
    void changed() { m_changed.notify_all(); }

private:
    const NodeSecret m_secret;
    std::atomic<quint32> m_newest = QRandomGenerator::global()->generate();
    std::mutex m_mutex;
    std::condition_variable m_changed;
    Guarded<std::vector<std::weak_ptr<LinkDriver>>> m_drivers;
    Guarded<std::vector<std::pair<const QLoggingCategory *, QString>>> m_log;
};

} // namespace Pyvent::Internal

#endif
