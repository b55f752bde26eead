// SPDX-License-Identifier: MIT
#include "wire/batch.h"

#include <QtCore/qendian.h>

#include <cstring>

namespace Pyvent::Internal {

char *writeToBatch(QByteArrayView frame, char *to)
{
    qToLittleEndian(quint32(frame.size()), to);
    to += sizeof(quint32);
    std::memcpy(to, frame.data(), std::size_t(frame.size()));
    return to + frame.size();
}

bool takeFromBatch(QByteArrayView *batch, QByteArrayView *frame)
{
    constexpr qsizetype lengthSize = sizeof(quint32);
    if (batch->size() < lengthSize)
        return false;
    const qsizetype size = qFromLittleEndian<quint32>(batch->data());
    if (size > batch->size() - lengthSize)
        return false;
    *frame = batch->sliced(lengthSize, size);
    *batch = batch->sliced(lengthSize + size);
    return true;
}

bool isBatch(QByteArrayView batch)
{
    QByteArrayView frame;
    while (takeFromBatch(&batch, &frame)) { }
    return batch.isEmpty();
}

} // namespace Pyvent::Internal
