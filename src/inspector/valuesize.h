// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_VALUESIZE_H
#define PYVENT_INSPECTOR_VALUESIZE_H

#include <QtCore/qvariant.h>

namespace Pyvent::Inspector {

// How many bytes of data \a value has: text as UTF-8, bytes and arrays as they are, eight for a number, and nothing for what
// holds them together.
qsizetype valueSize(const QVariant &value);

} // namespace Pyvent::Inspector

#endif
