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
    // Bytes of the values once built, estimated. Stops the billion laughs: a list that names another list ten
    // times, which names the next ten times… is small as a pickle and shared in Python, but every mention is
    // a value here.
    qsizetype expandedSize = qsizetype(256) << 20;
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
