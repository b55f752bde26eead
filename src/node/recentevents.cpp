// SPDX-License-Identifier: MIT
#include "node/recentevents.h"

#include <algorithm>

namespace Pyvent::Internal {

RecentEvents &RecentEvents::ofThread()
{
    thread_local RecentEvents recent;
    return recent;
}

// What this thread keeps is of use to nobody when the last but one has gone.
RecentEvents::User::~User()
{
    if (--s_users == 1)
        ofThread().m_recent = {};
}

RecentEvents *RecentEvents::User::recentEvents(QByteArrayView frame)
{
    return s_users.load(std::memory_order_relaxed) > 1 && frame.size() <= maximumSize ? &ofThread() : nullptr;
}

std::shared_ptr<const PyventEvent> RecentEvents::find(quint64 key, QByteArrayView frame) const
{
    const Recent *recent = m_recent[key % count].get();
    if (!recent || QByteArrayView(recent->frame.data(), recent->size) != frame)
        return {};
    return recent->event;
}

void RecentEvents::insert(quint64 key, QByteArrayView frame, std::shared_ptr<const PyventEvent> event)
{
    std::unique_ptr<Recent> &recent = m_recent[key % count];
    if (!recent)
        recent = std::make_unique<Recent>();
    std::copy(frame.begin(), frame.end(), recent->frame.begin());
    recent->size = frame.size();
    recent->event = std::move(event);
}

} // namespace Pyvent::Internal
