// SPDX-License-Identifier: MIT
#include "transport/sharedcontext.h"

#include <atomic>
#include <mutex>

#include <unistd.h>

namespace Pyvent::Internal {

namespace {

// A context has 1,023 sockets at most, and a client up to eight, with their monitors and those that are on their way out.
constexpr long clientsOfOne = 64;

// Never deleted: static nodes may end after all other static objects.
struct Shared
{
    const pid_t process = ::getpid();
    std::mutex mutex;
    std::weak_ptr<zmq::context_t> newest;
};

Shared &shared()
{
    static std::atomic<Shared *> ofProcess = nullptr;
    Shared *known = ofProcess.load();
    while (!known || known->process != ::getpid()) { // in a child, a thread that is missing there may have the mutex
        auto *const mine = new Shared;
        if (ofProcess.compare_exchange_strong(known, mine))
            return *mine;
        delete mine;
    }
    return *known;
}

} // namespace

std::shared_ptr<zmq::context_t> sharedContext()
{
    Shared &known = shared();
    const std::lock_guard lock(known.mutex);
    std::shared_ptr<zmq::context_t> context = known.newest.lock();
    if (!context || context.use_count() > clientsOfOne)
        known.newest = context = std::make_shared<zmq::context_t>();
    return context;
}

} // namespace Pyvent::Internal
