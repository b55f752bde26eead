// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_SAMPLEFRAME_H
#define PYVENT_BENCHMARKS_SAMPLEFRAME_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

class PyventNode;

namespace Pyvent::Benchmarks {

// Makes \a node the server of a pair of free ports. Returns false, with its lastError(), if there is none to
// be had.
bool serveSomewhere(PyventNode *node);

// The bytes of the event \a name with sampleArguments(\a count), as a subscriber gets them: what the bare
// side of a comparison carries, too. Empty if they cannot be had.
QByteArray sampleFrame(const QString &name, qint64 count);

} // namespace Pyvent::Benchmarks

#endif
