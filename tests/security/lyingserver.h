// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURITY_LYINGSERVER_H
#define PYVENT_TESTS_SECURITY_LYINGSERVER_H

#include <atomic>
#include <thread>

namespace PyventTests {

// What seems to be a server, on ZeroMQ's own sockets as Python's, and is not one.
class LyingServer
{
public:
    enum class Lie {
        None,                // it does what Python's does
        RelaysProofsOnly,    // and acknowledges all
        RelaysNoEvents,      // but what nodes say to each other
        AcknowledgesNoEvent, // and passes all on
        AcknowledgesTooMuch, // and passes on nothing but proofs
        HangsUp              // as soon as a subscription is proven
    };

    LyingServer(int port, Lie lie);
    ~LyingServer();

private:
    void run(int port, Lie lie);

    std::atomic<bool> m_ends = false;
    std::thread m_thread;
};

} // namespace PyventTests

#endif
