// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLELIMITS_H
#define PYVENT_PICKLELIMITS_H

#include <QtCore/qstring.h>

namespace Pyvent::Internal {

// What reading or writing one pickle may cost. Each limit stops one attack.
struct PickleLimits
{
    // Containers within containers. Stops a stack overflow by a million nested lists.
    int depth = 200;
    // Bytes of the pickle. Stops a peer from filling the memory with one event. No more than 2 GiB count.
    qsizetype size = qsizetype(64) << 20;
    // Values that the pickle makes. Stops memory use of many times the pickle's size: "]]]]…" makes a list
    // per byte.
    qsizetype objects = qsizetype(4) << 20;
    // The most that the values of one pickle may expand to, in bytes, as expandedSizeFor() has it. Stops a peer from having
    // a large event take many times its size.
    qsizetype expandedSize = qsizetype(64) << 20;

    // What a pickle of so many bytes may expand to: 16 times its size, at least 1 MiB, and at most expandedSize.
    //
    // About half of the memory that a value takes counts (PickleBuilder has the numbers), since then nothing that Python writes counts
    // for more than 16 times its bytes: True is one byte, and a QVariant has 32. What is mentioned again is shared, and counts as a
    // value without what is in it.
    qsizetype expandedSizeFor(qsizetype pickleSize) const { return bound(16, qsizetype(1) << 20, pickleSize); }

    // What further mentions of lists and the like may add for whoever goes through all values, to print, compare or write them; counted
    // as above, though it takes no memory. Stops the billion laughs: a list that names another list ten times, which names the next ten
    // times… is small as a pickle, and shared. 64 times the pickle: Python names (0, 0, 0, 0) in two bytes where it is a constant. 4 MiB
    // are a quarter of a million values, and some milliseconds.
    qsizetype mentionedValuesFor(qsizetype pickleSize) const { return bound(64, qsizetype(4) << 20, pickleSize); }

    // The same of the content of texts, bytes and large numbers, in bytes. A small pickle may honestly name a text of 10,000
    // characters ten thousand times, and one goes through it as fast as memory is. Twice, because a character takes two bytes.
    qsizetype mentionedContentFor(qsizetype pickleSize) const { return qMax(2 * expandedSize, 3 * pickleSize); }

    // Nodes of PickleArena::total() that a pickle of so many bytes may make: opcodes make up to 3 a byte, and calls that copy, more.
    qsizetype objectsFor(qsizetype pickleSize) const
    {
        constexpr qsizetype most = 4;
        constexpr qsizetype always = 65536;
        return qMin(qMax(most * pickleSize, always), objects);
    }

private:
    // A large event may always expand a little, of whatever it consists: who sends so much gains nothing by that.
    qsizetype bound(qsizetype times, qsizetype always, qsizetype pickleSize) const
    {
        return qMin(qMax(times * pickleSize, always), qMax(expandedSize, 3 * pickleSize));
    }
};

// Why a pickle could not be read or a value not be written.
struct PickleError
{
    // Bytes from the pickle's first byte; -1 where there is no place to point to.
    qsizetype offset = -1;
    QString text;
    bool isTooLarge = false; // writing went beyond PickleLimits::size

    bool isError() const { return !text.isEmpty(); }
};

} // namespace Pyvent::Internal

#endif
