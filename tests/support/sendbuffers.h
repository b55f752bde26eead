// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SENDBUFFERS_H
#define PYVENT_TESTS_SENDBUFFERS_H

#include "server/sendbuffer.h"

#include <array>

namespace PyventTests {

// Takes what waits in it, as a connection that writes does.
inline QByteArray takeBytes(Pyvent::Internal::SendBuffer *buffer)
{
    QByteArray bytes;
    std::array<iovec, 8> parts;
    while (const std::size_t count = buffer->fill(parts)) {
        const qsizetype before = bytes.size();
        for (std::size_t i = 0; i < count; ++i)
            bytes.append(static_cast<const char *>(parts[i].iov_base), qsizetype(parts[i].iov_len));
        buffer->wrote(bytes.size() - before);
    }
    return bytes;
}

} // namespace PyventTests

#endif
