// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_REWRITTENFILE_H
#define PYVENT_TESTS_REWRITTENFILE_H

#include "transport/filedescriptor.h"

#include <QtCore/qbytearray.h>

#include <algorithm>
#include <span>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace PyventTests {

// What a hostile sender has: a pooled file, and memory that it writes to while others have it.
class RewrittenFile
{
public:
    explicit RewrittenFile(const QByteArray &bytes)
        : m_file(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING))
    {
        const auto size = std::size_t(bytes.size());
        if (::ftruncate(m_file.get(), bytes.size()) != 0)
            qFatal("no room");
        void *const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, m_file.get(), 0);
        if (at == MAP_FAILED)
            qFatal("no memory");
        m_memory = std::span(static_cast<char *>(at), size);
        write(bytes);
        if (::fcntl(m_file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) != 0)
            qFatal("no seals");
    }
    ~RewrittenFile() { ::munmap(m_memory.data(), m_memory.size()); }
    Q_DISABLE_COPY_MOVE(RewrittenFile)

    const Pyvent::Internal::FileDescriptor &file() const { return m_file; }
    std::span<char> memory() const { return m_memory; }
    void write(const QByteArray &bytes) { std::ranges::copy(bytes, m_memory.begin()); }
    qsizetype size() const { return qsizetype(m_memory.size()); }

private:
    const Pyvent::Internal::FileDescriptor m_file;
    std::span<char> m_memory;
};

} // namespace PyventTests

#endif
