// SPDX-License-Identifier: MIT
#include "transport/threadload.h"

#include "transport/filedescriptor.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace Pyvent::Internal {

ThreadLoad ThreadLoad::ofThisThread()
{
    ThreadLoad mine;
    if (::pthread_getcpuclockid(::pthread_self(), &mine.m_clock) == 0)
        mine.m_id = ::gettid();
    return mine;
}

bool ThreadLoad::isOfThisThread() const
{
    return m_id == ::gettid();
}

bool ThreadLoad::isRunnable() const
{
    std::array<char, 64> path;
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", int(m_id));
    const FileDescriptor file(m_id ? ::open(path.data(), O_RDONLY | O_CLOEXEC) : -1);
    std::array<char, 64> begin; // "ID (NAME) STATE …", with a name of 15 characters at most
    const ssize_t size = file.isOpen() ? ::read(file.get(), begin.data(), begin.size()) : 0;
    const std::string_view text(begin.data(), std::size_t(std::max<ssize_t>(size, 0)));
    const std::size_t state = text.rfind(") ");
    return state != text.npos && text.substr(state).starts_with(") R");
}

std::optional<std::chrono::nanoseconds> ThreadLoad::processorTime() const
{
    timespec time{};
    if (!m_id || ::clock_gettime(m_clock, &time) != 0)
        return {};
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace Pyvent::Internal
