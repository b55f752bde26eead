// SPDX-License-Identifier: MIT
#ifndef PYVENT_FLATARGUMENTS_H
#define PYVENT_FLATARGUMENTS_H

#include "picklelimits.h"
#include "textcache.h"

#include <QtCore/qbytearrayview.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Internal {

// Reads what most events have: a dict of texts, numbers, bytes, True, False and None, in one pass and without the pickle
// machine. Returns false for everything else, broken pickles and those that could reach a limit included: then PickleReader
// is to read it, and \a sender is not changed. \a expandedSize is about what PickleReader::expandedSize() would be. It gives the same values. Where \a arguments has the same keys before, it is
// changed in place, which takes no memory.
bool readFlatArguments(QByteArrayView pickle, const PickleLimits &limits, TextCache *texts, QVariantMap *arguments,
                       QVariant *sender, qsizetype *expandedSize);

} // namespace Pyvent::Internal

#endif
