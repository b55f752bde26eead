// SPDX-License-Identifier: MIT
#ifndef PYVENT_SESSION_RECENTEVENTS_H
#define PYVENT_SESSION_RECENTEVENTS_H

#include "pyventevent.h"

#include <QtCore/qbytearrayview.h>

#include <array>
#include <atomic>
#include <memory>

namespace Pyvent::Internal {

// What the nodes of one thread have decoded lately: where several of them hear the same event, the first one decodes it, and
// the others share it. What is found was decoded from the very same bytes. Up to 1,024 events are kept, as long as there are two
// nodes, and only small ones: a few plain values, because a small pickle of containers may expand to large ones.
class RecentEvents
{
public:
    // Counts a decoder of this process as long as it lives: with a single one there is nothing to share.
    class User
    {
    public:
        User() { ++s_users; }
        ~User();
        Q_DISABLE_COPY_MOVE(User)

        // The calling thread's; nullptr where nobody else could use it, or not for \a frame, or where the thread is ending.
        static RecentEvents *recentEvents(QByteArrayView frame);
    };

    // The event that \a frame is, or null if it is not known. \a key is the same for the same event, and mostly another one
    // for others.
    std::shared_ptr<const PyventEvent> find(quint64 key, QByteArrayView frame) const;
    void insert(quint64 key, QByteArrayView frame, std::shared_ptr<const PyventEvent> event);

private:
    static constexpr std::size_t count = 1024;
    static constexpr qsizetype maximumSize = 256;

    struct Recent
    {
        std::array<char, maximumSize> frame;
        qsizetype size = 0;
        std::shared_ptr<const PyventEvent> event;
    };
    struct Owner;
    static RecentEvents *ofThread();

    static inline std::atomic<int> s_users = 0;
    static thread_local RecentEvents *t_recent; // static nodes may end after what a thread destroys when it ends
    static thread_local bool t_hasEnded;
    std::array<std::unique_ptr<Recent>, count> m_recent; // by key
};

} // namespace Pyvent::Internal

#endif
