// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_BACKGROUNDTHREAD_H
#define PYVENT_TRANSPORT_BACKGROUNDTHREAD_H

#include <thread>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace Pyvent::Internal {

// Starts a thread of the library's own, which \a name, of up to 15 characters, is shown for in debuggers. It gets no signals: these are
// for the program's threads. Throws std::system_error where the system gives no thread.
template <typename Function>
std::thread startBackgroundThread(const char *name, Function &&function)
{
    struct SignalsBlocked
    {
        SignalsBlocked()
        {
            sigset_t all;
            ::sigfillset(&all);
            ::pthread_sigmask(SIG_SETMASK, &all, &before);
        }
        ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }

        sigset_t before;
    };
    const SignalsBlocked blocked; // which the thread inherits
    return std::thread([name, run = std::forward<Function>(function)] {
        ::pthread_setname_np(::pthread_self(), name);
        run();
    });
}

} // namespace Pyvent::Internal

#endif
