// SPDX-License-Identifier: MIT
#ifndef PYVENT_NODE_HELDVALUE_H
#define PYVENT_NODE_HELDVALUE_H

#include "dispatch/receiver.h"
#include "session/sharedvalues.h"

#include <atomic>
#include <functional>
#include <memory>

namespace Pyvent::Internal {

// One who holds a shared value by a node. The node's lock guards the holder.
struct HeldValue
{
    std::shared_ptr<SharedValues::Holder> holder;
    std::shared_ptr<Receiver> receiver; // of the events that write it
    std::function<void()> changed;      // it was written; called in the node's thread, under no lock
    std::atomic<bool> hasEnded = false; // nobody is to be told any more
};

} // namespace Pyvent::Internal

#endif
