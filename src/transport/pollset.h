// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_POLLSET_H
#define PYVENT_TRANSPORT_POLLSET_H

#include <QtCore/qglobal.h>

#include <chrono>

namespace Pyvent::Internal {

// Many file descriptors as one that is readable when any of them is (epoll). So the event loop has one
// QSocketNotifier that never changes, while sockets come and go in any thread.
//
// All functions may be called from any thread at any time, but look() by one at a time, and not while remove() is called.
class PollSet
{
public:
    PollSet();
    ~PollSet();
    Q_DISABLE_COPY_MOVE(PollSet)

    // Watches \a fd. look() sets \a isReady, if it is given, when the descriptor is readable.
    void add(int fd, bool *isReady = nullptr);
    void remove(int fd);

    // Whether this is readable as well where \a fd, which is watched without a flag, can be written to.
    void awaitWritable(int fd, bool await);

    // Notes which descriptors are readable now. Asking for all of them at once is far cheaper than looking at each one.
    void look();

    int fd() const { return m_epoll; }

    // Ends the wait() of other threads, once.
    void wake();

    // Takes back wake().
    void clearWake();

    // Waits until a descriptor is readable or wake() is called, \a timeout at most.
    void wait(std::chrono::milliseconds timeout);

private:
    int m_epoll;
    int m_wake; // an eventfd; not in the epoll set, so that wake() does not reach the event loop
};

} // namespace Pyvent::Internal

#endif
