// SPDX-License-Identifier: MIT
#include "require.h"
#include "wire/batch.h"
#include "wire/frame.h"

#include <array>

using namespace Pyvent::Internal;

namespace {

constexpr std::array flags = {Trailer::Retransmitted, Trailer::Replayed, Trailer::Waits};

bool isWithin(QByteArrayView view, QByteArrayView bytes)
{
    return view.isNull() || (view.begin() >= bytes.begin() && view.end() <= bytes.end());
}

// What is looked at without taking a frame apart says what the frame says.
void requireSameAnswers(QByteArrayView bytes, const Frame &frame)
{
    const QByteArrayView node = nodeBytesOf(bytes);
    require(isWithin(node, bytes) && (node.isNull() || node.size() == 16), "a node's bytes are elsewhere");
    for (const Trailer::Flag flag : flags) {
        const bool has = endsWithFlag(flag, bytes);
        require(frame.trailerState != TrailerState::Read || has == bool(frame.trailer.flags & flag),
                "a flag is another one");
        require(frame.trailerState != TrailerState::Absent || !frame.hasPayload() || !has, "a flag is in no trailer");
    }
    if (frame.trailerState == TrailerState::Read)
        require(!node.isNull() && QUuid::fromRfc4122(node) == frame.trailer.nodeId, "a node is another one");
    if (node.isNull())
        require(frame.trailerState != TrailerState::Read, "a trailer says whose it is, and is said to have none");
}

// A trailer that is read is written as one that is read as the same.
void requireSameAgain(QByteArrayView bytes, const Frame &frame)
{
    QByteArray written = frame.topic.toByteArray() + ' ' + frame.payload.toByteArray();
    const qsizetype before = written.size();
    appendTrailer(frame.trailer, &written);
    require(written.size() == before + trailerSize(frame.trailer), "a trailer's size is another one");
    const Frame again = parseFrame(written);
    require(again.trailerState == TrailerState::Read && again.topic == frame.topic && again.payload == frame.payload
                && again.trailer.nodeId == frame.trailer.nodeId && again.trailer.sequence == frame.trailer.sequence
                && again.trailer.time == frame.trailer.time && again.trailer.previous == frame.trailer.previous
                && again.trailer.flags == frame.trailer.flags && again.trailer.sender == frame.trailer.sender,
            "what is written is read as another thing");
    for (const Trailer::Flag flag : flags) {
        QByteArray flagged = bytes.toByteArray();
        setFlag(flag, &flagged);
        const Frame with = parseFrame(flagged);
        require(with.trailerState == TrailerState::Read && with.trailer.flags == (frame.trailer.flags | flag)
                    && endsWithFlag(flag, flagged) && with.payload == frame.payload,
                "a flag that is set is not there");
    }
}

void tryFrame(QByteArrayView bytes)
{
    const Frame frame = parseFrame(bytes);
    require(frame.topic == topicOf(bytes) && isWithin(frame.topic, bytes) && !frame.topic.contains(' '),
            "a topic is another one");
    require(isWithin(frame.payload, bytes), "a payload is elsewhere");
    require(frame.hasPayload() == bytes.contains(' '), "a payload is there, or not, for no reason");
    require(frame.hasPayload() || frame.trailerState == TrailerState::Absent, "a trailer is behind no payload");
    requireSameAnswers(bytes, frame);
    if (frame.trailerState != TrailerState::Read)
        return;
    require(isWithin(frame.trailer.sender, bytes) && frame.payload.endsWith('.')
                && frame.topic.size() + 1 + frame.payload.size() < bytes.size(),
            "a trailer is not behind its frame");
    if (frame.trailer.sender.size() <= maximumSenderSize) // no more is written
        requireSameAgain(bytes, frame);
}

void tryBatch(QByteArrayView bytes)
{
    QByteArray written;
    QByteArrayView rest = bytes;
    for (QByteArrayView frame; takeFromBatch(&rest, &frame);) {
        require(isWithin(frame, bytes) && frame.end() == rest.begin(), "a frame is elsewhere");
        const qsizetype at = written.size();
        written.resize(at + sizeInBatch(frame.size()));
        require(writeToBatch(frame, written.data() + at) == written.data() + written.size(), "a frame's size is wrong");
        tryFrame(frame);
    }
    require(isBatch(bytes) == rest.isEmpty(), "a batch is none, or is one");
    require(bytes.startsWith(written) && written.size() + rest.size() == bytes.size(),
            "what is written is another batch");
}

} // namespace

// Any bytes are a frame, and the beginning of a batch.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const QByteArrayView bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    tryFrame(bytes);
    tryBatch(bytes);
    return 0;
}
