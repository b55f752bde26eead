// SPDX-License-Identifier: MIT
#include "transport/descriptors.h"

#include <zmq.hpp>

#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// How many of them are looked at: /proc cannot be read where there is no descriptor to read it with.
constexpr int mostCounted = 1 << 16;

bool isExhaustion(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN || error == ENOBUFS;
}

// Returns 0 if there are \a count, and the error otherwise.
int tryDescriptors(int count)
{
    std::vector<int> opened;
    opened.reserve(std::size_t(count));
    int error = 0;
    while (error == 0 && int(opened.size()) < count) {
        const int fd = ::eventfd(0, EFD_CLOEXEC);
        if (fd >= 0)
            opened.push_back(fd);
        else
            error = errno;
    }
    for (const int fd : opened)
        ::close(fd);
    return error;
}

} // namespace

std::system_error systemError(int error)
{
    return std::system_error(error, std::generic_category());
}

std::system_error systemError(int error, const char *what)
{
    return std::system_error(error, std::generic_category(), what);
}

void requireDescriptors(int count)
{
    if (const int error = tryDescriptors(count))
        throw systemError(error);
}

bool hasDescriptors(int count)
{
    return tryDescriptors(count) == 0;
}

bool isOutOfResources(const std::exception &error)
{
    if (const auto *system = dynamic_cast<const std::system_error *>(&error))
        return isExhaustion(system->code().value());
    if (const auto *zmqError = dynamic_cast<const zmq::error_t *>(&error))
        return isExhaustion(zmqError->num());
    return dynamic_cast<const std::bad_alloc *>(&error) != nullptr;
}

QString describeDescriptors()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const int allowed = int(std::min<rlim_t>(limit.rlim_cur, mostCounted));
    int used = 0;
    for (int fd = 0; fd < allowed; ++fd)
        used += ::fcntl(fd, F_GETFD) >= 0;
    return u"the process has %1 of the %2 file descriptors that it may have"_s.arg(used).arg(quint64(limit.rlim_cur));
}

} // namespace Pyvent::Internal
