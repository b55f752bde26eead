// SPDX-License-Identifier: MIT
#include "transport/sealedfile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>

namespace Pyvent::Internal {

namespace {

constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

#ifndef MFD_NOEXEC_SEAL
constexpr unsigned MFD_NOEXEC_SEAL = 0x0008U; // Linux 6.3
#endif

bool writeAll(int file, QByteArrayView header, QByteArrayView body)
{
    while (!header.isEmpty() || !body.isEmpty()) {
        const std::array<iovec, 2> parts{
            iovec{const_cast<char *>(header.data()), std::size_t(header.size())},
            iovec{const_cast<char *>(body.data()), std::size_t(body.size())},
        };
        const ssize_t count = ::writev(file, parts.data(), int(parts.size()));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        const qsizetype ofHeader = std::min(qsizetype(count), header.size());
        header = header.sliced(ofHeader);
        body = body.sliced(count - ofHeader);
    }
    return true;
}

} // namespace

FileDescriptor newMemoryFile(qsizetype size)
{
    rlimit limit = {};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && rlim_t(size) > limit.rlim_cur) // SIGXFSZ
        return {};
    constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    FileDescriptor file(::memfd_create("pyvent-event", flags | MFD_NOEXEC_SEAL));
    if (!file.isOpen() && errno == EINVAL)
        return FileDescriptor(::memfd_create("pyvent-event", flags));
    return file;
}

// A memory file of huge pages is on another file system: reading it can fail where the machine has no huge page left.
bool hasSeals(const FileDescriptor &file, int seals)
{
    struct statfs system = {};
    const int all = ::fcntl(file.get(), F_GET_SEALS); // asks no file system, which may be a stranger's, and block
    return all >= 0 && (all & seals) == seals && ::fstatfs(file.get(), &system) == 0 && system.f_type == TMPFS_MAGIC;
}

FileDescriptor makeSealedFile(QByteArrayView header, QByteArrayView body)
{
    FileDescriptor file = newMemoryFile(header.size() + body.size());
    if (file.isOpen() && writeAll(file.get(), header, body) && ::fcntl(file.get(), F_ADD_SEALS, seals) == 0)
        return file;
    return {};
}

FileMapping::FileMapping(const FileDescriptor &file, qsizetype maximumSize, bool readsAll)
{
    struct stat status = {};
    if (!hasSeals(file, seals) || ::fstat(file.get(), &status) != 0 || status.st_size <= 0
        || status.st_size > maximumSize)
        return;
    void *const at = ::mmap(nullptr, std::size_t(status.st_size), PROT_READ,
                            MAP_PRIVATE | (readsAll ? MAP_POPULATE : 0), file.get(), 0);
    if (at != MAP_FAILED)
        m_bytes = QByteArrayView(static_cast<const char *>(at), qsizetype(status.st_size));
}

FileMapping::~FileMapping()
{
    if (!m_bytes.isNull())
        ::munmap(const_cast<char *>(m_bytes.data()), std::size_t(m_bytes.size()));
}

ssize_t PassedFiles::receive(int socket, std::span<char> room)
{
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most * sizeof(int))> control;
    iovec vector{room.data(), room.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count < 0)
        return count;
    for (cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t files = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < files; ++i) {
            int file;
            std::memcpy(&file, CMSG_DATA(header) + i * sizeof file, sizeof file);
            m_files.emplace_back(file);
        }
    }
    if (message.msg_flags & MSG_CTRUNC)
        m_files.emplace_back();
    return count;
}

FileDescriptor PassedFiles::take()
{
    if (m_files.empty())
        return {};
    FileDescriptor file = std::move(m_files.front());
    m_files.pop_front();
    return file;
}

ssize_t sendWithFile(int socket, std::span<const iovec> vectors, int file)
{
    msghdr message{};
    message.msg_iov = const_cast<iovec *>(vectors.data());
    message.msg_iovlen = vectors.size();
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (file >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr *const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof file);
        std::memcpy(CMSG_DATA(header), &file, sizeof file);
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

} // namespace Pyvent::Internal
