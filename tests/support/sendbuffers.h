// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SENDBUFFERS_H
#define PYVENT_TESTS_SENDBUFFERS_H

#include "server/sendbuffer.h"

#include <QtCore/qbytearray.h>

#include <array>

namespace PyventTests {

// Takes what may be written of it, as a connection does, and counts the files that go with it.
inline QByteArray takeBytes(Pyvent::Internal::SendBuffer *buffer, int *files = nullptr)
{
    QByteArray bytes;
    std::array<iovec, 8> parts;
    while (true) {
        const auto next = buffer->fill(parts);
        if (next.count == 0)
            return bytes;
        const qsizetype before = bytes.size();
        for (std::size_t i = 0; i < next.count; ++i)
            bytes.append(static_cast<const char *>(parts[i].iov_base), qsizetype(parts[i].iov_len));
        buffer->wrote(bytes.size() - before, next.file);
        if (files)
            *files += next.file >= 0;
    }
}

} // namespace PyventTests

#endif
