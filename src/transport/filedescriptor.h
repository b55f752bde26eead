// SPDX-License-Identifier: MIT
#ifndef PYVENT_TRANSPORT_FILEDESCRIPTOR_H
#define PYVENT_TRANSPORT_FILEDESCRIPTOR_H

#include <unistd.h>

#include <utility>

namespace Pyvent::Internal {

// Closes it.
class FileDescriptor
{
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd)
        : m_fd(fd)
    {
    }
    FileDescriptor(FileDescriptor &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    FileDescriptor &operator=(FileDescriptor &&other) noexcept
    {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    ~FileDescriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }

    bool isOpen() const { return m_fd >= 0; }
    int get() const { return m_fd; }

private:
    int m_fd = -1;
};

} // namespace Pyvent::Internal

#endif
