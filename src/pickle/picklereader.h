// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEREADER_H
#define PYVENT_PICKLEREADER_H

#include "picklelimits.h"

#include <QtCore/qbytearrayview.h>
#include <QtCore/qvariant.h>

#include <memory>

namespace Pyvent::Internal {

class PickleReaderPrivate;

// Reads pickles of protocols 0 to 5 without running, importing or looking up anything, after the
// documentation of Python's pickle and pickletools modules.
//
// Reading has two phases. read() interprets the opcodes into plain nodes, in which Python's sharing is kept,
// so that appending to a list that was memoised earlier works. to…() then builds the values, which share what the pickle
// mentions more than once. Both are bounded by PickleLimits; neither throws or asserts, whatever the input. A reader is meant to be kept: it reuses its
// memory for the next event. Not thread-safe; one reader per thread.
class PickleReader
{
public:
    explicit PickleReader(const PickleLimits &limits = {});
    ~PickleReader();
    Q_DISABLE_COPY_MOVE(PickleReader)

    // Interprets \a pickle up to its STOP; what follows is ignored. Returns false, with error() set, if it is
    // not a pickle or goes beyond a limit. The bytes must stay until the last to…() call.
    bool read(QByteArrayView pickle);

    // read() and toArguments() in one, and faster; consumed() and what else asks for the value of read() have none then. It is
    // fastest where \a arguments is those of an event with the same keys, and not shared.
    bool readArguments(QByteArrayView pickle, QVariantMap *arguments, QVariant *sender);

    // Whether what readArguments() has read is plain values only: texts, numbers, bytes, True, False and None.
    bool hasPlainArguments() const;

    // Bytes up to and including STOP.
    qsizetype consumed() const;
    const PickleError &error() const;

    // What the last values count for, as PickleLimits::expandedSizeFor() has it; or what was counted when they were refused.
    qsizetype expandedSize() const;

    // Whether the value is a dict, whatever its keys.
    bool isDict() const;

    // The value that was read; invalid, with error() set, beyond a limit or if it contains itself.
    QVariant toVariant();

    // The keyword arguments of an event: the value must be a dict with str keys. The value of the key
    // "sender" goes to \a sender (invalid if absent) and not into \a arguments. Returns false, with error()
    // set, on failure.
    bool toArguments(QVariantMap *arguments, QVariant *sender);

private:
    std::unique_ptr<PickleReaderPrivate> d;
};

} // namespace Pyvent::Internal

#endif
