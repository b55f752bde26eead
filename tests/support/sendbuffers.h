// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SENDBUFFERS_H
#define PYVENT_TESTS_SENDBUFFERS_H

#include "server/sendbuffer.h"
#include "wire/zmtp.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearraylist.h>

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

// The same of one whose bytes are ZMTP's frames: their bodies.
inline QByteArrayList takeFrames(Pyvent::Internal::SendBuffer *buffer)
{
    using Pyvent::Internal::Zmtp::readHeader;
    const QByteArray bytes = takeBytes(buffer);
    QByteArrayList frames;
    for (QByteArrayView rest = bytes; const auto header = readHeader(rest);) {
        const QByteArrayView body = rest.sliced(header->size, qsizetype(header->bodySize));
        frames.append(body.toByteArray());
        rest = rest.sliced(header->size + body.size());
    }
    return frames;
}

} // namespace PyventTests

#endif
