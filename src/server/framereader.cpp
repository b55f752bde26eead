// SPDX-License-Identifier: MIT
#include "server/framereader.h"

#include <algorithm>
#include <cstring>

namespace Pyvent::Internal {

namespace {

// What is smaller is gathered in a buffer of its own until it is complete.
constexpr qsizetype largeFrame = 16 * 1024;

FrameReader::Frame frameOf(QByteArrayView encoded)
{
    const Zmtp::Header header = *Zmtp::readHeader(encoded);
    return {header.flags, encoded, encoded.sliced(header.size), {}};
}

} // namespace

// Looks at the header that \a bytes begin with. \a size is then how large the frame is with it, and 0 where they end within it.
FrameReader::Result FrameReader::begin(QByteArrayView bytes, qsizetype *size) const
{
    *size = 0;
    if (!bytes.isEmpty() && quint8(bytes[0]) & ~Zmtp::Header::Known)
        return Result::Reserved;
    const auto header = Zmtp::readHeader(bytes);
    if (!header)
        return Result::More;
    const qsizetype most =
        header->flags & Zmtp::Header::Command ? std::min(m_maximumBodySize, maximumCommandSize) : m_maximumBodySize;
    if (header->bodySize > quint64(most))
        return Result::TooLarge;
    *size = header->size + qsizetype(header->bodySize);
    return Result::More;
}

FrameReader::Result FrameReader::read(QByteArrayView bytes, const Function &function)
{
    const auto advance = [&bytes](qsizetype count) {
        const QByteArrayView first = bytes.first(count);
        bytes = bytes.sliced(count);
        return first;
    };
    while (!bytes.isEmpty()) {
        if (!m_large.isNull()) {
            const std::span<char> free = room();
            const QByteArrayView next = advance(std::min(qsizetype(free.size()), bytes.size()));
            std::memcpy(free.data(), next.data(), std::size_t(next.size()));
            if (const Result result = readInPlace(next.size(), function); result != Result::More)
                return result;
            continue;
        }
        // A frame that has begun gets its header first, and then the rest.
        while (!m_partial.isEmpty() && m_partial.size() < Zmtp::maximumHeaderSize && !bytes.isEmpty()
               && !Zmtp::readHeader(m_partial))
            m_partial.append(advance(1));
        const QByteArrayView known = m_partial.isEmpty() ? bytes : QByteArrayView(m_partial);
        qsizetype size = 0;
        if (const Result result = begin(known, &size); result != Result::More)
            return result;
        if (size == 0) { // the header is incomplete
            m_partial.append(advance(bytes.size()));
        } else if (size > known.size() && size > largeFrame) {
            m_large = Block(size);
            m_have = known.size();
            *m_accounts.parts += m_have;
            std::memcpy(m_large.data(), known.data(), std::size_t(known.size()));
            if (m_partial.isEmpty())
                advance(bytes.size());
            m_partial.clear();
        } else if (m_partial.isEmpty() && size <= bytes.size()) {
            if (!function(frameOf(advance(size))))
                return Result::Stopped;
        } else {
            m_partial.reserve(size);
            m_partial.append(advance(std::min(size - m_partial.size(), bytes.size())));
            if (m_partial.size() < size)
                continue;
            const QByteArray frame = std::exchange(m_partial, {});
            if (!function(frameOf(frame)))
                return Result::Stopped;
        }
    }
    return Result::More;
}

std::span<char> FrameReader::room()
{
    if (m_large.isNull())
        return {};
    return std::span(m_large.data(), std::size_t(m_large.size())).subspan(std::size_t(m_have));
}

FrameReader::Result FrameReader::readInPlace(qsizetype count, const Function &function)
{
    m_have += count;
    *m_accounts.parts += count;
    if (m_have < m_large.size())
        return Result::More;
    Block block = std::exchange(m_large, {});
    *m_accounts.parts -= std::exchange(m_have, 0);
    block.countIn(m_accounts.blocks);
    Frame frame = frameOf(block.bytes());
    frame.block = std::move(block);
    return function(frame) ? Result::More : Result::Stopped;
}

} // namespace Pyvent::Internal
