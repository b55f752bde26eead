// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_BATCH_H
#define PYVENT_WIRE_BATCH_H

#include <QtCore/qbytearrayview.h>

// Several frames in one message from a client to a server of this module, which publishes them one by one and
// acknowledges them once. PROTOCOL.md has it byte by byte.

namespace Pyvent::Internal {

// What stands in the place of the delimiter frame.
inline constexpr QByteArrayView batchMark = "\x02"
                                            "batch";

// The acknowledgement, and what it is where the server takes batches: it answers every proof of subscription with it.
inline constexpr QByteArrayView acknowledgement = "1";
inline constexpr QByteArrayView batchAcknowledgement = "1 batch";

// What a batch has at most. A server with less room for a message takes none.
inline constexpr qsizetype maximumBatchSize = qsizetype(64) * 1024;

// How many bytes a frame takes in a batch.
constexpr qsizetype sizeInBatch(qsizetype frameSize)
{
    return qsizetype(sizeof(quint32)) + frameSize;
}

// Writes \a frame at \a to, which has room for it. Returns where the next one goes.
char *writeToBatch(QByteArrayView frame, char *to);

// Takes the first frame off \a batch. Returns false if there is none, or what is there is no frame.
bool takeFromBatch(QByteArrayView *batch, QByteArrayView *frame);

// Whether \a batch is nothing but frames.
bool isBatch(QByteArrayView batch);

} // namespace Pyvent::Internal

#endif
