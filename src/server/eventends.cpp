// SPDX-License-Identifier: MIT
#include "server/eventends.h"

#include "transport/filepool.h"
#include "wire/frame.h"
#include "wire/topic.h"
#include "wire/zmtp.h"

namespace Pyvent::Internal {

namespace {

// A large frame's header has this size, and so has that of its ends.
constexpr qsizetype headerSize = Zmtp::maximumHeaderSize;

// Of a frame of \a size bytes.
bool beginsEvent(QByteArrayView begin, qsizetype size)
{
    const auto header = Zmtp::readHeader(begin);
    return header && !(header->flags & ~Zmtp::Header::Long) && header->size == headerSize
        && header->bodySize == quint64(size - headerSize);
}

} // namespace

std::optional<EventEnds> EventEnds::of(const FileDescriptor &file, qsizetype size)
{
    if (size < 2 * endSize)
        return {};
    QByteArray ends(2 * endSize, Qt::Uninitialized);
    const std::span<char> bytes(ends.data(), std::size_t(ends.size()));
    if (!copyFromPooledFile(file, 0, bytes.first(endSize))
        || !copyFromPooledFile(file, size - endSize, bytes.last(endSize)) || !beginsEvent(ends, size))
        return {};
    const QByteArrayView body = QByteArrayView(ends).sliced(headerSize);
    const Frame frame = parseFrame(body);
    const bool isKnown = isControlTopic(body) || frame.trailerState == TrailerState::Read;
    if (frame.topic.size() >= endSize - headerSize || !isKnown)
        return {};
    EventEnds known;
    known.m_frame = Zmtp::frame(0, body);
    return known;
}

bool EventEnds::isEvent(QByteArrayView whole)
{
    return beginsEvent(whole, whole.size());
}

bool EventEnds::areOf(QByteArrayView whole) const
{
    constexpr qsizetype beginSize = endSize - headerSize;
    return whole.size() >= 2 * endSize && isEvent(whole)
        && whole.sliced(headerSize, beginSize) == QByteArrayView(m_frame).sliced(headerSize, beginSize)
        && whole.last(endSize) == QByteArrayView(m_frame).last(endSize);
}

} // namespace Pyvent::Internal
