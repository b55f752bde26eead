// SPDX-License-Identifier: MIT
#include "transport/pollset.h"

#include "transport/descriptors.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

PollSet::PollSet()
    : m_epoll(::epoll_create1(EPOLL_CLOEXEC))
    , m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (m_epoll >= 0 && m_wake >= 0)
        return;
    const int error = errno;
    for (const int fd : {m_epoll, m_wake}) {
        if (fd >= 0)
            ::close(fd);
    }
    throw systemError(error, "Pyvent: out of file descriptors");
}

PollSet::~PollSet()
{
    ::close(m_wake);
    ::close(m_epoll);
}

void PollSet::add(int fd, bool *isReady)
{
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = isReady;
    if (::epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        throw systemError(errno, "Pyvent: a socket cannot be watched");
}

void PollSet::remove(int fd)
{
    ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, nullptr);
}

void PollSet::awaitWritable(int fd, bool await)
{
    epoll_event event{};
    event.events = await ? EPOLLIN | EPOLLOUT : EPOLLIN;
    ::epoll_ctl(m_epoll, EPOLL_CTL_MOD, fd, &event);
}

void PollSet::look()
{
    std::array<epoll_event, 16> ready; // a node has four; what has no place here is readable the next time, too
    const int count = ::epoll_wait(m_epoll, ready.data(), int(ready.size()), 0);
    for (int i = 0; i < count; ++i) {
        if (bool *isReady = static_cast<bool *>(ready[std::size_t(i)].data.ptr))
            *isReady = true;
    }
}

void PollSet::wake()
{
    const quint64 one = 1;
    // It can only fail when the counter is full, and then it wakes anyway.
    [[maybe_unused]] const auto written = ::write(m_wake, &one, sizeof one);
}

void PollSet::clearWake()
{
    quint64 count;
    [[maybe_unused]] const auto got = ::read(m_wake, &count, sizeof count);
}

void PollSet::wait(std::chrono::milliseconds timeout)
{
    pollfd fds[] = {{m_epoll, POLLIN, 0}, {m_wake, POLLIN, 0}};
    // poll() takes an int, and waits for ever if that is negative.
    const auto bounded = std::clamp<std::chrono::milliseconds>(timeout, 0ms, 24h);
    ::poll(fds, 2, int(bounded.count()));
}

} // namespace Pyvent::Internal
