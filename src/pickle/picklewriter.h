// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEWRITER_H
#define PYVENT_PICKLEWRITER_H

#include "argumentlist.h"
#include "picklelimits.h"

#include <QtCore/qvariant.h>

namespace Pyvent::Internal {

// Appends \a value to \a out as a pickle of protocol 4, which Python 3.6 and later load.
//
// Returns false, with \a error set and \a out as it was, for a value that has no meaning in another process
// (a QObject pointer), for a type that has no Python equal, and beyond \a limits (depth and size). The error
// names the place.
//
// What C++ types become: whole numbers and enums int; QString, QChar, std::string str; QByteArray bytes; sequential
// containers list; sets set; associative containers dict; a Q_GADGET a dict of its properties; std::pair and
// std::tuple tuple; std::optional its value or None; durations timedelta; QDate, QTime
// date, time; QDateTime a naive datetime if it is local time (Python's reading of a naive one) and an aware
// one with a fixed offset otherwise; QUuid UUID; QJson… and QCbor… plain values; invalid dates, times and
// variants None. Qt values without a Python equal become the dict that qtvalues.h describes. Thread-safe.
bool writePickle(const QVariant &value, QByteArray *out, PickleError *error, const PickleLimits &limits = {});

// The same for the dict of an event's keyword arguments. If \a sender is not empty, the pair ("sender", \a
// sender) comes first, and an entry "sender" of \a arguments is left out.
bool writeArguments(const ArgumentList &arguments, const QString &sender, QByteArray *out, PickleError *error,
                    const PickleLimits &limits = {});

} // namespace Pyvent::Internal

#endif
