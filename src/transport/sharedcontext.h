// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_SHAREDCONTEXT_H
#define PYVENT_TRANSPORT_SHAREDCONTEXT_H

#include <zmq.hpp>

#include <memory>

namespace Pyvent::Internal {

// A ZeroMQ context, which is two threads, for the clients of a process: where there are many, each with threads of its own,
// these take the processor from each other. It ends with the last one that holds it. A child of fork() gets another one than
// its parent's. Any thread may call this.
std::shared_ptr<zmq::context_t> sharedContext();

} // namespace Pyvent::Internal

#endif
