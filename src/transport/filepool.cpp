// SPDX-License-Identifier: MIT
#include "transport/filepool.h"

#include "transport/sealedfile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace std::chrono_literals;

namespace {

// But for the memory that the pool has mapped before.
constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE;

constexpr auto keptFor = 1s;

// Events of about the same size take each other's files.
constexpr qsizetype roundTo = 256 * 1024;
constexpr qsizetype mostTooLarge = 4;

} // namespace

FilePool::~FilePool()
{
    for (File &file : m_files)
        drop(file);
}

FileDescriptor FilePool::write(QByteArrayView header, QByteArrayView body, Clock::time_point now)
{
    const qsizetype size = header.size() + body.size();
    File *const file = find(size);
    if (!file)
        return {};
    char *const after = std::copy(header.begin(), header.end(), file->memory.data());
    std::copy(body.begin(), body.end(), after);
    file->usedAt = now;
    return open(file->reader.get());
}

void FilePool::tidy(Clock::time_point now)
{
    while (!m_files.empty() && now - m_files.front().usedAt >= keptFor) {
        m_bytes -= qsizetype(m_files.front().memory.size());
        drop(m_files.front());
        m_files.pop_front();
    }
}

// A free one of \a size bytes, which becomes the last.
FilePool::File *FilePool::find(qsizetype size)
{
    const auto fits = [size](const File &file) {
        const qsizetype room = qsizetype(file.memory.size());
        return room >= size && room <= size * mostTooLarge && isFree(file);
    };
    // What was used last is in the processor's caches still.
    if (const auto found = std::find_if(m_files.rbegin(), m_files.rend(), fits); found != m_files.rend()) {
        std::rotate(found.base() - 1, found.base(), m_files.end());
        return &m_files.back();
    }
    const qsizetype room = (size + roundTo - 1) / roundTo * roundTo;
    while (m_files.size() >= mostFiles || m_bytes + room > mostBytes) {
        const auto other = std::find_if(m_files.begin(), m_files.end(), isFree); // of another size
        if (other == m_files.end())
            return nullptr;
        m_bytes -= qsizetype(other->memory.size());
        drop(*other);
        m_files.erase(other);
    }
    File file = make(room);
    if (!file.reader.isOpen())
        return nullptr;
    m_bytes += room;
    return &m_files.emplace_back(std::move(file));
}

FilePool::File FilePool::make(qsizetype size)
{
    File file;
    const FileDescriptor made = newMemoryFile(size);
    if (!made.isOpen()
        || ::fallocate(made.get(), 0, 0, size) != 0) // where a page is missing, writing to memory ends the process
        return {};
    void *const at =
        ::mmap(nullptr, std::size_t(size), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, made.get(), 0);
    if (at == MAP_FAILED)
        return {};
    file.memory = std::span(static_cast<char *>(at), std::size_t(size));
    if (::fcntl(made.get(), F_ADD_SEALS, seals) == 0) // since Linux 5.1
        file.reader = open(made.get());
    if (!file.reader.isOpen()) {
        drop(file);
        return {};
    }
    ::fcntl(file.reader.get(), F_SETSIG, SIGURG); // of isFree(): it does nothing, and SIGIO would end the process
    return file;
}

// Opens the file anew, for reading.
FileDescriptor FilePool::open(int file)
{
    std::array<char, 32> path;
    std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", file);
    return FileDescriptor(::open(path.data(), O_RDONLY | O_CLOEXEC));
}

// A lease for writing is only given to whoever alone has the file open: not even another descriptor of it is on its way then.
bool FilePool::isFree(const File &file)
{
    if (::fcntl(file.reader.get(), F_SETLEASE, F_WRLCK) != 0)
        return false;
    ::fcntl(file.reader.get(), F_SETLEASE, F_UNLCK);
    return true;
}

void FilePool::drop(File &file)
{
    ::munmap(file.memory.data(), file.memory.size());
    file = {};
}

bool isPooledFile(const FileDescriptor &file, qsizetype size)
{
    struct stat status = {};
    return hasSeals(file, seals) && ::fstat(file.get(), &status) == 0 && status.st_size >= size;
}

bool copyFromPooledFile(const FileDescriptor &file, qsizetype at, std::span<char> to)
{
    while (!to.empty()) {
        const ssize_t count = ::pread(file.get(), to.data(), to.size(), at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        to = to.subspan(std::size_t(count));
        at += count;
    }
    return true;
}

} // namespace Pyvent::Internal
