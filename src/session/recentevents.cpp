// SPDX-License-Identifier: MIT
#include "session/recentevents.h"

#include <algorithm>
#include <utility>

namespace Pyvent::Internal {

namespace {

constexpr qsizetype maximumValues = 16;

bool isPlain(const QVariant &value)
{
    switch (value.metaType().id()) {
    case QMetaType::Nullptr:
    case QMetaType::Bool:
    case QMetaType::LongLong:
    case QMetaType::Double:
    case QMetaType::QString:
    case QMetaType::QByteArray:
        return true;
    default:
        return false;
    }
}

} // namespace

thread_local RecentEvents *RecentEvents::t_recent = nullptr;
thread_local bool RecentEvents::t_hasEnded = false;

struct RecentEvents::Owner
{
    ~Owner()
    {
        delete std::exchange(t_recent, nullptr);
        t_hasEnded = true;
    }
};

RecentEvents *RecentEvents::ofThread()
{
    if (!t_recent && !t_hasEnded) {
        thread_local const Owner owner;
        t_recent = new RecentEvents;
    }
    return t_recent;
}

// What this thread keeps is of use to nobody when the last but one has gone.
RecentEvents::User::~User()
{
    if (--s_users < 2)
        delete std::exchange(t_recent, nullptr);
}

RecentEvents *RecentEvents::User::recentEvents(QByteArrayView frame)
{
    return s_users.load(std::memory_order_relaxed) > 1 && frame.size() <= maximumSize ? ofThread() : nullptr;
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
    if (event->args.size() > maximumValues || !std::all_of(event->args.begin(), event->args.end(), isPlain))
        return;
    std::unique_ptr<Recent> &recent = m_recent[key % count];
    if (!recent)
        recent = std::make_unique<Recent>();
    std::copy(frame.begin(), frame.end(), recent->frame.begin());
    recent->size = frame.size();
    recent->event = std::move(event);
}

} // namespace Pyvent::Internal
