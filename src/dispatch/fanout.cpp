// SPDX-License-Identifier: MIT
#include "dispatch/fanout.h"

namespace Pyvent::Internal {

namespace {

std::size_t sizeOf(const std::shared_ptr<const ReceiverTable::Receivers> &receivers)
{
    return receivers ? receivers->size() : 0;
}

} // namespace

// Moves on to the next receiver.
const std::shared_ptr<Receiver> *Fanout::find()
{
    const std::size_t exact = sizeOf(m_exact);
    const std::size_t all = exact + sizeOf(m_globs);
    for (; m_position < all; ++m_position) {
        const std::size_t i = m_position;
        const std::shared_ptr<Receiver> &receiver = i < exact ? (*m_exact)[i] : (*m_globs)[i - exact];
        if (m_to != To::All && receiver->isElsewhere() != (m_to == To::Elsewhere))
            continue;
        if (i >= exact && !receiver->pattern().matches(m_event->name))
            continue;
        if (receiver->sender().matches(m_event->sender) && receiver->isWanted())
            return &receiver;
    }
    return nullptr;
}

bool Fanout::mayHaveSeveral() const
{
    return m_position + 1 < sizeOf(m_exact) + sizeOf(m_globs);
}

std::shared_ptr<Receiver> Fanout::next()
{
    const std::shared_ptr<Receiver> *const found = find();
    if (!found)
        return nullptr;
    ++m_position;
    return *found;
}

} // namespace Pyvent::Internal
